#include "config/option_table.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/config/support.hpp"

namespace eastap::config {

using namespace test;

namespace {

std::vector<std::string> with_flag(const Option& option, std::vector<std::string> words) {
  words.push_back(option.flag);
  if (option.form != Form::truth) words.push_back(other_value(option));
  return words;
}

bool differs(const Invocation& one, const Invocation& two) {
  return !(one.config == two.config) || one.speed != two.speed || one.rebuild != two.rebuild ||
         one.body_form != two.body_form || one.certificate_form != two.certificate_form ||
         one.device != two.device || one.output != two.output || !(one.ca == two.ca) ||
         !(one.check == two.check);
}

std::string toml_line(const Option& option) {
  if (option.form == Form::rules) return "[rules.synckey-zero]\nthreshold = 4\n";
  if (option.form == Form::mutes) return "[[mute]]\nrule = \"ping-storm\"\ndevice = \"B2\"\n";
  if (option.form == Form::blocks) {
    return "[[" + option.key + "]]\n" +
           (option.key == "legacy_tls" ? "host = [\"other.test\"]\n"
                                       : "host = \"other.test\"\nfile = \"other.pem\"\n");
  }
  const std::size_t dot = option.key.find('.');
  const std::string value = " = " + toml_of(option, other_value(option)) + "\n";
  if (dot == std::string::npos) return option.key + value;
  return "[" + option.key.substr(0, dot) + "]\n" + option.key.substr(dot + 1) + value;
}

void forget_origins(Config& config) {
  for (auto& [name, rule] : config.rules) {
    rule.origin.clear();
    rule.origins.clear();
  }
  for (auto& mute : config.mutes) mute.origin.clear();
  for (auto* rules : {&config.certificates, &config.client_certificates}) {
    for (auto& rule : *rules) rule.origin.clear();
  }
}

}  // namespace

TEST_SUITE("config.option_table") {
  TEST_CASE("flags, keys and variables are unique") {
    std::set<std::string> seen;
    for (const Option& option : option_table()) {
      CAPTURE(option.flag);
      CHECK(seen.insert(option.flag).second);
      if (!option.key.empty()) CHECK(seen.insert(option.key).second);
      if (!option.variable().empty()) CHECK(seen.insert(option.variable()).second);
    }
  }

  TEST_CASE("every row is complete") {
    for (const Option& option : option_table()) {
      CAPTURE(option.flag);
      CHECK(option.flag.starts_with("--"));
      CHECK_FALSE(option.summary.empty());
      CHECK(option.commands != 0);
      CHECK(option.apply);
      CHECK((option.form == Form::truth) == option.value_name.empty());
      if (!option.key.empty()) {
        const bool has_default = option.shown && !option.shown(Config{}).empty();
        CHECK((has_default || !option.example.empty()));
      }
      for (const std::string& excluded : option.excludes) {
        bool mutual = false;
        for (const Option& other : option_table()) {
          if (other.flag != excluded) continue;
          for (const std::string& back : other.excludes) mutual = mutual || back == option.flag;
        }
        CHECK(mutual);
      }
    }
  }

  TEST_CASE(
      "every flag changes something, on every command that takes it, and is unknown to all "
      "others") {
    for (const Option& option : option_table()) {
      if (option.flag == "--config" || option.flag == "--xml")
        continue;  // tested below and in parse_test
      for (const Command& command : command_table()) {
        CAPTURE(option.flag);
        CAPTURE(command.name);
        const std::vector<std::string> words = words_of(command);
        if ((option.commands & command.bit) != 0) {
          CHECK(differs(parsed(with_flag(option, words)), parsed(words)));
        } else {
          CHECK(contains(error_of(with_flag(option, words)), "has no option " + option.flag));
        }
      }
    }
  }

  TEST_CASE("flag, variable and key of an option set the same") {
    for (const Option& option : option_table()) {
      if (option.key.empty()) continue;
      CAPTURE(option.flag);
      const std::vector<std::string> words = words_of(command_taking(option));
      Config by_flag = parsed(with_flag(option, words)).config;
      Environment environment = kHome;
      environment[option.variable()] = other_value(option);
      Config by_variable = parsed(words, environment).config;
      const ConfigFile file{toml_line(option)};
      Environment with_file = kHome;
      with_file["EASTAP_CONFIG"] = file.path();
      Config by_file = parsed(words, with_file).config;
      for (Config* config : {&by_flag, &by_variable, &by_file}) forget_origins(*config);
      CHECK(by_flag == by_variable);
      if (option.key == "intercept" || option.key == "tunnel" || option.key == "allow_port")
        continue;  // these add, except in the file
      CHECK(by_flag == by_file);
    }
  }

  TEST_CASE("flag wins over environment, that over file, that over default") {
    for (const Option& option : option_table()) {
      if (option.form != Form::duration || option.key.empty()) continue;
      CAPTURE(option.flag);
      const bool waiting = option.key == "deadline.waiting";
      const auto value = [&](int number) { return std::to_string(number) + (waiting ? "h" : "s"); };
      const auto shown = [&](const std::vector<std::string>& words,
                             const Environment& environment) {
        return option.shown(parsed(words, environment).config).front();
      };
      CHECK(shown({"run"}, kHome) == option.shown(Config{}).front());
      const std::size_t dot = option.key.find('.');
      const std::string head =
          dot == std::string::npos ? std::string{} : "[" + option.key.substr(0, dot) + "]\n";
      const std::string name = dot == std::string::npos ? option.key : option.key.substr(dot + 1);
      const ConfigFile file{head + name + " = \"" + value(21) + "\"\n"};
      Environment environment = kHome;
      environment["EASTAP_CONFIG"] = file.path();
      CHECK(shown({"run"}, environment) == value(21));
      environment[option.variable()] = value(22);
      CHECK(shown({"run"}, environment) == value(22));
      CHECK(shown({"run", option.flag, value(23)}, environment) == value(23));
    }
  }

  TEST_CASE("every subcommand without options gives the defaults") {
    for (const Command& command : command_table()) {
      CAPTURE(command.name);
      const Invocation invocation = parsed(words_of(command));
      CHECK(invocation.command == command.command);
      CHECK(invocation.config == defaults());
      CHECK(invocation.warnings.empty());
    }
  }
}

}  // namespace eastap::config
