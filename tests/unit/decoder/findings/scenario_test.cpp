#include "tests/unit/decoder/findings/scenario.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/findings/rule_table.hpp"

namespace fs = std::filesystem;
using namespace eastap::findings;

TEST_SUITE("decoder.findings.scenarios") {
  TEST_CASE("every timeline of tests/data/scenarios ends in the findings written beside it") {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator{fs::path{EASTAP_TEST_DATA} / "scenarios"}) {
      if (entry.path().extension() == ".txt") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    REQUIRE_FALSE(files.empty());
    for (const fs::path& file : files) {
      const auto result = testing::run_scenarios(file);
      for (const std::string& error : result.errors) FAIL_CHECK(error);
      for (const auto& deviation : result.deviations) {
        FAIL_CHECK(deviation.place << "\n  expected: " << deviation.expected
                                   << "\n  got:      " << deviation.got);
      }
      CAPTURE(file.string());
      CHECK(result.verdicts >= result.cases);
    }
  }

  TEST_CASE("every rule of the table fires in some timeline and nearly fires in another") {
    std::set<std::string> fired, silent;
    for (const auto& entry : fs::directory_iterator{fs::path{EASTAP_TEST_DATA} / "scenarios"}) {
      if (entry.path().extension() != ".txt") continue;
      const auto result = testing::run_scenarios(entry.path());
      for (const Finding& finding : result.findings) fired.insert(finding.rule);
      // Of a case that judges all rules nobody knows which of them it nearly fires.
      for (const testing::CaseFacts& one : result.told) {
        for (const Rule& rule : rules()) {
          const std::string id{rule.id};
          const bool named =
              std::any_of(one.rules.begin(), one.rules.end(), [&](const std::string& pattern) {
                return pattern != "all" && testing::fits(id, {pattern});
              });
          if (named && !one.fired.contains(id)) silent.insert(id);
        }
      }
    }
    for (const Rule& rule : rules()) {
      CAPTURE(rule.id);
      CHECK(fired.contains(std::string{rule.id}));
      CHECK(silent.contains(std::string{rule.id}));
    }
  }

  TEST_CASE("the false positives of the specification stay below notice") {
    const auto result =
        testing::run_scenarios(fs::path{EASTAP_TEST_DATA} / "scenarios" / "false_positives.txt");
    CHECK(result.cases >= 20);
    for (const Finding& finding : result.findings) {
      CAPTURE(finding.summary);
      // D 6 and D 16 hold the answers that were lost or failed: those are told, rightly.
      const bool told =
          finding.rule == "undelivered-response" || finding.rule == "server-exception";
      CHECK((finding.severity == Severity::info || told));
    }
  }

  TEST_CASE("evidence cut in two tells nothing that the whole does not tell") {
    for (const auto& entry : fs::directory_iterator{fs::path{EASTAP_TEST_DATA} / "scenarios"}) {
      if (entry.path().extension() != ".txt") continue;
      for (const auto& deviation : testing::split_scenarios(entry.path()).deviations)
        FAIL_CHECK(deviation.place << "\n  " << deviation.got);
    }
  }

  TEST_CASE("a deviation and an unreadable line are told with their place") {
    const auto result = testing::run_scenario_text("x.txt",
                                                   "case: wrong on purpose\n"
                                                   "08:00:00 Sync 5 1>2 => synckey-zero notice\n"
                                                   "08:00:01 Sync 5 2>3 nonsense\n");
    REQUIRE(result.deviations.size() == 1);
    CHECK(result.deviations[0].place == "x.txt:2, wrong on purpose");
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0] == "x.txt:3: unknown word \"nonsense\"");
  }

  TEST_CASE("the same timeline gives the same findings each time") {
    const fs::path file = fs::path{EASTAP_TEST_DATA} / "scenarios" / "resync.txt";
    CHECK(testing::run_scenarios(file).findings == testing::run_scenarios(file).findings);
  }
}
