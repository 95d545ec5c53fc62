#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "config/option_table.hpp"
#include "config/values.hpp"

namespace eastap::config {

namespace {

class Reader {
 public:
  Reader(Invocation& invocation, const std::string& file) : invocation_{invocation}, file_{file} {}

  void read(const toml::table& root) {
    read_table(root, "");
    for (const Option* option : seen_) {
      for (const Option* other : seen_) {
        for (const std::string& excluded : option->excludes) {
          if (other->flag == excluded) {
            throw ConfigError{file_ + ": " + option->key + " and " + other->key +
                              " exclude each other; keep one of them"};
          }
        }
      }
    }
  }

 private:
  [[nodiscard]] std::string place(const toml::source_region& region) const {
    return file_ + ":" + std::to_string(region.begin.line);
  }

  void read_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string path = prefix + std::string{key.str()};
      if (path == "rules") {
        read_rules(key, node);
      } else if (path == "mute") {
        read_mutes(key, node);
      } else if (const Option* option = find(path);
                 option != nullptr && option->form == Form::blocks) {
        read_blocks(*option, key, node);
      } else if (option != nullptr) {
        const std::vector<std::string> values = values_of(*option, node, place(key.source()));
        if (option->form != Form::truth || values.back() == "true") seen_.push_back(option);
        apply_option(*option, invocation_, values, place(key.source()) + ": " + path);
      } else if (const toml::table* inner = node.as_table();
                 inner != nullptr && prefix.empty() && is_section(path)) {
        read_table(*inner, path + ".");
      } else {
        throw_unknown(key, path, prefix);
      }
    }
  }

  [[nodiscard]] static const Option* find(const std::string& path) {
    for (const Option& option : option_table()) {
      if (!option.key.empty() && option.key == path) return &option;
    }
    return nullptr;
  }

  [[nodiscard]] static bool is_section(const std::string& path) {
    for (const Option& option : option_table()) {
      if (option.key.starts_with(path + ".")) return true;
    }
    return false;
  }

  [[noreturn]] void throw_unknown(const toml::key& key, const std::string& path,
                                  const std::string& prefix) const {
    std::vector<std::string> same_section;
    std::vector<std::string> all;
    for (const Option& option : option_table()) {
      if (option.key.empty()) continue;
      all.push_back(option.key);
      if (option.key.starts_with(prefix)) same_section.push_back(option.key);
      if (const std::size_t dot = option.key.find('.');
          dot != std::string::npos && prefix.empty()) {
        same_section.push_back(option.key.substr(0, dot));
      }
    }
    std::string message = place(key.source()) + ": there is no key " + in_quotes(path);
    // A key of the right name in the wrong section is the likeliest slip.
    for (const std::string& one : all) {
      const std::string last = one.substr(one.find('.') + 1);
      if (last == key.str() && one != last) {
        throw ConfigError{message + "; it belongs below [" + one.substr(0, one.find('.')) + "]"};
      }
      if (one == key.str())
        throw ConfigError{message + "; " + in_quotes(one) + " belongs above the first [section]"};
    }
    std::optional<std::string> close = nearest(path, same_section);
    if (!close) close = nearest(path, all);
    message +=
        close ? "; did you mean " + in_quotes(*close) + "?" : "; eastap --man lists all keys";
    throw ConfigError{message};
  }

  void read_rules(const toml::key& key, const toml::node& node) {
    const toml::table* rules = node.as_table();
    if (rules == nullptr)
      throw ConfigError{place(key.source()) +
                        ": rules: a table is wanted; write [rules.synckey-zero]"};
    for (const auto& [name, settings] : *rules) {
      const toml::table* table = settings.as_table();
      if (table == nullptr) {
        throw ConfigError{place(name.source()) + ": rules." + std::string{name.str()} +
                          ": a table is wanted; write [rules." + std::string{name.str()} +
                          "] and its keys below it"};
      }
      RuleOverride& rule = invocation_.config.rules[std::string{name.str()}];
      rule.origin = place(name.source());
      for (const auto& [setting, value] : *table) {
        read_rule(rule, std::string{name.str()}, setting, value);
        rule.origins[std::string{setting.str()}] = place(setting.source());
      }
    }
  }

