#include "decoder/wbxml/other_languages.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <pugixml.hpp>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/wbxml/encode.hpp"
#include "decoder/wbxml/tokens.hpp"
#include "tests/unit/decoder/wbxml/properties.hpp"

namespace eastap::wbxml {
namespace {

namespace airsync = codepages::airsync;
using properties::decoded;

/// "" when libwbxml's XML tells the same tree as our document, else where they part. libwbxml sets
/// a namespace where the page changes and writes "unknown" for what its tables lack.
std::string disagreement(const pugi::xml_node& xml, const Element& element,
                         const std::string& outside) {
  const std::string name = xml.name();
  const pugi::xml_attribute xmlns = xml.attribute("xmlns");
  const std::string space = xmlns ? xmlns.value() : outside;
  if (name != element.name() && name != "unknown") return name;
  if (name != "unknown" && !equals_ignoring_case(space, std::string{element.page_name()} + ":"))
    return name + " in " + space;
  pugi::xml_node child = xml.first_child();
  std::string text;
  for (; child && child.type() != pugi::node_element; child = child.next_sibling())
    text += child.value();
  const std::string value{element.value()};
  if (text != value && from_base64(text) != value) return name + " = \"" + text + "\"";
  for (const Element ours : element.children()) {
    if (!child) return name + " lacks a child";
    const std::string inside = disagreement(child, ours, space);
    if (!inside.empty()) return name + "/" + inside;
    child = child.next_sibling();
  }
  return child ? name + " has a child too many" : std::string{};
}

std::string disagreement(const std::string& body) {
  const auto xml = libwbxml_xml(body);
  if (!xml) return xml.error().detail;
  pugi::xml_document parsed;
  if (!parsed.load_buffer(
          xml->data(), xml->size(),
          (pugi::parse_default & ~pugi::parse_eol) | pugi::parse_ws_pcdata_single)) {
    return "XML that does not parse";
  }
  return disagreement(parsed.document_element(), *decoded(body).root(), "");
}

/// Whether libwbxml's tables have the tag, asked in the only way there is.
bool known_to_libwbxml(codepages::Tag tag) {
  Builder body;
  body.open(airsync::kSync).add(tag).close();
  const auto xml = libwbxml_xml(std::move(body).finish());
  return xml && xml->find("<" + std::string{codepages::find_row(tag)->name}) != std::string::npos;
}

TEST_SUITE("decoder.wbxml.differential") {
  TEST_CASE("libwbxml reads every tag that it knows as we do") {
    std::size_t agreed = 0;
    for (const codepages::Page* page : codepages::kPages) {
      for (const codepages::TagRow& row : page->rows) {
        if (!known_to_libwbxml(row.tag)) continue;
        CAPTURE(page->name);
        CAPTURE(row.name);
        Builder body;
        body.open(airsync::kSync).add(row.tag, "value1").close();
        CHECK(disagreement(std::move(body).finish()) == "");
        ++agreed;
      }
    }
    MESSAGE(agreed << " of 655 tags known to libwbxml");
    CHECK(agreed > 450);
  }

  TEST_CASE("what libwbxml writes is what we write") {
    std::size_t compared = 0;
    for (const codepages::Page* page : codepages::kPages) {
      for (const codepages::TagRow& row : page->rows) {
        if (row.opaque || !known_to_libwbxml(row.tag)) continue;
        const std::string name{row.name};
        const std::string xml = "<Sync xmlns=\"AirSync\"><" + name + " xmlns=\"" +
                                std::string{page->name} + "\">v1</" + name + "></Sync>";
        CAPTURE(xml);
        const auto theirs = libwbxml_encode(xml);
        REQUIRE(theirs);
        if (decoded(*theirs).nodes.size() != 2) continue;  // libwbxml took it for several pieces
        ++compared;
        CHECK(properties::difference(decoded(*theirs), decoded(*encode_xml(xml))) == "");
      }
    }
    CHECK(compared > 450);
  }

  TEST_CASE("random trees of tags that both know read alike") {
    std::vector<codepages::Tag> tags;
    for (const codepages::Page* page : codepages::kPages) {
      for (const codepages::TagRow& row : page->rows) {
        if (!row.opaque && known_to_libwbxml(row.tag)) tags.push_back(row.tag);
      }
    }
    std::mt19937 random{2026};
    for (int round = 0; round < 200; ++round) {
      CAPTURE(round);
      Builder body;
      body.open(airsync::kSync);
      std::size_t open = 0;
      for (int i = 0; i < 60; ++i) {
        const codepages::Tag tag = tags[random() % tags.size()];
        switch (random() % 4) {
          case 0:
            if (open < 20) {
              body.open(tag);
              ++open;
            }
            break;
          case 1:
            if (open > 0) {
              body.close();
              --open;
            }
            break;
          default: body.add(tag, "v" + std::to_string(random()) + "ä<&>"); break;
        }
      }
      CHECK(disagreement(std::move(body).finish()) == "");
    }
  }

  TEST_CASE("real bodies of tags that both know read alike") {
    std::size_t compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator{EASTAP_TEST_DATA "/wbxml"}) {
      if (entry.path().extension() != ".wbxml") continue;
      std::ifstream file{entry.path(), std::ios::binary};
      std::stringstream content;
      content << file.rdbuf();
      const Document document = decoded(content.str());
      // what is odd about a body is what libwbxml does not tell or refuses
      if (!document.is_activesync() || !document.complete || !document.diagnostics.empty())
        continue;
      if (document.string_table_size != 0) continue;
      bool known = true;
      for (const Node& node : document.nodes) {
        known = known && node.tag.token != Node::kPiece && known_to_libwbxml(node.tag);
      }
      if (!known) continue;
      CAPTURE(entry.path().filename().string());
      CHECK(disagreement(content.str()) == "");
      ++compared;
    }
    CHECK(compared >= 3);
  }

