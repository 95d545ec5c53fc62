#include "decoder/report/card.hpp"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/decoder/findings/scenario.hpp"

using namespace eastap;
using namespace eastap::report;
using findings::Stage;

namespace {

/// The cards after this timeline.
std::vector<Card> cards_of(const std::string& timeline) {
  const auto result = findings::testing::run_scenario_text("x", "case: x\n" + timeline);
  REQUIRE(result.errors.empty());
  FindingStore found;
  for (const findings::Finding& finding : result.findings) found.take(finding);
  return cards(result.analyzer->knowledge(), found.all());
}

const Step& step_of(const Card& card, Stage stage) {
  return card.steps.at(static_cast<std::size_t>(stage));
}

const std::string kSetUp =
    "08:00:00 OPTIONS offered 14.1,16.1\n"
    "08:00:01 Provision 0>T1\n"
    "08:00:02 Provision T1>F1 ack\n"
    "08:00:03 FolderSync 0>1 down{Add 5 Inbox; Add 2 Calendar}\n"
    "08:00:04 Sync 5,2 0>1\n"
    "08:00:05 Sync 5,2 1>2 +5\n"
    "08:00:06 Ping 5,2 hb470 (470s) St1\n"
    "08:07:57 Ping 5,2 hb470 (61s) St2 changed 5\n"
    "08:08:59 Sync 5 2>3 +1\n";

}  // namespace

