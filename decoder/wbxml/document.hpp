#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/diagnostic.hpp"
#include "decoder/codepages/tag.hpp"

namespace eastap::wbxml {

/// What an element's own value is on the wire.
enum class ValueKind : std::uint8_t {
  none,
  text,    ///< STR_I, or STR_T resolved into the string table
  opaque,  ///< OPAQUE, kept exact
  entity,  ///< ENTITY: `value_size` holds the code point, `value_offset` is where the token stands
  extension,  ///< EXT_* and PI with their token, attributes with their END: octets kept exact in a
              ///< node of their own, always with a diagnostic
};

/// One element, in document order; its subtree is [own index + 1, end). An element whose only
/// content is one text or opaque holds it itself; further pieces (mixed or repeated content)
/// are nodes of their own with token `kPiece`.
struct Node {
  static constexpr std::uint8_t kPiece = 0;  ///< a value without an element
  static constexpr std::uint8_t kLiteral =
      4;  ///< LITERAL: `Element::name()` is in the string table

  codepages::Tag tag;  ///< token without flags; unknown tokens are kept by number
  ValueKind value_kind = ValueKind::none;
  bool closed = true;       ///< false: the body ended (or a limit was met) inside this element
  std::uint16_t depth = 0;  ///< 1 for the root
  bool hidden = false;  ///< the value's octets stand for others of that number (proxy/redact): who
                        ///< shows the document tells their number instead
  std::uint32_t offset = 0;        ///< of the element's token in the body
  std::uint32_t value_offset = 0;  ///< of the first octet of the value in the body
  std::uint32_t value_size = 0;
  std::uint32_t end = 0;  ///< index of the first node after the subtree
  bool operator==(const Node&) const = default;
};

class Document;

/// A view of one node; valid as long as its document.
class Element {
 public:
  Element() = default;
  Element(const Document& document, std::uint32_t index) : document_{&document}, index_{index} {}

  [[nodiscard]] const Node& node() const;
  [[nodiscard]] codepages::Tag tag() const { return node().tag; }
  /// "" when the tables do not know the token. A LITERAL's name is a view into the body.
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] std::string_view page_name() const;
  [[nodiscard]] bool is(codepages::Tag tag) const { return node().tag == tag; }
  /// The element's own value (text, or opaque octets); "" when it has none or several pieces. Of a
  /// piece: its text or octets, "" for an entity.
  [[nodiscard]] std::string_view value() const;
  /// All text and opaque pieces of this element joined; entities as UTF-8.
  [[nodiscard]] std::string whole_value() const;
  [[nodiscard]] bool is_opaque() const { return node().value_kind == ValueKind::opaque; }
  /// Child elements and pieces.
  [[nodiscard]] class Children children() const;
  /// The first child with that tag.
  [[nodiscard]] std::optional<Element> child(codepages::Tag tag) const;
  /// `value()` of the first child with that tag.
  [[nodiscard]] std::optional<std::string_view> child_value(codepages::Tag tag) const;
  [[nodiscard]] bool has(codepages::Tag tag) const { return child(tag).has_value(); }
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] const Document& document() const { return *document_; }

 private:
  const Document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

class Children {
 public:
  class Iterator {
   public:
    using value_type = Element;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const Document* document, std::uint32_t index) : document_{document}, index_{index} {}
    Element operator*() const { return {*document_, index_}; }
    Iterator& operator++();
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const Document* document_ = nullptr;
    std::uint32_t index_ = 0;
  };

  Children(const Document& document, std::uint32_t first, std::uint32_t last)
      : document_{&document}, first_{first}, last_{last} {}
  [[nodiscard]] Iterator begin() const { return {document_, first_}; }
  [[nodiscard]] Iterator end() const { return {document_, last_}; }
  [[nodiscard]] bool empty() const { return first_ == last_; }

 private:
  const Document* document_;
  std::uint32_t first_, last_;
};

/// A decoded WBXML body: a flat tree over the octets it was decoded from. Never fails as a whole:
/// what decoded before an error is here, and `diagnostics` says what went wrong at which octet.
class Document {
 public:
  /// The octets that the nodes' values lie in; shared so that a document outlives its message.
  std::shared_ptr<const std::string> body;
  std::uint8_t version = 0;     ///< WBXML version octet: 0x03 is 1.3
  std::uint32_t public_id = 0;  ///< 1 in ActiveSync ("unknown"); 0: see `public_id_text`
  std::uint32_t charset = 0;    ///< MIBenum; 106 is UTF-8
  std::uint32_t string_table_offset = 0, string_table_size = 0;
  std::uint32_t public_id_index = 0;  ///< into the string table, when `public_id` is 0
  std::vector<Node> nodes;            ///< empty when not even a root decoded
  std::vector<Diagnostic> diagnostics;
  std::uint64_t decoded_octets = 0;  ///< where decoding stopped
  bool complete = false;             ///< the root element was closed and nothing was left over

  [[nodiscard]] std::optional<Element> root() const {
    if (nodes.empty()) return std::nullopt;
    return Element{*this, 0};
  }
  /// The public identifier that stands in the string table; "" when `public_id` is not 0.
  [[nodiscard]] std::string_view public_id_text() const;
  /// The header names ActiveSync, by number or by text.
  [[nodiscard]] bool is_activesync() const;
  /// The string at `index` of the string table, without its NUL; "" when there is none.
  [[nodiscard]] std::string_view table_string(std::uint32_t index) const;
  [[nodiscard]] std::string_view octets(std::uint32_t offset, std::uint32_t size) const {
    return std::string_view{*body}.substr(offset, size);
  }
};

inline const Node& Element::node() const { return document_->nodes[index_]; }

inline Children::Iterator& Children::Iterator::operator++() {
  index_ = document_->nodes[index_].end;
  return *this;
}

inline Children Element::children() const { return {*document_, index_ + 1, node().end}; }

inline std::optional<Element> Element::child(codepages::Tag tag) const {
  for (const Element candidate : children()) {
    if (candidate.tag() == tag) return candidate;
  }
  return std::nullopt;
}

inline std::optional<std::string_view> Element::child_value(codepages::Tag tag) const {
  if (const auto found = child(tag)) return found->value();
  return std::nullopt;
}

}  // namespace eastap::wbxml
