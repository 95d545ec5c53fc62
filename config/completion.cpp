#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_table.hpp"
#include "config/values.hpp"

/// The completions of bash and zsh, from the option table.
namespace eastap::config {

namespace {

/// Words that a shell offers after "ca", or after the program itself when `parent` is empty.
std::vector<const Command*> commands_below(std::string_view parent) {
  std::vector<const Command*> found;
  for (const Command& command : command_table()) {
    const std::size_t space = command.name.find(' ');
    const std::string_view own_parent = space == std::string::npos
                                            ? std::string_view{}
                                            : std::string_view{command.name}.substr(0, space);
    if (own_parent == parent) found.push_back(&command);
  }
  return found;
}

/// "ca" and others that only have commands below them, each once.
std::vector<std::string> parents() {
  std::vector<std::string> found;
  for (const Command& command : command_table()) {
    const std::size_t space = command.name.find(' ');
    if (space == std::string::npos) continue;
    const std::string parent = command.name.substr(0, space);
    const bool is_command = std::any_of(command_table().begin(), command_table().end(),
                                        [&](const Command& one) { return one.name == parent; });
    if (!is_command && std::find(found.begin(), found.end(), parent) == found.end()) {
      found.push_back(parent);
    }
  }
  return found;
}

std::string last_word(const Command& command) {
  const std::size_t space = command.name.find(' ');
  return space == std::string::npos ? command.name : command.name.substr(space + 1);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// How a value is completed, by what its option is called; empty: by nothing.
enum class Kind : std::uint8_t { nothing, words, file, folder, host, rule, rule_name, mute };

Kind kind_of(const Option& option) {
  if (!option.words.empty()) return Kind::words;
  if (option.form == Form::rules) return Kind::rule;
  if (option.form == Form::mutes) return Kind::mute;
  if (option.value_name == "FILE") return Kind::file;
  if (option.value_name == "DIR") return Kind::folder;
  if (option.value_name == "HOST" || option.value_name == "PATTERN") return Kind::host;
  return Kind::nothing;
}

Kind kind_of_argument(const Command& command) {
  if (command.many) return Kind::rule_name;  // of what can be asked, what nobody types gladly
  if (command.file_name == "CAPTURE" || command.file_name.find("FILE") != std::string::npos)
    return Kind::file;
  return command.file_name.find("HOST") != std::string::npos ? Kind::host : Kind::nothing;
}

std::string keys_with(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : " ") + key + "=";
  return text;
}

// --- bash -------------------------------------------------------------------------------------

constexpr std::string_view kBashHead =
    R"(# bash completion of eastap, made by eastap --completion bash
_eastap_offer() {
  COMPREPLY=($(compgen "${@:2}" -- "$1"))
}

_eastap_files() {
  local IFS=$'\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$2" -- "$1"))
}

)";

constexpr std::string_view kBashRules = R"(
# NAME.KEY=VALUE
_eastap_rule() {
  local name
  case $1 in
    *.*=*) ;;
    *.*)
      compopt -o nospace 2>/dev/null
      name=${1%.*}
      _eastap_offer "$1" -W "${_eastap_rule_keys[*]/#/$name.}" ;;
    *)
      compopt -o nospace 2>/dev/null
      _eastap_offer "$1" -W "${_eastap_rules[*]/%/.}" ;;
  esac
}

# What stands behind a flag; $2 is what was typed of it.
_eastap_value() {
  case $1 in
)";

/// COMP_WORDBREAKS has "=" in it, so that "--tail=x" comes as three words, and "a.enabled=t" too.
constexpr std::string_view kBashMain = R"(
_eastap() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command= word flag=
  local at=1 skip=
  COMPREPLY=()
  for ((; at < COMP_CWORD; ++at)); do
    word=${COMP_WORDS[at]}
    if [[ $word == = ]]; then skip=1; continue; fi
    if [[ -n $skip ]]; then skip=; continue; fi
    if [[ $word == -* ]]; then
      [[ " $_eastap_valued " == *" $word "* ]] && skip=1
      continue
    fi
    if [[ -z $command ]]; then command=$word
    elif [[ " $_eastap_parents " == *" $command "* ]]; then command+=" $word"
    fi
  done
  if [[ $cur == = ]]; then flag=$prev cur=
  elif [[ $prev == = ]] && ((COMP_CWORD >= 3)); then flag=${COMP_WORDS[COMP_CWORD - 2]}
  else flag=$prev
  fi
  if [[ $flag == *.enabled || $flag == *.severity ]]; then
    [[ $flag == *.enabled ]] && _eastap_offer "$cur" -W "true false" ||
      _eastap_offer "$cur" -W "info notice warning error"
    return
  fi
  if [[ $flag == rule ]] && [[ $prev == = || ${COMP_WORDS[COMP_CWORD]} == = ]]; then
    _eastap_offer "$cur" -W "${_eastap_rules[*]}"
    return
  fi
  if [[ " $_eastap_valued " == *" $flag "* ]]; then
    _eastap_value "$flag" "$cur"
    return
  fi
  _eastap_arguments "$command" "$cur"
}

