#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/codepages/pages.hpp"
#include "decoder/eas/status_table.hpp"
#include "decoder/render/line.hpp"
#include "tests/unit/decoder/render/samples.hpp"

using namespace eastap;
using namespace eastap::render;
using samples::Sample;
namespace airsync = codepages::airsync;

namespace {

constexpr std::size_t kWidths[] = {80, 120, 200};

/// A story told at every width; compared with, or written to, tests/golden/render/<name>.txt.
class Story {
 public:
  explicit Story(std::string name) : name_{std::move(name)} {
    for (const std::size_t width : kWidths) styles_.push_back({.width = width});
    texts_.resize(std::size(kWidths));
  }

  template <class Append>
  void tell(Append append) {
    for (std::size_t i = 0; i < styles_.size(); ++i) append(texts_[i], styles_[i]);
  }
  void done(const Sample& sample) {
    tell([&](std::string& out, const LineStyle& style) {
      append_exchange_line(out, sample.exchange, sample.command, style);
    });
  }
  void waits(const Sample& sample) {
    tell([&](std::string& out, const LineStyle& style) {
      append_waiting_line(out, sample.exchange, sample.command, style);
    });
  }
  void finding(const findings::Finding& finding, bool repeated = false) {
    tell([&](std::string& out, const LineStyle& style) {
      append_finding_lines(out, finding, style, repeated);
    });
  }
  void event(const model::ConnectionEvent& event) {
    tell([&](std::string& out, const LineStyle& style) { append_event_lines(out, event, style); });
  }
  void bodies(const Sample& sample) {
    tell([&](std::string& out, const LineStyle& style) {
      append_bodies(out, sample.command, style);
    });
  }

  void check() const {
    std::string all;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      all += "== " + std::to_string(kWidths[i]) + " columns ==\n" + texts_[i];
    }
    const std::string path = std::string{EASTAP_TEST_GOLDEN} + "/render/" + name_ + ".txt";
    if (std::getenv("EASTAP_UPDATE_GOLDEN") != nullptr) {
      std::ofstream{path, std::ios::binary} << all;
      return;
    }
    std::ifstream file{path, std::ios::binary};
    const std::string expected{std::istreambuf_iterator<char>{file}, {}};
    CHECK(all == expected);
  }

 private:
  std::string name_;
  std::vector<LineStyle> styles_;
  std::vector<std::string> texts_;
};

eas::Collection inbox(std::string key, std::string new_key) {
  eas::Collection collection;
  collection.id = "5";
  collection.class_name = "Email";
  collection.folder_name = "Inbox";
  collection.sync_key = std::move(key);
  collection.new_sync_key = std::move(new_key);
  collection.in_request = true;
  collection.in_response = !collection.new_sync_key.empty();
  return collection;
}

Sample sync(std::uint64_t id, std::int64_t began, std::int64_t took, eas::Collection collection) {
  Sample sample = samples::eas(id, "Sync", began, took);
  sample.command.asked = "Inbox(5)";
  sample.command.collections.push_back(std::move(collection));
  return sample;
}

Sample provision(std::uint64_t id, std::int64_t began, eas::Provision::Phase phase,
                 std::string key) {
  Sample sample = samples::eas(id, "Provision", began, 61);
  sample.command.provision = eas::Provision{};
  sample.command.provision->phase = phase;
  sample.command.provision->response_key = std::move(key);
  return sample;
}

Sample ping(std::uint64_t id, std::int64_t began, std::int64_t took) {
  Sample sample = samples::eas(id, "Ping", began, took);
  sample.command.waiting = samples::waiting(470);
  sample.command.waiting->folders = {
      {"5", "Email", "Inbox"}, {"1", "Calendar", "Calendar"}, {"2", "Contacts", "Contacts"}};
  return sample;
}

constexpr std::string_view kDrained =
    "HTTP/1.1 500 Internal Server Error\r\nServer: gateway\r\nContent-Type: text/html\r\n\r\n";

}  // namespace

