#include <string>

#include <doctest/doctest.h>

#include "decoder/codepages/lookup.hpp"
#include "decoder/wbxml/encode.hpp"
#include "tests/unit/decoder/wbxml/properties.hpp"

namespace eastap::wbxml {
namespace {

namespace airsync = codepages::airsync;
namespace base = codepages::airsync_base;
using properties::decoded;

Document from_xml(std::string_view xml) {
  const auto octets = encode_xml(xml);
  REQUIRE(octets);
  Document document = decoded(*octets);
  REQUIRE(document.complete);
  return document;
}

Errc error_of(std::string_view xml) {
  const auto octets = encode_xml(xml);
  CAPTURE(xml);
  REQUIRE_FALSE(octets);
  CHECK_FALSE(octets.error().detail.empty());
  CHECK(octets.error().offset <= xml.size());
  return octets.error().code;
}

TEST_SUITE("decoder.wbxml.encode_xml") {
  TEST_CASE("printed XML becomes the body it was printed from") {
    Builder body;
    body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
    body.add(airsync::kSyncKey, "0").add(airsync::kGetChanges);
    body.open(base::kBody).add(base::kData, "a < b & c\r\nd  ").close();
    body.add(airsync::kCollectionId, "5");
    CHECK(encode_xml(R"(<?xml version="1.0" encoding="utf-8"?>
<!-- a comment -->
<Sync xmlns="AirSync">
  <Collections>
    <Collection>
      <SyncKey>0</SyncKey>
      <GetChanges/>
      <Body xmlns="AirSyncBase">
        <Data>a &lt; b &amp; <![CDATA[c]]>&#13;
d  </Data>
      </Body>
      <CollectionId>5</CollectionId>
    </Collection>
  </Collections>
</Sync>
)") == std::move(body).finish());
  }

  TEST_CASE("every tag of the tables can be written in XML") {
    for (const codepages::Page* page : codepages::kPages) {
      for (const codepages::TagRow& row : page->rows) {
        const std::string name{row.name};
        CAPTURE(name);
        Builder body;
        body.open(airsync::kSync).add(row.tag, "v").add(row.tag).close();
        const std::string space{page->name};
        CHECK(encode_xml("<Sync xmlns=\"AirSync\"><" + name + " xmlns=\"" + space + "\">v</" +
                         name + "><p:" + name + " xmlns:p=\"" + space + "\"/></Sync>") ==
              std::move(body).finish());
      }
    }
  }

  TEST_CASE("base64 is sent as opaque, and encoding can be told apart from the table") {
    const Document document = from_xml(
        "<Sync xmlns='AirSync'><SyncKey encoding='base64'> AAEC\n/w== </SyncKey>"
        "<SyncKey encoding='opaque'>text</SyncKey>"
        "<Mime xmlns='ComposeMail'>From: a</Mime><Mime xmlns='ComposeMail' "
        "encoding='text'>x</Mime></Sync>");
    REQUIRE(document.nodes.size() == 5);
    CHECK(Element{document, 1}.is_opaque());
    CHECK(Element{document, 1}.value() == std::string{"\0\x01\x02\xFF", 4});
    CHECK(Element{document, 2}.is_opaque());
    CHECK(Element{document, 3}.is_opaque());
    CHECK(Element{document, 3}.value() == "From: a");
    CHECK(Element{document, 4}.node().value_kind == ValueKind::text);
  }

  TEST_CASE("conversations are read as the octets that other tools write") {
    const std::string id = "\x44\x99\x77\x23\xAC\x34\x45\x64\xBB\xEE\xF2\x2D\x3A\x1A\x33\x73";
    const std::string start = "\xCE\xC1\xE8\x29\xED";
    const auto value_of = [](const std::string& element) {
      const Document document = from_xml("<Sync xmlns='AirSync'>" + element + "</Sync>");
      CHECK(Element{document, 1}.is_opaque());
      return std::string{Element{document, 1}.value()};
    };
    for (const std::string page : {"Email2", "Search", "ItemOperations"}) {
      const std::string begin = "<ConversationId xmlns='" + page + "'>", end = "</ConversationId>";
      CHECK(value_of(begin + "RJl3I6w0RWS77vItOhozcw==" + end) == id);
      CHECK(value_of(begin + "44997723AC344564BBEEF22D3A1A3373" + end) == id);
      CHECK(value_of(begin + "\n44997723ac344564bbeef22d3a1a3373 " + end) == id);
      for (const std::string other : {"zsHoKe0=", "44997723", "own-conversation"}) {
        CHECK(value_of(begin + other + end) == other);
      }
      CHECK(value_of("<ConversationId xmlns='" + page + "' encoding='opaque'>" +
                     "44997723AC344564BBEEF22D3A1A3373" + end) ==
            "44997723AC344564BBEEF22D3A1A3373");
    }
    const std::string begin = "<email2:ConversationIndex>", end = "</email2:ConversationIndex>";
    CHECK(value_of(begin + "zsHoKe0=" + end) == start);
    CHECK(value_of(begin + "CEC1E829ED" + end) == start);
    CHECK(value_of(begin + "CEC1E829ED80000000A1" + end) ==
          start + std::string{"\x80\0\0\0\xA1", 5});
    CHECK(value_of(begin + "RJl3I6w0RWS77vItOhozcw==" + end) == "RJl3I6w0RWS77vItOhozcw==");
    CHECK(from_xml("<Sync xmlns='AirSync'><Subject xmlns='Email'>CEC1E829ED</Subject></Sync>")
              .root()
              ->child_value(codepages::email::kSubject) == "CEC1E829ED");
  }

  TEST_CASE("an empty value and a string that is no XML text can be written") {
    const Document document = from_xml(
        "<Sync xmlns='AirSync'><SyncKey encoding='opaque'/><SyncKey encoding='text'></SyncKey>"
        "<SyncKey encoding='base64-text'>AQI=</SyncKey><SyncKey/></Sync>");
    REQUIRE(document.nodes.size() == 5);
    CHECK(document.nodes[1].value_kind == ValueKind::opaque);
    CHECK(document.nodes[2].value_kind == ValueKind::text);
    CHECK(document.nodes[3].value_kind == ValueKind::text);
    CHECK(Element{document, 3}.value() == "\x01\x02");
    CHECK(document.nodes[4].value_kind == ValueKind::none);
    CHECK(error_of("<Sync xmlns='AirSync' encoding='base64-text'>AAE=</Sync>") == Errc::bad_text);
    CHECK(error_of("<Sync xmlns='AirSync'><literal name='a' page='x'/></Sync>") == Errc::malformed);
    CHECK(error_of("<Sync xmlns='AirSync'><attributes>x</attributes></Sync>") == Errc::malformed);
    CHECK(error_of("<attributes/>") == Errc::malformed);
  }

  TEST_CASE("unknown tags are written by number") {
    const Document document = from_xml(
        "<Sync xmlns='AirSync'><unknown page='254' "
        "token='0x3F'><SyncKey>1</SyncKey></unknown></Sync>");
    CHECK(Element{document, 1}.tag() == codepages::Tag{254, 0x3F});
    CHECK(Element{document, 1}.child_value(airsync::kSyncKey) == "1");
    for (const char* wrong : {"page='256' token='5'", "page='1' token='0x40'", "page='1' token='4'",
                              "token='5'", "page='' token='5'", "page='1' token='x'"}) {
      CHECK(error_of("<unknown " + std::string{wrong} + "/>") == Errc::malformed);
    }
  }

  TEST_CASE("what has no tag of its own has a form too") {
    const Document document = from_xml(
        "<Sync xmlns='AirSync'>a<literal name='Own'>v</literal><piece "
        "encoding='base64'>AA==</piece>"
        "<entity code='0x1'/><extension encoding='base64'>wA==</extension>b<GetChanges/></Sync>");
    REQUIRE(document.nodes.size() == 8);
    CHECK(Element{document, 1}.value() == "a");
    CHECK(Element{document, 2}.name() == "Own");
    CHECK(Element{document, 2}.value() == "v");
    CHECK(Element{document, 3}.is_opaque());
    CHECK(document.nodes[4].value_size == 1);
    CHECK(document.nodes[5].value_kind == ValueKind::extension);
    CHECK(Element{document, 6}.value() == "b");
  }

  TEST_CASE("white space is a value alone and layout between elements") {
    CHECK(from_xml("<Sync xmlns='AirSync'><SyncKey> \n </SyncKey></Sync>")
              .root()
              ->child_value(airsync::kSyncKey) == " \n ");
    CHECK(from_xml("<Sync xmlns='AirSync'>\n  <SyncKey/>\n</Sync>").nodes.size() == 2);
  }

  TEST_CASE("namespaces may be written as others write them") {
    CHECK(from_xml("<a:Sync xmlns:a='AirSync:' xmlns:b='airsyncbase'><b:Type>2</b:Type></a:Sync>")
              .root()
              ->child_value(base::kType) == "2");
  }

  TEST_CASE("EAS Inspector's prefixes are understood, declared or not") {
    Builder body;
    body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
    body.add(airsync::kSyncKey, "7").open(base::kBody).add(base::kType, "2");
    const std::string expected = std::move(body).finish();
    const std::string inner =
        "<airsync:Collections><airsync:Collection><airsync:SyncKey>7</airsync:SyncKey>"
        "<airsyncbase:Body><airsyncbase:Type>2</airsyncbase:Type></airsyncbase:Body>"
        "</airsync:Collection></airsync:Collections></airsync:Sync>";
    CHECK(encode_xml("<airsync:Sync xmlns:airsync=\"AirSync\" xmlns:airsyncbase=\"AirSyncBase\">" +
                     inner) == expected);
    CHECK(encode_xml("<airsync:Sync>" + inner) == expected);
    CHECK(error_of("<nowhere:Sync/>") == Errc::not_found);
    // A declared prefix means what it was declared for.
    CHECK(error_of("<airsync:Sync xmlns:airsync='Email'/>") == Errc::not_found);
  }

  TEST_CASE("values that a mailbox log leaves out become as many asterisks") {
    std::size_t elided = 0;
    const auto whole = encode_xml(
        R"(<Sync xmlns="AirSync:"><ApplicationData><Subject xmlns="Email:" bytes="19"/>)"
        R"(<ConversationId xmlns="Email2:" bytes="16"/><Body xmlns="AirSyncBase:"><Data=496 bytes/>)"
        R"(<Preview= 3 bytes/></Body><Subject xmlns="Email:" bytes="0"/></ApplicationData></Sync>)",
        &elided);
    REQUIRE(whole);
    CHECK(elided == 5);
    const Document document = decode(std::make_shared<const std::string>(*whole));
    CHECK(document.complete);
    CHECK(Element{document, 2}.value() == std::string(19, '*'));
    CHECK(Element{document, 3}.is_opaque());
    CHECK(Element{document, 3}.value() == std::string(16, '*'));
    CHECK(Element{document, 5}.value() == std::string(496, '*'));
    CHECK(Element{document, 6}.value() == "***");
    CHECK(Element{document, 7}.value() == "");
    CHECK(error_of("<Sync xmlns='AirSync'><SyncKey bytes='3'>abc</SyncKey></Sync>") ==
          Errc::unsupported);
    CHECK(error_of("<Sync xmlns='AirSync'><SyncKey bytes='x'/></Sync>") == Errc::malformed);
    CHECK(error_of("<Sync xmlns='AirSync'><SyncKey bytes='33554433'/></Sync>") == Errc::too_large);
    CHECK(error_of("<Sync xmlns='AirSync'><SyncKey bytes='33554432'/><SyncKey "
                   "bytes='1'/></Sync>") == Errc::too_large);
    // What only looks like it is as wrong as before.
    for (const char* wrong :
         {"<=1 bytes/>", "<a=bytes/>", "=1 bytes/>", "<Sync =1 bytes/>", "bytes/>"})
      CHECK(error_of(wrong) == Errc::malformed);
  }

  TEST_CASE("an inner namespace ends with its element") {
    CHECK(
        error_of("<Sync xmlns='AirSync'><Body xmlns='AirSyncBase'><Type/></Body><Type/></Sync>") ==
        Errc::not_found);
    const Document document =
        from_xml("<Sync xmlns='AirSync'><Body xmlns='AirSyncBase'/><Collections/></Sync>");
    CHECK(Element{document, 2}.name() == "Collections");
  }

  TEST_CASE("each error says what and where") {
    CHECK(error_of("") == Errc::malformed);
    CHECK(error_of("no XML") == Errc::malformed);
    CHECK(error_of("<Sync xmlns='AirSync'>") == Errc::malformed);
    CHECK(error_of("<Sync xmlns='AirSync'/><Sync xmlns='AirSync'/>") == Errc::malformed);
    CHECK(error_of("<entity code='65'/>") == Errc::malformed);
    CHECK(error_of("<Sync/>") == Errc::not_found);
    CHECK(error_of("<Sync xmlns='Nowhere'/>") == Errc::not_found);
    CHECK(error_of("<Sync xmlns='AirSync'><Synckey/></Sync>") == Errc::not_found);
    CHECK(error_of("<Sync xmlns='AirSync' encoding='base64'>?</Sync>") == Errc::bad_base64);
    CHECK(error_of("<Sync xmlns='AirSync' encoding='base64'><SyncKey/></Sync>") == Errc::malformed);
    CHECK(error_of("<Sync xmlns='AirSync' encoding='rot13'/>") == Errc::unsupported);
    CHECK(error_of("<Sync xmlns='AirSync' id='1'/>") == Errc::unsupported);
    CHECK(error_of("<Sync xmlns='AirSync'>\xFF</Sync>") == Errc::bad_text);
    const auto wrong = encode_xml("<Sync xmlns='AirSync'><Wrong/></Sync>");
    CHECK(wrong.error().offset == 23);
  }

  TEST_CASE("nesting deeper than the decoder reads is refused") {
    const auto nested = [](std::size_t depth) {
      std::string xml = "<Sync xmlns='AirSync'>";
      for (std::size_t i = 1; i < depth; ++i) xml += "<Add>";
      for (std::size_t i = 1; i < depth; ++i) xml += "</Add>";
      return xml + "</Sync>";
    };
    CHECK(from_xml(nested(256)).nodes.size() == 256);
    CHECK(error_of(nested(257)) == Errc::too_deep);
    CHECK(error_of(nested(100'000)) == Errc::too_deep);
  }
}

}  // namespace
}  // namespace eastap::wbxml