  TEST_CASE("ActiveSync by libwbxml's encoder has the header of ActiveSync") {
    const auto body = libwbxml_encode(
        "<Sync xmlns=\"AirSync\"><Collections><Collection><SyncKey>0</SyncKey>"
        "<Options><BodyPreference xmlns=\"AirSyncBase\"><Type>2</Type></BodyPreference></Options>"
        "</Collection></Collections></Sync>");
    REQUIRE(body);
    CHECK(body->substr(0, 4) == Builder::activesync_header());
    const Document document = decoded(*body);
    CHECK(document.complete);
    CHECK(document.diagnostics.empty());
    CHECK(properties::violation(document) == "");
  }

  TEST_CASE("XML that is broken, too deep or of no known language is an error") {
    CHECK(libwbxml_encode("<Sync").error().code == Errc::malformed);
    CHECK_FALSE(libwbxml_encode("<nothing/>"));
    std::string deep = "<Sync xmlns=\"AirSync\">";
    for (int i = 0; i < 300; ++i) deep += "<Add>";
    for (int i = 0; i < 300; ++i) deep += "</Add>";
    CHECK(libwbxml_encode(deep + "</Sync>").error().code == Errc::too_deep);
  }
}

template <std::size_t N>
std::string octets(const unsigned char (&bytes)[N]) {
  return {bytes, bytes + N};
}

// WAP-167 (Service Indication) 8.3.2, shortened
const std::string kIndication = octets({
    0x03, 0x05, 0x6A, 0x00,  // 1.3, SI 1.0, UTF-8, no string table
    0x45,                    // <si>
    0xC6, 0x0D, 0x03, 'x',  '.',  'c',
    'o',  'm',  '/',  'a',  0x00,        // <indication href="http://www.x.com/a"
    0x11, 0x03, '1',  0x00,              //   si-id="1"
    0x07, 0x01,                          //   action="signal-medium">
    0x03, 'M',  'a',  'i',  'l',  0x00,  //   Mail
    0x01, 0x01,
});

TEST_SUITE("decoder.wbxml.other_languages") {
  TEST_CASE("a service indication is read by libwbxml") {
    const auto other = decode_other(kIndication);
    REQUIRE(other);
    CHECK(other->language == "SI 1.0");
    CHECK(other->xml.find("<indication") != std::string::npos);
    CHECK(other->xml.find("http://www.x.com/a") != std::string::npos);
    CHECK(other->xml.find("Mail") != std::string::npos);
  }

  TEST_CASE("each language that libwbxml writes is named and read back") {
    const std::map<std::string, std::string> languages{
        {"WML 1.3",
         "<!DOCTYPE wml PUBLIC \"-//WAPFORUM//DTD WML 1.3//EN\" \"x\"><wml><card "
         "id=\"c\"><p>Hi</p></card></wml>"},
        {"SyncML 1.2",
         "<!DOCTYPE SyncML PUBLIC \"-//SYNCML//DTD SyncML 1.2//EN\" \"x\"><SyncML "
         "xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD></SyncHdr></SyncML>"},
        {"OMA Client Provisioning",
         "<!DOCTYPE wap-provisioningdoc PUBLIC \"-//WAPFORUM//DTD PROV 1.0//EN\" "
         "\"x\"><wap-provisioningdoc><characteristic type=\"BOOTSTRAP\"/></wap-provisioningdoc>"},
        {"SL 1.0",
         "<!DOCTYPE sl PUBLIC \"-//WAPFORUM//DTD SL 1.0//EN\" \"x\"><sl href=\"http://x.com/\"/>"},
        {"WV-CSP 1.1",
         "<!DOCTYPE WV-CSP-Message PUBLIC \"-//OMA//DTD WV-CSP 1.1//EN\" "
         "\"x\"><WV-CSP-Message><Session/></WV-CSP-Message>"},
        {"WV-CSP 1.2",
         "<!DOCTYPE WV-CSP-Message PUBLIC \"-//OMA//DTD WV-CSP 1.2//EN\" "
         "\"x\"><WV-CSP-Message><Session/></WV-CSP-Message>"},
    };
    for (const auto& [language, xml] : languages) {
      CAPTURE(language);
      const auto body = libwbxml_encode("<?xml version=\"1.0\"?>" + xml);
      REQUIRE(body);
      const auto other = decode_other(*body);
      REQUIRE(other);
      CHECK(other->language == language);
      CHECK(other->xml.find('<' + xml.substr(10, xml.find(' ', 10) - 10)) != std::string::npos);
    }
  }

  TEST_CASE("ActiveSync and unknown languages are not its business") {
    CHECK(decode_other(Builder::activesync_header() + '\x05').error().code == Errc::unsupported);
    const auto unknown = decode_other(octets({0x03, 0x82, 0x01, 0x6A, 0x00, 0x05}));
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == Errc::unsupported);
    CHECK(other_language(decoded(octets({0x03, 0x82, 0x01, 0x6A, 0x00, 0x05}))) ==
          "public identifier 0x101");
    CHECK(other_language(decoded(Builder::activesync_header() + '\x05')) == "");
    CHECK(other_language(decoded("")) == "");
  }

