#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/config/support.hpp"

namespace eastap::config {

using namespace test;

namespace {

Invocation with(const std::string& toml) {
  const ConfigFile file{toml};
  return parsed({"run", "--config", file.path()});
}

std::string line_of(const Option& option, const std::string& value) {
  const std::size_t dot = option.key.find('.');
  if (dot == std::string::npos) return option.key + " = " + toml_of(option, value) + "\n";
  return "[" + option.key.substr(0, dot) + "]\n" + option.key.substr(dot + 1) + " = " +
         toml_of(option, value) + "\n";
}

}  // namespace

TEST_SUITE("config.changes") {
  TEST_CASE("each key that is given another value is told, and no other") {
    const Invocation before = with("");
    for (const Option& option : option_table()) {
      const bool table =
          option.form == Form::rules || option.form == Form::mutes || option.form == Form::blocks;
      if (option.key.empty() || table || (option.commands & in::run) == 0) continue;
      CAPTURE(option.key);
      const Invocation after = with(line_of(option, other_value(option)));
      CHECK(changes(before, after) == std::vector<Change>{{option.key, option.reloads}});
      CHECK(changes(after, before) == std::vector<Change>{{option.key, option.reloads}});
      CHECK(changes(after, after).empty());
    }
  }

  TEST_CASE("tables change by any of their keys") {
    for (const Option& option : option_table()) {
      if (option.form != Form::blocks) continue;
      CAPTURE(option.key);
      std::string text = "[[" + option.key + "]]\n";
      for (const BlockKey& key : option.block_keys) {
        if (!key.example.empty()) text += key.name + " = \"" + key.example + "\"\n";
      }
      const auto expected = std::vector<Change>{{option.key, option.reloads}};
      CHECK(changes(with(""), with(text)) == expected);
      CHECK(changes(with(text), with("# a remark\n" + text)).empty());
    }
  }

  TEST_CASE("rules and mutes change by what they say, not by their line") {
    const Invocation before =
        with("[rules.synckey-zero]\nthreshold = 3\n[[mute]]\nuser = \"alice\"\n");
    CHECK(changes(before, with("# a remark\n\n[rules.synckey-zero]\nthreshold = 3\n[[mute]]\n"
                               "user = \"alice\"\n"))
              .empty());
    CHECK(changes(before,
                  with("[rules.synckey-zero]\nthreshold = 4\n[[mute]]\nuser = \"alice\"\n")) ==
          std::vector<Change>{{"rules", true}});
    CHECK(changes(before, with("[rules.synckey-zero]\nthreshold = 3\n")) ==
          std::vector<Change>{{"mute", true}});
  }

  TEST_CASE("sockets, threads, the CA and the place of output wait for the next start") {
    for (const char* key : {"listen", "threads", "ca_dir", "capture", "tail", "limit.queue"}) {
      for (const Option& option : option_table()) {
        if (option.key == key) CHECK_FALSE(option.reloads);
      }
    }
  }
}

}  // namespace eastap::config
