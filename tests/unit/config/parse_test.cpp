#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/config/support.hpp"

namespace eastap::config {

using namespace test;
using Words = std::vector<std::string>;

TEST_SUITE("config.parse") {
  TEST_CASE("the command line of an admin's first day") {
    const Invocation run = parsed({"run", "--listen", "192.168.1.5:8080", "--intercept",
                                   "sync.contoso.com", "--intercept=post.*", "--ca-dir", "/tmp/ca",
                                   "--no-capture", "--tail", "json", "--fail-on", "error"});
    CHECK(run.command == Subcommand::run);
    CHECK(run.config.ways_in.listeners == std::vector<Listen>{{{"192.168.1.5", 8080}}});
    CHECK(run.config.intercept.size() == default_intercept().size() + 2);
    CHECK(run.config.intercept.back() == "post.*");
    CHECK(run.config.ca_dir == "/tmp/ca");
    CHECK_FALSE(run.config.capture);
    CHECK(run.config.tail == TailMode::json);
    CHECK(run.config.json);
    CHECK(run.config.fail_on == FailOn::error);
  }

  TEST_CASE("the bench's command line") {
    const Invocation run = parsed({"run", "--listen", "127.0.0.1:8110", "--intercept", "localhost",
                                   "--allow-target", "127.0.0.0/8", "--upstream-ca", "/x/up.pem",
                                   "--capture", "/x/bench.eastap", "--tail", "off"});
    CHECK(run.config.allow_target == Words{"127.0.0.0/8"});
    CHECK(run.config.upstream_ca == Words{"/x/up.pem"});
    CHECK(run.config.capture == "/x/bench.eastap");
    CHECK(run.config.tail == TailMode::off);
  }

  TEST_CASE("host lists grow by flag and variable, are replaced by the file, and emptied by none") {
    const ConfigFile file{"intercept = [\"a.test\"]\n"};
    Environment environment = kHome;
    environment["EASTAP_CONFIG"] = file.path();
    environment["EASTAP_INTERCEPT"] = "b.test, c.test,";
    CHECK(parsed({"run", "--intercept", "d.test", "--intercept", "b.test"}, environment)
              .config.intercept == Words{"a.test", "b.test", "c.test", "d.test"});
    CHECK(parsed({"run", "--intercept", "none", "--intercept", "d.test"}, environment)
              .config.intercept == Words{"d.test"});
    CHECK(parsed({"run", "--tunnel", "none"}).config.tunnel.empty());
  }

  TEST_CASE("other lists are replaced") {
    Environment environment = kHome;
    environment["EASTAP_ALLOW"] = "10.1.1.1";
    CHECK(parsed({"run"}, environment).config.allow == Words{"10.1.1.1"});
    CHECK(parsed({"run", "--allow", "10.1.1.2"}, environment).config.allow == Words{"10.1.1.2"});
  }

  TEST_CASE("capture: the level nearest to the user decides between a file and none") {
    const ConfigFile none{"no_capture = true\n"};
    CHECK_FALSE(parsed({"run", "--config", none.path()}).config.capture);
    CHECK(parsed({"run", "--config", none.path(), "--capture", "x.eastap"}).config.capture ==
          "x.eastap");
    Environment environment = kHome;
    environment["EASTAP_CAPTURE"] = "y.eastap";
    CHECK(parsed({"run", "--config", none.path()}, environment).config.capture == "y.eastap");
    CHECK_FALSE(parsed({"run", "--no-capture"}, environment).config.capture);
    environment.erase("EASTAP_CAPTURE");
    environment["EASTAP_NO_CAPTURE"] = "false";
    CHECK(parsed({"run", "--config", none.path()}, environment).config.capture == kDefaultCapture);
  }

  TEST_CASE("what excludes each other is refused at one level and decided between levels") {
    CHECK(error_of({"run", "--capture", "x", "--no-capture"}) ==
          "--capture and --no-capture exclude each other; keep one of them");
    CHECK(contains(error_of({"run", "--json", "--tail", "line"}), "exclude each other"));
    CHECK(contains(error_of({"decode", "--hex", "--xml"}), "exclude each other"));
    CHECK(contains(error_of({"replay", "x", "--rebuild", "--speed", "1"}), "exclude each other"));
    CHECK(contains(error_of({"replay", "x", "--rebuild", "--redact", "content"}),
                   "exclude each other"));
    Environment environment = kHome;
    environment["EASTAP_JSON"] = "1";
    CHECK(parsed({"replay", "x", "--rebuild"}, environment).rebuild);
    CHECK(parsed({"run"}, environment).config.tail == TailMode::json);
    const Invocation line = parsed({"run", "--tail", "line"}, environment);
    CHECK(line.config.tail == TailMode::line);
    CHECK_FALSE(line.config.json);
  }

  TEST_CASE("explain takes any number of words, also such as are commands") {
    using Words = std::vector<std::string>;
    CHECK(parsed({"explain"}).command == Subcommand::explain);
    CHECK(parsed({"explain"}).words.empty());
    CHECK(parsed({"explain", "sync", "3"}).words == Words{"sync", "3"});
    CHECK(parsed({"explain", "sync", "3", "--json"}).config.json);
    CHECK(parsed({"explain", "--rule", "ping-storm.threshold=9", "ping-storm"}).words ==
          Words{"ping-storm"});
    CHECK(parsed({"explain", "run"}).words == Words{"run"});
    CHECK(parsed({"explain", "decode", "tail", "ca"}).words == Words{"decode", "tail", "ca"});
    CHECK(contains(parsed({"explain", "--help"}).text,
                   "Usage: eastap explain [OPTION]... [WORD]..."));
  }

  TEST_CASE("each key of a rule remembers where it was set") {
    const auto rules = parsed({"explain", "--rule", "ping-storm.threshold=9", "--rule",
                               "ping-storm.enabled=false"},
                              {{"EASTAP_RULE", "ping-storm.severity=error"}})
                           .config.rules;
    const auto& origins = rules.at("ping-storm").origins;
    CHECK(origins.at("threshold") == "--rule");
    CHECK(origins.at("enabled") == "--rule");
    CHECK(origins.at("severity") == "EASTAP_RULE");
  }

  TEST_CASE("decode: the form and the input") {
    CHECK(parsed({"decode"}).body_form == BodyForm::xml);
    CHECK(parsed({"decode"}).file == "-");
    CHECK(parsed({"decode", "--json", "body.bin"}).body_form == BodyForm::json);
    CHECK(parsed({"decode", "body.bin", "--hex"}).body_form == BodyForm::hex);
    CHECK(parsed({"decode", "body.bin", "--hex"}).file == "body.bin");
    CHECK(parsed({"decode", "-"}).file == "-");
    Environment environment = kHome;
    environment["EASTAP_JSON"] = "true";
    CHECK(parsed({"decode"}, environment).body_form == BodyForm::json);
    CHECK(parsed({"decode", "--hex"}, environment).body_form == BodyForm::hex);
    CHECK(parsed({"decode", "--xml"}, environment).body_form == BodyForm::xml);
  }

  TEST_CASE("replay and tail want their file") {
    const Invocation replay = parsed({"replay", "--speed", "2.5", "x.eastap"});
    CHECK(replay.file == "x.eastap");
    CHECK(replay.speed == doctest::Approx(2.5));
    CHECK(parsed({"replay", "-"}).file == "-");
    CHECK(contains(error_of({"replay"}), "a FILE is missing"));
    CHECK(contains(error_of({"tail"}), "a FILE is missing"));
    CHECK(contains(error_of({"tail", "-"}), "not stdin"));
    CHECK(contains(error_of({"replay", "a", "b"}), "one argument too many, \"b\""));
    for (const std::string speed : {"-1", "fast", "nan", "inf", "1e-9", ""}) {
      CHECK(contains(error_of({"replay", "x", "--speed=" + speed}), "--speed"));
    }
  }

  TEST_CASE("ca export goes by the name of the file") {
    CHECK(parsed({"ca", "export"}).certificate_form == CertificateForm::pem);
    CHECK(parsed({"ca", "export", "ca.cer"}).certificate_form == CertificateForm::der);
    CHECK(parsed({"ca", "export", "ca.der"}).certificate_form == CertificateForm::der);
    CHECK(parsed({"ca", "export", "ca.crt"}).certificate_form == CertificateForm::pem);
    CHECK(parsed({"ca", "export", "ca.cer", "--format", "pem"}).certificate_form ==
          CertificateForm::pem);
  }

  TEST_CASE("the CA folder follows XDG_DATA_HOME, then HOME, and is asked for without both") {
    CHECK(parsed({"run"}, {{"HOME", "/h"}, {"XDG_DATA_HOME", "/d"}}).config.ca_dir == "/d/eastap");
    CHECK(parsed({"run"}, {{"HOME", "/h"}, {"XDG_DATA_HOME", "relative"}}).config.ca_dir ==
          "/h/.local/share/eastap");
    CHECK(contains(error_of({"run"}, {}), "--ca-dir"));
    CHECK(contains(error_of({"ca", "show"}, {}), "--ca-dir"));
    CHECK(error_of({"run", "--ca-dir", "x"}, {}) == "no error");
    CHECK(error_of({"decode"}, {}) == "no error");
    CHECK(parsed({"run", "--ca-dir=~/ca"}).config.ca_dir == "/home/alice/ca");
  }

  TEST_CASE("NO_COLOR holds unless colour is asked for") {
    Environment environment = kHome;
    CHECK(parsed({"run"}, environment).config.color == ColorMode::automatic);
    environment["NO_COLOR"] = "1";
    CHECK(parsed({"run"}, environment).config.color == ColorMode::never);
    CHECK(parsed({"run", "--color", "always"}, environment).config.color == ColorMode::always);
    environment["NO_COLOR"] = "";
    CHECK(parsed({"run"}, environment).config.color == ColorMode::automatic);
  }

  TEST_CASE("an EASTAP_ variable that means nothing is a warning with the nearest name") {
    Environment environment = kHome;
    environment["EASTAP_LISEN"] = "x";
    const Invocation run = parsed({"run"}, environment);
    REQUIRE(run.warnings.size() == 1);
    CHECK(contains(run.warnings[0], "EASTAP_LISEN"));
    CHECK(contains(run.warnings[0], "did you mean EASTAP_LISTEN?"));
  }

  TEST_CASE("an empty variable is as if it were not there") {
    Environment environment = kHome;
    environment["EASTAP_LISTEN"] = "";
    environment["EASTAP_CONFIG"] = "";
    CHECK(parsed({"run"}, environment).config == defaults());
  }

  TEST_CASE("a bad variable is named") {
    Environment environment = kHome;
    environment["EASTAP_DEADLINE_WAITING"] = "10m";
    CHECK(error_of({"run"}, environment).starts_with("EASTAP_DEADLINE_WAITING: "));
  }

  TEST_CASE("a waiting limit below an hour is refused with the reason") {
    for (const std::string value : {"3599s", "0", "59m", "3599999ms"}) {
      const std::string message = error_of({"run", "--deadline-waiting", value});
      CAPTURE(message);
      CHECK(contains(message, "--deadline-waiting"));
      CHECK(contains(message, "3540 s"));
    }
    CHECK(error_of({"run", "--deadline-waiting", "3600"}) == "no error");
  }

  TEST_CASE("a mistyped command or option gets the nearest one") {
    CHECK(error_of({"rnu"}) == "there is no command \"rnu\"; did you mean run?");
    CHECK(error_of({"run", "--lisen", "x"}) ==
          "eastap run has no option --lisen; did you mean --listen?");
    CHECK(error_of({"run", "--lisen=x"}) ==
          "eastap run has no option --lisen; did you mean --listen?");
    CHECK(error_of({"decode", "--threads", "2"}) ==
          "eastap decode has no option --threads; it is one of run");
    CHECK(contains(error_of({"--listen", "x", "run"}), "--listen"));
    CHECK(contains(error_of({"--listen=x"}), "after the command"));
    CHECK(contains(error_of({"frobnicate"}), "eastap --help"));
    CHECK(contains(error_of({"ca", "destroy"}),
                   "only ca create, ca show, ca renew, ca import, ca export"));
    CHECK(contains(error_of({"ca"}), "ca create"));
    CHECK(parsed({"ca", "--help"}).text == ca_help_text());
    CHECK(parsed({"ca", "show", "--help"}).text.starts_with("Usage: eastap ca show"));
    CHECK(contains(error_of({}), "eastap run"));
    CHECK(contains(error_of({"run", "-x"}), "-x"));
    CHECK(contains(error_of({"run", "extra"}), "one argument too many, \"extra\""));
    CHECK(error_of({"run", "--listen"}) == "--listen: the value is missing; see eastap run --help");
  }

  TEST_CASE("the last of a repeated single value holds") {
    CHECK(parsed({"run", "--threads", "2", "--threads", "3"}).config.threads == 3);
  }

  TEST_CASE("every refused value is told with its flag and what to write") {
    const std::vector<std::pair<Words, std::string>> cases{
        {{"run", "--listen", "8888"}, "ADDR:PORT"},
        {{"run", "--listen", "mail.test:1"}, "ADDR:PORT"},
        {{"run", "--listen", "1.2.3.4:65536"}, "ADDR:PORT"},
        {{"run", "--listen", "1.2.3.4:"}, "ADDR:PORT"},
        {{"run", "--listen", "::1:80"}, "ADDR:PORT"},
        {{"run", "--threads", "257"}, "0 to 256"},
        {{"run", "--threads", "many"}, "whole number"},
        {{"run", "--connect-to", "a:1"}, "HOST:PORT=ADDR:PORT"},
        {{"run", "--connect-to", "a=b"}, "HOST:PORT=ADDR:PORT"},
        {{"run", "--limit-body", "1"}, "4KiB to 4GiB"},
        {{"run", "--limit-body", "lots"}, "32MiB"},
        {{"run", "--limit-body", "40MiB"}, "raise --limit-queue"},
        {{"run", "--deadline-resolve", "soon"}, "30s"},
        {{"run", "--deadline-resolve", "1ms"}, "100ms to 10m"},
        {{"run", "--tail", "pretty"}, "line, xml, json or off"},
        {{"run", "--fail-on", "fatal"}, "never"},
        {{"run", "--color", "blue"}, "auto, always or never"},
        {{"run", "--log-level", "loud"}, "trace"},
        {{"run", "--rule", "threshold=3"}, "NAME.KEY=VALUE"},
        {{"run", "--rule", "a.threshold"}, "NAME.KEY=VALUE"},
        {{"run", "--rule", "a.limit=3"}, "window_seconds"},
        {{"run", "--rule", "a.severity=never"}, "enabled"},
        {{"run", "--rule", "a.threshold=0"}, "1 to"},
        {{"ca", "export", "--format", "p12"}, "pem nor der"},
        {{"run", "--capture", ""}, "empty"},
        {{"run", "--intercept", ""}, "empty"},
    };
    for (const auto& [words, part] : cases) {
      const std::string message = error_of(words);
      CAPTURE(message);
      CHECK(contains(message, words[words.size() - 2].substr(2)));
      CHECK(contains(message, part));
    }
  }

  TEST_CASE("rules are set by name, and remember where") {
    const Invocation run =
        parsed({"run", "--rule", "synckey-zero.threshold=3", "--rule", "synckey-zero.enabled=false",
                "--rule", "http-500-burst.severity=error"});
    REQUIRE(run.config.rules.size() == 2);
    const RuleOverride& rule = run.config.rules.at("synckey-zero");
    CHECK(rule.threshold == 3U);
    CHECK(rule.enabled == false);
    CHECK_FALSE(rule.severity);
    CHECK(rule.origin == "--rule");
    CHECK(run.config.rules.at("http-500-burst").severity == "error");
  }

  TEST_CASE("a config file that cannot be read is named") {
    CHECK(contains(error_of({"run", "--config", "/nonexistent/e.toml"}),
                   "/nonexistent/e.toml: cannot be read: No such file"));
    CHECK(contains(error_of({"run", "--config", "/"}), "cannot be read"));
    const ConfigFile huge{std::string(2U << 20U, '#')};
    CHECK(contains(error_of({"run", "--config", huge.path()}), "larger than 1 MiB"));
  }

  TEST_CASE("the flag's config file is read instead of the environment's") {
    const ConfigFile one{"threads = 1\n"};
    const ConfigFile two{"threads = 2\n"};
    Environment environment = kHome;
    environment["EASTAP_CONFIG"] = one.path();
    CHECK(parsed({"run"}, environment).config.threads == 1);
    CHECK(parsed({"run", "--config", two.path()}, environment).config.threads == 2);
  }

  TEST_CASE("help, version and manual are text to print, before anything is read or checked") {
    const Environment broken{{"EASTAP_CONFIG", "/nonexistent"}, {"EASTAP_LISTEN", "x"}};
    for (const Words& words : {Words{"--help"},
                               {"-h"},
                               {"help"},
                               {"--version"},
                               {"-V"},
                               {"--man"},
                               {"run", "--help"},
                               {"help", "run"},
                               {"ca", "show", "-h"},
                               {"replay", "--help"}}) {
      const Invocation invocation = parsed(words, broken);
      CHECK(invocation.command == Subcommand::print_text);
      CHECK_FALSE(invocation.text.empty());
    }
    CHECK(parsed({"help", "run"}).text == parsed({"run", "--help"}).text);
    CHECK(parsed({"--version"}).text.starts_with("eastap "));
  }

  TEST_CASE("of the process's environment only what eastap knows is taken") {
    const char* block[] = {"PATH=/bin", "EASTAP_TAIL=xml",           "HOME=/h", "NO_COLOR=",
                           "broken",    "EASTAP_RULE=a.threshold=1", nullptr};
    CHECK(environment_from(block) == Environment{{"EASTAP_TAIL", "xml"},
                                                 {"HOME", "/h"},
                                                 {"NO_COLOR", ""},
                                                 {"EASTAP_RULE", "a.threshold=1"}});
    CHECK(environment_from(nullptr).empty());
  }
}

}  // namespace eastap::config
