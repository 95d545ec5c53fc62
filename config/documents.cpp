// Help, man page and sample config: the option table for readers.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_table.hpp"
#include "config/values.hpp"

namespace eastap::config {

namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kColumn = 32;  // of the summaries
constexpr std::size_t kCommandColumn = 14;
constexpr std::array kGroups{Group::proxy,     Group::pages,  Group::certificates, Group::capture,
                             Group::output,    Group::decode, Group::check,        Group::rules,
                             Group::deadlines, Group::limits, Group::general};

/// `text` in lines of at most `width`, the following ones after `indent`.
std::string wrapped(std::string_view text, std::size_t first_column, std::size_t indent,
                    std::string_view lead = {}) {
  std::string result;
  std::size_t column = first_column;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (column + word.size() > kWidth && column > indent) {
      while (result.ends_with(' ')) result.pop_back();
      result += "\n" + std::string{lead} + std::string(indent - lead.size(), ' ');
      column = indent;
    }
    result += word;
    column += word.size();
    if (!text.empty()) {
      result += ' ';
      ++column;
    }
  }
  return result;
}

std::string joined(const std::vector<std::string>& items, std::string_view between) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : std::string{between}) + item;
  return text;
}

/// "0.0.0.0:8888", or words, or nothing.
std::string default_of(const Option& option) {
  if (!option.default_text.empty()) return option.default_text;
  if (!option.shown || option.form == Form::truth) return {};
  return joined(option.shown(Config{}), ", ");
}

std::string usage_of(const Option& option) {
  return option.value_name.empty() ? option.flag : option.flag + " " + option.value_name;
}

std::string help_line(std::string_view left, const std::string& right,
                      std::size_t summary_column = kColumn) {
  std::string line = "  " + std::string{left};
  if (line.size() + 2 > summary_column) {
    line += "\n" + std::string(summary_column, ' ');
  } else {
    line.resize(summary_column, ' ');
  }
  return line + wrapped(right, summary_column, summary_column) + "\n";
}

std::string option_help(unsigned commands) {
  std::string text;
  for (const Group group : kGroups) {
    std::string lines;
    for (const Option& option : option_table()) {
      if (option.group != group || (option.commands & commands) == 0) continue;
      const std::string fallback = default_of(option);
      lines += help_line(usage_of(option),
                         option.summary + (fallback.empty() ? "" : " [" + fallback + "]"));
    }
    if (group == Group::general) lines += help_line("-h, --help", "this text");
    if (!lines.empty()) text += "\n" + std::string{title(group)} + ":\n" + lines;
  }
  return text;
}

std::string usage_line(const Command& command) {
  std::string line = "eastap " + command.name + " [OPTION]...";
  if (!command.file_name.empty()) {
    line += command.file_required ? " " + command.file_name : " [" + command.file_name + "]";
    if (command.many) line += "...";
  }
  if (!command.second_name.empty()) line += " " + command.second_name;
  return line;
}

struct Example {
  std::string line, meaning;
};

Example split_example(const std::string& example) {
  const std::size_t mark = example.find("  # ");
  return {example.substr(0, mark), example.substr(mark + 4)};
}

std::string examples_help(const Command& command) {
  std::string text = "\nExamples:\n";
  for (const std::string& example : command.examples) {
    const auto [line, meaning] = split_example(example);
    text += "  " + line + "\n      " + wrapped(meaning, 6, 6) + "\n";
  }
  return text;
}

// roff

std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\\') {
      result += "\\e";
    } else if (letter == '-') {
      result += "\\-";
    } else if (letter == '"') {
      result += "\\(dq";
    } else {
      result += letter;
    }
  }
  if (result.starts_with('.') || result.starts_with('\'')) result.insert(0, "\\&");
  return result;
}

