#include "decoder/render/document_json.hpp"

#include <string>
#include <utility>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "decoder/codepages/pages.hpp"
#include "decoder/render/json_writer.hpp"
#include "tests/unit/decoder/render/samples.hpp"

using namespace eastap;
using namespace eastap::render;
using namespace std::literals;
namespace airsync = codepages::airsync;

namespace {

std::string json_of(const wbxml::Document& document) {
  std::string out;
  append_document_json(out, document);
  return out;
}

boost::json::value parsed(const std::string& text) {
  boost::json::parse_options options;
  options.max_depth = 1024;
  return boost::json::parse(text, {}, options);
}

}  // namespace

TEST_SUITE("decoder.render.document_json") {
  TEST_CASE("an element has its namespace, tag, value and children") {
    wbxml::Builder body;
    body.open(airsync::kSync).add(airsync::kSyncKey, "1").add(airsync::kMoreAvailable);
    body.open(codepages::airsync_base::kBody).opaque("\xff\x01").close().add({0, 0x3F}, "x");
    CHECK(json_of(*samples::document(std::move(body).finish())) ==
          R"({"namespace":"AirSync","tag":"Sync","children":[)"
          R"({"namespace":"AirSync","tag":"SyncKey","text":"1"},)"
          R"({"namespace":"AirSync","tag":"MoreAvailable"},)"
          R"({"namespace":"AirSyncBase","tag":"Body","base64":"/wE=","opaque":true},)"
          R"({"page":0,"token":63,"text":"x"}]})");
  }
  TEST_CASE("mixed content is children without a name") {
    wbxml::Builder body;
    body.open(airsync::kSync).text("a").add(airsync::kSyncKey, "1").entity(0x20AC);
    CHECK(json_of(*samples::document(std::move(body).finish())) ==
          R"({"namespace":"AirSync","tag":"Sync","children":[{"text":"a"},)"
          R"({"namespace":"AirSync","tag":"SyncKey","text":"1"},{"entity":8364}]})");
  }
  TEST_CASE("a cut document parses and marks what was open") {
    wbxml::Builder body;
    body.open(airsync::kSync).open(airsync::kCollections).add(airsync::kSyncKey, "1");
    const std::string whole = std::move(body).finish();
    for (std::size_t kept = 0; kept < whole.size(); ++kept) {
      CAPTURE(kept);
      const auto document = samples::document(whole.substr(0, kept));
      const auto value = parsed(json_of(*document));
      if (document->nodes.empty()) {
        CHECK(value.is_null());
      } else {
        CHECK(value.as_object().at("closed") == false);
      }
    }
  }
  TEST_CASE("the deepest document that decodes is written without recursion") {
    wbxml::Builder body;
    for (int i = 0; i < 256; ++i) body.open(airsync::kSync);
    CHECK(parsed(json_of(*samples::document(std::move(body).finish()))).is_object());
  }
  TEST_CASE("any octets become a JSON string that parses, and text comes back as it was") {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    std::string out;
    append_json_string(out, all);
    CHECK(boost::json::parse(out).is_string());
    const std::string text = "\0 \x1b \x7f \xc2\x9b \u202E \" \\ / \n\r\t 受信 📧 12345678"s;
    out.clear();
    append_json_string(out, text);
    CHECK(boost::json::parse(out).as_string() == text);
    CHECK(out.find('\x1b') == std::string::npos);
    CHECK(out.find("\xc2\x9b") == std::string::npos);
    CHECK(out.find("\u202E") == std::string::npos);
  }
  TEST_CASE("thousandths are decimal fractions") {
    const auto written = [](std::int64_t number) {
      std::string out;
      JsonWriter{out}.thousandths(number);
      return out;
    };
    CHECK(written(38214) == "38.214");
    CHECK(written(38200) == "38.2");
    CHECK(written(5) == "0.005");
    CHECK(written(0) == "0");
    CHECK(written(-1500) == "-1.5");
    CHECK(written(127904000) == "127904");
  }
}
