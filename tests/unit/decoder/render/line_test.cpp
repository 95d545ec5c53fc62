#include "decoder/render/line.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/render/diagnostic.hpp"
#include "decoder/render/exchange_words.hpp"
#include "decoder/render/printable.hpp"
#include "tests/unit/decoder/render/samples.hpp"

using namespace eastap;
using namespace eastap::render;

namespace {

std::string line_of(const samples::Sample& sample, LineStyle style = {}) {
  std::string out;
  append_exchange_line(out, sample.exchange, sample.command, style);
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

samples::Sample sync(std::string key, std::string new_key) {
  samples::Sample sample = samples::eas(14, "Sync", 0, 55);
  eas::Collection inbox;
  inbox.id = "5";
  inbox.folder_name = "Inbox";
  inbox.sync_key = std::move(key);
  inbox.new_sync_key = std::move(new_key);
  inbox.in_request = inbox.in_response = true;
  sample.command.collections.push_back(inbox);
  return sample;
}

void check_fits(const std::string& text, std::size_t width) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    const std::string line = text.substr(at, end - at);
    CAPTURE(line);
    CHECK(display_width(line) <= width);
    CHECK_FALSE(line.ends_with(' '));
    at = end + 1;
  }
}

}  // namespace

TEST_SUITE("decoder.render.line") {
  TEST_CASE("a folder's id is left out where it is long and its name is known") {
    const std::string id = "mail%2Fee7bd31938e80b6b1b4b000083ecc375";
    CHECK(render::folder_label("Inbox", "5") == "Inbox(5)");
    CHECK(render::folder_label("INBOX", id) == "INBOX");
    CHECK(render::folder_label("", id) == id);
    CHECK(render::folder_label("", "").empty());
  }

  TEST_CASE("a healthy exchange is one line: number, device, folder, keys, counts") {
    samples::Sample sample = sync("1", "2");
    sample.command.collections[0].adds = 25;
    sample.command.collections[0].changes = 1;
    sample.command.collections[0].deletes = 2;
    sample.command.collections[0].more_available = true;
    const std::string line = line_of(sample);
    CHECK(line.starts_with("14:02:00.055   #14  alice iPhone "));
    CHECK(has(line, "Sync  Inbox(5)"));
    CHECK(has(line, "key 1 → 2  +25 ~1 -2 more"));
    CHECK(has(line, "200    55 ms"));
    CHECK(line.find('\n') == line.size() - 1);
  }
  TEST_CASE("times are those of the offset passed in") {
    const LineStyle style{.offset = [](Timestamp) { return std::chrono::hours{-5}; }};
    CHECK(line_of(sync("1", "2"), style).starts_with("09:02:00.055 "));
  }
  TEST_CASE("a status is told in words, with its place and next step") {
    samples::Sample sample = sync("17", "");
    sample.command.statuses.push_back(
        {"Sync", 3, "collection 5", false, "InvalidSyncKey", "The server does not know this key"});
    const std::string line = line_of(sample);
    CHECK(has(line, "collection 5: status 3 InvalidSyncKey: The server does not know this key"));
    CHECK(has(line, "\n      → "));
    CHECK_FALSE(has(line_of(sample, {.next_steps = false}), "→ Device"));
    CHECK(trouble_signature(sample.exchange, sample.command) == "Sync 200 status 3 InvalidSyncKey");
    CHECK(trouble_signature(sync("1", "2").exchange, sync("1", "2").command).empty());
  }
  TEST_CASE("the same status of many items is told once") {
    samples::Sample sample = sync("1", "2");
    for (int i = 0; i < 5; ++i) {
      sample.command.statuses.push_back(
          {"Sync", 8, "item 5:" + std::to_string(i), false, "ObjectNotFound", "gone"});
    }
    CHECK(has(line_of(sample), "item 5:0 and 4 more: status 8 ObjectNotFound: gone"));
  }
  TEST_CASE("a status that the tables lack shows its number") {
    samples::Sample sample = sync("1", "");
    sample.command.statuses.push_back({"Sync", 99, "", false, "", ""});
    CHECK(has(line_of(sample), "status 99 (not in the tables of Sync)"));
  }
  TEST_CASE("an HTTP error names who made it") {
    samples::Sample sample = sync("2", "");
    sample = samples::answered(sample, "HTTP/1.1 500 Error\r\nContent-Type: text/html\r\n\r\n",
                               "<html><head><TITLE>\r\n All servers drained</title>");
    sample.command.response.kind = eas::Body::Kind::html;
    CHECK(has(line_of(sample), "not from Exchange (no X-FEServer): HTML \"All servers drained\""));
    sample = samples::answered(sample, "HTTP/1.1 500 Error\r\nX-FEServer: EX01\r\n\r\n");
    CHECK(has(line_of(sample), "from Exchange (EX01)"));
    CHECK_FALSE(has(line_of(sample), "not from Exchange"));
  }
  TEST_CASE("a page instead of ActiveSync is trouble although its status is 200") {
    samples::Sample sample = sync("2", "");
    sample = samples::answered(sample, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
                               "<title>Sign in</title>");
    sample.command.response.kind = eas::Body::Kind::html;
    sample.command.outcome = "not ActiveSync: HTML \"Sign in\"";
    const std::string line = line_of(sample);
    CHECK(has(line, "not ActiveSync but a page came: HTML \"Sign in\""));
  }
  TEST_CASE("an outcome is the remark of a success; of a failure it would be said twice") {
    samples::Sample sample = samples::eas(2, "Search", 0, 9);
    sample.command.asked = "mailbox \"lunch\"";
    sample.command.outcome = "3 of 12 found";
    CHECK(has(line_of(sample), "mailbox \"lunch\""));
    CHECK(has(line_of(sample), "3 of 12 found"));
    sample.command.statuses.push_back({"Search", 8, "store", false, "AccessDenied", "no access"});
    sample.command.outcome = "store: status 8 AccessDenied";
    CHECK_FALSE(has(line_of(sample), "AccessDenied, store"));
  }
  TEST_CASE("an interrupted answer says how far it came") {
    samples::Sample sample = sync("1", "2");
    sample = samples::answered(sample, "HTTP/1.1 200 OK\r\nContent-Length: 48043\r\nX: y\r\n\r\n",
                               std::string(30'000, 'x'));
    sample.exchange.ending = model::Ending::device_closed;
    sample.exchange.delivered_octets = 30'000;
    const std::size_t head = sample.exchange.response->head.raw().size();
    CHECK(has(line_of(sample),
              "device closed after 30 000 of 48 0" + std::to_string(43 + head) + " octets"));
    sample.exchange.ending = model::Ending::server_reset;
    CHECK(has(line_of(sample),
              "server reset the connection after 30 0" + std::to_string(head) + " of 48 0"));
  }
  TEST_CASE("a Ping that the device gave up is normal life, a lost answer is not") {
    samples::Sample sample = samples::eas(3, "Ping", 0, 127'904);
    sample.command.waiting = samples::waiting(470);
    sample.exchange.response = nullptr;
    sample.command.http_status.reset();
    sample.exchange.ending = model::Ending::device_closed;
    CHECK(has(line_of(sample), "device stopped waiting"));
    sample.exchange.ending = model::Ending::server_closed;
    CHECK(has(line_of(sample), "server closed before an answer came"));
  }
  TEST_CASE("a body that did not decode says where it stopped") {
    samples::Sample sample = sync("1", "2");
    sample.command.response = samples::wbxml_body("\x03\x01\x6a\x45\x5c");
    CHECK(has(line_of(sample), "response body stopped at octet "));
  }
  TEST_CASE("a waiting request says for how long") {
    samples::Sample sample = samples::still_open(samples::eas(3, "Ping", 13'007, 0));
    sample.command.waiting = samples::waiting(470);
    sample.command.waiting->folders = {{"5", "", "Inbox"}, {"6", "", ""}, {"7", "", ""}};
    std::string line;
    append_waiting_line(line, sample.exchange, sample.command, {});
    CHECK(has(line, "Ping  3 folders"));
    CHECK(has(line, "waiting up to 470 s"));
    CHECK(line.starts_with("14:02:13.007"));
  }
  TEST_CASE("other traffic is method and path; the values of its query stay out") {
    samples::Sample sample = samples::eas(4, "Sync", 0, 12);
    auto request = std::make_shared<model::Message>(*sample.exchange.request);
    request->head =
        model::HeaderList{"GET /owa/auth?code=SECRET&state=&flag#TOKEN HTTP/1.1\r\n\r\n"};
    sample.exchange.request = request;
    sample.command.name.clear();
    sample.command.user.clear();
    sample.command.device_type.clear();
    const std::string line = line_of(sample);
    CHECK(has(line, "192.168.1.20"));
    CHECK(has(line, "GET mail.contoso.test/owa/auth?code=…&state=&…"));
    CHECK_FALSE(has(line, "SECRET"));
    CHECK_FALSE(has(line, "TOKEN"));
    CHECK(has(line, "200"));
  }
  TEST_CASE("a finding names rule, severity, evidence and next step; growing, it is one line") {
    findings::Finding finding;
    finding.rule = "http-500-burst";
    finding.severity = findings::Severity::warning;
    finding.summary = "3 answers 5xx in 40 s";
    finding.explanation = "Devices reload.";
    finding.next_step = "Find who produced them.";
    finding.source = "KB 10047";
    for (std::uint64_t i = 1; i <= 9; ++i) finding.exchanges.push_back(ExchangeId{i});
    std::string out;
    append_finding_lines(out, finding, {});
    CHECK(out ==
          "  ▲ warning  http-500-burst  3 answers 5xx in 40 s (#1 #2 #3 #4 #5 … #9)\n"
          "    Devices reload.\n"
          "    → Find who produced them.\n"
          "    (KB 10047)\n");
    out.clear();
    append_finding_lines(out, finding, {}, true);
    CHECK(out == "  ▲ warning  http-500-burst  3 answers 5xx in 40 s (#1 #2 #3 #4 #5 … #9)\n");
  }
  TEST_CASE("connection events explain themselves") {
    model::ConnectionEvent event;
    event.kind = model::ConnectionEvent::Kind::client_tls_failed;
    event.reason = "unknown_ca";
    event.connection = samples::eas(1, "Sync", 0, 0).exchange.connection;
    event.time = samples::at(0);
    std::string out;
    append_event_lines(out, event, {});
    CHECK(has(out,
              "TLS failed  mail.contoso.test  the device does not trust eastap's CA (unknown_ca)"));
    event.detail = "what the shell knows";
    out.clear();
    append_event_lines(out, event, {});
    CHECK(has(out, "mail.contoso.test  what the shell knows"));
  }
  TEST_CASE("no line is wider than the terminal, whatever it says and however wide that is") {
    samples::Sample sample = sync("{3c5a41-long-key}1870246364", "{3c5a41-long-key}1870246365");
    sample.command.user = "someone.with.a.long.name@contoso.test";
    sample.command.collections[0].folder_name = "受信トレイ 受信トレイ 受信トレイ";
    sample.command.statuses.push_back(
        {"Sync", 6, "item 5:12", false, "ServerSyncError",
         "A sentence that explains at length 受信トレイ受信トレイ受信トレイ what it means "
         "averyveryveryveryveryveryveryveryveryveryveryverylongword end"});
    findings::Finding finding;
    finding.rule = "a-rule-with-a-rather-long-name-that-nobody-would-choose";
    finding.summary = finding.explanation = finding.next_step = sample.command.statuses[0].meaning;
    finding.source = "x";
    model::ConnectionEvent event;
    event.connection = sample.exchange.connection;
    event.detail = finding.summary;
    for (const std::size_t width : {1U, 40U, 41U, 60U, 71U, 72U, 80U, 99U, 100U, 111U, 112U, 120U,
                                    149U, 150U, 169U, 170U, 200U}) {
      CAPTURE(width);
      const LineStyle style{.width = width};
      std::string out = line_of(sample, style);
      append_waiting_line(out, sample.exchange, sample.command, style);
      append_finding_lines(out, finding, style);
      append_event_lines(out, event, style);
      check_fits(out, std::max<std::size_t>(width, 40));
    }
  }
  TEST_CASE("nothing a peer sends reaches the terminal as a control") {
    const std::string bad = "\x1b]0;x\x07\x9b\r\n\xc2\x9b\u202E";
    samples::Sample sample = sync(bad, bad);
    sample.command.user = sample.command.device_type = sample.command.asked =
        sample.command.outcome = bad;
    sample.command.detail = sample.exchange.error = bad;
    sample.command.collections[0].folder_name = sample.command.collections[0].id = bad;
    sample.command.statuses.push_back({bad, 3, bad, false, bad, bad});
    sample.command.diagnostics.push_back({Errc::malformed, 3, bad, bad});
    sample.command.server = eas::ServerFacts{};
    sample.command.server->location = sample.command.server->schema_error = bad;
    sample.command.server->front_end = sample.command.server->page_title = bad;
    sample.command.server->throttle_reason = sample.command.server->diagnostics = bad;
    sample.command.request = samples::wbxml_body("\x03\x01\x6a\x45\x03\x1b[2J\x9b");
    sample.command.response.kind = eas::Body::Kind::text;
    sample.command.response.octets = std::make_shared<const std::string>(bad + "\n" + bad);
    findings::Finding finding;
    finding.rule = finding.summary = finding.explanation = finding.next_step = finding.source = bad;
    finding.user = finding.device_type = bad;
    model::ConnectionEvent event;
    auto connection = *sample.exchange.connection;
    connection.host = connection.client = connection.sni = bad;
    event.connection = std::make_shared<const model::Connection>(connection);
    event.reason = event.detail = bad;
    for (const int status : {200, 302, 401, 403, 451, 500, 503}) {
      sample.command.http_status = status;
      for (const char* name : {"Sync", "Ping", "Provision", "FolderSync", "Search", ""}) {
        sample.command.name = name;
        for (const std::size_t width : {0U, 80U, 200U}) {
          const LineStyle style{.width = width};
          std::string out = line_of(sample, style);
          append_waiting_line(out, sample.exchange, sample.command, style);
          append_finding_lines(out, finding, style);
          append_event_lines(out, event, style);
          append_bodies(out, sample.command, style);
          REQUIRE(is_utf8(out));
          for (const char c : out)
            REQUIRE_FALSE((static_cast<unsigned char>(c) < 0x20 && c != '\n'));
          REQUIRE_FALSE(has(out, "\xc2\x9b"));
          REQUIRE_FALSE(has(out, "\u202E"));
        }
      }
    }
  }
  TEST_CASE("colours are those of the theme, each reset, and change no text") {
    samples::Sample sample = sync("1", "2");
    const std::string plain = line_of(sample, {.width = 120});
    std::string coloured = line_of(sample, {.width = 120, .theme = kColourTheme});
    CHECK(has(coloured, "\x1b[32m200\x1b[0m"));
    for (std::size_t at = coloured.find('\x1b'); at != std::string::npos;
         at = coloured.find('\x1b')) {
      coloured.erase(at, coloured.find('m', at) + 1 - at);
    }
    CHECK(coloured == plain);
  }
  TEST_CASE("a diagnostic is a sentence with its place") {
    CHECK(to_sentence({Errc::truncated, 1234, "response body", "the text has no end"}) ==
          "response body, octet 1 234: the text has no end");
    CHECK(to_sentence({Errc::truncated, 0, "", ""}) == "octet 0: truncated");
  }
}
