#include "decoder/wbxml/encode.hpp"

#include <utility>

#include "decoder/codepages/lookup.hpp"
#include "decoder/wbxml/tokens.hpp"

namespace eastap::wbxml {

using codepages::Tag;

Builder::Builder(std::string header) : out_{std::move(header)} {}

/// Marks the innermost element as one with content; false when none is open.
bool Builder::begin_content() {
  if (has_content_.empty()) return false;
  if (has_content_.back() == 0) {
    out_[token_at_] = static_cast<char>(out_[token_at_] | tokens::kHasContent);
    has_content_.back() = 1;
  }
  return true;
}

void Builder::begin_element(Tag tag) {
  begin_content();
  if (tag.page != page_) {
    out_ += static_cast<char>(tokens::kSwitchPage);
    out_ += static_cast<char>(tag.page);
    page_ = tag.page;
  }
  token_at_ = out_.size();
  out_ += static_cast<char>(tag.token & tokens::kTokenMask);
  has_content_ += '\0';
}

Builder& Builder::open(Tag tag) {
  begin_element(tag);
  return *this;
}

Builder& Builder::open_literal(std::uint8_t page, std::uint32_t index) {
  begin_element({page, tokens::kLiteral});
  tokens::write_integer(out_, index);
  return *this;
}

Builder& Builder::close() {
  if (has_content_.empty()) return *this;
  if (has_content_.back() != 0) out_ += static_cast<char>(tokens::kEnd);
  has_content_.pop_back();
  return *this;
}

Builder& Builder::text(std::string_view value) {
  if (value.find('\0') != std::string_view::npos) return opaque(value);
  if (!begin_content()) return *this;
  out_ += static_cast<char>(tokens::kStrI);
  out_ += value;
  out_ += '\0';
  return *this;
}

Builder& Builder::opaque(std::string_view octets) {
  if (!begin_content()) return *this;
  out_ += static_cast<char>(tokens::kOpaque);
  tokens::write_integer(out_, static_cast<std::uint32_t>(octets.size()));
  out_ += octets;
  return *this;
}

Builder& Builder::entity(std::uint32_t code_point) {
  if (!begin_content()) return *this;
  out_ += static_cast<char>(tokens::kEntity);
  tokens::write_integer(out_, code_point);
  return *this;
}

Builder& Builder::extension(std::string_view tokens) {
  if (begin_content()) out_ += tokens;
  return *this;
}

Builder& Builder::attributes(std::string_view tokens) {
  if (has_content_.empty() || has_content_.back() != 0) return *this;
  out_[token_at_] = static_cast<char>(out_[token_at_] | tokens::kHasAttributes);
  out_ += tokens;
  return *this;
}

Builder& Builder::add(Tag tag, std::string_view value) {
  open(tag);
  if (!value.empty()) {
    const codepages::TagRow* row = codepages::find_row(tag);
    row != nullptr && row->opaque ? opaque(value) : text(value);
  }
  return close();
}

std::string Builder::finish() && {
  while (!has_content_.empty()) close();
  return std::move(out_);
}

bool is_attributes(const Document& document, std::uint32_t index) {
  const Node& parent = document.nodes[index - 1];
  const auto token = static_cast<std::uint8_t>((*document.body)[parent.offset]);
  return parent.tag.token != Node::kPiece && parent.depth + 1 == document.nodes[index].depth &&
         (token & tokens::kHasAttributes) != 0;
}

bool is_conversation(Tag tag) {
  return tag == codepages::email2::kConversationId ||
         tag == codepages::email2::kConversationIndex ||
         tag == codepages::search::kConversationId ||
         tag == codepages::item_operations::kConversationId;
}

namespace {

std::string header_of(const Document& document) {
  std::string header;
  header += static_cast<char>(document.version);
  tokens::write_integer(header, document.public_id);
  if (document.public_id == 0) tokens::write_integer(header, document.public_id_index);
  tokens::write_integer(header, document.charset);
  tokens::write_integer(header, document.string_table_size);
  header += document.octets(document.string_table_offset, document.string_table_size);
  return header;
}

void put_value(Builder& builder, const Document& document, std::uint32_t index) {
  const Node& node = document.nodes[index];
  const std::string_view octets = Element{document, index}.value();
  switch (node.value_kind) {
    case ValueKind::none: return;
    case ValueKind::text: builder.text(octets); return;
    case ValueKind::opaque: builder.opaque(octets); return;
    case ValueKind::entity: builder.entity(node.value_size); return;
    case ValueKind::extension:
      is_attributes(document, index) ? builder.attributes(octets) : builder.extension(octets);
      return;
  }
}

}  // namespace

Result<std::string> encode(const Document& document) {
  if (document.nodes.empty()) {
    return tl::unexpected(Error{Errc::malformed, 0, "the document has no root element"});
  }
  Builder builder{header_of(document)};
  std::uint32_t depth = 0;
  for (std::uint32_t index = 0; index < document.nodes.size(); ++index) {
    const Node& node = document.nodes[index];
    for (; depth >= node.depth; --depth) builder.close();
    if (node.tag.token == Node::kPiece) {
      put_value(builder, document, index);
      continue;
    }
    if (node.tag.token == Node::kLiteral) {
      const auto name = tokens::read_integer(*document.body, std::size_t{node.offset} + 1);
      builder.open_literal(node.tag.page, name.value);
    } else {
      builder.open(node.tag);
    }
    ++depth;
    put_value(builder, document, index);
  }
  return std::move(builder).finish();
}

}  // namespace eastap::wbxml
