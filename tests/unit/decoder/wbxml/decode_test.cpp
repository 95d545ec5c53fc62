#include "decoder/wbxml/decode.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "decoder/codepages/pages.hpp"
#include "tests/unit/decoder/wbxml/properties.hpp"

namespace eastap::wbxml {
namespace {

namespace airsync = codepages::airsync;
namespace base = codepages::airsync_base;
using properties::decoded;
using properties::violation;

template <std::size_t N>
std::string octets(const unsigned char (&bytes)[N]) {
  return {bytes, bytes + N};
}

/// A body of the usual header and these octets.
template <std::size_t N>
std::string body(const unsigned char (&bytes)[N]) {
  return octets({0x03, 0x01, 0x6A, 0x00}) + octets(bytes);
}

bool has(const Document& document, Errc code, std::uint64_t offset) {
  return std::any_of(
      document.diagnostics.begin(), document.diagnostics.end(),
      [&](const Diagnostic& d) { return d.code == code && d.offset == offset && !d.text.empty(); });
}

const std::string kSync = octets({
    0x03, 0x01, 0x6A, 0x00,        // 1.3, no public identifier, UTF-8, no string table
    0x45,                          // <Sync>
    0x5C,                          //   <Collections>
    0x4F,                          //     <Collection>
    0x4B, 0x03, '0',  0x00, 0x01,  //       <SyncKey>0
    0x52, 0x03, '5',  0x00, 0x01,  //       <CollectionId>5
    0x13,                          //       <GetChanges/>
    0x57,                          //       <Options>
    0x00, 0x11,                    //         AirSyncBase
    0x45,                          //         <BodyPreference>
    0x46, 0x03, '2',  0x00, 0x01,  //           <Type>2
    0x01, 0x01,                    //
    0x00, 0x00,                    //       AirSync
    0x56,                          //       <Commands>
    0x47,                          //         <Add>
    0x4D, 0x03, 'a',  ':',  '1',  0x00, 0x01,
    0x5D,                                      //           <ApplicationData>
    0x00, 0x11, 0x4A,                          //             <Body>
    0x4B, 0xC3, 0x03, 'a',  0x00, 'b',  0x01,  // <Data> of three octets
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
});

TEST_SUITE("decoder.wbxml.decode") {
  TEST_CASE("a Sync request decodes to names, values and places") {
    const Document document = decoded(kSync);
    CHECK(document.diagnostics.empty());
    REQUIRE(document.complete);
    CHECK(violation(document) == "");
    CHECK(document.version == 3);
    CHECK(document.public_id == 1);
    CHECK(document.charset == 106);
    CHECK(document.is_activesync());
    CHECK(document.decoded_octets == kSync.size());
    const auto root = document.root();
    REQUIRE(root);
    CHECK(root->is(airsync::kSync));
    CHECK(root->name() == "Sync");
    CHECK(root->page_name() == "AirSync");
    CHECK(root->node().offset == 4);
    const auto collection = root->child(airsync::kCollections)->child(airsync::kCollection);
    REQUIRE(collection);
    CHECK(collection->child_value(airsync::kSyncKey) == "0");
    CHECK(collection->child(airsync::kSyncKey)->node().value_offset == 9);
    CHECK(collection->child_value(airsync::kCollectionId) == "5");
    CHECK(collection->has(airsync::kGetChanges));
    const auto options = collection->child(airsync::kOptions);
    REQUIRE(options);
    CHECK(options->child(base::kBodyPreference)->child_value(base::kType) == "2");
    const auto data = collection->child(airsync::kCommands)
                          ->child(airsync::kAdd)
                          ->child(airsync::kApplicationData)
                          ->child(base::kBody)
                          ->child(base::kData);
    REQUIRE(data);
    CHECK(data->is_opaque());
    CHECK(data->value() == std::string{"a\0b", 3});
    CHECK(data->value().data() == document.body->data() + data->node().value_offset);
  }

  TEST_CASE("every cut of a body gives what came before it") {
    const Document whole = decoded(kSync);
    for (std::size_t kept = 0; kept < kSync.size(); ++kept) {
      CAPTURE(kept);
      const Document cut = decoded(kSync.substr(0, kept));
      CHECK_FALSE(cut.complete);
      CHECK(violation(cut) == "");
      REQUIRE_FALSE(cut.diagnostics.empty());
      CHECK(cut.diagnostics.back().code == Errc::truncated);
      CHECK(cut.diagnostics.back().offset <= kept);
      for (std::size_t i = 0; i < cut.nodes.size(); ++i) {
        CHECK(cut.nodes[i].tag == whole.nodes[i].tag);
        CHECK(cut.nodes[i].offset == whole.nodes[i].offset);
      }
      const auto expected = static_cast<std::size_t>(
          std::count_if(whole.nodes.begin(), whole.nodes.end(),
                        [&](const Node& node) { return node.offset < kept; }));
      CHECK(cut.nodes.size() == expected);
      if (!cut.nodes.empty()) CHECK_FALSE(cut.nodes[0].closed);
    }
  }

  TEST_CASE("every flipped bit gives a document that keeps its promises") {
    for (std::size_t at = 0; at < kSync.size(); ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string flipped = kSync;
        flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
        CAPTURE(at);
        CAPTURE(bit);
        CHECK(violation(decoded(flipped)) == "");
      }
    }
  }