  TEST_CASE("what would end libwbxml does not reach it") {
    const std::string header = octets({0x03, 0x0A, 0x6A, 0x00});
    CHECK(decode_other(header + std::string(100'000, 0x60)).error().code == Errc::too_deep);
    CHECK(decode_other(header + octets({0x60, 0x02, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F, 0x01}))
              .error()
              .code == Errc::bad_text);
    CHECK(
        decode_other(header + octets({0xE0, 0x05, 0x02, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F, 0x01, 0x01}))
            .error()
            .code == Errc::bad_text);
    CHECK(decode_other(header + std::string(5U << 20, 0x20)).error().code == Errc::too_large);
    CHECK(decode_other(octets({0x03, 0x0A, 0x87, 0x68, 0x00, 0x60, 0x01})).error().code ==
          Errc::unsupported);  // UCS-2: other octets end a string there
  }

  TEST_CASE("what would keep libwbxml busy for minutes does not reach it") {
    const std::string header = octets({0x03, 0x0A, 0x6A, 0x00});
    CHECK(decode_other(header + '\x60' + std::string(5'000, 0x20) + '\x01'));
    CHECK(decode_other(header + '\x60' + std::string(90'000, 0x20) + '\x01').error().code ==
          Errc::too_large);
    CHECK(decode_other(header + '\xA0' + std::string(90'000, 0x05) + '\x01').error().code ==
          Errc::too_large);
  }

  TEST_CASE("a document hidden in a SyncML value is judged like the whole") {
    // <SyncML><SyncBody><Put><Meta><Type>…</Type></Meta><Item><Data>OPAQUE
    const std::string type = "application/vnd.syncml-devinf+wbxml";
    const auto syncml = [&](const std::string& data) {
      std::string body =
          octets({0x03, 0xA4, 0x01, 0x6A, 0x00, 0x6D, 0x6B, 0x5F, 0x5A, 0x00, 0x01, 0x53, 0x03});
      body += type + '\0' + octets({0x01, 0x01, 0x00, 0x00, 0x54, 0x4F, 0xC3});
      tokens::write_integer(body, static_cast<std::uint32_t>(data.size()));
      return body + data + std::string(5, '\x01');
    };
    const std::string header = octets({0x03, 0xA4, 0x03, 0x6A, 0x00});
    CHECK(decode_other(syncml(header + octets({0x4A, 0x01}))));
    CHECK(decode_other(syncml(header + std::string(60'000, 0x4A))).error().code == Errc::too_deep);
    CHECK(decode_other(syncml(header + octets({0x4A, 0x02, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F, 0x01})))
              .error()
              .code == Errc::bad_text);
  }

  TEST_CASE("every cut and flip of another language is an answer or an error") {
    for (std::size_t at = 0; at < kIndication.size(); ++at) {
      CAPTURE(at);
      CHECK_FALSE(decode_other(kIndication.substr(0, at)));
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string flipped = kIndication;
        flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
        const auto other = decode_other(flipped);
        if (other) CHECK(is_utf8(other->xml));
      }
    }
  }
}

}  // namespace
}  // namespace eastap::wbxml
