#include "decoder/explain/print.hpp"

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/explain/catalogue.hpp"
#include "decoder/render/printable.hpp"

using namespace eastap;

namespace {

std::string text_of(const std::vector<std::string>& words, std::size_t width = 80,
                    const render::Theme& theme = render::kPlainTheme) {
  std::string out;
  explain::append_text(out, explain::explain(words), width, theme);
  return out;
}

std::string json_of(const std::vector<std::string>& words) {
  std::string out;
  explain::append_json(out, explain::explain(words));
  return out;
}

/// Columns of the widest line.
std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    most = std::max(most, render::display_width(line));
  return most;
}

}  // namespace

TEST_SUITE("decoder.explain.print") {
  TEST_CASE("a status reads as a person would say it") {
    CHECK(text_of({"Ping", "2"}) ==
          "Ping status 2: ChangesAvailable\n"
          "  Changes in the listed folders.\n"
          "\n"
          "  next step  Device runs Sync\n"
          "  success    yes\n"
          "  versions   all\n"
          "  source     [MS-ASCMD] 2.2.3.177\n");
  }

  TEST_CASE("every answer fits 80 columns, and 120") {
    for (const explain::Topic& topic : explain::catalogue().topics) {
      CAPTURE(topic.ask);
      CHECK(widest(text_of({topic.ask})) <= 80);
      CHECK(widest(text_of({topic.ask}, 120)) <= 120);
    }
    std::string out;
    explain::append_overview_text(out, 80, render::kPlainTheme);
    CHECK(widest(out) <= 80);
    CHECK(out.find("eastap explain sync 3") != std::string::npos);
  }

  TEST_CASE("headings are bold on a terminal and nothing else is there when piped") {
    CHECK(text_of({"143"}, 80, render::kColourTheme).starts_with("\x1b[1mStatus 143"));
    CHECK(text_of({"143"}).find('\x1b') == std::string::npos);
  }

  TEST_CASE("what was typed is made safe before it is shown") {
    const std::string text = text_of({"\x1b[31mxyzzyxyzzy\x07"});
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\x07') == std::string::npos);
    CHECK(text.starts_with("nothing is called"));
  }

  TEST_CASE("JSON has the facts as members, numbers as numbers") {
    const std::string json = json_of({"sync", "3"});
    CHECK(json.starts_with(R"({"asked":"sync 3","entry":{"kind":"status","ask":"sync 3",)"));
    CHECK(json.find(R"("scope":"Sync","code":3,"name":"InvalidSyncKey")") != std::string::npos);
    const std::string rule = json_of({"provision-loop"});
    CHECK(rule.find(R"("enabled":true,"threshold":5,"threshold_default":5,)") != std::string::npos);
    const std::string tag = json_of({"0", "0x0b"});
    CHECK(tag.find(R"("code_page":0,"token":11,)") != std::string::npos);
    CHECK(json_of({"http", "448"}).find(R"("nearest":["http 449",)") != std::string::npos);
  }

  TEST_CASE("a list says how many there are and leaves none out unsaid") {
    const std::string text = text_of({"status"});
    CHECK(text.find("things fit \"status\"; ask for one of them:") != std::string::npos);
  }
}