std::string man_option(const Option& option) {
  std::string text = ".TP\n.B " + escaped(option.flag);
  if (!option.value_name.empty()) text += " \\fI" + escaped(option.value_name) + "\\fR";
  text += "\n" + escaped(option.summary) + ".\n";
  if (!option.detail.empty()) text += escaped(option.detail) + "\n";
  const bool words_only = option.form == Form::list && !option.default_text.empty();
  const std::string fallback =
      words_only ? joined(option.shown(Config{}), ", ") : default_of(option);
  if (!fallback.empty()) text += "Default: " + escaped(fallback) + ".\n";
  if (option.form == Form::rules) {
    text += "Config: \\fB[rules.\\fINAME\\fB]\\fR. Environment: \\fB" + escaped(option.variable()) +
            "\\fR.\n";
  } else if (option.form == Form::blocks) {
    text += "Config: \\fB[[" + escaped(option.key) + "]]\\fR. Environment: \\fB" +
            escaped(option.variable()) + "\\fR.\n";
  } else if (option.form == Form::mutes) {
    text += "Config: \\fB[[mute]]\\fR. Environment: \\fB" + escaped(option.variable()) + "\\fR.\n";
  } else if (!option.key.empty()) {
    const std::size_t dot = option.key.find('.');
    const std::string key = dot == std::string::npos ? option.key
                                                     : option.key.substr(dot + 1) + " in [" +
                                                           option.key.substr(0, dot) + "]";
    text += "Config: \\fB" + escaped(key) + "\\fR. Environment: \\fB" + escaped(option.variable()) +
            "\\fR.\n";
  }
  std::vector<std::string> takers;
  for (const Command& command : command_table()) {
    if ((option.commands & command.bit) != 0) takers.push_back(command.name);
  }
  if (takers.size() < command_table().size())
    text += "Of: " + escaped(joined(takers, ", ")) + ".\n";
  return text;
}

// TOML

std::string toml_value(const Option& option, const std::vector<std::string>& values) {
  switch (option.form) {
    case Form::number:
    case Form::truth: return values.front();
    case Form::text:
    case Form::duration:
    case Form::size:
    case Form::blocks:
    case Form::mutes:
    case Form::rules: return in_quotes(values.front());
    case Form::list: break;
  }
  std::string line;
  std::string text = "[";
  for (const std::string& value : values) {
    const std::string item = in_quotes(value) + ", ";
    if (line.size() + item.size() > kWidth - 4) {
      line.pop_back();
      text += "\n#  " + line;
      line.clear();
    }
    line += item;
  }
  line.resize(line.size() - 2);
  if (text == "[") return "[" + line + "]";
  return text + "\n#  " + line + "\n#]";
}

/// Stands behind the plain keys in a TOML file.
bool is_table(const Option& option) {
  return option.form == Form::rules || option.form == Form::mutes || option.form == Form::blocks;
}

std::string sample_option(const Option& option) {
  const std::string words = option.flag + ": " + option.summary + "." +
                            (option.detail.empty() ? "" : " " + option.detail);
  std::string text = "\n# " + wrapped(words, 2, 2, "#") + "\n";
  std::vector<std::string> values =
      option.shown ? option.shown(Config{}) : std::vector<std::string>{};
  if (values.empty()) values = {option.example};
  if (option.form == Form::rules) {
    return text +
           "#[rules.synckey-zero]\n#enabled = true\n#severity = \"warning\"\n#threshold = 3\n"
           "#window_seconds = 3600\n#escalate_at = 5\n";
  }
  if (option.form == Form::blocks) {
    text += "#[[" + option.key + "]]\n";
    for (const BlockKey& key : option.block_keys) {
      text += "#" + key.name + " = " + in_quotes(key.example) + "\n";
    }
    return text;
  }
  if (option.form == Form::mutes) {
    return text +
           "#[[mute]]\n#rule = \"heartbeat-cut\"\n#host = \"mail.contoso.test\"\n"
           "#user = \"alice\"\n#device = \"ABC123\"\n#folder = \"Calendar\"\n";
  }
  return text + "#" + option.key.substr(option.key.find('.') + 1) + " = " +
         toml_value(option, values) + "\n";
}

}  // namespace

