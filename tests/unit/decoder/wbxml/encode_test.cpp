#include "decoder/wbxml/encode.hpp"

#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "decoder/codepages/lookup.hpp"
#include "decoder/wbxml/tokens.hpp"
#include "tests/unit/decoder/wbxml/properties.hpp"

namespace eastap::wbxml {
namespace {

namespace airsync = codepages::airsync;
using codepages::Tag;
using properties::decoded;
using properties::difference;
using properties::violation;

/// A tree of our own making, to compare with what comes back.
struct Item {
  ValueKind kind = ValueKind::none;  ///< none: an element
  Tag tag;
  std::string value;
  std::uint32_t code_point = 0;
  std::vector<Item> children;
};

class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_{seed} {}

  Item element(int depth) {
    Item item;
    if (below(8) == 0) {
      item.tag = {static_cast<std::uint8_t>(below(256)), static_cast<std::uint8_t>(5 + below(59))};
    } else {
      const auto* page = codepages::kPages[below(codepages::kPageCount)];
      item.tag = page->rows[below(page->rows.size())].tag;
    }
    const std::size_t count = depth == 0 ? below(2) : below(5);
    for (std::size_t i = 0; i < count; ++i) {
      item.children.push_back(depth == 0 || below(4) == 0 ? piece() : element(depth - 1));
    }
    return item;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  Item piece() {
    Item item;
    if (below(6) == 0) {
      item.kind = ValueKind::entity;
      item.code_point = static_cast<std::uint32_t>(below(0xD800));
      return item;
    }
    item.kind = below(2) == 0 ? ValueKind::text : ValueKind::opaque;
    const std::size_t size = below(4) == 0 ? below(300) : below(20);
    for (std::size_t i = 0; i < size; ++i) {
      item.value += static_cast<char>(item.kind == ValueKind::text ? ' ' + below(90) : below(256));
    }
    return item;
  }

  std::mt19937 random_;
};

void write(Builder& builder, const Item& item) {
  switch (item.kind) {
    case ValueKind::text: builder.text(item.value); return;
    case ValueKind::opaque: builder.opaque(item.value); return;
    case ValueKind::entity: builder.entity(item.code_point); return;
    default: break;
  }
  builder.open(item.tag);
  for (const Item& child : item.children) write(builder, child);
  builder.close();
}

bool same_piece(const Item& item, const Node& node, std::string_view value) {
  if (item.kind != node.value_kind) return false;
  return item.kind == ValueKind::entity ? item.code_point == node.value_size : item.value == value;
}

bool same(const Item& item, const Element& element) {
  if (item.kind != ValueKind::none) {
    return element.tag() == Tag{} && same_piece(item, element.node(), element.value());
  }
  if (element.tag() != item.tag) return false;
  const bool own = item.children.size() == 1 && (item.children[0].kind == ValueKind::text ||
                                                 item.children[0].kind == ValueKind::opaque);
  if (own) {
    return element.children().empty() &&
           same_piece(item.children[0], element.node(), element.value());
  }
  if (element.node().value_kind != ValueKind::none) return false;
  std::size_t at = 0;
  for (const Element child : element.children()) {
    if (at == item.children.size() || !same(item.children[at++], child)) return false;
  }
  return at == item.children.size();
}

TEST_SUITE("decoder.wbxml.encode") {
  TEST_CASE("the builder writes what the specification lays out") {
    Builder body;
    body.open(airsync::kSync).open(airsync::kCollections).open(airsync::kCollection);
    body.add(airsync::kSyncKey, "0").add(airsync::kGetChanges);
    body.open(airsync::kOptions).open(codepages::airsync_base::kBodyPreference);
    body.add(codepages::airsync_base::kType, "2").close().close();
    body.add(airsync::kCollectionId, "5");
    const unsigned char expected[] = {
        0x03, 0x01, 0x6A, 0x00,                    // header
        0x45, 0x5C, 0x4F,                          // Sync, Collections, Collection
        0x4B, 0x03, '0',  0x00, 0x01,              // SyncKey 0
        0x13,                                      // GetChanges
        0x57, 0x00, 0x11, 0x45,                    // Options, page 17: BodyPreference
        0x46, 0x03, '2',  0x00, 0x01, 0x01, 0x01,  // Type 2
        0x00, 0x00, 0x52, 0x03, '5',  0x00, 0x01,  // page 0: CollectionId 5
        0x01, 0x01, 0x01,                          // closed by finish()
    };
    CHECK(std::move(body).finish() == std::string{expected, expected + sizeof expected});
  }

  TEST_CASE("integers of every length read as they were written") {
    for (const std::uint32_t value : {0U, 1U, 0x7FU, 0x80U, 0x3FFFU, 0x4000U, 0x1F'FFFFU,
                                      0x20'0000U, 0xFFF'FFFFU, 0x1000'0000U, 0xFFFF'FFFFU}) {
      std::string out;
      tokens::write_integer(out, value);
      const auto read = tokens::read_integer(out, 0);
      CHECK(read.state == tokens::IntegerState::good);
      CHECK(read.value == value);
      CHECK(read.size == out.size());
      CHECK(tokens::read_integer(out.substr(0, out.size() - 1), 0).state ==
            tokens::IntegerState::truncated);
    }
  }

  TEST_CASE("every tag of the tables comes back with its name, page and kind of value") {
    for (const codepages::Page* page : codepages::kPages) {
      for (const codepages::TagRow& row : page->rows) {
        CAPTURE(row.name);
        Builder builder;
        builder.open(airsync::kSync).add(row.tag, "value").add(row.tag).close();
        const Document document = decoded(std::move(builder).finish());
        CHECK(violation(document) == "");
        CHECK(document.diagnostics.empty());
        REQUIRE(document.nodes.size() == 3);
        const Element element{document, 1};
        CHECK(element.tag() == row.tag);
        CHECK(element.name() == row.name);
        CHECK(element.page_name() == page->name);
        CHECK(element.value() == "value");
        CHECK(element.is_opaque() == row.opaque);
        CHECK(Element{document, 2}.node().value_kind == ValueKind::none);
      }
    }
  }

  TEST_CASE("random trees come back as they were made, at every re-encoding") {
    for (std::uint32_t seed = 0; seed < 400; ++seed) {
      CAPTURE(seed);
      const Item tree = Maker{seed}.element(1 + static_cast<int>(seed % 7));
      Builder builder;
      write(builder, tree);
      const Document document = decoded(std::move(builder).finish());
      REQUIRE(document.complete);
      CHECK(same(tree, *document.root()));
      CHECK(violation(document) == "");
      CHECK(encode(document) == *document.body);
    }
  }

  TEST_CASE("a text with a NUL travels as opaque") {
    Builder builder;
    builder.open(airsync::kSync).text(std::string{"a\0b", 3});
    const Document document = decoded(std::move(builder).finish());
    CHECK(document.root()->is_opaque());
    CHECK(document.root()->value() == std::string{"a\0b", 3});
  }

  TEST_CASE("values and closes outside of the root are ignored") {
    Builder builder;
    builder.text("x").opaque("y").entity(65).close().extension("\xC0").attributes("\x01");
    builder.open(airsync::kSync).close().close().text("z");
    CHECK(std::move(builder).finish() == Builder::activesync_header() + '\x05');
  }

  TEST_CASE("a cut document is encoded as far as it goes") {
    Builder builder;
    builder.open(airsync::kSync).open(airsync::kCollections).add(airsync::kSyncKey, "123");
    const std::string whole = std::move(builder).finish();
    const auto again = encode(decoded(whole.substr(0, whole.size() - 4)));
    REQUIRE(again);
    const Document document = decoded(*again);
    CHECK(document.complete);
    CHECK(document.root()->child(airsync::kCollections)->child_value(airsync::kSyncKey) == "123");
    CHECK(difference(document, decoded(whole)) == "");
  }

  TEST_CASE("a document without a root cannot be encoded") {
    CHECK(encode(decoded("")).error().code == Errc::malformed);
  }
}

}  // namespace
}  // namespace eastap::wbxml
