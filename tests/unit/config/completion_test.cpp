#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/config/support.hpp"

namespace eastap::config {

using namespace test;

namespace {

/// What bash offers when the cursor is behind the last of `words`.
std::vector<std::string> offered(const std::vector<std::string>& words) {
  const ConfigFile script{completion_script(Shell::bash, {"synckey-zero", "heartbeat-cut"})};
  const ConfigFile output{""};
  std::string list;
  for (const std::string& word : words) list += " '" + word + "'";
  const std::string inner = "source \"$1\"; COMP_WORDS=(" + list +
                            "); COMP_CWORD=" + std::to_string(words.size() - 1) +
                            "; _eastap; printf \"%s\\n\" \"${COMPREPLY[@]}\"";
  const ConfigFile runner{inner};
  const std::string command =
      "bash --norc '" + runner.path() + "' '" + script.path() + "' >'" + output.path() + "' 2>&1";
  CHECK(std::system(command.c_str()) == 0);
  std::vector<std::string> lines;
  std::ifstream input{output.path()};
  for (std::string line; std::getline(input, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_SUITE("config.completion") {
  TEST_CASE("bash offers the commands, those below ca, and the flags of a command") {
    CHECK(offered({"eastap", "ru"}) == Words{"run"});
    CHECK(offered({"eastap", "ca", "s"}) == Words{"show"});
    CHECK(offered({"eastap", "ca", "export", "--form"}) == Words{"--format"});
    CHECK(offered({"eastap", "--comp"}) == Words{"--completion"});
    for (const Command& command : command_table()) {
      std::istringstream parts{command.name};
      Words words{"eastap"};
      for (std::string part; parts >> part;) words.push_back(part);
      words.emplace_back("--");
      const Words flags = offered(words);
      CAPTURE(command.name);
      for (const Option& option : option_table()) {
        const bool there = std::find(flags.begin(), flags.end(), option.flag) != flags.end();
        CHECK(there == ((option.commands & command.bit) != 0));
      }
    }
  }

  TEST_CASE("bash offers the words of a choice, also behind an equals sign") {
    CHECK(offered({"eastap", "run", "--tail", "j"}) == Words{"json"});
    CHECK(offered({"eastap", "run", "--tail", "=", "x"}) == Words{"xml"});
    CHECK(offered({"eastap", "run", "--tail", "="}).size() == 4);
    CHECK(offered({"eastap", "--completion", "z"}) == Words{"zsh"});
  }

  TEST_CASE("a flag's value is not taken for a command") {
    CHECK(offered({"eastap", "run", "--config", "replay", "--speed"}).empty());
    CHECK(offered({"eastap", "replay", "--log-file", "run", "--spee"}) == Words{"--speed"});
  }

  TEST_CASE("bash offers rules, their keys, and the values of these") {
    CHECK(offered({"eastap", "run", "--rule", "sync"}) == Words{"synckey-zero."});
    CHECK(offered({"eastap", "run", "--rule", "synckey-zero.th"}) ==
          Words{"synckey-zero.threshold="});
    CHECK(offered({"eastap", "run", "--rule", "synckey-zero.enabled", "=", "f"}) == Words{"false"});
    CHECK(offered({"eastap", "explain", "sync"}) == Words{"synckey-zero"});
    CHECK(offered({"eastap", "run", "--mute", "dev"}) == Words{"device="});
    CHECK(offered({"eastap", "run", "--mute", "rule", "=", "heart"}) == Words{"heartbeat-cut"});
  }

  TEST_CASE("bash offers files where a file is wanted, and folders where a folder is") {
    const ConfigFile file{"x"};
    const std::string part = file.path().substr(0, file.path().size() - 1);
    CHECK(offered({"eastap", "replay", part}) == Words{file.path()});
    CHECK(offered({"eastap", "export", part}) == Words{file.path()});
    CHECK(offered({"eastap", "export", "x", part}) == Words{file.path()});
    CHECK(offered({"eastap", "run", "--config", part}) == Words{file.path()});
    CHECK(offered({"eastap", "run", "--ca-dir", part}).empty());
    CHECK(offered({"eastap", "run", "--ca-dir", "/et"}) == Words{"/etc"});
  }

  TEST_CASE("each word of a choice is accepted by its option, and a choice has its words") {
    for (const Option& option : option_table()) {
      CAPTURE(option.flag);
      for (const std::string& word : option.words) {
        CAPTURE(word);
        Invocation invocation;
        CHECK_NOTHROW(apply_option(option, invocation, {word}, option.flag));
      }
      const bool choice = option.value_name == "MODE" || option.value_name == "WHEN" ||
                          option.value_name == "SEVERITY" || option.value_name == "LEVEL" ||
                          option.value_name == "FORM";
      if (choice) CHECK_FALSE(option.words.empty());
    }
  }

  TEST_CASE("zsh finds nothing wrong with its script") {
    if (std::system("command -v zsh >/dev/null 2>&1") != 0) {
      MESSAGE("zsh is not installed");
      return;
    }
    const ConfigFile script{completion_script(Shell::zsh, {"synckey-zero"})};
    CHECK(std::system(("zsh -n '" + script.path() + "'").c_str()) == 0);
  }
}

}  // namespace eastap::config
