#include "decoder/findings/rule_table.hpp"

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/findings/settings.hpp"

using namespace eastap::findings;

namespace {

using Row = std::map<std::string, std::string>;

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> out;
  for (std::size_t at = 0;;) {
    const std::size_t next = line.find('\t', at);
    out.push_back(line.substr(at, next - at));
    if (next == std::string::npos) return out;
    at = next + 1;
  }
}

std::map<std::string, Row> read_table(const char* file) {
  std::ifstream in{file};
  std::map<std::string, Row> out;
  std::string line;
  std::getline(in, line);
  const auto names = fields(line);
  while (std::getline(in, line)) {
    const auto values = fields(line);
    REQUIRE(values.size() == names.size());
    Row row;
    for (std::size_t index = 0; index < names.size(); ++index) row[names[index]] = values[index];
    out[values[0]] = row;
  }
  return out;
}

std::map<std::string, Row> published() { return read_table(EASTAP_TEST_DATA "/facts/rules.tsv"); }

std::string or_empty(std::int64_t value) { return value == 0 ? "" : std::to_string(value); }

}  // namespace

TEST_SUITE("decoder.findings.rule_table") {
  TEST_CASE("every row says what rules.tsv says") {
    const auto table = published();
    REQUIRE(table.size() == 128);
    for (const Rule& rule : rules()) {
      CAPTURE(rule.id);
      const auto found = table.find(std::string{rule.id});
      REQUIRE(found != table.end());
      const Row& row = found->second;
      CHECK(row.at("detection") == rule.detection);
      CHECK(row.at("priority") == std::to_string(rule.priority));
      CHECK(row.at("title") == rule.title);
      CHECK(row.at("threshold_default") == std::to_string(rule.threshold));
      CHECK(row.at("threshold_unit") == rule.unit);
      CHECK(row.at("window_seconds") == or_empty(rule.window.count()));
      CHECK(row.at("escalate_at") == or_empty(rule.escalate_at));
      CHECK(row.at("severity") == to_string(rule.severity));
      CHECK(row.at("guards") == rule.guards);
      CHECK(row.at("consequence") == rule.consequence);
      CHECK(row.at("next_step") == rule.next_step);
      CHECK(row.at("source") == rule.source);
    }
  }

  TEST_CASE("every published rule is there, or left out for a reason; none of priority 1 or 2 is") {
    const auto left_out = read_table(EASTAP_TEST_DATA "/facts/rules_left_out.tsv");
    const auto table = published();
    std::size_t priority_1_or_2 = 0;
    for (const auto& [id, row] : table) {
      CAPTURE(id);
      const bool there = rule_from(id).has_value();
      CHECK(there != left_out.contains(id));
      if (row.at("priority") == "3") continue;
      CHECK(there);
      ++priority_1_or_2;
    }
    CHECK(priority_1_or_2 == 102);
    for (const auto& [id, row] : left_out) {
      CAPTURE(id);
      CHECK(table.contains(id));
      CHECK(row.at("reason").size() > 40);
    }
    CHECK(rules().size() + left_out.size() == table.size());
  }

  TEST_CASE("ids are found by name and by number") {
    CHECK(rule(RuleId::synckey_zero).id == "synckey-zero");
    CHECK(rule(RuleId::provision_110_loop).id == "provision-110-loop");
    CHECK(rule(RuleId::tls_upstream_bad).id == "tls-upstream-bad");
    for (const Rule& row : rules()) CHECK(rule(*rule_from(row.id)).id == row.id);
    CHECK_FALSE(rule_from("no-such-rule"));
  }

  TEST_CASE("settings that cannot work are named, with the rule that was meant") {
    Settings settings;
    settings.rules["synckey-zeros"].threshold = 2;
    settings.rules["provision-loop"].escalate_at = 3;
    settings.rules["http-500-burst"].threshold = 0;
    const auto found = problems(settings);
    REQUIRE(found.size() == 3);
    CHECK(found[0] == "rules.http-500-burst: threshold must be at least 1");
    CHECK(found[1] == "rules.provision-loop: escalate_at 3 lies below the threshold 5");
    CHECK(found[2] == "there is no rule \"synckey-zeros\"; did you mean \"synckey-zero\"?");
    CHECK(problems(Settings{}).empty());
  }

  TEST_CASE("severities have words both ways") {
    for (const char* word : {"info", "notice", "warning", "error"})
      CHECK(to_string(*severity_from(word)) == word);
    CHECK_FALSE(severity_from("fatal"));
  }
}
