#include "decoder/render/document_xml.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <pugixml.hpp>

#include "decoder/codepages/pages.hpp"
#include "tests/unit/decoder/render/samples.hpp"
#include "tests/unit/decoder/wbxml/properties.hpp"

using namespace eastap;
using namespace eastap::render;
using namespace std::literals;
namespace airsync = codepages::airsync;
namespace airsync_base = codepages::airsync_base;

namespace {

std::string compact(const wbxml::Document& document) { return to_xml(document, {.pretty = false}); }

std::string with_value(std::string_view value, bool opaque = true) {
  wbxml::Builder body;
  body.open(airsync::kSync);
  if (opaque) {
    body.opaque(value);
  } else {
    body.text(value);
  }
  return compact(*samples::document(std::move(body).finish()));
}

/// "" when what encode makes of the XML is the same tree; else where it differs.
std::string way_back(const std::string& body) {
  const wbxml::Document document = wbxml::properties::decoded(body);
  for (const bool pretty : {true, false}) {
    const std::string xml = to_xml(document, {.pretty = pretty});
    const auto again = wbxml::encode_xml(xml);
    if (!again) return again.error().detail + " in " + xml;
    const wbxml::Document back = wbxml::properties::decoded(*again);
    if (!back.complete) return "not complete: " + xml;
    const std::string differs = wbxml::properties::difference(document, back);
    if (!differs.empty()) return differs + " of " + xml;
  }
  return {};
}

bool is_well_formed(const std::string& xml) {
  pugi::xml_document parsed;
  return static_cast<bool>(parsed.load_string(xml.c_str()));
}

}  // namespace

