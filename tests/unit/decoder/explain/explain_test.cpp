#include "decoder/explain/explain.hpp"

#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/explain/catalogue.hpp"
#include "decoder/explain/command_table.hpp"
#include "decoder/explain/rule_notes.hpp"
#include "decoder/explain/tag_facts.hpp"

using namespace eastap;
using explain::Answer;
using explain::Kind;

namespace {

using Row = std::map<std::string, std::string>;

std::vector<Row> facts(const std::string& name) {
  std::ifstream in{std::string{EASTAP_TEST_DATA} + "/facts/" + name};
  REQUIRE(in);
  std::vector<std::string> names;
  std::vector<Row> out;
  std::string line;
  while (std::getline(in, line)) {
    std::vector<std::string> values;
    for (std::size_t at = 0;;) {
      const std::size_t next = line.find('\t', at);
      values.push_back(line.substr(at, next - at));
      if (next == std::string::npos) break;
      at = next + 1;
    }
    if (names.empty()) {
      names = values;
      continue;
    }
    REQUIRE(values.size() == names.size());
    Row& row = out.emplace_back();
    for (std::size_t at = 0; at < names.size(); ++at) row[names[at]] = values[at];
  }
  return out;
}

Answer ask(const std::string& question, const explain::Settings& settings = {}) {
  const std::vector<std::string> words{question};
  return explain::explain(words, settings);
}

std::string fact(const Answer& answer, std::string_view name) {
  if (!answer.entry) return "(no entry)";
  std::string out;
  for (const explain::Fact& one : answer.entry->facts) {
    if (one.name == name && one.shown != explain::Fact::Shown::as_json) out = one.text;
  }
  return out;
}

std::string title(const Answer& answer) { return answer.entry ? answer.entry->title : ""; }

/// "2.5,12.0,…" of the facts as bits.
unsigned version_bits(const std::string& list) {
  static const std::vector<std::string> kVersions{"2.5",  "12.0", "12.1", "14.0",
                                                  "14.1", "16.0", "16.1"};
  unsigned bits = 0;
  for (std::size_t at = 0; at < kVersions.size(); ++at) {
    if (("," + list + ",").find("," + kVersions[at] + ",") != std::string::npos) bits |= 1U << at;
  }
  return bits;
}

}  // namespace

