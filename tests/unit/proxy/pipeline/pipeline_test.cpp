#include "proxy/pipeline/pipeline.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/wbxml/encode.hpp"
#include "proxy/pipeline/assembler.hpp"
#include "tests/support/zlib_coded.hpp"

namespace eastap::pipeline {
namespace {

using std::chrono::seconds;
using testing::gzip;

std::string with_length(std::string head, const std::string& body) {
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string post(const std::string& command, const std::string& body,
                 const std::string& fields = "") {
  return with_length(
      "POST /Microsoft-Server-ActiveSync?Cmd=" + command +
          "&User=alice&DeviceId=abc&DeviceType=iPhone HTTP/1.1\r\nHost: mail\r\n"
          "MS-ASProtocolVersion: 16.1\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n" +
          fields,
      body);
}

std::string answer(const std::string& body, const std::string& fields = "") {
  return with_length("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n" + fields,
                     body);
}

// FolderSync { SyncKey "0" } and { Status "1" SyncKey "7" }, [MS-ASWBXML] code page 7
const std::string kFolderSync =
    std::string{"\x03\x01\x6A\x00\x00\x07\x56\x52\x03", 9} + "0" + std::string{"\x00\x01\x01", 3};
const std::string kFolders = std::string{"\x03\x01\x6A\x00\x00\x07\x56\x4C\x03", 9} + "1" +
                             std::string{"\x00\x01\x52\x03", 4} + "7" +
                             std::string{"\x00\x01\x01", 3};
// Settings { DevicePassword { Set { Password } } }
const std::string kPassword = std::string{"\x03\x01\x6A\x00\x00\x12\x45\x54\x48\x55\x03", 11} +
                              "Xk7vQ2" + std::string{"\x00\x01\x01\x01\x01", 5};

class Inputs final : public Output {
 public:
  void take(Input&& input) override { all.push_back(std::move(input)); }
  std::vector<Input> all;
};

const http::Masker kMasker{{}};

/// The exchanges of one connection on which every request is answered at once.
std::vector<Input> exchanges(const std::vector<std::pair<std::string, std::string>>& traffic) {
  ExchangeIds ids;
  Inputs inputs;
  auto facts = std::make_shared<model::Connection>();
  facts->id = {1};
  facts->host = "mail";
  Assembler assembler{facts, ids, inputs, {}, kMasker};
  Timestamp now{seconds{1'000'000'000}};
  std::uint64_t delivered = 0;
  for (const auto& [request, response] : traffic) {
    assembler.from_device(as_octets(request), now += seconds{1});
    assembler.from_server(as_octets(response), now += seconds{1});
    assembler.delivered_to_device(delivered += response.size(), now);
  }
  assembler.stopped(now, model::Ending::proxy_stopped, "");
  return std::move(inputs.all);
}

std::vector<RecordPtr> run(std::vector<Input> inputs) {
  std::vector<RecordPtr> records;
  Pipeline pipeline{{}, [&](RecordPtr record) { records.push_back(std::move(record)); }};
  for (Input& input : inputs) pipeline.take(std::move(input));
  pipeline.finish(Timestamp{seconds{1'000'001'000}});
  return records;
}

std::vector<const ExchangeRecord*> exchange_records(const std::vector<RecordPtr>& records) {
  std::vector<const ExchangeRecord*> out;
  for (const RecordPtr& record : records) {
    if (const auto* exchange = std::get_if<ExchangeRecord>(&record->what)) out.push_back(exchange);
  }
  return out;
}

/// What the capture would store of the records.
std::vector<Input> stored(const std::vector<RecordPtr>& records) {
  std::vector<Input> inputs;
  for (const ExchangeRecord* record : exchange_records(records)) inputs.push_back(record->exchange);
  return inputs;
}

bool holds(const ExchangeRecord& record, std::string_view text) {
  for (const auto& message : {record.exchange.request, record.exchange.response}) {
    if (message && (message->body.find(text) != std::string::npos ||
                    message->head.raw().find(text) != std::string::npos)) {
      return true;
    }
  }
  for (const eas::Body* body : {&record.command.request, &record.command.response}) {
    if (body->octets && body->octets->find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_SUITE("proxy.pipeline.pipeline") {
  TEST_CASE("an answer still arriving is decoded as far as it came, and teaches nothing") {
    namespace as = codepages::airsync;
    wbxml::Builder body;
    body.open(as::kSync).open(as::kCollections).open(as::kCollection);
    body.add(as::kSyncKey, "2").add(as::kCollectionId, "5").add(as::kStatus, "1");
    const std::string whole = std::move(body).finish();
    const std::string head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: " +
        std::to_string(whole.size()) + "\r\n\r\n";
    ExchangeIds ids;
    Inputs inputs;
    auto facts = std::make_shared<model::Connection>();
    facts->host = "mail";
    Assembler assembler{facts, ids, inputs, {}, kMasker};
    Timestamp now{seconds{1'000'000'000}};
    assembler.from_device(
        as_octets("POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=a&DeviceId=A&DeviceType=x "
                  "HTTP/1.1\r\nHost: mail\r\n\r\n"),
        now);
    assembler.from_server(as_octets(head), now += seconds{1});
    assembler.from_server(as_octets(std::string_view{whole}.substr(0, whole.size() - 8)),
                          now += seconds{3});
    REQUIRE(inputs.all.size() == 2);
    const auto records = run(std::move(inputs.all));
    const ProgressRecord* progress = nullptr;
    for (const RecordPtr& record : records) {
      if (const auto* found = std::get_if<ProgressRecord>(&record->what)) progress = found;
    }
    REQUIRE(progress != nullptr);
    REQUIRE(progress->command.response.document);
    const wbxml::Document& document = *progress->command.response.document;
    CHECK_FALSE(document.complete);
    CHECK(document.nodes.size() >= 4);
    CHECK_FALSE(progress->command.response.whole);
    CHECK(progress->command.collections.empty());
    CHECK(stored(records).size() == 1);  // the request alone
  }
  TEST_CASE("an exchange becomes a record when its request is complete and when it has ended") {
    const auto records = run(exchanges({{post("FolderSync", kFolderSync), answer(kFolders)}}));
    const auto seen = exchange_records(records);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0]->exchange.ending == model::Ending::open);
    CHECK(seen[0]->command.name == "FolderSync");
    CHECK(seen[1]->exchange.ending == model::Ending::complete);
    CHECK(seen[1]->command.new_sync_key == "7");
    CHECK(seen[1]->command.eas_status == 1);
    CHECK(seen[1]->command.diagnostics.empty());
  }

  TEST_CASE("content codings are undone, and the record keeps the body as received") {
    const std::string coded = gzip(kFolders);
    const auto records = run(exchanges(
        {{post("FolderSync", kFolderSync), answer(coded, "Content-Encoding: gzip\r\n")}}));
    const auto seen = exchange_records(records);
    CHECK(seen.back()->command.new_sync_key == "7");
    CHECK(seen.back()->exchange.response->body == coded);
  }

  TEST_CASE("a body is not copied on its way") {
    const auto records = run(exchanges({{post("FolderSync", kFolderSync), answer(kFolders)}}));
    const ExchangeRecord* last = exchange_records(records).back();
    REQUIRE(last->command.response.octets);
    CHECK(last->command.response.octets->data() == last->exchange.response->body.data());
  }

  TEST_CASE("a recovery password reaches no record, neither plain nor coded nor cut") {
    for (const std::string& body : {kPassword, kPassword.substr(0, kPassword.size() - 7)}) {
      for (const bool coded : {false, true}) {
        const auto records =
            run(exchanges({{coded ? post("Settings", gzip(body), "Content-Encoding: gzip\r\n")
                                  : post("Settings", body),
                            answer("")}}));
        for (const ExchangeRecord* record : exchange_records(records)) {
          CHECK_FALSE(holds(*record, "Xk7v"));
          CHECK(record->exchange.request->body.find("****") != std::string::npos);
          CHECK(record->exchange.request->head.contains("X-Eastap-Undone-Content-Encoding") ==
                coded);
          CHECK_FALSE(record->exchange.request->head.contains("Content-Encoding"));
        }
      }
    }
  }

  TEST_CASE("secrets in forms and JSON reach no record") {
    const auto records = run(exchanges(
        {{with_length(
              "POST /adfs/ls HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n",
              "user=a&Password=Xk7vQ2"),
          with_length("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
                      "{\"access_token\":\"Xk7vQ2\",\"expires_in\":3600}")}}));
    const auto seen = exchange_records(records);
    for (const ExchangeRecord* record : seen) CHECK_FALSE(holds(*record, "Xk7v"));
    CHECK(seen.back()->exchange.response->body ==
          "{\"access_token\":\"******\",\"expires_in\":3600}");
  }

  TEST_CASE("the XML of another language shows no secret of it") {
    // OMA Client Provisioning: a parm AAUTHSECRET with its value
    const std::string body = std::string{"\x03\x0B\x6A\x00\x45\x87\x05\x03", 8} + "AAUTHSECRET" +
                             std::string{"\x00\x06\x03", 3} + "Xk7vQ2" +
                             std::string{"\x00\x01\x01", 3};
    const std::string type = "Content-Type: application/vnd.wap.connectivity-wbxml\r\n";
    const auto records =
        run(exchanges({{with_length("POST /settings HTTP/1.1\r\nHost: mail\r\n" + type, body),
                        with_length("HTTP/1.1 200 OK\r\n" + type, body)}}));
    const ExchangeRecord& record = *exchange_records(records).back();
    for (const eas::Body* one : {&record.command.request, &record.command.response}) {
      CHECK(one->other_language == "OMA Client Provisioning");
      CHECK(one->other_xml.find("name=\"AAUTHSECRET\" value=\"******\"") != std::string::npos);
    }
  }

  TEST_CASE("what was stored gives the same records again") {
    const auto live = run(exchanges({
        {post("FolderSync", kFolderSync), answer(gzip(kFolders), "Content-Encoding: gzip\r\n")},
        {post("Settings", gzip(kPassword), "Content-Encoding: gzip\r\n"), answer("")},
        {post("Settings", gzip(kPassword).substr(0, 30), "Content-Encoding: gzip\r\n"), answer("")},
        {post("FolderSync", kFolderSync, "no colon\r\n"), answer(kFolders.substr(0, 12))},
    }));
    const auto replayed = run(stored(live));
    const auto before = exchange_records(live), after = exchange_records(replayed);
    REQUIRE(before.size() == after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      CHECK(*before[i]->exchange.request == *after[i]->exchange.request);
      CHECK(before[i]->command.diagnostics == after[i]->command.diagnostics);
      CHECK(before[i]->command.statuses == after[i]->command.statuses);
      CHECK(before[i]->command.name == after[i]->command.name);
    }
    CHECK(live.size() == replayed.size());
  }

  TEST_CASE("oddities of a head are diagnostics of its record") {
    const auto records =
        run(exchanges({{post("FolderSync", kFolderSync, "no colon\r\n"), answer(kFolders)}}));
    const ExchangeRecord* last = exchange_records(records).back();
    REQUIRE(last->command.diagnostics.size() == 1);
    CHECK(last->command.diagnostics[0].part == "request head");
  }

  TEST_CASE("connection events pass in order") {
    std::vector<Input> inputs = exchanges({{post("FolderSync", kFolderSync), answer(kFolders)}});
    model::ConnectionEvent event;
    event.reason = "resolve";
    event.connection = std::get<model::Exchange>(inputs[0]).connection;
    inputs.insert(inputs.begin() + 1, event);
    const auto records = run(std::move(inputs));
    REQUIRE(records.size() >= 3);
    CHECK(std::holds_alternative<ExchangeRecord>(records[0]->what));
    CHECK(std::get<model::ConnectionEvent>(records[1]->what).reason == "resolve");
  }

  TEST_CASE("an exchange without bodies, as a full queue hands on, is not decoded") {
    std::vector<Input> inputs = exchanges({{post("FolderSync", kFolderSync), answer(kFolders)}});
    for (Input& input : inputs) {
      auto& exchange = std::get<model::Exchange>(input);
      auto bare = std::make_shared<model::Message>(*exchange.request);
      bare->body.clear();
      exchange.request = bare;
      exchange.bodies_dropped = true;
    }
    const auto records = run(std::move(inputs));
    CHECK(exchange_records(records).back()->command.name == "FolderSync");
    CHECK_FALSE(exchange_records(records).back()->command.request.document);
  }
}

}  // namespace eastap::pipeline