complete -F _eastap eastap
)";

std::string bash_action(Kind kind, const std::vector<std::string>& words) {
  switch (kind) {
    case Kind::nothing: return ":";
    case Kind::words: return "_eastap_offer \"$2\" -W \"" + joined(words) + "\"";
    case Kind::file: return "_eastap_files \"$2\" -f";
    case Kind::folder: return "_eastap_files \"$2\" -d";
    case Kind::host: return "_eastap_offer \"$2\" -A hostname";
    case Kind::rule: return "_eastap_rule \"$2\"";
    case Kind::rule_name: return "_eastap_offer \"$2\" -W \"${_eastap_rules[*]}\"";
    case Kind::mute:
      return "compopt -o nospace 2>/dev/null; _eastap_offer \"$2\" -W \"" + keys_with(mute_keys()) +
             "\"";
  }
  return ":";
}

/// What a command takes: a case of `_eastap_arguments`.
std::string bash_case(const Command& command) {
  std::string flags{"--help"};
  for (const Option& option : option_table()) {
    if ((option.commands & command.bit) != 0) flags += ' ' + option.flag;
  }
  const Kind kind = kind_of_argument(command);
  std::string text = "    \"" + command.name + "\")\n      ";
  if (kind == Kind::nothing) return text + "_eastap_offer \"$2\" -W \"" + flags + "\" ;;\n";
  return text + "if [[ $2 == -* ]]; then _eastap_offer \"$2\" -W \"" + flags + "\"\n      else " +
         bash_action(kind, {}) + "; fi ;;\n";
}

std::string bash_script(const std::vector<std::string>& rules) {
  std::string text{kBashHead};
  text += "_eastap_parents=\"" + joined(parents()) + "\"\n";
  std::string valued{"--completion"};
  std::map<std::string, std::string> cases;  // what is done, and the flags for which
  for (const Option& option : option_table()) {
    if (option.form == Form::truth) continue;
    valued += ' ' + option.flag;
    const std::string action = bash_action(kind_of(option), option.words);
    std::string& flags = cases[action];
    flags += (flags.empty() ? "" : "|") + option.flag;
  }
  text += "_eastap_valued=\"" + valued + "\"\n";
  text += "_eastap_rules=(" + joined(rules) + ")\n";
  text += "_eastap_rule_keys=(" + keys_with(rule_keys()) + ")\n";
  text += kBashRules;
  for (const auto& [action, flags] : cases) text += "    " + flags + ") " + action + " ;;\n";
  text += "    --completion) _eastap_offer \"$2\" -W \"bash zsh\" ;;\n  esac\n}\n\n";
  text +=
      "# What a command takes; $2 is what was typed of it.\n_eastap_arguments() {\n  case $1 in\n";
  std::vector<std::string> first = parents();
  for (const Command* command : commands_below("")) first.push_back(command->name);
  first.insert(first.end(), {"help", "--help", "--version", "--man", "--completion"});
  text += "    \"\") _eastap_offer \"$2\" -W \"" + joined(first) + "\" ;;\n";
  for (const std::string& parent : parents()) {
    std::vector<std::string> below;
    for (const Command* command : commands_below(parent)) below.push_back(last_word(*command));
    text += "    \"" + parent + "\") _eastap_offer \"$2\" -W \"" + joined(below) + "\" ;;\n";
  }
  for (const Command& command : command_table()) text += bash_case(command);
  text += "  esac\n}\n";
  text += kBashMain;
  return text;
}

// --- zsh --------------------------------------------------------------------------------------

constexpr std::string_view kZshHead = R"(#compdef eastap
# zsh completion of eastap, made by eastap --completion zsh

# NAME.KEY=VALUE
_eastap_rule() {
  if compset -P '*.enabled='; then compadd true false
  elif compset -P '*.severity='; then compadd info notice warning error
  elif compset -P '*='; then return 1
  elif compset -P '*.'; then compadd -S '' -- $_eastap_rule_keys
  else compadd -S '.' -- $_eastap_rules
  fi
}

# KEY=VALUE;KEY=VALUE
_eastap_mute() {
  compset -P '*;'
  if compset -P 'rule='; then compadd -S '' -- $_eastap_rules
  elif compset -P '*='; then return 1
  else compadd -S '' -- $_eastap_mute_keys
  fi
}

)";