TEST_SUITE("decoder.report.card") {
  TEST_CASE("a phone that works has every step, each with its time and exchange") {
    const auto all = cards_of(kSetUp);
    REQUIRE(all.size() == 1);
    const Card& card = all[0];
    CHECK(card.device_id == "A1");
    CHECK(card.user == "alice@contoso.test");
    CHECK(card.exchanges == 9);
    CHECK_FALSE(card.stop);
    for (const Step& step : card.steps) {
      CAPTURE(to_string(step.stage));
      CHECK(step.state == State::done);
      CHECK(step.exchange.value != 0);
      CHECK(step.time != Timestamp{});
    }
    CHECK(step_of(card, Stage::options).text == "16.1 offered");
    CHECK(step_of(card, Stage::signed_in).text == "Basic");
    CHECK(step_of(card, Stage::provision).exchange == ExchangeId{3});
    CHECK(step_of(card, Stage::folder_sync).text == "2 folders");
    CHECK(step_of(card, Stage::first_sync).text == "2 of 2 folders");
    CHECK(step_of(card, Stage::wait).text == "up to 470 s");
    CHECK(step_of(card, Stage::push).text == "announced by #8, brought by #9, Inbox(5)");
  }

  TEST_CASE("each synchronised folder has its last status, key and time") {
    const auto all = cards_of(kSetUp + "08:09:10 Sync 2 2 St3\n08:09:20 Sync 5 3 H500\n");
    REQUIRE(all.size() == 1);
    const auto& folders = all[0].folders;
    REQUIRE(folders.size() == 2);
    CHECK(folders[0].name == "Inbox");
    CHECK(folders[0].key == "3");
    CHECK(folders[0].http == 500);
    CHECK(folders[0].exchange == ExchangeId{11});
    CHECK(folders[1].name == "Calendar");
    CHECK(folders[1].status == 3);
    CHECK(folders[1].status_name == "InvalidSyncKey");
    CHECK(folders[1].exchange == ExchangeId{10});
  }

  TEST_CASE("waiting requests are counted by how they ended, with least, median and most") {
    const auto all = cards_of(
        "08:00:00 Sync 5 41>42\n"
        "08:00:01 Ping 5 hb300 (300s) St1\n"
        "08:05:02 Ping 5 hb470 (100s) St2 changed 5\n"
        "08:06:43 Sync 5 42>43 +1\n"
        "08:06:44 Ping 5 hb470 cut dev (30s)\n"
        "08:07:20 Ping 5 hb470 (200s) H504 hdr{Server: nginx}\n"
        "08:10:50 Ping 5 hb600 (470s) St1\n");
    REQUIRE(all.size() == 1);
    const findings::Waits& waits = all[0].waits;
    CHECK(waits.sent == 5);
    CHECK(waits.asked_least == 300);
    CHECK(waits.asked_most == 600);
    CHECK(waits.asked_last == 600);
    CHECK(waits.expired == 1);
    CHECK(waits.changed == 1);
    CHECK(waits.cut_device == 1);
    CHECK(waits.cut_server == 1);
    CHECK(waits.refused == 1);
    CHECK(waits.least == 30);
    CHECK(all[0].median == 200);
    CHECK(waits.most == 470);
  }

  TEST_CASE("a capture that begins in mid-life does not claim that steps were missed") {
    const auto all = cards_of("08:00:00 Sync 5 1203>1204\n08:01:00 Ping 5 hb470 (470s) St1\n");
    REQUIRE(all.size() == 1);
    CHECK(step_of(all[0], Stage::options).state == State::unseen);
    CHECK(step_of(all[0], Stage::provision).state == State::unseen);
    CHECK(step_of(all[0], Stage::folder_sync).state == State::unseen);
    CHECK(step_of(all[0], Stage::push).state == State::missing);
    CHECK_FALSE(all[0].stop);
  }

  TEST_CASE("a refused log-on names what the server offers and that a credential was sent") {
    const auto all = cards_of(
        "08:00:00 OPTIONS H401 hdr{WWW-Authenticate: Basic realm=x}\n"
        "08:00:10 OPTIONS H401 hdr{WWW-Authenticate: Basic realm=x}\n");
    REQUIRE(all.size() == 1);
    REQUIRE(all[0].stop);
    CHECK(all[0].stop->stage == Stage::signed_in);
    CHECK(all[0].stop->reason ==
          "HTTP 401, the server offers Basic; the credential sent was refused");
  }

  TEST_CASE("a 403 stops where it came, and says who answered") {
    const auto all = cards_of(
        "08:00:00 OPTIONS offered 16.1\n"
        "08:00:01 FolderSync 0 H403 BE1\n");
    REQUIRE(all.size() == 1);
    REQUIRE(all[0].stop);
    CHECK(all[0].stop->stage == Stage::folder_sync);
    CHECK(all[0].stop->reason.starts_with("HTTP 403"));
    CHECK(all[0].stop->reason.ends_with(" from Exchange"));
    CHECK_FALSE(all[0].stop->next_step.empty());
  }

  TEST_CASE("a demand to provision that is not followed stops at Provision") {
    const auto all = cards_of(
        "08:00:00 OPTIONS offered 16.1\n"
        "08:00:01 FolderSync 0 St142\n"
        "08:00:30 FolderSync 0 St142\n");
    REQUIRE(all.size() == 1);
    REQUIRE(all[0].stop);
    CHECK(all[0].stop->stage == Stage::provision);
    CHECK(all[0].stop->reason == "status 142: the server demands Provision");
  }

  TEST_CASE("a policy that is not acknowledged is half a Provision") {
    const auto all = cards_of("08:00:00 OPTIONS offered 16.1\n08:00:01 Provision 0>T1\n");
    REQUIRE(all.size() == 1);
    CHECK(step_of(all[0], Stage::provision).state == State::half);
    REQUIRE(all[0].stop);
    CHECK(all[0].stop->stage == Stage::provision);
  }

  TEST_CASE("a server that demands no policy leaves Provision out") {
    const auto all = cards_of(
        "08:00:00 OPTIONS offered 16.1\n"
        "08:00:01 FolderSync 0>1 down{Add 5 Inbox} pk 0\n"
        "08:00:02 Sync 5 0>1 pk 0\n");
    REQUIRE(all.size() == 1);
    CHECK(step_of(all[0], Stage::provision).state == State::unneeded);
    CHECK_FALSE(all[0].stop);
  }

  TEST_CASE("a Ping that is out is waiting, not missing") {
    const auto all = cards_of(
        "08:00:00 Sync 5 41>42\n"
        "08:00:01 Ping 5 hb470 (470s) St1 client 10.0.0.8\n");
    REQUIRE(all.size() == 1);
    CHECK(step_of(all[0], Stage::wait).state == State::done);
    findings::Analyzer analyzer;
    auto connection = std::make_shared<model::Connection>();
    connection->client = "10.0.0.7:50000";
    connection->host = "mail.contoso.test";
    auto request = std::make_shared<model::Message>();
    request->began = request->ended = Timestamp{std::chrono::hours{480'000}};
    model::Exchange open;
    open.id = ExchangeId{1};
    open.connection = connection;
    open.request = request;
    eas::Command command;
    command.name = "Ping";
    command.is_activesync = true;
    command.user = "alice";
    command.device_id = "A1";
    command.waiting.emplace();
    command.waiting->seconds = 470;
    (void)analyzer.observe(open, command);
    const auto waiting = cards(analyzer.knowledge(), {});
    REQUIRE(waiting.size() == 1);
    CHECK(step_of(waiting[0], Stage::wait).state == State::waiting);
  }

  TEST_CASE("a phone that trusts nothing has a card by its address") {
    const auto all = cards_of(
        "08:00:00 tls unknown_ca mail.contoso.test 10.0.0.9\n"
        "08:00:05 tls unknown_ca mail.contoso.test 10.0.0.9\n"
        "08:00:09 upstream certificate mail.contoso.test 10.0.0.8\n");
    REQUIRE(all.size() == 2);
    CHECK(all[0].client == "10.0.0.8");
    CHECK(all[1].client == "10.0.0.9");
    CHECK(all[1].device_id.empty());
    CHECK(all[1].exchanges == 0);
    REQUIRE(all[1].stop);
    CHECK(all[1].stop->stage == Stage::trusted);
    CHECK(all[1].stop->reason ==
          "TLS with the device failed for mail.contoso.test (unknown_ca, 2 times)");
    CHECK(all[0].stop->reason ==
          "the server could not be reached for mail.contoso.test (certificate)");
    const auto rules_of = [](const Card& card) {
      std::set<std::string> rules;
      for (const Incident& one : card.findings) rules.insert(one.finding.rule);
      return rules;
    };
    // What is wrong with the host concerns both.
    CHECK(rules_of(all[0]) == std::set<std::string>{"tls-upstream-bad"});
    CHECK(rules_of(all[1]) == std::set<std::string>{"tls-ca-untrusted", "tls-upstream-bad"});
  }

  TEST_CASE("trouble of a host is on the card of each device there, of an address on its own") {
    const auto all = cards_of(
        "08:00:00 Sync 5 41>42\n"
        "08:00:01 Sync 5 7>8 user bob dev B1 client 10.0.0.8\n"
        "08:00:02 Sync 5 7>8 user carl dev C1 host other.contoso.test client 10.0.0.6\n"
        "08:00:05 Sync 5 42 H502 hdr{Server: nginx} page <html>\n");
    REQUIRE(all.size() == 3);
    for (const Card& card : all) {
      const bool told =
          std::any_of(card.findings.begin(), card.findings.end(),
                      [](const Incident& one) { return one.finding.rule == "middlebox-5xx"; });
      CHECK(told == (card.host == "mail.contoso.test"));
    }
  }

  TEST_CASE("trouble of another host or another address is on no card of a device") {
    const auto all = cards_of(
        "08:00:00 Sync 5 41>42\n"
        "08:00:01 Sync 5 7>8 user bob dev B1 client 10.0.0.8\n"
        "08:00:02 tls unknown_ca mail.contoso.test 10.0.0.9\n"
        "08:00:03 tls unknown_ca mail.contoso.test 10.0.0.9\n"
        "08:00:04 upstream certificate other.contoso.test\n");
    for (const Card& card : all) {
      if (!card.device_id.empty()) CHECK(card.findings.empty());
    }
  }

  TEST_CASE("trouble of a host that is known by its address only is on the cards there") {
    const auto all = cards_of(
        "08:00:00 Sync 5 41>42 host 192.168.1.20\n"
        "08:00:05 Sync 5 42 H503 hdr{Server: Microsoft-HTTPAPI/2.0} host 192.168.1.20\n");
    REQUIRE(all.size() == 1);
    REQUIRE_FALSE(all[0].findings.empty());
    CHECK(all[0].findings[0].finding.rule == "http-503-app-pool");
  }

  TEST_CASE("a page for people is no step") {
    const auto all = cards_of("08:00:00 FolderSync 0 page <html>\n");
    REQUIRE(all.size() == 1);
    CHECK(step_of(all[0], Stage::folder_sync).state != State::done);
    REQUIRE(all[0].stop);
    CHECK(all[0].stop->reason == "an HTML page came instead of ActiveSync");
    CHECK_FALSE(all[0].stop->next_step.empty());
    const auto of_sync = cards_of("08:00:00 Sync 5 41 page <html>\n");
    REQUIRE(of_sync.size() == 1);
    CHECK(step_of(of_sync[0], Stage::first_sync).state != State::done);
    CHECK(step_of(of_sync[0], Stage::signed_in).state != State::done);
  }

  TEST_CASE("a policy that the device did not apply is told as that") {
    const auto all = cards_of(
        "10:00:00 Provision 0>T1 policy{MinDevicePasswordLength 8}\n"
        "10:00:01 Provision T1>- ack3\n");
    REQUIRE(all.size() == 1);
    REQUIRE(all[0].stop);
    CHECK(all[0].stop->stage == Stage::provision);
    CHECK(all[0].stop->reason == "the device did not apply the policy (its status 3)");
    CHECK_FALSE(all[0].stop->next_step.empty());
  }

  TEST_CASE("an address that came through has no card of its own") {
    const auto all = cards_of(
        "08:00:00 tls unknown_ca mail.contoso.test 10.0.0.7\n"
        "08:00:10 Sync 5 41>42\n");
    REQUIRE(all.size() == 1);
    CHECK(all[0].device_id == "A1");
    CHECK(all[0].failed.size() == 1);
  }

  TEST_CASE("two accounts of one phone have a card each, with their own findings") {
    const auto all = cards_of(
        "08:00:00 Sync 5 41>42\n"
        "08:00:01 Sync 5 9>10 user bob@contoso.test\n"
        "08:20:00 Sync 5 0>1 user bob@contoso.test\n");
    REQUIRE(all.size() == 2);
    CHECK(all[0].findings.empty());
    REQUIRE_FALSE(all[1].findings.empty());
    CHECK(all[1].findings[0].open);
  }

  TEST_CASE("OPTIONS without a DeviceId belongs to the phone of that user") {
    const auto all = cards_of(
        "08:00:00 OPTIONS offered 16.1 dev -\n"
        "08:00:01 Sync 5 0>1\n");
    CHECK(all.size() <= 2);
    for (const Card& card : all) {
      if (card.device_id == "A1") CHECK(card.steps.size() == findings::kStages);
    }
  }

  TEST_CASE("the gravest finding stands first") {
    const auto all = cards_of(
        "08:00:00 Sync 5 41>42\n"
        "08:01:00 Sync 5 42 St13\n"
        "08:10:00 Provision 0 St110 x5/1s\n");
    REQUIRE(all.size() == 1);
    REQUIRE(all[0].findings.size() >= 2);
    CHECK(all[0].worst() == findings::Severity::error);
    CHECK(all[0].findings.front().finding.severity >= all[0].findings.back().finding.severity);
  }
}

TEST_SUITE("decoder.report.choice") {
  std::vector<Card> some() {
    std::vector<Card> all(4);
    all[0].device_id = "APPL1";
    all[1].device_id = "APPL12";
    all[1].user = "alice";
    all[2].device_id = "APPL12";
    all[2].user = "bob";
    all[3].client = "10.0.0.9";
    return all;
  }

  TEST_CASE("a whole DeviceId wins, and a beginning is enough when only one has it") {
    const auto all = some();
    std::string problem;
    CHECK(report::select(all, "appl1", problem) == std::vector<const Card*>{&all[0]});
    CHECK(report::select(all, "APPL12", problem) == std::vector<const Card*>{&all[1], &all[2]});
    CHECK(report::select(all, "10.", problem) == std::vector<const Card*>{&all[3]});
    CHECK(problem.empty());
  }

  TEST_CASE("none and several are told with the names") {
    const auto all = some();
    std::string problem;
    CHECK(report::select(all, "A", problem).empty());
    CHECK(problem == "several devices begin with \"A\": APPL1, APPL12");
    CHECK(report::select(all, "X", problem).empty());
    CHECK(problem == "no device begins with \"X\"; there are 10.0.0.9, APPL1, APPL12");
  }

  TEST_CASE("the cards at the end are those of stuck devices, then the gravest, then the latest") {
    auto all = some();
    all[0].last = Timestamp{std::chrono::seconds{50}};
    all[1].findings.push_back({});
    all[1].findings[0].finding.severity = findings::Severity::warning;
    all[3].stop.emplace();
    CHECK(most_telling(all, 2) == std::vector<const Card*>{&all[1], &all[3]});
    CHECK(most_telling(all, 3) == std::vector<const Card*>{&all[0], &all[1], &all[3]});
    CHECK(most_telling(all, 9).size() == 4);
    CHECK(most_telling(all, 0).empty());
  }

  TEST_CASE("the last value of a finding holds, and the least grave go first") {
    FindingStore store{2};
    findings::Finding finding;
    for (const auto& [id, severity, count] :
         {std::tuple{1, findings::Severity::error, 1}, std::tuple{2, findings::Severity::info, 1},
          std::tuple{1, findings::Severity::error, 7},
          std::tuple{3, findings::Severity::notice, 1}}) {
      finding.id = FindingId{static_cast<std::uint64_t>(id)};
      finding.severity = severity;
      finding.count = static_cast<std::uint64_t>(count);
      store.take(finding);
    }
    REQUIRE(store.all().size() == 2);
    CHECK(store.all()[0].count == 7);
    CHECK(store.all()[1].id == FindingId{3});
    CHECK(store.lost() == 1);
  }
}