  TEST_CASE("a text that was cut is kept as far as it came") {
    const Document document = decoded(body({0x45, 0x4B, 0x03, '1', '2', '3'}));
    CHECK(has(document, Errc::truncated, 6));
    CHECK(document.root()->child_value(airsync::kSyncKey) == "123");
    CHECK_FALSE(document.root()->child(airsync::kSyncKey)->node().closed);
    CHECK(document.decoded_octets == 6);
  }

  TEST_CASE("an opaque length that lies gives the octets there are") {
    for (const std::string length : {"\x05", "\x8F\xFF\xFF\xFF\x7F", "\xFF\x7F"}) {
      const Document document = decoded(body({0x45, 0x50, 0xC3}) + length + "abcd");
      CHECK(has(document, Errc::truncated, 6));
      CHECK(document.nodes.at(1).value_kind == ValueKind::opaque);
      CHECK(Element{document, 1}.value() == "abcd");
      CHECK(violation(document) == "");
    }
  }

  TEST_CASE("an integer of more than 32 bits or five octets is refused where it stands") {
    for (const std::string length : {"\x90\x80\x80\x80\x00", "\x80\x80\x80\x80\x80\x01"}) {
      const std::string number = length.size() == 4 ? length + '\0' : length;
      const Document document = decoded(body({0x45, 0x50, 0xC3}) + number + "abcd");
      CHECK(has(document, Errc::malformed, 6));
      CHECK(document.nodes.size() == 2);
      CHECK(document.decoded_octets == 6);
      CHECK(violation(document) == "");
    }
  }

