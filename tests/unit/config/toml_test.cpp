#include <string>

#include <doctest/doctest.h>

#include "tests/unit/config/support.hpp"

namespace eastap::config {

using namespace test;
using namespace std::chrono_literals;

namespace {

std::string toml_error(std::string_view text) {
  Invocation invocation;
  try {
    apply_toml(invocation, text, "e.toml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

Config config_of(std::string_view text) {
  Invocation invocation;
  apply_toml(invocation, text, "e.toml");
  return invocation.config;
}

}  // namespace

TEST_SUITE("config.toml") {
  TEST_CASE("mutes are tables, each with what must fit") {
    const ConfigFile file{
        "[[mute]]\ndevice = \"A1\"\nfolder = \"Calendar\"\n[[mute]]\nrule = \"ping-storm\"\n"};
    const Config config = parsed({"run", "--config", file.path()}).config;
    REQUIRE(config.mutes.size() == 2);
    CHECK(config.mutes[0].device == "A1");
    CHECK(config.mutes[0].folder == "Calendar");
    CHECK(config.mutes[1].rule == "ping-storm");
    CHECK(contains(toml_error("[[mute]]\ndevise = \"A1\"\n"), "a mute has no \"devise\""));
    CHECK(contains(toml_error("[[mute]]\ndevice = 3\n"), "a string is wanted"));
    CHECK(contains(toml_error("[mute]\ndevice = \"A1\"\n"), "write [[mute]]"));
    CHECK(contains(toml_error("[[mute]]\ndevice = \"\"\n"), "is empty"));
  }

  TEST_CASE("values of every form are read") {
    const Config config = config_of(R"(
listen = "[::]:443"
threads = 3
no_capture = true
upstream_ca = ["a.pem", "b.pem"]
connect_to = ["mail.test:443=[::1]:8443", ":=other.test:"]
[deadline]
waiting = "1h30m"
resolve = 5
[limit]
body = 1_048_576
queue = "1GiB"
[rules.synckey-zero]
enabled = true
severity = "error"
threshold = 5
window_seconds = 60
escalate_at = 9
)");
    CHECK(config.ways_in.listeners == std::vector<Listen>{{{"::", 443}}});
    CHECK(config.threads == 3);
    CHECK_FALSE(config.capture);
    CHECK(config.upstream_ca == std::vector<std::string>{"a.pem", "b.pem"});
    CHECK(config.connect_to == std::vector<ConnectTo>{{{"mail.test", 443}, {"::1", 8443}},
                                                      {{"", 0}, {"other.test", 0}}});
    CHECK(config.deadlines.waiting == 90min);
    CHECK(config.deadlines.resolve == 5s);
    CHECK(config.limits.body_bytes == 1'048'576);
    CHECK(config.limits.queue_bytes == 1ULL << 30U);
    RuleOverride rule = config.rules.at("synckey-zero");
    CHECK(rule.origins.at("threshold") == "e.toml:16");
    CHECK(rule.origins.size() == 5);
    rule.origins.clear();
    CHECK(rule == RuleOverride{true, "error", 5, 60s, 9, "e.toml:13"});
  }

  TEST_CASE("an unknown key is an error with file, line and the nearest known key") {
    CHECK(toml_error("\nlisen = \"x\"\n") ==
          "e.toml:2: there is no key \"lisen\"; did you mean \"listen\"?");
    CHECK(toml_error("[deadline]\nwating = 3600\n") ==
          "e.toml:2: there is no key \"deadline.wating\"; did you mean \"deadline.waiting\"?");
    CHECK(contains(toml_error("[deadlines]\nwaiting = 3600\n"), "did you mean \"deadline\"?"));
    CHECK(contains(toml_error("waiting = \"2h\"\n"), "belongs below [deadline]"));
    CHECK(contains(toml_error("[limit]\nlisten = \"0.0.0.0:1\"\n"),
                   "belongs above the first [section]"));
    CHECK(contains(toml_error("xyzzyplugh = 1\n"), "eastap --man"));
    CHECK(
        contains(toml_error("[rules.a]\ntreshold = 1\n"),
                 "e.toml:2: rules.a.treshold: there is no such key; did you mean \"threshold\"?"));
    CHECK(contains(toml_error("[limit.body]\nx = 1\n"), "limit.body"));
  }

  TEST_CASE("a value of the wrong type names place, key and the wanted type") {
    CHECK(toml_error("ca_dir = 8888") ==
          "e.toml:1: ca_dir: a string is wanted, not a value of type integer");
    CHECK(contains(toml_error("threads = \"2\""), "e.toml:1: threads: a whole number is wanted"));
    CHECK(contains(toml_error("threads = 2.5"), "whole number"));
    CHECK(contains(toml_error("no_capture = 1"), "true or false is wanted"));
    CHECK(contains(toml_error("intercept = \"a\""), "a list of strings"));
    CHECK(contains(toml_error("intercept = [1]"), "a list of strings"));
    CHECK(contains(toml_error("deadline = 3"), "e.toml:1"));
    CHECK(contains(toml_error("[deadline]\nresolve = true"),
                   "e.toml:2: deadline.resolve: a string such as"));
    CHECK(contains(toml_error("[limit]\nbody = 1.5"), "e.toml:2: limit.body: a string such as"));
    CHECK(contains(toml_error("rules = 3"), "a table is wanted"));
    CHECK(contains(toml_error("[rules]\na = 3"), "a table is wanted"));
    CHECK(contains(toml_error("[rules.a]\nthreshold = \"3\""), "a whole number is wanted"));
    CHECK(contains(toml_error("[rules.a]\nenabled = 1"), "true or false is wanted"));
    CHECK(contains(toml_error("[rules.a]\nseverity = 1"), "a string is wanted"));
  }

  TEST_CASE("a value out of range names place, key and range") {
    CHECK(
        contains(toml_error("\n\nthreads = 1000"), "e.toml:3: threads: 1000 is outside 0 to 256"));
    CHECK(contains(toml_error("threads = -1"), "e.toml:1: threads: "));
    CHECK(contains(toml_error("[deadline]\nwaiting = 60"),
                   "e.toml:2: deadline.waiting: \"60\" is outside 1h to 168h"));
    CHECK(
        contains(toml_error("[rules.a]\nwindow_seconds = -5"), "e.toml:2: rules.a.window_seconds"));
    CHECK(contains(toml_error("[rules.a]\nseverity = \"bad\""), "e.toml:2: rules.a.severity"));
  }

  TEST_CASE("what excludes each other in one file is refused") {
    CHECK(contains(toml_error("capture = \"x\"\nno_capture = true\n"), "exclude each other"));
    CHECK(toml_error("capture = \"x\"\nno_capture = false\n") == "no error");
  }

  TEST_CASE("what is no TOML is told with its line") {
    CHECK(toml_error("listen = \"a\"\nlisten\n").starts_with("e.toml:2: not TOML: "));
    CHECK(toml_error("listen = 0.0.0.0:8888\n").starts_with("e.toml:1: not TOML: "));
    CHECK(contains(toml_error(std::string("a\0b", 3)), "not TOML"));
  }

  TEST_CASE("every cut of the sample is a config or a told error") {
    const std::string sample = sample_config();
    std::string open;
    for (std::size_t at = 0; at < sample.size(); ++at) {
      if (sample[at] == '#' && at + 1 < sample.size() && sample[at + 1] != ' ' &&
          (at == 0 || sample[at - 1] == '\n'))
        continue;
      open += sample[at];
    }
    for (std::size_t kept = 0; kept < open.size(); kept += 11) {
      CHECK_NOTHROW(static_cast<void>(toml_error(std::string_view{open}.substr(0, kept))));
    }
  }
}

}  // namespace eastap::config
