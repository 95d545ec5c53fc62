#include "decoder/findings/analyzer.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/findings/history.hpp"
#include "tests/unit/decoder/findings/scenario.hpp"

using namespace eastap;
using namespace eastap::findings;
using testing::run_scenario_text;

namespace {

std::vector<Finding> of_rule(const testing::ScenarioResult& result, std::string_view rule) {
  std::vector<Finding> out;
  std::copy_if(result.findings.begin(), result.findings.end(), std::back_inserter(out),
               [&](const Finding& finding) { return finding.rule == rule; });
  return out;
}

model::Exchange exchange_of(std::uint64_t id, Timestamp began,
                            const std::shared_ptr<const model::Connection>& connection) {
  auto request = std::make_shared<model::Message>();
  request->began = request->ended = began;
  request->complete = true;
  auto response = std::make_shared<model::Message>();
  response->head = model::HeaderList{"HTTP/1.1 200 OK\r\nMS-Server-ActiveSync: 15.2\r\n\r\n"};
  response->began = response->ended = began;
  response->complete = true;
  model::Exchange exchange;
  exchange.id = ExchangeId{id};
  exchange.connection = connection;
  exchange.request = request;
  exchange.response = response;
  exchange.ending = model::Ending::complete;
  exchange.ended = began;
  return exchange;
}

}  // namespace