  TEST_CASE("100 kB of nested tags end at the depth limit") {
    const Document document = decoded(body({0x45}) + std::string(100'000, 0x5C));
    CHECK(has(document, Errc::too_deep, 4 + 256));
    CHECK(document.nodes.size() == 256);
    CHECK(violation(document) == "");
    Limits limits;
    limits.depth = 0xFFFF;
    const Document deep = decoded(body({0x45}) + std::string(100'000, 0x5C), limits);
    CHECK(deep.nodes.size() == 0xFFFE);
    CHECK(violation(deep, limits) == "");
  }

  TEST_CASE("more elements than the limit end the decoding") {
    Limits limits;
    limits.nodes = 1000;
    const Document document = decoded(body({0x45}) + std::string(5000, 0x13), limits);
    CHECK(has(document, Errc::too_large, 4 + 1000));
    CHECK(document.nodes.size() == 1000);
    CHECK(violation(document, limits) == "");
  }

  TEST_CASE("a body longer than the limit is read up to it") {
    Limits limits;
    limits.body = 20;
    const Document document = decoded(kSync, limits);
    CHECK(has(document, Errc::too_large, 20));
    CHECK_FALSE(document.complete);
    CHECK(document.decoded_octets <= 20);
    CHECK(document.root()->child(airsync::kCollections)->has(airsync::kCollection));
  }

  TEST_CASE("a string table cannot unfold to more than its limit") {
    // 64 KiB of string, referred to by two octets a time
    std::string bomb =
        octets({0x03, 0x01, 0x6A, 0x84, 0x80, 0x00}) + std::string(65'535, 'x') + '\0' + '\x45';
    for (int i = 0; i < 400'000; ++i) bomb += octets({0x83, 0x00});
    const Document document = decoded(bomb);
    REQUIRE_FALSE(document.diagnostics.empty());
    CHECK(document.diagnostics.back().code == Errc::too_large);
    CHECK(document.nodes.size() < 300);
    CHECK(document.root()->whole_value().size() <= (16U << 20));
  }

  TEST_CASE("octets after the root's end are told, and are not hidden") {
    const Document document = decoded(kSync + "\x01\x01");
    CHECK_FALSE(document.complete);
    CHECK(has(document, Errc::malformed, kSync.size()));
    CHECK(document.decoded_octets == kSync.size());
    CHECK(document.nodes.size() == decoded(kSync).nodes.size());
    CHECK(document.nodes[0].closed);
  }

  TEST_CASE("unknown tokens and pages are kept by number, with one remark each") {
    const Document document = decoded(body({
        0x45,  // <Sync>
        0x7F,
        0x03,
        'x',
        0x00,
        0x01,  //   token 0x3F
        0x3E,  //   token 0x3E
        0x00,
        0xFE,
        0x45,
        0x01,  //   page 254, token 0x05
        0x00,
        0xFD,
        0x06,  //   page 253, token 0x06
        0x01,
    }));
    CHECK(document.complete);
    CHECK(document.diagnostics.size() == 2);
    CHECK(has(document, Errc::not_found, 5));
    CHECK(has(document, Errc::not_found, 11));
    const Element unknown{document, 1};
    CHECK(unknown.tag() == codepages::Tag{0, 0x3F});
    CHECK(unknown.name() == "");
    CHECK(unknown.page_name() == "AirSync");
    CHECK(unknown.value() == "x");
    CHECK(Element{document, 3}.tag() == codepages::Tag{254, 0x05});
    CHECK(Element{document, 3}.page_name() == "");
    CHECK(Element{document, 4}.tag() == codepages::Tag{253, 0x06});
  }

  TEST_CASE("mixed content becomes pieces in their order") {
    const Document document = decoded(body({
        0x45,  // <Sync>
        0x03,
        'a',
        0x00,  //   a
        0x02,
        0xC0,
        0x00 | 0x2C,  //   &#8236;  U+202C
        0xC3,
        0x01,
        'b',   //   b, opaque
        0x13,  //   <GetChanges/>
        0x03,
        'c',
        0x00,  //   c
        0x01,
    }));
    REQUIRE(document.complete);
    CHECK(document.diagnostics.empty());
    CHECK(violation(document) == "");
    const Element root = *document.root();
    CHECK(root.value() == "");
    CHECK(root.node().value_kind == ValueKind::none);
    CHECK(root.whole_value() ==
          "a\xE2\x80\xAC"
          "bc");
    REQUIRE(document.nodes.size() == 6);
    CHECK(document.nodes[1].tag.token == Node::kPiece);
    CHECK(document.nodes[1].offset == 5);
    CHECK(document.nodes[1].depth == 2);
    CHECK(document.nodes[2].value_kind == ValueKind::entity);
    CHECK(document.nodes[2].value_size == 0x202C);
    CHECK(Element{document, 3}.is_opaque());
    CHECK(root.has(airsync::kGetChanges));
    CHECK(Element{document, 1}.page_name() == "");
  }

  TEST_CASE("entities become the UTF-8 they stand for") {
    const Document document = decoded(
        body({0x45, 0x02, 0x41, 0x02, 0x81, 0x69, 0x02, 0xC1, 0x2C, 0x02, 0x87, 0xA6, 0x1E, 0x01}));
    REQUIRE(document.complete);
    CHECK(document.root()->whole_value() ==
          "A\xC3\xA9\xE2\x82\xAC"
          "\xF0\x9D\x8C\x9E");
  }

  TEST_CASE("characters that do not exist are kept by number, with a remark") {
    const Document document =
        decoded(body({0x45, 0x02, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F, 0x02, 0x83, 0xB0, 0x00, 0x01}));
    CHECK(document.complete);
    CHECK(has(document, Errc::bad_text, 5));   // 0xFFFFFFFF
    CHECK(has(document, Errc::bad_text, 11));  // a surrogate
    CHECK(document.nodes[1].value_size == 0xFFFF'FFFF);
    CHECK(document.root()->whole_value() == "\xEF\xBF\xBD\xEF\xBF\xBD");
  }

  TEST_CASE("text that is not UTF-8 is kept exact, with a remark where it stands") {
    for (const std::size_t before : {0U, 3U, 8U, 70U, 200U}) {
      const std::string text = std::string(before, 'a') + "\xE9t\xE9";
      const Document document = decoded(body({0x45, 0x4B, 0x03}) + text + octets({0, 1, 1}));
      CHECK(document.complete);
      CHECK(has(document, Errc::bad_text, 6));
      CHECK(document.root()->child_value(airsync::kSyncKey) == text);
    }
    CHECK(decoded(body({0x45, 0x03}) + "\xC3\xA9t\xC3\xA9" + octets({0, 1})).diagnostics.empty());
  }

  TEST_CASE("texts of every length end at their NUL") {
    for (std::size_t length = 0; length < 200; ++length) {
      const std::string text(length, 'x');
      const Document document = decoded(body({0x45, 0x4B, 0x03}) + text +
                                        octets({0, 1, 0x4D, 0x03}) + text + octets({0, 1, 1}));
      CAPTURE(length);
      CHECK(document.complete);
      CHECK(document.root()->child_value(airsync::kSyncKey) == text);
      CHECK(document.root()->child_value(airsync::kServerId) == text);
    }
  }

  TEST_CASE("strings and names may come from the string table") {
    const Document document = decoded(octets({
        0x03, 0x01, 0x6A, 0x0A,  // ten octets of strings
        'o',  'n',  'e',  0x00, 'N',  'a',  'm', 'e', '1', 0x00,
        0x45,                                // <Sync>
        0x4B, 0x83, 0x00, 0x01,              //   <SyncKey>one
        0x44, 0x04, 0x03, 'v',  0x00, 0x01,  //   <Name1>v
        0x04, 0x05,                          //   <ame1/>
        0x01,
    }));
    REQUIRE(document.complete);
    CHECK(violation(document) == "");
    CHECK(document.root()->child_value(airsync::kSyncKey) == "one");
    CHECK(Element{document, 2}.name() == "Name1");
    CHECK(Element{document, 2}.value() == "v");
    CHECK(Element{document, 3}.name() == "ame1");
    CHECK(has(document, Errc::unsupported, 19));
  }

  TEST_CASE("a reference outside of the string table is empty, with a remark") {
    const Document document =
        decoded(octets({0x03, 0x01, 0x6A, 0x02, 'a', 'b', 0x45, 0x83, 0x02, 0x83, 0x01, 0x01}));
    CHECK(document.complete);
    CHECK(has(document, Errc::malformed, 7));
    CHECK(has(document, Errc::malformed, 9));  // "b" has no NUL
    CHECK(document.root()->whole_value() == "b");
    CHECK(violation(document) == "");
  }

  TEST_CASE("a string table that lies about its length is told at its length") {
    const Document document = decoded(octets({0x03, 0x01, 0x6A, 0x7F, 'a', 0x00, 0x45}));
    CHECK(has(document, Errc::truncated, 3));
    CHECK(document.nodes.empty());
    CHECK_FALSE(document.root());
  }

  TEST_CASE("attributes, extensions and instructions are kept exact, each with a remark") {
    const Document document = decoded(body({
        0xC5,                                            // <Sync …>
        0x05, 0x03, 'v',  0x00, 0x85, 0x04, 0x00, 0x01,  // its attributes
        0x40, 'x',  0x00,                                // EXT_I_0
        0x81, 0x87, 0x01,                                // EXT_T_1
        0xC2,                                            // EXT_2
        0x43, 0x06, 0x03, 'p',  0x00, 0x01,              // PI
        0x8B, 0x06, 0x01,                                // <SyncKey …/>
        0x01,
    }));
    REQUIRE(document.complete);
    CHECK(violation(document) == "");
    REQUIRE(document.nodes.size() == 8);
    CHECK(Element{document, 1}.node().value_kind == ValueKind::extension);
    CHECK(Element{document, 1}.value() == std::string{"\x05\x03v\0\x85\x04\0\x01", 8});
    CHECK(Element{document, 2}.value() == std::string{"\x40x\0", 3});
    CHECK(Element{document, 3}.value() == "\x81\x87\x01");
    CHECK(Element{document, 4}.value() == "\xC2");
    CHECK(Element{document, 5}.value() == std::string{"\x43\x06\x03p\0\x01", 6});
    CHECK(Element{document, 6}.is(airsync::kSyncKey));
    CHECK(Element{document, 7}.value() == "\x06\x01");
    CHECK(has(document, Errc::unsupported, 5));
    CHECK(has(document, Errc::unsupported, 13));
    CHECK(document.root()->whole_value() == "");
  }

  TEST_CASE("what is not WBXML is told at the first octet") {
    for (const std::string other :
         {"<html>All servers drained</html>", "\x1F\x8B\x08", "\x04\x01\x6A"}) {
      const Document document = decoded(other);
      CHECK(document.nodes.empty());
      CHECK(has(document, Errc::unsupported, 0));
      CHECK(document.decoded_octets == 0);
    }
    CHECK(decoded("\x04\x01").diagnostics.front().text.starts_with("The first octet is 0x04: not"));
    CHECK(decoded("<html>").diagnostics.front().text.starts_with(
        "The first octet is a character of text: not WBXML"));
    CHECK(has(decoded(""), Errc::truncated, 0));
    CHECK(has(decode(nullptr), Errc::truncated, 0));
  }

  TEST_CASE("versions 1.1 to 1.3 decode") {
    for (const char version : {'\x01', '\x02', '\x03'}) {
      std::string older = kSync;
      older[0] = version;
      CHECK(decoded(older).complete);
    }
  }

  TEST_CASE("a public identifier by name is ActiveSync's or another language's") {
    const std::string name = "-//MICROSOFT//DTD ActiveSync//EN";
    std::string named =
        octets({0x03, 0x00, 0x00, 0x6A}) + static_cast<char>(name.size() + 1) + name;
    named += octets({0x00, 0x45, 0x01});
    const Document document = decoded(named);
    CHECK(document.complete);
    CHECK(document.diagnostics.empty());
    CHECK(document.public_id_text() == name);
    CHECK(document.is_activesync());
    const Document other = decoded(octets({0x03, 0x05, 0x6A, 0x00, 0x45, 0x7F, 0x01, 0x01}));
    CHECK(other.complete);
    CHECK_FALSE(other.is_activesync());
    CHECK(has(other, Errc::unsupported, 1));
    CHECK(other.diagnostics.size() == 1);  // its tags are not ours to judge
  }

  TEST_CASE("a character set other than UTF-8 is told, and its text is not judged") {
    const Document document =
        decoded(octets({0x03, 0x01, 0x04, 0x00, 0x45, 0x03, 0xE9, 0x00, 0x01}));
    CHECK(document.complete);
    CHECK(has(document, Errc::unsupported, 2));
    CHECK(document.diagnostics.size() == 1);
    CHECK(document.root()->value() == "\xE9");
  }

  TEST_CASE("before the root only switches and instructions may stand") {
    const Document switched = decoded(body({0x00, 0x07, 0x43, 0x05, 0x01, 0x56, 0x01}));
    CHECK(switched.complete);
    CHECK(switched.root()->name() == "FolderSync");
    CHECK(has(switched, Errc::unsupported, 6));
    CHECK(has(decoded(body({0x01})), Errc::malformed, 4));
    CHECK(has(decoded(body({0x03, 'a', 0x00})), Errc::malformed, 4));
    CHECK(has(decoded(body({0x00, 0x07})), Errc::truncated, 6));
    CHECK(has(decoded(body({0x00})), Errc::truncated, 4));
  }

  TEST_CASE("a thousand oddities are counted, and hide no other kind") {
    std::string odd = body({0x45});
    for (int i = 0; i < 1000; ++i) odd += octets({0xC0});
    const Document document = decoded(odd + octets({0x03, 0xFF, 0x00}) + "\xC3\x7F");
    CHECK(document.diagnostics.size() < 70);
    CHECK(has(document, Errc::bad_text, 5 + 1000));
    CHECK(has(document, Errc::truncated, 5 + 1003));
    CHECK(document.diagnostics.back().text.find("further") != std::string::npos);
  }

  TEST_CASE("a document outlives the body it was given, and moves") {
    auto shared = std::make_shared<const std::string>(kSync);
    Document document = decode(shared);
    shared.reset();
    const Document moved = std::move(document);
    CHECK(moved.root()->name() == "Sync");
    CHECK(moved.nodes.size() == decoded(kSync).nodes.size());
  }
}

}  // namespace
}  // namespace eastap::wbxml