  void read_mutes(const toml::key& key, const toml::node& node) {
    const toml::array* mutes = node.as_array();
    if (mutes == nullptr || !mutes->is_homogeneous<toml::table>()) {
      throw ConfigError{place(key.source()) +
                        ": mute: tables are wanted; write [[mute]] and its keys below it"};
    }
    for (const toml::node& one : *mutes) {
      MuteRule mute;
      mute.origin = place(one.source());
      for (const auto& [name, value] : *one.as_table()) {
        const std::string where = place(name.source()) + ": mute." + std::string{name.str()};
        const auto* text = value.as_string();
        if (text == nullptr) throw_type(where, "a string", value);
        try {
          set_mute(mute, name.str(), text->get());
        } catch (const Complaint& complaint) {
          throw ConfigError{where + ": " + complaint.what()};
        }
      }
      invocation_.config.mutes.push_back(std::move(mute));
    }
  }

  void read_blocks(const Option& option, const toml::key& key, const toml::node& node) {
    const toml::array* blocks = node.as_array();
    if (blocks == nullptr || !blocks->is_homogeneous<toml::table>()) {
      throw ConfigError{place(key.source()) + ": " + option.key + ": tables are wanted; write [[" +
                        option.key + "]] and its keys below it"};
    }
    for (const toml::node& one : *blocks) {
      Block block;
      for (const auto& [name, value] : *one.as_table()) {
        block[std::string{name.str()}] = block_value(option, name, value);
      }
      std::vector<std::string> said;
      for (const auto& [name, value] : block) said.push_back(name + '=' + value);
      note_given(invocation_, option, said);
      const std::string where = place(one.source()) + ": " + option.key;
      try {
        option.apply_block(invocation_, block, where);
      } catch (const Complaint& complaint) {
        throw ConfigError{where + ": " + complaint.what()};
      }
    }
  }

  [[nodiscard]] std::string block_value(const Option& option, const toml::key& name,
                                        const toml::node& value) const {
    const std::string where =
        place(name.source()) + ": " + option.key + "." + std::string{name.str()};
    std::vector<std::string> known;
    for (const BlockKey& one : option.block_keys) known.push_back(one.name);
    if (std::find(known.begin(), known.end(), name.str()) == known.end()) {
      const auto close = nearest(name.str(), known);
      throw ConfigError{
          where + ": there is no such key" +
          (close ? "; did you mean " + in_quotes(*close) + "?" : "; there are " + all_of(known))};
    }
    if (const auto* text = value.as_string()) return text->get();
    const toml::array* items = value.as_array();
    if (items == nullptr) throw_type(where, "a string", value);
    std::string list;
    for (const toml::node& item : *items) {
      if (item.as_string() == nullptr) throw_type(where, "a list of strings", item);
      list += (list.empty() ? "" : ",") + item.as_string()->get();
    }
    return list;
  }