TEST_SUITE("decoder.findings.analyzer") {
  TEST_CASE("the chain of failures and a restart is told in one line and linked to its cause") {
    const auto result = run_scenario_text("x",
                                          "case: chain\n"
                                          "09:59:00 FolderSync 0>1 down{Add 5 Inbox}\n"
                                          "10:00:00 Sync 5 69>70\n"
                                          "11:00:00 Sync 5 70 H500 BE1\n"
                                          "11:00:20 Sync 5 70 H502 hdr{Server: nginx}\n"
                                          "11:01:00 Sync 5 0>1\n");
    REQUIRE(result.errors.empty());
    const auto bursts = of_rule(result, "http-500-burst");
    const auto chains = of_rule(result, "http500-then-reset");
    REQUIRE(bursts.size() == 1);
    REQUIRE(chains.size() == 1);
    CHECK(bursts[0].summary ==
          "2 answers 5xx in a row in 20 s, the last HTTP 502 by nginx, not Exchange; expect a full "
          "resync");
    CHECK(chains[0].summary ==
          "Inbox(5) restarted from SyncKey 0 (key was 70) after 2 failures in 60 s: #3 HTTP 500, "
          "#4 HTTP 502");
    CHECK(chains[0].because_of == std::vector{bursts[0].id});
    CHECK(chains[0].exchanges == std::vector{ExchangeId{3}, ExchangeId{4}, ExchangeId{5}});
    CHECK(chains[0].user == "alice@contoso.test");
    CHECK(chains[0].explanation ==
          "Cause and effect are both on record: the failures caused the reload.");
  }

  TEST_CASE(
      "an unexplained restart names the folder, the key before and the user in the commands to "
      "type") {
    const auto result = run_scenario_text("x",
                                          "case: one\n"
                                          "07:59:00 FolderSync 0>1 down{Add 5 Inbox}\n"
                                          "08:00:00 Sync 5 1203>1204\n"
                                          "08:20:00 Sync 5 0>1\n"
                                          "08:20:01 Sync 5 1>2\n"
                                          "08:30:00 Sync 5 0>1\n"
                                          "08:30:01 Sync 5 1>2\n"
                                          "08:40:00 Sync 5 0>1\n");
    const auto zeros = of_rule(result, "synckey-zero");
    REQUIRE(zeros.size() == 2);
    CHECK(zeros[0].summary ==
          "Inbox(5) restarted from SyncKey 0 after key 1204; nothing before it explains it; the "
          "evidence begins 21 min before");
    CHECK(zeros[1].id == zeros[0].id);
    CHECK(zeros[1].severity == Severity::warning);
    const auto repeats = of_rule(result, "synckey-zero-repeat");
    REQUIRE(repeats.size() == 1);
    CHECK(repeats[0].next_step.starts_with(
        "Set-CASMailbox alice@contoso.test -ActiveSyncDebugLogging"));
    CHECK(repeats[0].because_of == std::vector{zeros[0].id});
  }

  TEST_CASE("a 403 of what stands before Exchange sends nobody to Exchange") {
    const auto result =
        run_scenario_text("x",
                          "case: gateway\n"
                          "08:00:00 Sync 5 41>42\n"
                          "09:00:00 Sync 5 42 H403 hdr{Server: nginx} page <html>Rejected\n");
    const auto blocked = of_rule(result, "access-blocked");
    REQUIRE(blocked.size() == 1);
    CHECK(
        blocked[0].summary ==
        "Sync refused, HTTP 403, made by nginx, not Exchange (no Exchange header; Server: nginx): "
        "Exchange has not judged this request (once)");
    CHECK(blocked[0].next_step ==
          "Look for this request in the log of what stands before Exchange (nginx, not Exchange): "
          "its rules refuse the device or the user.");
    const auto of_exchange = of_rule(run_scenario_text("x",
                                                       "case: Exchange\n"
                                                       "08:00:00 Sync 5 41>42\n"
                                                       "09:00:00 Sync 5 42 H403 BE1\n"),
                                     "access-blocked");
    REQUIRE(of_exchange.size() == 1);
    CHECK(of_exchange[0].summary ==
          "Sync refused, HTTP 403: the user or device may not connect (once)");
    CHECK(of_exchange[0].next_step != blocked[0].next_step);
  }

  TEST_CASE("a locked state is told as that, a lost one as a new beginning") {
    const auto words_of = [](const std::string& status) {
      const auto told = of_rule(
          run_scenario_text("x", "case: one\n08:00:00 Sync 5 41 St" + status + "\n"), "state-lost");
      return told.size() == 1 ? told[0].summary : std::string{};
    };
    CHECK(words_of("133") ==
          "Sync was answered with status 133: the device's state is locked, its mailbox may be "
          "moving; it tries again (once)");
    CHECK(words_of("134") ==
          "Sync was answered with status 134: the device must start over (once)");
  }

  TEST_CASE("sentences end where nothing more is known") {
    const auto result = run_scenario_text(
        "x",
        "case: words\n"
        "08:00:00 SendMail H302 hdr{Location: /owa} mail{id c5; to bob}\n"
        "08:00:10 Sync 5 41 H503 hdr{Retry-After: Fri, 20 Nov 2026 08:01:00 GMT}\n"
        "08:10:00 Sync 5 41>42 send{Change 5:77} re{5:77 8}\n"
        "08:10:10 Sync 5 42>43 send{Change 5:77} re{5:77 8}\n"
        "08:10:20 Sync 5 43>44 send{Change 5:77} re{5:77 8}\n");
    REQUIRE(result.errors.empty());
    const auto failed = of_rule(result, "send-failed");
    const auto throttled = of_rule(result, "throttled");
    const auto conflicts = of_rule(result, "item-conflict");
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].summary == "SendMail failed, HTTP 302");
    REQUIRE(throttled.size() == 1);
    CHECK(throttled[0].summary == "Sync was throttled, retry after Fri, 20 Nov 2026 08:01:00 GMT");
    REQUIRE_FALSE(conflicts.empty());
    CHECK(conflicts[0].summary ==
          "folder 5, item 5:77: 3 times the server did not know it (status 8)");
  }

  TEST_CASE("a chain from a gateway to the reload is linked cause by cause") {
    const auto result = run_scenario_text("x",
                                          "case: chain\n"
                                          "09:00:00 Sync 5 69>70\n"
                                          "10:00:00 Ping 5 hb900 (300s) H504 hdr{Server: nginx}\n"
                                          "10:05:05 Ping 5 hb900 (300s) H504 hdr{Server: nginx}\n"
                                          "10:10:10 Sync 5 0>1\n");
    REQUIRE(result.errors.empty());
    const auto boxes = of_rule(result, "middlebox-5xx");
    const auto cuts = of_rule(result, "heartbeat-cut");
    const auto chains = of_rule(result, "http500-then-reset");
    REQUIRE_FALSE(boxes.empty());
    REQUIRE(cuts.size() == 1);
    REQUIRE(chains.size() == 1);
    CHECK(cuts[0].because_of == std::vector{boxes[0].id});
    CHECK(chains[0].because_of == std::vector{cuts[0].id});
  }

  TEST_CASE("a device told to provision that falls silent is linked to the demand") {
    const auto result = run_scenario_text("x",
                                          "case: silent\n"
                                          "07:00:00 Ping 5 hb470 (470s) St1 x3/471s\n"
                                          "08:00:00 Sync 5 41 St143 x4/60s\n"
                                          "08:40:00 end\n");
    const auto ignored = of_rule(result, "policy-demand-ignored");
    const auto silent = of_rule(result, "policy-demand-silence");
    REQUIRE_FALSE(ignored.empty());
    REQUIRE(silent.size() == 1);
    CHECK(silent[0].because_of == std::vector{ignored[0].id});
  }

  TEST_CASE("the lost answer explains the missing items") {
    const auto result = run_scenario_text("x",
                                          "case: lost\n"
                                          "08:00:00 Sync 5 41>42 +2 items{5:90 5:91} cut dev\n"
                                          "08:00:40 Ping 5,2 hb470 (470s) St1\n");
    const auto lost = of_rule(result, "undelivered-response");
    const auto missing = of_rule(result, "ping-acks-lost-sync");
    REQUIRE(lost.size() == 1);
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].because_of == std::vector{lost[0].id});
    CHECK(missing[0].summary.find("5:90, 5:91") != std::string::npos);
  }

  TEST_CASE("a throttled device is linked to its storm") {
    const auto result = run_scenario_text("x",
                                          "case: storm\n"
                                          "08:00:00 Search up{same} x12/4s\n"
                                          "08:01:00 Search up{same} H503 hdr{Retry-After: 60}\n");
    const auto storm = of_rule(result, "identical-commands");
    const auto throttled = of_rule(result, "throttled");
    REQUIRE_FALSE(storm.empty());
    REQUIRE(throttled.size() == 1);
    CHECK(throttled[0].because_of == std::vector{storm[0].id});
  }

  TEST_CASE("every cause was there before what it caused") {
    for (const auto& entry : std::filesystem::directory_iterator{
             std::filesystem::path{EASTAP_TEST_DATA} / "scenarios"}) {
      if (entry.path().extension() != ".txt") continue;
      // Ids start anew in each case, and a cause has the lower one unless it joined in later.
      for (const Finding& finding : testing::run_scenarios(entry.path()).findings) {
        CAPTURE(finding.summary);
        for (const FindingId cause : finding.because_of) CHECK(cause != finding.id);
        CHECK(finding.first <= finding.last);
        CHECK_FALSE(finding.exchanges.size() > Limits{}.examples);
      }
    }
  }

  TEST_CASE("a user name that a shell could misread is not pasted into commands") {
    const auto result = run_scenario_text("x",
                                          "case: one\n"
                                          "09:00:00 Provision 0 St110 user a';rm x4/1s\n");
    const auto loops = of_rule(result, "provision-110-loop");
    REQUIRE_FALSE(loops.empty());
    CHECK(loops[0].next_step.find("Set-CASMailbox USER ") != std::string::npos);
  }

  TEST_CASE("a storm of 2 000 events prints a dozen lines and the last one holds") {
    const auto result = run_scenario_text("x",
                                          "case: storm\n"
                                          "09:00:00 Provision 0 St110 x2004/2s\n"
                                          "20:00:00 end\n");
    const auto loops = of_rule(result, "provision-110-loop");
    CHECK(loops.size() <= 12);
    REQUIRE_FALSE(loops.empty());
    CHECK(loops.back().count == 2004);
    CHECK(loops.back().severity == Severity::error);
    CHECK(loops.back().exchanges.size() == Limits{}.examples);
    CHECK(loops.back().exchanges.front() == ExchangeId{1});
    CHECK(loops.back().exchanges.back() == ExchangeId{2004});
    CHECK(std::all_of(loops.begin(), loops.end(),
                      [&](const Finding& one) { return one.id == loops[0].id; }));
  }

  TEST_CASE("after a quiet time the next event opens a new incident") {
    const auto result = run_scenario_text("x",
                                          "case: two storms\n"
                                          "09:00:00 Provision 0 St110 x3/2s\n"
                                          "10:00:00 Provision 0 St110 x3/2s\n");
    const auto loops = of_rule(result, "provision-110-loop");
    REQUIRE(loops.size() == 2);
    CHECK(loops[0].id != loops[1].id);
  }

  TEST_CASE("ids are given from 1 in order") {
    const auto result = run_scenario_text("x",
                                          "case: two\n"
                                          "08:00:00 Sync 5 41 H500 x2/5s\n"
                                          "08:01:00 Sync 5 41 St129\n");
    std::uint64_t highest = 0;
    for (const Finding& finding : result.findings) {
      CHECK(finding.id.value <= highest + 1);
      highest = std::max(highest, finding.id.value);
    }
    CHECK(highest >= 2);
  }

  TEST_CASE("an exchange that is only given when it has ended counts the same") {
    Analyzer analyzer;
    auto connection = std::make_shared<model::Connection>();
    connection->client = "10.0.0.7:5000";
    connection->host = "mail.contoso.test";
    const Timestamp start = *from_rfc3339("2026-11-20T08:00:00Z");
    std::vector<Finding> found;
    for (std::uint64_t id = 1; id <= 5; ++id) {
      eas::Command command;
      command.name = "Provision";
      command.is_activesync = true;
      command.user = "alice";
      command.http_status = 200;
      command.provision.emplace();
      const auto some =
          analyzer.observe(exchange_of(id, start + std::chrono::seconds{id}, connection), command);
      found.insert(found.end(), some.begin(), some.end());
    }
    REQUIRE(found.size() == 1);
    CHECK(found[0].rule == "provision-loop");
    CHECK(found[0].count == 5);
  }

  TEST_CASE("the same exchange twice, or of two joined logs, counts once (G6)") {
    Analyzer analyzer;
    auto connection = std::make_shared<model::Connection>();
    connection->host = "mail.contoso.test";
    const Timestamp start = *from_rfc3339("2026-11-20T08:00:00Z");
    eas::Command command;
    command.name = "Sync";
    command.is_activesync = true;
    command.http_status = 200;
    command.eas_status = 129;
    CHECK(analyzer.observe(exchange_of(1, start, connection), command).size() ==
          1);  // access-blocked
    CHECK(analyzer.observe(exchange_of(1, start, connection), command).empty());
    CHECK(analyzer.observe(exchange_of(2, start, connection), command).empty());
  }

  TEST_CASE("a status that the device reports of itself is not the server's error") {
    Analyzer analyzer;
    auto connection = std::make_shared<model::Connection>();
    connection->host = "mail.contoso.test";
    eas::Command command;
    command.name = "Provision";
    command.is_activesync = true;
    command.http_status = 200;
    command.provision.emplace();
    command.provision->phase = eas::Provision::Phase::acknowledge;
    command.provision->acknowledged_status = 2;
    command.statuses.push_back(
        {"Provision.Policy.Request", 2, "policy on the device", false, "", ""});
    command.statuses.push_back({"Provision", 1, "", true, "Success", ""});
    const auto found = analyzer.observe(
        exchange_of(1, *from_rfc3339("2026-11-20T08:00:00Z"), connection), command);
    REQUIRE(found.size() == 1);
    CHECK(found[0].rule == "provision-negative-ack");
    CHECK(found[0].severity == Severity::notice);
  }

  TEST_CASE("what is not ActiveSync gives nothing") {
    Analyzer analyzer;
    auto connection = std::make_shared<model::Connection>();
    eas::Command command;
    command.http_status = 500;
    CHECK(
        analyzer.observe(exchange_of(1, *from_rfc3339("2026-11-20T08:00:00Z"), connection), command)
            .empty());
    CHECK(analyzer.observe(model::Exchange{}, command).empty());
    CHECK(analyzer.observe(model::ConnectionEvent{}).empty());
    CHECK(analyzer.finish({}).empty());
  }

  TEST_CASE("memory stays within the limits however many devices and folders come") {
    Settings settings;
    settings.limits.devices = 50;
    settings.limits.device_octets = 200'000;
    settings.limits.tallies = 40;
    settings.limits.collections = 10;
    settings.limits.hosts = 5;
    Analyzer analyzer{settings};
    auto connection = std::make_shared<model::Connection>();
    const Timestamp start = *from_rfc3339("2026-11-20T08:00:00Z");
    for (std::uint64_t id = 1; id <= 3'000; ++id) {
      connection = std::make_shared<model::Connection>();
      connection->host = "host" + std::to_string(id % 17);
      eas::Command command;
      command.name = "Sync";
      command.is_activesync = true;
      command.device_id = "device" + std::to_string(id % 100);
      command.http_status = 500;
      for (int folder = 0; folder < 20; ++folder) {
        eas::Collection collection;
        collection.id = std::to_string(id) + "-" + std::to_string(folder);
        collection.sync_key = "7";
        collection.in_request = true;
        command.collections.push_back(collection);
      }
      (void)analyzer.observe(exchange_of(id, start + std::chrono::seconds{id}, connection),
                             command);
      const Analyzer::Size size = analyzer.size();
      REQUIRE(size.devices <= 50);
      REQUIRE((size.device_octets <= 200'000 || size.devices == 1));
      REQUIRE(size.tallies <= 40);
      REQUIRE(size.closings <= 2 * 40 + 1'025);  // would be one for each event
    }
  }

  TEST_CASE("after a clock was set back findings tell the times that it showed") {
    const auto result = run_scenario_text("x",
                                          "case: set back\n"
                                          "clock: 08:30:00 -3600\n"
                                          "08:00:00 Sync 5 41>42\n"
                                          "09:00:00 Provision 0 St110 x3/2s\n"
                                          "09:40:00 end\n");
    REQUIRE(result.errors.empty());
    const auto loops = of_rule(result, "provision-110-loop");
    REQUIRE_FALSE(loops.empty());
    const Timestamp shown = *from_rfc3339("2026-11-20T08:00:00Z");
    CHECK(loops.back().first >= shown);
    CHECK(loops.back().last <= shown + std::chrono::seconds{6});
  }

  TEST_CASE("runs of one capture are judged apart, and their findings numbered on") {
    Analyzer analyzer;
    const auto connection = std::make_shared<model::Connection>();
    const Timestamp start = *from_rfc3339("2026-11-20T08:00:00Z");
    eas::Command command;
    command.name = "Sync";
    command.is_activesync = true;
    command.http_status = 200;
    command.eas_status = 129;
    const auto first = analyzer.observe(exchange_of(1, start, connection), command);
    REQUIRE(first.size() == 1);
    (void)analyzer.finish(start);
    analyzer.forget();
    CHECK(analyzer.size().devices == 0);
    const auto second =
        analyzer.observe(exchange_of(2, start + std::chrono::seconds{5}, connection), command);
    REQUIRE(second.size() == 1);
    CHECK(second[0].id.value == first[0].id.value + 1);
    CHECK(second[0].count == 1);
  }

  TEST_CASE("users are one person in any spelling") {
    CHECK(normalised_user("CONTOSO\\Alice") == "alice");
    CHECK(normalised_user("Alice@contoso.test") == "alice");
    CHECK(normalised_user("alice") == "alice");
    CHECK(normalised_user("@") == "@");
    CHECK(normalised_user("").empty());
  }
}
