#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "tests/unit/config/support.hpp"

namespace eastap::config {

using namespace test;

namespace {

/// The sample with every setting's '#' taken away.
std::string uncommented(const std::string& sample) {
  std::istringstream lines{sample};
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const bool remark = line == "#" || (line.starts_with("# ") && !line.starts_with("#  "));
    text += (!remark && line.starts_with('#') ? line.substr(1) : line) + "\n";
  }
  return text;
}

std::string man_escaped(const std::string& flag) {
  std::string text;
  for (const char letter : flag) text += letter == '-' ? std::string{"\\-"} : std::string{letter};
  return text;
}

}  // namespace

TEST_SUITE("config.documents") {
  TEST_CASE("help names every command and stays within 80 columns") {
    std::vector<std::string> texts{help_text(), ca_help_text()};
    for (const Command& command : command_table()) {
      CHECK(contains(help_text(), "\n  " + command.name + " "));
      texts.push_back(help_text(command));
    }
    for (const std::string& text : texts) {
      std::istringstream lines{text};
      for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(line.size() <= 80);
        CHECK_FALSE(line.ends_with(' '));
      }
    }
  }

  TEST_CASE("the help of a command names exactly its options, with defaults and an example") {
    for (const Command& command : command_table()) {
      const std::string help = help_text(command);
      CAPTURE(help);
      CHECK(contains(help, "Usage: eastap " + command.name));
      CHECK(contains(help, "Examples:\n  "));
      for (const Option& option : option_table()) {
        CAPTURE(option.flag);
        const bool there = contains(help, "\n  " + option.flag + " ") ||
                           contains(help, "\n  " + option.flag + "\n");
        CHECK(there == ((option.commands & command.bit) != 0));
      }
    }
    const std::string run = help_text(command_table().front());
    for (const std::string part :
         {"[0.0.0.0:8888]", "[2h]", "[32MiB]", "[never]", "[~/.local/share/eastap]"}) {
      CHECK(contains(run, part));
    }
  }

  TEST_CASE("the examples of the help can be run") {
    for (const Command& command : command_table()) {
      for (const std::string& example : command.examples) {
        std::istringstream line{example.substr(example.find("eastap ") + 7)};
        std::vector<std::string> words;
        for (std::string word; line >> word && word != "#" && word != "|" && word != ">";)
          words.push_back(word);
        CAPTURE(example);
        CHECK(error_of(words) == "no error");
        CHECK(parsed(words).command == command.command);
      }
    }
  }

  TEST_CASE("the man page names every command, flag, key and variable") {
    const std::string page = man_page();
    for (const Option& option : option_table()) {
      CAPTURE(option.flag);
      CHECK(contains(page, "\n.B " + man_escaped(option.flag)));
      if (option.key.empty()) continue;
      CHECK(contains(page, option.variable()));
      const std::size_t dot = option.key.find('.');
      CHECK(contains(page, dot == std::string::npos
                               ? option.key
                               : option.key.substr(dot + 1) + " in [" + option.key.substr(0, dot)));
    }
    for (const Command& command : command_table())
      CHECK(contains(page, "\n.B eastap " + command.name));
    for (const char letter : page) CHECK(static_cast<unsigned char>(letter) < 0x80);
  }

  TEST_CASE("groff has nothing to say about the man page") {
    if (std::system("command -v groff >/dev/null 2>&1") != 0) {
      MESSAGE("groff is not installed");
      return;
    }
    const ConfigFile page{man_page()};
    const ConfigFile said{""};
    const std::string command =
        "groff -man -ww -Tascii '" + page.path() + "' 2>'" + said.path() + "' >/dev/null";
    CHECK(std::system(command.c_str()) == 0);
    std::ostringstream text;
    text << std::ifstream{said.path()}.rdbuf();
    CHECK(text.str().empty());
  }

  TEST_CASE("the checked-in sample is what the table gives") {
    const char* const sample = EASTAP_TEST_DATA "/../../config/eastap.toml";
    if (std::getenv("EASTAP_UPDATE_GOLDEN") != nullptr) {
      std::ofstream{sample, std::ios::binary} << sample_config();
    }
    std::ostringstream text;
    text << std::ifstream{sample, std::ios::binary}.rdbuf();
    CHECK(text.str() == sample_config());
  }

  TEST_CASE("the sample as it is changes nothing") {
    const ConfigFile file{sample_config()};
    CHECK(parsed({"run", "--config", file.path()}).config == defaults());
  }

  TEST_CASE("every setting of the sample is the default, or an example that is accepted") {
    const std::string text = uncommented(sample_config());
    const ConfigFile file{text};
    const Config config = parsed({"run", "--config", file.path()}).config;
    for (const Option& option : option_table()) {
      if (option.key.empty() || option.form == Form::rules || option.form == Form::mutes ||
          option.form == Form::blocks)
        continue;
      CAPTURE(option.key);
      CHECK(contains(text, "\n" + option.key.substr(option.key.find('.') + 1) + " = "));
      if (option.shown && !option.shown(Config{}).empty())
        CHECK(option.shown(config) == option.shown(Config{}));
    }
    CHECK(config.intercept == default_intercept());
    CHECK(config.tunnel == default_tunnel());
    CHECK(config.allow == default_allow());
    CHECK(config.upstream_ca.size() == 1);
    CHECK(config.connect_to.size() == 1);
    CHECK(config.rules.at("synckey-zero").threshold == 3U);
    REQUIRE(config.mutes.size() == 1);
    CHECK(config.mutes[0].device == "ABC123");
    REQUIRE(config.certificates.size() == 1);
    CHECK(config.certificates[0].file == "/etc/eastap/mail.pfx");
    REQUIRE(config.client_certificates.size() == 1);
    REQUIRE(config.legacy_tls.size() == 1);
    CHECK_FALSE(config.legacy_tls[0].phone);
  }

  TEST_CASE("the default hosts cover what the documents name") {
    for (const std::string pattern : {"mail.*", "autodiscover.*", "outlook.office365.com"}) {
      bool there = false;
      for (const std::string& one : default_intercept()) there = there || one == pattern;
      CHECK(there);
    }
  }
}

}  // namespace eastap::config