/// In a specification of _arguments: brackets, colons and the quotes around it.
std::string zsh_escaped(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    if (letter == '[' || letter == ']' || letter == ':' || letter == '\\') safe += '\\';
    safe += letter == '\'' ? std::string{"'\\''"} : std::string{letter};
  }
  return safe;
}

std::string zsh_action(Kind kind, const std::vector<std::string>& words) {
  switch (kind) {
    case Kind::nothing: return " ";
    case Kind::words: return "(" + joined(words) + ")";
    case Kind::file: return "_files";
    case Kind::folder: return "_files -/";
    case Kind::host: return "_hosts";
    case Kind::rule: return "_eastap_rule";
    case Kind::rule_name: return "{compadd -- $_eastap_rules}";
    case Kind::mute: return "_eastap_mute";
  }
  return " ";
}

std::string zsh_option(const Option& option) {
  const bool repeats =
      option.form == Form::list || option.form == Form::rules || option.form == Form::mutes;
  std::string text = "    '";
  if (repeats) {
    text += '*';
  } else if (!option.excludes.empty()) {
    text += "(" + option.flag + ' ' + joined(option.excludes) + ")";
  }
  text += option.flag;
  if (option.form != Form::truth) text += '=';
  text += "[" + zsh_escaped(option.summary) + "]";
  if (option.form != Form::truth) {
    text += ":" + zsh_escaped(option.value_name) + ":" + zsh_action(kind_of(option), option.words);
  }
  return text + "' \\\n";
}

std::string zsh_case(const Command& command) {
  std::string text = "  (" + last_word(command) + ")\n  _arguments -S \\\n";
  text += "    '(- *)--help[its options]' \\\n";
  for (const Option& option : option_table()) {
    if ((option.commands & command.bit) != 0) text += zsh_option(option);
  }
  if (!command.file_name.empty()) {
    const std::string action = ":" + zsh_action(kind_of_argument(command), {}) + "'";
    text += std::string{"    '"} + (command.many ? "*:" : ":") + zsh_escaped(command.file_name) +
            action;
    if (!command.second_name.empty())
      text += " \\\n    ':" + zsh_escaped(command.second_name) + action;
    text += "\n  ;;\n";
  } else {
    text += "    && return\n  ;;\n";
  }
  return text;
}

/// A function that offers the commands of one level and hands on to what each takes.
std::string zsh_level(const std::string& function, std::string_view parent) {
  std::string text = function + "() {\n  local curcontext=$curcontext state line\n";
  text += "  local -a commands=(\n";
  for (const Command* command : commands_below(parent)) {
    text += "    '" + last_word(*command) + ":" + zsh_escaped(command->summary) + "'\n";
  }
  if (parent.empty()) {
    for (const std::string& below : parents()) {
      std::vector<std::string> words;
      for (const Command* command : commands_below(below)) words.push_back(last_word(*command));
      text += "    '" + below + ":" + joined(words) + "'\n";
    }
    text += "    'help:the commands, or the options of one'\n";
  }
  text += "  )\n  _arguments -C \\\n";
  if (parent.empty()) {
    text +=
        "    '(- *)'{-h,--help}'[the commands]' \\\n"
        "    '(- *)'{-V,--version}'[the version]' \\\n"
        "    '(- *)--man[the manual page]' \\\n"
        "    '(- *)--completion[for a shell]:shell:(bash zsh)' \\\n";
  }
  text +=
      "    '1: :->command' '*:: :->rest' && return\n"
      "  case $state in\n  (command) _describe command commands; return ;;\n  esac\n"
      "  case $words[1] in\n";
  for (const Command* command : commands_below(parent)) text += zsh_case(*command);
  if (parent.empty()) {
    for (const std::string& below : parents())
      text += "  (" + below + ") _eastap_" + below + " ;;\n";
    text += "  (help) (( CURRENT == 2 )) && _describe command commands ;;\n";
  }
  return text + "  esac\n}\n\n";
}

std::string zsh_script(const std::vector<std::string>& rules) {
  std::string text{kZshHead};
  text += "_eastap_rules=(" + joined(rules) + ")\n";
  text += "_eastap_rule_keys=(" + keys_with(rule_keys()) + ")\n";
  text += "_eastap_mute_keys=(" + keys_with(mute_keys()) + ")\n\n";
  for (const std::string& parent : parents()) text += zsh_level("_eastap_" + parent, parent);
  text += zsh_level("_eastap", "");
  // As a file of $fpath its body is run on the first completion; `source` only declares it.
  return text +
         "if [[ $funcstack[1] == _eastap ]]; then _eastap \"$@\"; else compdef _eastap eastap; "
         "fi\n";
}

}  // namespace

std::string completion_script(Shell shell, const std::vector<std::string>& rules) {
  return shell == Shell::bash ? bash_script(rules) : zsh_script(rules);
}

}  // namespace eastap::config