TEST_SUITE("decoder.render.golden") {
  TEST_CASE("a healthy set-up") {
    Story story{"healthy_setup"};
    Sample options = samples::eas(1, "OPTIONS", 11'170, 38);
    options.command.offered_versions = {"2.5", "14.1", "16.0", "16.1"};
    story.done(options);
    using Phase = eas::Provision::Phase;
    story.done(provision(2, 11'329, Phase::ask, "3609689902"));
    story.done(provision(3, 11'600, Phase::acknowledge, "1307199584"));
    Sample folders = samples::eas(4, "FolderSync", 11'800, 70);
    folders.command.sync_key = "0";
    folders.command.new_sync_key = "1";
    folders.command.folder_changes.resize(14);
    story.done(folders);
    story.done(sync(5, 11'963, 55, inbox("0", "1")));
    eas::Collection first = inbox("1", "2");
    first.adds = 25;
    first.more_available = true;
    Sample batch = sync(6, 12'020, 140, first);
    batch = samples::answered(batch, "HTTP/1.1 200 OK\r\nX-FEServer: EX01\r\n\r\n",
                              std::string(48'150, 'x'));
    story.done(batch);
    eas::Collection exchange_keys = inbox("1870246364", "1870246365");
    exchange_keys.adds = 2;
    exchange_keys.changes = 1;
    exchange_keys.deletes = 3;
    story.done(sync(7, 12'300, 90, exchange_keys));
    story.done(sync(8, 12'500, 40, inbox("3", "3")));
    Sample mail = samples::eas(9, "SendMail", 14'000, 210);
    mail.command.asked = "to bob@contoso.test \"Lunch\", 12 kB";
    mail.command.outcome = "sent";
    story.done(mail);
    Sample other = samples::eas(10, "", 15'000, 22);
    auto request = std::make_shared<model::Message>(*other.exchange.request);
    request->head = model::HeaderList{
        "GET /ews/exchange.asmx/photo?email=alice%40contoso.test&size=HR96x96 HTTP/1.1\r\n\r\n"};
    other.exchange.request = request;
    other.command = eas::Command{};
    story.done(other);
    model::ConnectionEvent tunnel;
    tunnel.time = samples::at(16'000);
    auto connection = *other.exchange.connection;
    connection.host = "gateway.icloud.com";
    tunnel.connection = std::make_shared<const model::Connection>(connection);
    story.event(tunnel);
    story.check();
  }
  TEST_CASE("a Ping that waits and is answered") {
    Story story{"ping"};
    story.waits(samples::still_open(ping(12, 13'007, 0)));
    Sample answered = ping(12, 13'007, 127'904);
    answered.command.waiting->changed = {{"5", "Email", "Inbox"}};
    answered.command.eas_status = 2;
    story.done(answered);
    Sample quiet = ping(13, 150'000, 470'000);
    quiet.command.eas_status = 1;
    story.waits(samples::still_open(quiet));
    story.done(quiet);
    Sample lost = samples::still_open(ping(14, 630'000, 0));
    lost.exchange.ending = model::Ending::device_closed;
    lost.exchange.ended = samples::at(700'000);
    story.done(lost);
    Sample hanging = sync(15, 710'000, 0, inbox("7", ""));
    hanging.command.waiting = samples::waiting(3540);
    story.waits(samples::still_open(hanging));
    Sample out_of_range = ping(16, 720'000, 15);
    out_of_range.command.eas_status = 5;
    out_of_range.command.statuses = {eas::make_status("Ping", 5, "")};
    story.done(out_of_range);
    story.check();
  }
  TEST_CASE("a burst of 500s") {
    Story story{"burst_500"};
    for (const std::uint64_t id : {211U, 214U, 219U}) {
      Sample failed = sync(id, static_cast<std::int64_t>(id) * 100, 12, inbox("2", ""));
      failed = samples::answered(failed, kDrained,
                                 "<html><head><title>All servers drained</title></head></html>");
      failed.command.response.kind = eas::Body::Kind::html;
      story.done(failed);
    }
    findings::Finding finding;
    finding.id = FindingId{1};
    finding.rule = "http-500-burst";
    finding.severity = findings::Severity::warning;
    finding.user = "alice";
    finding.device_type = "iPhone";
    finding.count = 3;
    finding.exchanges = {ExchangeId{211}, ExchangeId{214}, ExchangeId{219}};
    finding.summary = "3 answers 5xx in 40 s";
    finding.explanation = "iOS drops its folder data and reloads after a short series of failures.";
    finding.next_step =
        "Find who made them: the answers lack X-FEServer, so a gateway in front of Exchange did.";
    finding.source = "Apple HT203719/TS4511";
    story.finding(finding);
    finding.summary = "10 answers 5xx in 2 min";
    finding.severity = findings::Severity::error;
    story.finding(finding, true);
    Sample busy = sync(230, 30'000, 12, inbox("2", ""));
    busy = samples::answered(
        busy, "HTTP/1.1 503 Service Unavailable\r\nX-FEServer: EX01\r\nRetry-After: 120\r\n\r\n");
    busy.command.server = eas::ServerFacts{};
    busy.command.server->origin = eas::ServerFacts::Origin::exchange;
    busy.command.server->front_end = "EX01";
    busy.command.server->retry_after_seconds = 120;
    busy.command.server->throttle_reason = "CommandFrequency";
    story.done(busy);
    model::ConnectionEvent upstream;
    upstream.kind = model::ConnectionEvent::Kind::upstream_failed;
    upstream.time = samples::at(31'000);
    upstream.connection = busy.exchange.connection;
    upstream.reason = "connect";
    upstream.detail =
        "203.0.113.5:443 refused the connection; the device was answered 502. Check that the "
        "server listens there.";
    story.event(upstream);
    upstream.kind = model::ConnectionEvent::Kind::client_tls_failed;
    upstream.reason = "unknown_ca";
    upstream.detail.clear();
    story.event(upstream);
    story.check();
  }
  TEST_CASE("a provision loop") {
    Story story{"provision_loop"};
    Sample refused = sync(30, 1'000, 20, inbox("7", ""));
    refused.command.eas_status = 142;
    refused.command.statuses = {eas::make_status("Sync", 142, "")};
    story.done(refused);
    for (std::uint64_t i = 0; i < 3; ++i) {
      Sample asked = provision(31 + i, static_cast<std::int64_t>(2'000 + 500 * i),
                               eas::Provision::Phase::ask, "");
      asked.command.eas_status = 110;
      asked.command.statuses = {eas::make_status("Provision", 110, "")};
      story.done(asked);
    }
    findings::Finding finding;
    finding.rule = "provision-110-loop";
    finding.severity = findings::Severity::error;
    finding.exchanges = {ExchangeId{31}, ExchangeId{32}, ExchangeId{33}};
    finding.summary = "3 Provision answers with Status 110 in 1 s";
    finding.explanation =
        "110 must not be retried; devices with iOS 7.0 sent more than 2,000 such requests and "
        "filled event 4999.";
    finding.next_step =
        "Install Exchange 2013 CU2 or 2010 SP3 RU2 or later, update the device; stop the flood "
        "with "
        "Set-CASMailbox alice -ActiveSyncBlockedDeviceIDs.";
    finding.source = "KB 2851708";
    story.finding(finding);
    Sample wipe = provision(40, 9'000, eas::Provision::Phase::ask, "5");
    wipe.command.provision->remote_wipe = true;
    story.done(wipe);
    story.check();
  }
  TEST_CASE("a broken body") {
    Story story{"broken_body"};
    wbxml::Builder body;
    body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
    body.add(airsync::kSyncKey, "2").add({0, 0x3E}, "?").open(airsync::kCommands);
    body.add(codepages::airsync_base::kData, "Dear \x1b[31mAlice");
    const std::string whole = std::move(body).finish();
    Sample cut = sync(51, 1'000, 30, inbox("1", "2"));
    cut.command.response = samples::wbxml_body(whole.substr(0, whole.size() - 9));
    story.done(cut);
    story.bodies(cut);
    std::string garbage = whole.substr(0, 14);
    garbage += "\x80\x04\xff\xff\xff\xff\xff\xff garbage";
    Sample broken = sync(52, 2'000, 30, inbox("1", "2"));
    broken.command.request = samples::wbxml_body(garbage);
    story.done(broken);
    story.bodies(broken);
    Sample interrupted = sync(53, 3'000, 2'400, inbox("1", "2"));
    interrupted = samples::answered(interrupted, "HTTP/1.1 200 OK\r\nContent-Length: 48049\r\n\r\n",
                                    std::string(40'000, 'x'));
    interrupted.exchange.ending = model::Ending::device_closed;
    interrupted.exchange.delivered_octets = 30'211;
    story.done(interrupted);
    Sample page = sync(54, 7'000, 30, inbox("1", ""));
    page.command.response.kind = eas::Body::Kind::html;
    page.command.response.octets =
        std::make_shared<const std::string>("<html>\r\n<b>\x1b[2JSign in</b>\r\n");
    story.bodies(page);
    story.check();
  }
}