TEST_SUITE("decoder.explain") {
  TEST_CASE("every row of the code pages is explained with type, versions and place") {
    const auto rows = facts("codepages.tsv");
    REQUIRE(rows.size() == 655);
    for (const Row& row : rows) {
      const std::string name = row.at("namespace") + ":" + row.at("tag");
      CAPTURE(name);
      const Answer answer = ask(name);
      REQUIRE(answer.entry);
      CHECK(answer.entry->title == "Tag " + name);
      CHECK(fact(answer, "code page") == row.at("page") + " (" + row.at("namespace") + ")");
      CHECK(fact(answer, "token").starts_with(row.at("token")));
      const unsigned bits = version_bits(row.at("versions"));
      if (bits == 0) {
        CHECK(row.at("versions") == "obsolete");
        CHECK(fact(answer, "versions") == "none: obsolete");
        continue;
      }
      CHECK(fact(answer, "type") != "");
      CHECK((row.at("encoding") == "opaque") == (fact(answer, "type") == "octets, sent as OPAQUE"));
      CHECK(fact(answer, "inside") != "");
      CHECK(fact(answer, "used in") != "");
      // The words say the same set: the first version that has the tag, and those that follow.
      const std::string versions = fact(answer, "versions");
      if (bits == 0x7F) {
        CHECK(versions == "all");
      } else if (versions.ends_with(" and later")) {
        const unsigned first = version_bits(versions.substr(0, versions.find(' ')));
        CHECK(bits == (0x7FU & ~(first - 1)));
      } else {
        std::string list = versions;
        for (std::size_t at; (at = list.find(", ")) != std::string::npos;) list.erase(at + 1, 1);
        CHECK(version_bits(list) == bits);
      }
      const Answer by_token = ask(row.at("page") + " " + row.at("token"));
      CHECK(title(by_token) == "Tag " + name);
    }
  }

  TEST_CASE("every row of the statuses is explained") {
    const auto rows = facts("status_codes.tsv");
    REQUIRE(rows.size() == 280);
    for (const Row& row : rows) {
      CAPTURE(row.at("scope"));
      CAPTURE(row.at("code"));
      const Answer answer = ask(row.at("scope") + " " + row.at("code"));
      REQUIRE(answer.entry);
      CHECK(answer.entry->kind == Kind::status);
      CHECK(answer.entry->title.ends_with(row.at("code") + ": " + row.at("name")));
      CHECK(answer.entry->summary == row.at("meaning") + ".");
      CHECK(fact(answer, "next step") == row.at("next_step"));
      CHECK((fact(answer, "fault") == "") == (row.at("fault") == ""));
      CHECK(fact(answer, "versions") == (row.at("versions") == "" ? "all" : row.at("versions")));
      if (row.at("scope") == "Common") CHECK(title(ask(row.at("code"))) == answer.entry->title);
    }
  }

  TEST_CASE("every row of the rules is explained, looked for or not") {
    const auto rows = facts("rules.tsv");
    REQUIRE(rows.size() == 128);
    for (const Row& row : rows) {
      CAPTURE(row.at("id"));
      const Answer answer = ask(row.at("id"));
      REQUIRE(answer.entry);
      CHECK(answer.entry->kind == Kind::rule);
      CHECK(answer.entry->title == "Rule " + row.at("id") + ": " + row.at("title"));
      CHECK(answer.entry->summary == row.at("consequence"));
      CHECK(fact(answer, "next step") == row.at("next_step"));
      CHECK(fact(answer, "fires on") == row.at("trigger"));
      CHECK(fact(answer, "source") == row.at("source"));
      CHECK(fact(answer, "severity") == row.at("severity"));
      CHECK(fact(answer, "threshold").starts_with(row.at("threshold_default") + " "));
      const bool watched = findings::rule_from(row.at("id")).has_value();
      CHECK(fact(answer, "enabled") == (watched ? "yes" : ""));
      CHECK(fact(answer, "looked for").starts_with("no: ") == !watched);
      const std::string own = row.at("guards").substr(row.at("guards").find(';') + 1);
      if (row.at("guards").find(';') != std::string::npos)
        CHECK(fact(answer, "silent when").starts_with(trimmed(own)));
      bool evidence = false;
      for (const explain::Fact& one : answer.entry->facts)
        evidence = evidence || (one.name == "evidence" && one.text == row.at("evidence_sources"));
      CHECK(evidence);
    }
  }

  TEST_CASE("the tables beside the code pages have their rows in the same order") {
    REQUIRE(std::size(explain::kPageFacts) == codepages::kPageCount);
    for (const codepages::Page* page : codepages::kPages) {
      const auto tags = explain::kPageFacts[page->number].tags;
      REQUIRE(tags.size() == page->rows.size());
      for (std::size_t row = 0; row < tags.size(); ++row) {
        CAPTURE(tags[row].tag);
        CHECK(tags[row].tag == page->rows[row].name);
        CHECK((tags[row].type == explain::Type::none) == (page->rows[row].versions == 0));
      }
    }
  }

  TEST_CASE("what an answer says to ask for gives that thing and no other") {
    for (const explain::Topic& topic : explain::catalogue().topics) {
      CAPTURE(topic.ask);
      const Answer answer = ask(topic.ask);
      REQUIRE(answer.entry);
      CHECK(answer.entry->ask == topic.ask);
      CHECK(answer.entry->kind == topic.kind);
      CHECK(answer.assumed.empty());
      CHECK(answer.entry->facts.size() >= 2);
    }
  }

  TEST_CASE("questions as people write them") {
    CHECK(title(ask("sync 3")) == "Sync status 3: InvalidSyncKey");
    CHECK(title(ask("Calendar:Type")) == "Tag Calendar:Type");
    CHECK(title(ask("sync-status3")).starts_with("Rule sync-status3"));
    CHECK(title(ask("Sync status 3")) == "Sync status 3: InvalidSyncKey");
    CHECK(title(ask("folder-sync 9")).starts_with("FolderSync status 9: "));
    CHECK(title(ask("143")) == "Status 143: PolicyRefresh");
    CHECK(title(ask("status 143")) == "Status 143: PolicyRefresh");
    CHECK(title(ask("policy refresh")) == "Status 143: PolicyRefresh");
    CHECK(title(ask("sync 143")) == "Status 143: PolicyRefresh");
    CHECK(title(ask("http 449")).starts_with("HTTP 449 Retry after sending a PROVISION command"));
    CHECK(title(ask("HTTP 503")).starts_with("HTTP 503"));
    CHECK(title(ask("451")).starts_with("HTTP 451"));
    CHECK(title(ask("x-ms-policykey")) == "Header X-MS-PolicyKey");
    CHECK(title(ask("X-MS-ASError")) == "Header X-MS-ASError");
    CHECK(title(ask("Ping")) == "Command Ping");
    CHECK(title(ask("cmd 18")) == "Command Ping");
    CHECK(title(ask("Cmd=Sync")) == "Command Sync");
    CHECK(title(ask("AirSync:SyncKey")) == "Tag AirSync:SyncKey");
    CHECK(title(ask("airsync synckey")) == "Tag AirSync:SyncKey");
    CHECK(title(ask("0 0x0b")) == "Tag AirSync:SyncKey");
    CHECK(title(ask("0 0x4B")) == "Tag AirSync:SyncKey");  // with the content bit, as in a dump
    CHECK(title(ask("page 0 token 0x0b")) == "Tag AirSync:SyncKey");
    CHECK(title(ask("airsync 0x0b")) == "Tag AirSync:SyncKey");
    CHECK(title(ask("page 14")) == "Code page 14, namespace Provision");
    CHECK(title(ask("provision-loop")).starts_with("Rule provision-loop: "));
    CHECK(title(ask("rule provision loop")).starts_with("Rule provision-loop: "));
    const std::vector<std::string> apart{"folder-sync", "9"};
    CHECK(title(explain::explain(apart)) == title(ask("foldersync 9")));
  }

  TEST_CASE("every HTTP code of the specification and every header is there") {
    for (const int code :
         {200, 400, 401, 403, 404, 449, 451, 456, 457, 500, 501, 502, 503, 505, 507}) {
      CAPTURE(code);
      CHECK(title(ask("http " + std::to_string(code))).starts_with("HTTP " + std::to_string(code)));
    }
    for (const char* name : {"MS-ASProtocolVersion",
                             "X-MS-PolicyKey",
                             "MS-ASAcceptMultiPart",
                             "Content-Type",
                             "Authorization",
                             "Cookie",
                             "Set-Cookie",
                             "User-Agent",
                             "Accept-Language",
                             "MS-Server-ActiveSync",
                             "MS-ASProtocolVersions",
                             "MS-ASProtocolCommands",
                             "X-MS-RP",
                             "X-MS-Location",
                             "X-MS-Credential-Service-Url",
                             "X-MS-Credentials-Expire",
                             "X-MS-ASThrottle",
                             "Retry-After",
                             "X-BEServer",
                             "X-FEServer",
                             "request-id",
                             "Content-Encoding",
                             "X-MS-ASError",
                             "X-MS-MV",
                             "X-MS-diagnostics",
                             "X-MS-BackOffDuration"}) {
      CAPTURE(name);
      CHECK(title(ask(name)) == "Header " + std::string{name});
      CHECK(fact(ask(name), "source") != "");
    }
    CHECK(fact(ask("X-MS-PolicyKey"), "source") == "[MS-ASHTTP] 2.2.1.1.2.8");
  }

  TEST_CASE("a command names its statuses in order of their numbers") {
    CHECK(fact(ask("FolderSync"), "statuses").starts_with("1 Success, 6 ServerError, 8 "));
  }

  TEST_CASE("values of a tag are told in words") {
    CHECK(fact(ask("FilterType 5"), "value") == "5 = 1 month");
    CHECK(fact(ask("AirSync:FilterType"), "values").find("1 = 1 day") != std::string::npos);
    CHECK(fact(ask("Calendar:DayOfWeek"), "values").starts_with("1 = Sun, 2 = Mon, 4 = Tue"));
    // An amount has no names.
    CHECK(fact(ask("AirSync:Wait"), "values") == "");
    CHECK(fact(ask("Calendar:Reminder"), "values") == "");
  }

  TEST_CASE("several of a name are listed, each with the words for it alone") {
    const Answer keys = ask("SyncKey");
    CHECK_FALSE(keys.entry);
    REQUIRE(keys.others.size() == 2);
    CHECK(keys.others[0].ask == "AirSync:SyncKey");
    CHECK(keys.others[1].ask == "FolderHierarchy:SyncKey");
    const Answer three = ask("3");
    CHECK_FALSE(three.entry);
    CHECK(three.others.size() > 15);
    const Answer ping = ask("Ping");
    REQUIRE(ping.entry);
    REQUIRE(ping.others.size() == 2);
    CHECK(ping.others[0].ask == "page Ping");
    CHECK(ping.others[1].ask == "Ping:Ping");
    const Answer policy = ask("provision policy 2");
    CHECK(title(policy).starts_with("Provision.Policy status 2"));
  }

  TEST_CASE("a typing error is forgiven, but never in a number") {
    const Answer slip = ask("synkey-zero");
    CHECK(title(slip).starts_with("Rule synckey-zero:"));
    CHECK(slip.assumed == "rule synckey-zero");
    CHECK(title(ask("provison-loop")).starts_with("Rule provision-loop"));
    CHECK(title(ask("FoldrSync")) == "Command FolderSync");
    CHECK(title(ask("X-MS-PolicKey")) == "Header X-MS-PolicyKey");
    CHECK(title(ask("syn 3")) == title(ask("sync 3")));
    CHECK(ask("syn 3").assumed == "sync 3");
    CHECK(title(ask("filtertyp 5")) == title(ask("FilterType 5")));
    CHECK(ask("snyc 3").assumed == "sync 3");  // two letters swapped are one slip
    CHECK(ask("pign 2").assumed == "ping 2");
    CHECK_FALSE(ask("syn 77").found());
    const Answer number = ask("sync 77");
    CHECK_FALSE(number.found());
    REQUIRE_FALSE(number.nearest.empty());
    CHECK(number.nearest.front() == "sync 16");
    const Answer http = ask("http 448");
    CHECK_FALSE(http.found());
    REQUIRE_FALSE(http.nearest.empty());
    CHECK(http.nearest.front() == "http 449");
  }

  TEST_CASE("the word for a kind lists all of it") {
    const Answer rules = ask("rules");
    CHECK(rules.others.size() > explain::kMostListed);
    CHECK(rules.left_out == 0);
    for (const auto& other : rules.others) CHECK(other.kind == explain::Kind::rule);
    CHECK(ask("header").others.size() > 20);
  }

  TEST_CASE("what is called nothing like it is not found, and what is near is named") {
    const Answer answer = ask("quetzalcoatl");
    CHECK_FALSE(answer.found());
    const Answer near = ask("provision-poolz");
    CHECK((!near.found() || !near.assumed.empty()));
    CHECK_FALSE(ask("").found());
    CHECK_FALSE(explain::explain({}).found());
  }

  TEST_CASE("a word inside of names and texts lists where it stands") {
    const Answer answer = ask("heartbeat");
    CHECK_FALSE(answer.entry);
    std::set<std::string> asks;
    for (const explain::Mention& other : answer.others) asks.insert(other.ask);
    CHECK(asks.count("rule heartbeat-cut") == 1);
    CHECK(asks.count("Ping:HeartbeatInterval") == 1);
    CHECK(asks.count("AirSync:HeartbeatInterval") == 1);
  }

  TEST_CASE("a rule shows what is set for it and where") {
    explain::Settings settings;
    explain::RuleSetting& set = settings.rules["provision-loop"];
    set.changes.threshold = 9;
    set.changes.window = std::chrono::seconds{60};
    set.changes.enabled = false;
    set.changes.severity = findings::Severity::error;
    set.set_at = {{"threshold", "--rule"},
                  {"window_seconds", "eastap.toml:7"},
                  {"enabled", "eastap.toml:6"},
                  {"severity", "EASTAP_RULE"}};
    settings.mutes.push_back({"provision-loop", "", "alice", "", ""});
    settings.mutes.push_back({"ping-storm", "", "bob", "", ""});
    const Answer answer = ask("provision-loop", settings);
    CHECK(fact(answer, "threshold").starts_with("9 "));
    CHECK(fact(answer, "threshold").ends_with(", set at --rule (default 5)"));
    CHECK(fact(answer, "window").starts_with("1 min, set at eastap.toml:7 (default "));
    CHECK(fact(answer, "enabled") == "no, set at eastap.toml:6 (default yes)");
    CHECK(fact(answer, "severity").starts_with("error, set at EASTAP_RULE"));
    CHECK(fact(answer, "muted") == "user alice");
    CHECK(fact(ask("ping-storm"), "muted") == "");
  }

  TEST_CASE("any words give a bounded answer") {
    std::mt19937 random{20261129};
    const auto& keys = explain::catalogue().keys;
    for (int round = 0; round < 300; ++round) {
      std::vector<std::string> words(random() % 4);
      for (std::string& word : words) {
        switch (random() % 4) {
          case 0:
            for (std::size_t left = random() % 30; left > 0; --left)
              word += static_cast<char>(random() % 256);
            break;
          case 1: word = std::to_string(random()); break;
          case 2: word = keys[random() % keys.size()].name; break;
          default:
            word = keys[random() % keys.size()].name;
            word[random() % word.size()] = static_cast<char>(random() % 256);
        }
      }
      const Answer answer = explain::explain(words);
      CHECK(answer.asked.size() <= explain::kMostAsked);
      CHECK(answer.others.size() <= explain::kMostListed);
      CHECK(answer.nearest.size() <= explain::kMostNearest);
      if (answer.entry) CHECK(answer.entry->facts.size() < 40);
    }
    const std::vector<std::string> huge(100'000, "sync");
    CHECK(explain::explain(huge).asked.size() <= explain::kMostAsked);
    const std::vector<std::string> large{std::string(1U << 20U, 'x')};
    CHECK_FALSE(explain::explain(large).found());
  }
}