std::string version_text() { return "eastap " EASTAP_VERSION "\n"; }

std::string help_text() {
  std::string text =
      "eastap: the tap between a phone and Exchange. An HTTPS interception proxy that\n"
      "shows and explains ActiveSync traffic while it happens.\n"
      "\nUsage: eastap COMMAND [OPTION]... [FILE]\n\nCommands:\n";
  for (const Command& command : command_table())
    text += help_line(command.name, command.summary, kCommandColumn);
  text += "\nOptions of all commands:\n";
  for (const Option& option : option_table()) {
    if (option.commands != in::all) continue;
    const std::string fallback = default_of(option);
    text += help_line(usage_of(option),
                      option.summary + (fallback.empty() ? "" : " [" + fallback + "]"));
  }
  text += help_line("-h, --help", "this text, or after a command its options");
  text += help_line("-V, --version", "the version");
  text += help_line("--man", "the manual page: eastap --man | man -l -");
  text += help_line("--completion SHELL", "for bash or zsh: source <(eastap --completion bash)");
  text +=
      "\nExamples:\n"
      "  eastap run                        intercept, watch and capture on port 8888\n"
      "  eastap replay FILE                look at a capture again\n"
      "  eastap check alice@contoso.com    test the server without a phone\n"
      "  eastap explain sync 3             what that status means, and what to do\n"
      "\nExit status: 0 done; 1 findings at or above --fail-on, or check or doctor found\n"
      "something bad; 2 usage, config or environment; 3 input unreadable.\n";
  return text;
}

std::string ca_help_text() {
  std::string text = "Usage: eastap ca COMMAND [OPTION]... [FILE]\n\nCommands:\n";
  for (const Command& command : command_table()) {
    if (command.name.starts_with("ca "))
      text += help_line(command.name, command.summary, kCommandColumn);
  }
  return text + "\neastap ca create --help has the options of one of them.\n";
}

std::string help_text(const Command& command) {
  std::string text =
      "Usage: " + usage_line(command) + "\n\n" + wrapped(command.detail, 0, 0) + "\n";
  text += option_help(command.bit);
  if (command.command == Subcommand::run) {
    text +=
        "\nEvery option but --config is also a key of the config file and an environment\n"
        "variable: --deadline-waiting is waiting in [deadline] and\n"
        "EASTAP_DEADLINE_WAITING, with commas between the items of a list. A flag wins\n"
        "over the environment, that over the file, and that over the default. Options\n"
        "that take a pattern, CIDR, file, rule or HOST:PORT=ADDR:PORT can be repeated.\n";
  }
  return text + examples_help(command);
}