  void read_rule(RuleOverride& rule, const std::string& name, const toml::key& key,
                 const toml::node& node) const {
    const std::string word{key.str()};
    const std::string where = place(key.source()) + ": rules." + name + "." + word;
    const std::string_view wanted = word == "enabled"    ? "true or false"
                                    : word == "severity" ? "a string"
                                                         : "a whole number";
    std::optional<std::string> value;
    if (word == "enabled") {
      if (const auto* truth = node.as_boolean()) value = truth->get() ? "true" : "false";
    } else if (word == "severity") {
      if (const auto* text = node.as_string()) value = text->get();
    } else if (const auto* number = node.as_integer()) {
      value = std::to_string(number->get());
    }
    const std::vector<std::string>& known = rule_keys();
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      const auto close = nearest(word, known);
      throw ConfigError{
          where + ": there is no such key" +
          (close ? "; did you mean " + in_quotes(*close) + "?" : "; a rule has " + all_of(known))};
    }
    if (!value) throw_type(where, wanted, node);
    try {
      set_rule(rule, word, *value);
    } catch (const Complaint& complaint) {
      throw ConfigError{where + ": " + complaint.what()};
    }
  }

  [[nodiscard]] static std::string all_of(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
  }

  [[noreturn]] static void throw_type(const std::string& where, std::string_view wanted,
                                      const toml::node& node) {
    std::ostringstream type;
    type << node.type();
    throw ConfigError{where + ": " + std::string{wanted} + " is wanted, not a value of type " +
                      type.str()};
  }

  [[nodiscard]] static std::vector<std::string> values_of(const Option& option,
                                                          const toml::node& node,
                                                          const std::string& line) {
    const std::string where = line + ": " + option.key;
    const auto* text = node.as_string();
    const auto* number = node.as_integer();
    switch (option.form) {
      case Form::text:
        if (text != nullptr) return {text->get()};
        throw_type(where, "a string", node);
      case Form::number:
        if (number != nullptr) return {std::to_string(number->get())};
        throw_type(where, "a whole number", node);
      case Form::truth:
        if (const auto* truth = node.as_boolean()) return {truth->get() ? "true" : "false"};
        throw_type(where, "true or false", node);
      case Form::duration:
        if (text != nullptr) return {text->get()};
        if (number != nullptr) return {std::to_string(number->get())};
        throw_type(where, "a string such as \"30s\"", node);
      case Form::size:
        if (text != nullptr) return {text->get()};
        if (number != nullptr) return {std::to_string(number->get())};
        throw_type(where, "a string such as \"32MiB\"", node);
      case Form::list:
      case Form::blocks:
      case Form::mutes:
      case Form::rules: break;
    }
    if (option.tables == Tables::rows && text != nullptr) return {text->get()};
    if (const toml::table* pairs = node.as_table();
        pairs != nullptr && option.tables == Tables::pairs) {
      return pairs_of(*pairs, where);
    }
    const toml::array* items = node.as_array();
    if (items == nullptr) throw_type(where, "a list of strings, [\"...\", \"...\"],", node);
    std::vector<std::string> values;
    for (const toml::node& item : *items) {
      if (const toml::table* row = item.as_table();
          row != nullptr && option.tables == Tables::rows) {
        values.push_back(value_of_row(option, *row, where));
        continue;
      }
      if (item.as_string() == nullptr) throw_type(where, "a list of strings", item);
      values.push_back(item.as_string()->get());
    }
    return values;
  }

  [[nodiscard]] static std::vector<std::string> pairs_of(const toml::table& pairs,
                                                         const std::string& where) {
    std::vector<std::string> values;
    for (const auto& [name, node] : pairs) {
      const auto* text = node.as_string();
      if (text == nullptr) throw_type(where + "." + std::string{name.str()}, "a string", node);
      values.push_back(std::string{name.str()} + "=" + text->get());
    }
    return values;
  }

  [[nodiscard]] static std::string value_of_row(const Option& option, const toml::table& row,
                                                const std::string& where) {
    std::map<std::string, std::string> texts;
    for (const auto& [name, node] : row) {
      // A number goes on as text: what the row says of its key helps more than its type.
      if (const auto* number = node.as_integer()) {
        texts.emplace(name.str(), std::to_string(number->get()));
        continue;
      }
      const auto* text = node.as_string();
      if (text == nullptr) throw_type(where + "." + std::string{name.str()}, "a string", node);
      texts.emplace(name.str(), text->get());
    }
    try {
      return option.row(texts);
    } catch (const Complaint& complaint) {
      throw ConfigError{where + ": " + complaint.what()};
    }
  }

  Invocation& invocation_;
  const std::string& file_;
  std::vector<const Option*> seen_;
};

}  // namespace

void apply_toml(Invocation& invocation, std::string_view text, const std::string& shown_name) {
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw ConfigError{shown_name + ":" + std::to_string(error.source().begin.line) +
                      ": not TOML: " + std::string{error.description()} +
                      "; strings need quotes, eastap.toml shows the form"};
  }
  Reader{invocation, shown_name}.read(root);
}

}  // namespace eastap::config