TEST_SUITE("decoder.render.document_xml") {
  TEST_CASE("the default namespace follows the code page") {
    wbxml::Builder body;
    body.open(airsync::kSync).open(airsync::kApplicationData);
    body.open(airsync_base::kBody).add(airsync_base::kType, "1").close();
    body.add(codepages::email::kSubject, "Hi").close().add(airsync::kSyncKey, "1");
    const auto document = samples::document(std::move(body).finish());
    CHECK(
        compact(*document) ==
        R"(<Sync xmlns="AirSync"><ApplicationData><Body xmlns="AirSyncBase"><Type>1</Type></Body>)"
        R"(<Subject xmlns="Email">Hi</Subject></ApplicationData><SyncKey>1</SyncKey></Sync>)");
    CHECK(to_xml(*document) ==
          "<Sync xmlns=\"AirSync\">\n"
          "  <ApplicationData>\n"
          "    <Body xmlns=\"AirSyncBase\">\n"
          "      <Type>1</Type>\n"
          "    </Body>\n"
          "    <Subject xmlns=\"Email\">Hi</Subject>\n"
          "  </ApplicationData>\n"
          "  <SyncKey>1</SyncKey>\n"
          "</Sync>\n");
  }
  TEST_CASE("unknown tokens show page and number, and do not end the namespace") {
    wbxml::Builder body;
    body.open(airsync::kSync).open({0, 0x3F}).add(airsync::kSyncKey, "1").close();
    body.add({40, 0x05}, "x");
    CHECK(compact(*samples::document(std::move(body).finish())) ==
          R"(<Sync xmlns="AirSync"><unknown page="0" token="0x3F"><SyncKey>1</SyncKey></unknown>)"
          R"(<unknown page="40" token="0x05">x</unknown></Sync>)");
  }
  TEST_CASE("opaque octets are text where they are clean UTF-8, else base64") {
    CHECK(with_value("Grüße") == "<Sync xmlns=\"AirSync\" encoding=\"opaque\">Grüße</Sync>");
    CHECK(with_value("Grüße", false) == "<Sync xmlns=\"AirSync\">Grüße</Sync>");
    CHECK(with_value("\x01", false) ==
          "<Sync xmlns=\"AirSync\" encoding=\"base64-text\">AQ==</Sync>");
    CHECK(with_value("\xff\x00\x01"sv) ==
          "<Sync xmlns=\"AirSync\" encoding=\"base64\">/wAB</Sync>");
    CHECK(with_value("a\x1b[2J") == "<Sync xmlns=\"AirSync\" encoding=\"base64\">YRtbMko=</Sync>");
    CHECK(with_value("\xef\xbf\xbe") == "<Sync xmlns=\"AirSync\" encoding=\"base64\">77++</Sync>");
  }
  TEST_CASE("every value survives an XML parser octet for octet") {
    const std::string values[] = {"a & b < c > d ]]> e",
                                  "line\r\nline\rline\n\ttab",
                                  "\x7f",
                                  "c1 \xc2\x9b"
                                  "31m nel \xc2\x85",
                                  "bidi \u202E\u2066 ls \u2028",
                                  "  spaces  ",
                                  "\n",
                                  "12345678\r",
                                  "1234567&",
                                  "emoji 📧 ",
                                  "\u00A0"};
    for (const std::string& value : values) {
      CAPTURE(value);
      for (const bool opaque : {true, false}) {
        const std::string xml = with_value(value, opaque);
        pugi::xml_document parsed;
        REQUIRE(parsed.load_string(xml.c_str(), pugi::parse_full | pugi::parse_ws_pcdata_single));
        CHECK(std::string{parsed.document_element().text().get()} == value);
      }
    }
  }
  TEST_CASE("what is printed holds nothing that acts on a terminal") {
    std::string value;
    for (int c = 1; c < 256; ++c) value += static_cast<char>(c);
    for (const std::string& text : {value, "\xc2\x9b"s + "2J", "\u202E"s, "x\x7fy"s}) {
      const std::string xml = with_value(text);
      for (const char c : xml) CHECK_FALSE((c != '\n' && static_cast<unsigned char>(c) < 0x20));
      CHECK(xml.find("\xc2\x9b") == std::string::npos);
      CHECK(xml.find("\u202E") == std::string::npos);
      CHECK(xml.find('\x7f') == std::string::npos);
    }
  }
  TEST_CASE("mixed content keeps its place and gets no white space of ours") {
    wbxml::Builder body;
    body.open(airsync::kSync).open(airsync::kApplicationData).text("a");
    body.open(airsync::kCommands).add(airsync::kSyncKey, "1").close();
    body.text("b").opaque("\x00"sv).entity(0x20AC).entity(0x1B).close();
    const auto document = samples::document(std::move(body).finish());
    CHECK(to_xml(*document) ==
          "<Sync xmlns=\"AirSync\">\n"
          "  <ApplicationData>a<Commands><SyncKey>1</SyncKey></Commands>b"
          "<piece encoding=\"base64\">AA==</piece><entity code=\"0x20AC\"/><entity code=\"0x1B\"/>"
          "</ApplicationData>\n"
          "</Sync>\n");
    CHECK(is_well_formed(to_xml(*document)));
  }
  TEST_CASE("the simulated way back gives the same body") {
    wbxml::Builder body;
    body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
    body.add(airsync::kSyncKey, "5").add(airsync::kMoreAvailable).open(airsync::kCommands);
    body.open(airsync::kAdd).open(airsync::kApplicationData);
    body.add(codepages::email::kSubject, "a & b <c>\r\n").add({0, 0x3E}, "unknown");
    const std::string octets = std::move(body).finish();
    for (const bool pretty : {true, false}) {
      const auto again = wbxml::encode_xml(to_xml(*samples::document(octets), {.pretty = pretty}));
      REQUIRE(again);
      CHECK(*again == octets);
    }
  }
  TEST_CASE("of every tag each kind of value comes back from XML as it travelled") {
    const std::string_view values[] = {"",
                                       "v",
                                       " \n",
                                       "a & b",
                                       "\x01",
                                       "\xFF",
                                       "Grüße\r\n",
                                       "5",
                                       "AAAA",
                                       "**",
                                       "zsHoKe0=",
                                       "CEC1E829ED",
                                       "44997723AC344564BBEEF22D3A1A3373"};
    for (const codepages::Page* page : codepages::kPages) {
      for (const codepages::TagRow& row : page->rows) {
        CAPTURE(page->name);
        CAPTURE(row.name);
        wbxml::Builder body;
        body.open(airsync::kSync).open(row.tag).close();
        for (const std::string_view value : values) {
          body.open(row.tag).text(value).close().open(row.tag).opaque(value).close();
        }
        CHECK(way_back(std::move(body).finish()) == "");
      }
    }
    wbxml::Builder body;
    body.open({77, 9}).open({0, 0x3E}).opaque("v").close().open({0, 0x3E}).text("").close();
    CHECK(way_back(std::move(body).finish()) == "");
  }
  TEST_CASE("usual values say nothing of how they travelled") {
    for (const codepages::Page* page : codepages::kPages) {
      for (const codepages::TagRow& row : page->rows) {
        if (wbxml::is_conversation(row.tag)) continue;  // hex there would be taken for octets
        wbxml::Builder body;
        body.open(airsync::kSync).add(row.tag, "v");
        CHECK(compact(*samples::document(std::move(body).finish())).find("encoding") ==
              std::string::npos);
      }
    }
  }
  TEST_CASE("mixed content of every kind comes back from XML as it travelled") {
    using Add = void (*)(wbxml::Builder&);
    const Add pieces[] = {
        [](wbxml::Builder& body) { body.text("a"); },
        [](wbxml::Builder& body) { body.text(" \n"); },
        [](wbxml::Builder& body) { body.text(""); },
        [](wbxml::Builder& body) { body.text("\xFE\x01"); },
        [](wbxml::Builder& body) { body.opaque("b"); },
        [](wbxml::Builder& body) { body.opaque(""); },
        [](wbxml::Builder& body) { body.opaque("\x00\xFF"sv); },
        [](wbxml::Builder& body) { body.entity(0x20AC); },
        [](wbxml::Builder& body) { body.entity(0x1B); },
        [](wbxml::Builder& body) { body.extension("\x40x\0"sv); },
        [](wbxml::Builder& body) { body.add(airsync::kSyncKey, "1"); },
        [](wbxml::Builder& body) { body.add(codepages::compose_mail::kMime, "1"); },
    };
    for (const bool attributes : {false, true}) {
      for (const Add first : pieces) {
        for (const Add second : pieces) {
          for (const Add third : pieces) {
            wbxml::Builder body;
            body.open(airsync::kSync).open(airsync::kCommands);
            if (attributes) body.attributes("\x05\x03v\0\x01"sv);
            first(body);
            second(body);
            third(body);
            body.close().add(airsync::kSyncKey, "1");
            CHECK(way_back(std::move(body).finish()) == "");
          }
        }
      }
    }
  }
  TEST_CASE("the sizes of hidden values come back as the kind that they were") {
    wbxml::Builder body;
    body.open(airsync::kSync).open(airsync::kSyncKey).opaque("abc").close();
    body.open(codepages::compose_mail::kMime).text("abc").close().add(airsync::kSyncKey, "abc");
    wbxml::Document document = *samples::document(std::move(body).finish());
    for (wbxml::Node& node : document.nodes) node.hidden = node.value_size != 0;
    const auto again = wbxml::encode_xml(to_xml(document));
    REQUIRE(again);
    const wbxml::Document back = wbxml::properties::decoded(*again);
    REQUIRE(back.nodes.size() == document.nodes.size());
    for (std::size_t i = 0; i < back.nodes.size(); ++i) {
      CHECK(back.nodes[i].value_kind == document.nodes[i].value_kind);
      CHECK(back.nodes[i].value_size == document.nodes[i].value_size);
    }
  }
  TEST_CASE("texts can be shortened, and say how long they are") {
    wbxml::Builder body;
    body.open(airsync::kSync).add(airsync_base::kData, std::string(1234, 'x'));
    body.add(airsync_base::kData, "line\r\nline");
    const auto document = samples::document(std::move(body).finish());
    const std::string xml = to_xml(*document, {.pretty = false, .shorten = 10});
    CHECK(xml.find(">xxxxxxxxxx… [1 234 octets]<") != std::string::npos);
    CHECK(xml.find(">line\nline<") != std::string::npos);
  }
  TEST_CASE("every cut of a body is well-formed XML and says where it stopped") {
    wbxml::Builder builder;
    builder.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
    builder.add(airsync::kSyncKey, "12--34").opaque("\x01\x02").open(airsync_base::kBody);
    const std::string whole = std::move(builder).finish();
    for (std::size_t kept = 0; kept < whole.size(); ++kept) {
      CAPTURE(kept);
      const auto document = samples::document(whole.substr(0, kept));
      const std::string xml = to_xml(*document, {.mark_stop = true});
      CHECK(xml.find("<!-- stopped at octet ") != std::string::npos);
      if (!document->nodes.empty()) CHECK(is_well_formed(xml));
    }
  }
  TEST_CASE("every flipped octet still gives well-formed XML") {
    wbxml::Builder builder;
    builder.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
    builder.add(airsync::kSyncKey, "1").opaque("abc").open(airsync_base::kBody).text("x");
    const std::string whole = std::move(builder).finish();
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int bits = 1; bits < 256; ++bits) {
        std::string flipped = whole;
        flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ bits);
        const auto document = samples::document(flipped);
        if (document->nodes.empty()) continue;
        CAPTURE(at);
        CAPTURE(bits);
        REQUIRE(is_well_formed(to_xml(*document, {.mark_stop = true})));
        if (document->complete) REQUIRE(way_back(flipped) == "");
      }
    }
  }
}
