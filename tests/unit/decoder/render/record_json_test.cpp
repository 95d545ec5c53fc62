#include "decoder/render/record_json.hpp"

#include <string>
#include <utility>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "decoder/codepages/pages.hpp"
#include "tests/unit/decoder/render/samples.hpp"

using namespace eastap;
using namespace eastap::render;
namespace airsync = codepages::airsync;

namespace {

boost::json::object parsed(const std::string& line) {
  REQUIRE(line.ends_with('\n'));
  REQUIRE(line.find('\n') == line.size() - 1);
  boost::json::parse_options options;
  options.max_depth = 1024;
  return boost::json::parse(line, {}, options).as_object();
}

boost::json::object exchange_of(const samples::Sample& sample, RecordJsonOptions options = {}) {
  std::string line;
  append_exchange_json(line, sample.exchange, sample.command, options);
  return parsed(line);
}

samples::Sample sync_sample() {
  samples::Sample sample = samples::eas(12, "Sync", 11'390, 55);
  wbxml::Builder body;
  body.open(airsync::kSync).add(airsync::kSyncKey, "2");
  sample.command.response = samples::wbxml_body(std::move(body).finish());
  eas::Collection collection;
  collection.id = "5";
  collection.class_name = "Email";
  collection.folder_name = "Inbox";
  collection.sync_key = "1";
  collection.new_sync_key = "2";
  collection.status = 1;
  collection.adds = 25;
  collection.in_request = collection.in_response = true;
  collection.more_available = true;
  sample.command.collections.push_back(collection);
  sample.command.eas_status = 1;
  return sample;
}

}  // namespace

TEST_SUITE("decoder.render.record_json") {
  TEST_CASE("an exchange record has the documented names") {
    samples::Sample sample = sync_sample();
    sample.command.policy_key = "3609689902";
    sample.command.user_agent = "Apple-iPhone";
    sample.command.diagnostics.push_back({Errc::bad_text, 17, "request body", "not UTF-8"});
    const auto record = exchange_of(sample);
    CHECK(record.at("type") == "exchange");
    CHECK(record.at("id") == 12);
    CHECK(record.at("time") == "2026-11-20T14:02:11.390000Z");
    CHECK(record.at("device_id") == "ApplF1");
    CHECK(record.at("device_type") == "iPhone");
    CHECK(record.at("user") == "CONTOSO\\alice");
    CHECK(record.at("user_agent") == "Apple-iPhone");
    CHECK(record.at("client") == "192.168.1.20:53211");
    CHECK(record.at("host") == "mail.contoso.test");
    CHECK(record.at("method") == "POST");
    CHECK(record.at("target") ==
          "/Microsoft-Server-ActiveSync?Cmd=Sync&User=alice&DeviceId=ApplF1&DeviceType=iPhone");
    CHECK(record.at("command") == "Sync");
    CHECK(record.at("protocol_version") == "16.1");
    CHECK(record.at("policy_key") == "3609689902");
    CHECK(record.at("http_status") == 200);
    CHECK(record.at("eas_status") == 1);
    CHECK(record.at("duration_ms") == 55);
    CHECK(record.at("ttfb_ms") == 54);
    CHECK(record.at("request_bytes").is_number());
    CHECK(record.at("response_bytes").is_number());
    CHECK(record.at("complete") == true);
    CHECK_FALSE(record.contains("error"));
    const auto& collection = record.at("collections").as_array().at(0).as_object();
    CHECK(collection.at("id") == "5");
    CHECK(collection.at("class") == "Email");
    CHECK(collection.at("sync_key") == "1");
    CHECK(collection.at("new_sync_key") == "2");
    CHECK(collection.at("status") == 1);
    CHECK(collection.at("adds") == 25);
    CHECK(collection.at("changes") == 0);
    CHECK(collection.at("deletes") == 0);
    CHECK(collection.at("fetches") == 0);
    CHECK(collection.at("more_available") == true);
    const auto& headers = record.at("request").as_object().at("headers").as_array();
    CHECK(headers.at(0).as_object().at("name") == "Host");
    CHECK(headers.at(0).as_object().at("value") == "mail.contoso.test");
    const auto& response = record.at("response").as_object();
    CHECK(response.at("document").as_object().at("tag") == "Sync");
    CHECK_FALSE(response.contains("text"));
    const auto& diagnostic = record.at("diagnostics").as_array().at(0).as_object();
    CHECK(diagnostic.at("code") == "bad_text");
    CHECK(diagnostic.at("offset") == 17);
    CHECK(diagnostic.at("part") == "request body");
  }
  TEST_CASE("what was not on the wire is absent") {
    samples::Sample sample = samples::still_open(samples::eas(1, "Ping", 0, 0));
    sample.exchange.ending = model::Ending::device_reset;
    sample.exchange.error = "reset by the device";
    sample.command.user.clear();
    const auto record = exchange_of(sample);
    for (const char* name :
         {"user", "user_agent", "policy_key", "http_status", "eas_status", "ttfb_ms", "duration_ms",
          "response", "response_bytes", "collections", "diagnostics"}) {
      CAPTURE(name);
      CHECK_FALSE(record.contains(name));
    }
    CHECK(record.at("complete") == false);
    CHECK(record.at("error") == "reset by the device");
    CHECK(record.at("ending") == "device_reset");
  }
  TEST_CASE("a body without a document is text or base64, up to the limit") {
    samples::Sample sample = samples::eas(1, "Sync", 0, 1);
    sample.command.response.kind = eas::Body::Kind::html;
    sample.command.response.octets = std::make_shared<const std::string>("Grüße ü");
    auto response = exchange_of(sample, {.body_limit = 3}).at("response").as_object();
    CHECK(response.at("text") == "Gr");
    CHECK(response.at("truncated") == true);
    response = exchange_of(sample).at("response").as_object();
    CHECK(response.at("text") == "Grüße ü");
    CHECK_FALSE(response.contains("truncated"));
    sample.command.response.octets = std::make_shared<const std::string>("\xff\xfe");
    CHECK(exchange_of(sample).at("response").as_object().at("base64") == "//4=");
    CHECK_FALSE(exchange_of(sample, {.messages = false}).contains("response"));
  }
  TEST_CASE("a body that did not decode to its end is there in octets too") {
    samples::Sample sample = sync_sample();
    const std::string whole = *sample.command.response.octets;
    sample.command.response = samples::wbxml_body(whole.substr(0, whole.size() - 2));
    const auto record = exchange_of(sample);
    const auto& response = record.at("response").as_object();
    CHECK(response.at("document").as_object().at("tag") == "Sync");
    CHECK(response.contains("decoded_bytes"));
    CHECK((response.contains("text") || response.contains("base64")));
    CHECK(record.at("diagnostics").as_array().at(0).as_object().at("part") == "response body");
  }
  TEST_CASE("a waiting record names the exchange that it is the beginning of") {
    samples::Sample sample = samples::still_open(samples::eas(9, "Ping", 0, 0));
    sample.command.waiting = samples::waiting(470);
    sample.command.waiting->folders = {{"5", "Email", "Inbox"}};
    std::string line;
    append_waiting_json(line, sample.exchange, sample.command);
    const auto record = parsed(line);
    CHECK(record.at("type") == "waiting");
    CHECK(record.at("id") == 9);
    CHECK(record.at("device_id") == "ApplF1");
    const auto& waiting = record.at("waiting").as_object();
    CHECK(waiting.at("seconds") == 470);
    CHECK(waiting.at("folders").as_array().at(0).as_object().at("folder") == "Inbox");
    CHECK_FALSE(record.contains("complete"));
    CHECK(record.contains("request"));
  }
  TEST_CASE("a finding record has the documented names") {
    findings::Finding finding;
    finding.id = FindingId{3};
    finding.rule = "http-500-burst";
    finding.severity = findings::Severity::warning;
    finding.time = finding.first = finding.last = samples::at(1);
    finding.count = 3;
    finding.exchanges = {ExchangeId{211}, ExchangeId{214}};
    finding.because_of = {FindingId{1}};
    finding.summary = "3 answers 5xx \xff";
    finding.explanation = "e";
    finding.next_step = "n";
    finding.source = "s";
    finding.user = "alice";
    finding.device_id = "ApplF1";
    std::string line;
    append_finding_json(line, finding);
    const auto record = parsed(line);
    CHECK(record.at("type") == "finding");
    CHECK(record.at("severity") == "warning");
    CHECK(record.at("exchanges") == boost::json::value{211, 214});
    CHECK(record.at("because_of") == boost::json::value(boost::json::array{1}));
    for (const char* name : {"id", "rule", "time", "device_id", "user", "count", "first", "last",
                             "summary", "explanation", "next_step", "source"}) {
      CAPTURE(name);
      CHECK(record.contains(name));
    }
  }
  TEST_CASE("connection events carry their own type") {
    using Kind = model::ConnectionEvent::Kind;
    const std::pair<Kind, const char*> kinds[] = {{Kind::tunnelled, "tunnel"},
                                                  {Kind::client_tls_failed, "tls_failure"},
                                                  {Kind::upstream_failed, "upstream_failure"},
                                                  {Kind::refused, "refused"},
                                                  {Kind::malformed, "malformed"},
                                                  {Kind::proxy_note, "note"}};
    for (const auto& [kind, type] : kinds) {
      model::ConnectionEvent event;
      event.kind = kind;
      event.time = samples::at(5);
      event.reason = "unknown_ca";
      if (kind != Kind::proxy_note)
        event.connection = samples::eas(1, "Sync", 0, 1).exchange.connection;
      std::string line;
      append_event_json(line, event);
      const auto record = parsed(line);
      CHECK(record.at("type") == type);
      CHECK(record.at("reason") == "unknown_ca");
      CHECK(record.contains("host") == (kind != Kind::proxy_note));
    }
  }
  TEST_CASE("hostile text in every field still gives one line of JSON") {
    const std::string bad = "\x1b[2J\"\\\n\xff\u202E";
    samples::Sample sample = sync_sample();
    sample.command.user = sample.command.device_type = sample.command.device_id = bad;
    sample.command.name = sample.command.detail = sample.exchange.error = bad;
    sample.command.collections[0].folder_name = sample.command.collections[0].sync_key = bad;
    sample.command.parameters.emplace_back(bad, bad);
    sample = samples::answered(
        sample, "HTTP/1.1 200 \x1b[2J\"\xff\r\nX: \"\x01\xff\r\n\"\\: y\r\n\r\n", bad);
    exchange_of(sample);
  }
}
