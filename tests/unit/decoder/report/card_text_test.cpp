#include "decoder/report/card_text.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/render/printable.hpp"

using namespace eastap;
using namespace eastap::report;
using findings::Stage;

namespace {

Card sample() {
  const Timestamp start = *from_rfc3339("2026-11-20T08:00:00Z");
  Card card;
  card.host = "mail.contoso.test";
  card.user = "CONTOSO\\alice";
  card.device_id = "APPLF1";
  card.device_type = "iPhone";
  card.client = "10.0.0.7";
  card.first = start;
  card.last = start + std::chrono::hours{25};
  card.exchanges = 24;
  card.user_agent = "Apple-iPhone8C4/1504.100";
  card.agent_words = "iPhone8,4, iOS 11.2.6 (build 15D100)";
  card.version = "16.1";
  card.best_version = "16.1";
  card.policy_key = "3609689902";
  card.policy = "PIN of at least 6";
  for (std::size_t index = 0; index < findings::kStages; ++index) {
    Step step;
    step.stage = static_cast<Stage>(index);
    card.steps.push_back(step);
  }
  card.steps[0] = {Stage::trusted, State::done, start, ExchangeId{1}, "from 10.0.0.7"};
  card.steps[4] = {Stage::folder_sync, State::failed, start + std::chrono::seconds{9},
                   ExchangeId{4}, "HTTP 403 Forbidden from a middlebox, not Exchange"};
  card.stop =
      Stop{Stage::folder_sync, card.steps[4].text, "Look at the access list of the gateway"};
  FolderLine folder;
  folder.id = "5";
  folder.name = "Inbox\x1b[2J";
  folder.key = "41";
  folder.http = 200;
  folder.status = 3;
  folder.status_name = "InvalidSyncKey";
  folder.delivered = true;
  folder.time = start + std::chrono::hours{25};
  folder.exchange = ExchangeId{23};
  card.folders.push_back(folder);
  card.waits.sent = 2;
  card.waits.asked_least = card.waits.asked_most = card.waits.asked_last = 470;
  card.waits.add(61);
  card.waits.add(470);
  card.waits.changed = card.waits.expired = 1;
  card.median = 61;
  findings::Clients::Failure failure;
  failure.host = "imap.contoso.test";
  failure.reason = "unknown_ca";
  failure.count = 3;
  failure.first = failure.last = start;
  card.failed.push_back(failure);
  for (int number = 1; number <= 5; ++number) {
    Incident incident;
    incident.finding.id = FindingId{static_cast<std::uint64_t>(number)};
    incident.finding.rule = "synckey-zero";
    incident.finding.severity = findings::Severity::warning;
    incident.finding.count = 3;
    incident.finding.first = start;
    incident.finding.last = start + std::chrono::seconds{30};
    incident.finding.summary = "Inbox(5) restarted from SyncKey 0 after key 1204";
    incident.open = number == 1;
    card.findings.push_back(incident);
  }
  return card;
}

std::string text_of(const Card& card, std::size_t width, bool brief = false) {
  render::LineStyle style;
  style.width = width;
  std::string out;
  if (brief) {
    append_short_card(out, card, style);
  } else {
    append_card(out, card, style);
  }
  return out;
}

}  // namespace

TEST_SUITE("decoder.report.card_text") {
  TEST_CASE("no line is wider than the terminal, and nothing of it is unsafe") {
    for (const std::size_t width : {40U, 60U, 80U, 120U, 200U}) {
      for (const bool brief : {false, true}) {
        const std::string text = text_of(sample(), width, brief);
        CHECK(text.find('\x1b') == std::string::npos);
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line);) {
          CAPTURE(line);
          CHECK(render::display_width(line) <= width);
          CHECK_FALSE(line.ends_with(' '));
        }
      }
    }
  }

  TEST_CASE("the card says who, how far, why no further, and the state of each folder") {
    const std::string text = text_of(sample(), 0);
    for (const char* part :
         {"alice iPhone APPLF1 at mail.contoso.test\n", "2026-11-20 08:00:00 to 11-21 09:00:00",
          "24 exchanges, from 10.0.0.7", "iPhone8,4, iOS 11.2.6 (build 15D100)",
          "16.1, the server offers 16.1", "3609689902: PIN of at least 6", "✓ TLS trusted",
          "✗ FolderSync", "stopped at FolderSync: HTTP 403 Forbidden from a middlebox",
          "→ Look at the access list", "TLS refused for imap.contoso.test (unknown_ca), 3 times",
          "status 3 InvalidSyncKey #23", "2 sent, asked for 470 s",
          "lasted 61 / 61 / 470 s (least, median, most); 1 with changes, 1 ran out",
          "▲ warning synckey-zero 08:00:00 to 08:00:30, 3 times, open: Inbox(5) restarted"}) {
      CAPTURE(text);
      CHECK(text.find(part) != std::string::npos);
    }
  }

  TEST_CASE("the short card keeps to the checklist, the stop and three findings") {
    const std::string text = text_of(sample(), 80, true);
    CHECK(text.find("✓\u00A0TLS\u00A0trusted") != std::string::npos);
    CHECK(text.find("stopped at FolderSync") != std::string::npos);
    CHECK(text.find("and 2 more findings") != std::string::npos);
    CHECK(text.find("3609689902") == std::string::npos);
  }

  TEST_CASE("a count that is a value is left to the summary, and one finding more is one") {
    Card card = sample();
    card.findings.pop_back();
    findings::Finding& rate = card.findings[0].finding;
    rate.rule = "command-rate";
    rate.count = 67;
    rate.summary = "67 requests in 60 s, the last a Sync";
    const std::string text = text_of(card, 0, true);
    CHECK(text.find("▲ warning command-rate 08:00:00 to 08:00:30, open: 67 requests in 60 s") !=
          std::string::npos);
    CHECK(text.find("and 1 more finding\n") != std::string::npos);
  }

  TEST_CASE("an empty card is still a card") {
    Card card;
    card.client = "10.0.0.9";
    CHECK(text_of(card, 80).starts_with("address 10.0.0.9\n"));
    CHECK_FALSE(text_of(card, 80, true).empty());
  }

  TEST_CASE("the record has every part, and absent is absent") {
    std::string json;
    append_card_json(json, sample());
    for (const char* part :
         {"{\"type\":\"device\",\"device_id\":\"APPLF1\"", "\"user\":\"CONTOSO\\\\alice\"",
          "\"step\":\"folder_sync\",\"state\":\"failed\"",
          "\"stopped_at\":{\"step\":\"folder_sync\"",
          "\"sync_key\":\"41\",\"http_status\":200,\"status\":3", "\"lasted_median_s\":61",
          "\"with_changes\":1", "\"failed_connections\":[", "\"open\":true"}) {
      CAPTURE(json);
      CHECK(json.find(part) != std::string::npos);
    }
    CHECK(json.ends_with("}\n"));
    CHECK(json.find("\"run\"") == std::string::npos);
    std::string empty;
    append_card_json(empty, Card{});
    CHECK(empty.find("device_id") == std::string::npos);
    CHECK(empty.find("heartbeat") == std::string::npos);
  }
}
