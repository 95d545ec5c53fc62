#include "decoder/wbxml/document.hpp"

#include "decoder/codepages/lookup.hpp"
#include "decoder/wbxml/tokens.hpp"

namespace eastap::wbxml {
namespace {

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point > tokens::kLastCodePoint ||
             (code_point >= 0xD800 && code_point <= 0xDFFF)) {
    out += "\xEF\xBF\xBD";  // U+FFFD: the decoder has remarked on it
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

void append_value(std::string& out, const Element& element) {
  if (element.node().value_kind == ValueKind::entity) {
    append_utf8(out, element.node().value_size);
  } else if (element.node().value_kind != ValueKind::extension) {
    out += element.value();
  }
}

}  // namespace

std::string_view Element::name() const {
  const Node& self = node();
  if (self.tag.token == Node::kLiteral) {
    const auto index = tokens::read_integer(*document_->body, std::size_t{self.offset} + 1);
    return document_->table_string(index.value);
  }
  const codepages::TagRow* row = codepages::find_row(self.tag);
  return row == nullptr ? std::string_view{} : row->name;
}

std::string_view Element::page_name() const {
  if (node().tag.token == Node::kPiece) return {};
  const codepages::Page* page = codepages::find_page(node().tag.page);
  return page == nullptr ? std::string_view{} : page->name;
}

std::string_view Element::value() const {
  const Node& self = node();
  if (self.value_kind == ValueKind::none || self.value_kind == ValueKind::entity) return {};
  return document_->octets(self.value_offset, self.value_size);
}

std::string Element::whole_value() const {
  std::string out;
  if (node().value_kind != ValueKind::none) {
    append_value(out, *this);
    return out;
  }
  for (const Element piece : children()) {
    if (piece.tag().token == Node::kPiece) append_value(out, piece);
  }
  return out;
}

std::string_view Document::public_id_text() const {
  return public_id == 0 ? table_string(public_id_index) : std::string_view{};
}

bool Document::is_activesync() const {
  const std::string_view text = public_id_text();
  return public_id == 1 || text == "-//MICROSOFT//DTD ActiveSync//EN" ||
         text == "-//AIRSYNC//DTD AirSync//EN";
}

std::string_view Document::table_string(std::uint32_t index) const {
  if (index >= string_table_size) return {};
  const std::string_view rest = octets(string_table_offset, string_table_size).substr(index);
  return rest.substr(0, rest.find('\0'));
}

}  // namespace eastap::wbxml