std::string man_page() {
  std::string page =
      ".TH EASTAP 1 \"\" \"eastap " EASTAP_VERSION
      "\" \"User Commands\"\n"
      ".SH NAME\neastap \\- intercept and explain Exchange ActiveSync traffic\n.SH SYNOPSIS\n";
  for (const Command& command : command_table()) {
    if (&command != &command_table().front()) page += ".br\n";
    page += ".B eastap " + escaped(command.name) + "\n[\\fIOPTION\\fR]...";
    if (!command.file_name.empty()) {
      const std::string name = "\\fI" + command.file_name + "\\fR";
      page += command.file_required ? " " + name : " [" + name + "]";
      if (command.many) page += "...";
    }
    if (!command.second_name.empty()) page += " \\fI" + command.second_name + "\\fR";
    page += "\n";
  }
  page +=
      ".SH DESCRIPTION\n"
      "An HTTPS proxy for the Wi\\-Fi settings of a phone. It ends TLS, decodes Exchange "
      "ActiveSync (WBXML over HTTP)\n"
      "in both directions, says what each request was and what went wrong, and keeps a capture. "
      "Bytes are\n"
      "forwarded as they are. The phone has to trust the CA that the first run creates.\n.SH "
      "COMMANDS\n";
  for (const Command& command : command_table()) {
    page += ".TP\n.B " + escaped(usage_line(command)) + "\n" + escaped(command.summary) + ".\n" +
            escaped(command.detail) + "\n";
  }
  page +=
      ".SH OPTIONS\nA flag wins over the environment variable, that over the config file, and that "
      "over the default.\n"
      "Lists have commas between their items in a variable. Durations are written 250ms, 30s, 5m, "
      "2h or 1h30m, sizes\n"
      "65536, 64KiB or 32MiB.\n";
  for (const Group group : kGroups) {
    page += ".SS " + escaped(title(group)) + "\n";
    for (const Option& option : option_table()) {
      if (option.group == group) page += man_option(option);
    }
  }
  page +=
      ".TP\n.BR \\-h \", \" \\-\\-help\nHelp, after a command its own.\n"
      ".TP\n.BR \\-V \", \" \\-\\-version\nThe version.\n.TP\n.B \\-\\-man\nThis page, in roff.\n"
      ".TP\n.B \\-\\-completion \\fISHELL\\fR\nThe completion of bash or zsh, for\n"
      ".IR \"source <(eastap \\-\\-completion bash)\" .\n"
      ".SH EXIT STATUS\n.TP\n.B 0\nDone.\n.TP\n.B 1\nFindings at or above "
      "\\fB\\-\\-fail\\-on\\fR; a failed step of check, something bad for doctor.\n"
      ".TP\n.B 2\nUsage, config or environment error.\n.TP\n.B 3\nThe input could not be read to "
      "its end.\n"
      ".SH ENVIRONMENT\nThe variables named above;\n.BR HOME \" and \" XDG_DATA_HOME\nfor the CA "
      "folder;\n"
      ".B NO_COLOR\nfor output without colours. Secrets have a variable and no flag:\n";
  for (const SecretVariable& secret : secret_variables()) {
    page += ".TP\n.B " + escaped(secret.name) + "\n" + escaped(secret.summary) + ".\n";
  }
  page +=
      ".SH FILES\n.TP\n.I ~/.local/share/eastap/ca.pem\nThe CA certificate.\n"
      ".TP\n.I ~/.local/share/eastap/ca.key\nIts key, mode 0600.\n"
      ".TP\n.I eastap\\-YYYYmmdd\\-HHMMSS.eastap\nA capture, an SQLite database, mode 0600.\n.SH "
      "EXAMPLES\n";
  for (const Command& command : command_table()) {
    for (const std::string& example : command.examples) {
      const auto [line, meaning] = split_example(example);
      page += ".TP\n.B " + escaped(line) + "\n" + escaped(meaning) + "\n";
    }
  }
  return page;
}

std::string sample_config() {
  std::string text =
      "# eastap.toml: settings of eastap, all at their defaults or as an example.\n"
      "#\n"
      "# Use it with eastap run --config eastap.toml. Lines that begin with # and a\n"
      "# space are remarks; take away the # of a setting to change it. Flags and\n"
      "# EASTAP_ environment variables win over this file. Relative paths start at\n"
      "# the current folder, and ~/ at the home folder.\n";
  std::string section;
  for (const Option& option : option_table()) {
    if (option.key.empty()) continue;
    const std::size_t dot = option.key.find('.');
    const bool table = is_table(option);
    if (dot == std::string::npos && !table) text += sample_option(option);
  }
  for (const Option& option : option_table()) {
    const std::size_t dot = option.key.find('.');
    if (dot == std::string::npos) continue;
    if (option.key.substr(0, dot) != section) {
      section = option.key.substr(0, dot);
      text += "\n[" + section + "]\n";
    }
    text += sample_option(option);
  }
  for (const Option& option : option_table()) {
    if (is_table(option)) text += sample_option(option);
  }
  return text;
}

}  // namespace eastap::config
