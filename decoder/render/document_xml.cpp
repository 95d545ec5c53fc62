#include "decoder/render/document_xml.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/eas/values/meaning.hpp"
#include "decoder/render/diagnostic.hpp"
#include "decoder/render/eight_octets.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"
#include "decoder/render/utf8.hpp"
#include "decoder/wbxml/encode.hpp"

namespace eastap::render {
namespace {

using wbxml::Node;
using wbxml::ValueKind;

/// What an octet asks of the writer. Of octets beyond ASCII only those ask for a look that begin
/// the few sequences which are not written as they are.
enum class OctetClass : std::uint8_t { plain, escaped, impossible, look };

constexpr auto kOctetClasses = [] {
  std::array<OctetClass, 256> classes{};
  for (std::size_t i = 0; i < 0x20; ++i) classes[i] = OctetClass::impossible;
  classes['\t'] = OctetClass::plain;
  classes['\n'] = OctetClass::plain;
  classes['\r'] = OctetClass::escaped;  // a parser turns a bare CR into LF, XML 1.0 2.11
  classes['&'] = OctetClass::escaped;
  classes['<'] = OctetClass::escaped;
  classes['>'] = OctetClass::escaped;  // "]]>" may not stand in text
  classes[0x7F] = OctetClass::escaped;
  classes[0xC2] = OctetClass::look;  // C1 controls
  classes[0xD8] = OctetClass::look;  // U+061C
  classes[0xE2] = OctetClass::look;  // U+200E to U+206F
  classes[0xEF] = OctetClass::look;  // U+FFFE, U+FFFF
  return classes;
}();

OctetClass class_of(char c) { return kOctetClasses[static_cast<unsigned char>(c)]; }

/// The first of these is not plain. A tab counts as not plain.
std::uint64_t special(const EightOctets& octets) {
  // < and > differ in bit 1 only: 0x3C, 0x3E
  std::uint64_t bits =
      octets.control_but_newline() | octets.is('&') | octets.is_with('>', 0x02) | octets.is(0x7F);
  if (octets.beyond_ascii() != 0) {
    bits |= octets.is(0xC2) | octets.is(0xD8) | octets.is(0xE2) | octets.is(0xEF);
  }
  return bits;
}

/// Where, at or after `at`, the next octet stands that is not plain. `wide`: something beyond ASCII
/// was met on the way.
std::size_t next_special(std::string_view text, std::size_t at, bool& wide) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; text.size() - at >= 8; at += 8) {
      const EightOctets octets{text.data() + at};
      wide = wide || octets.beyond_ascii() != 0;
      if (const std::uint64_t bits = special(octets); bits != 0) {
        return at + static_cast<std::size_t>(std::countr_zero(bits)) / 8;
      }
    }
  }
  while (at < text.size() && class_of(text[at]) == OctetClass::plain) {
    wide = wide || static_cast<unsigned char>(text[at]) >= 0x80;
    ++at;
  }
  return at;
}

void append_reference(std::string& out, std::uint32_t c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  out += "&#x";
  int shift = 0;
  while (shift < 28 && (c >> shift) > 15) shift += 4;
  for (; shift >= 0; shift -= 4) out += digits[c >> shift & 15U];
  out += ';';
}

/// Calls `escape` with the place and the code point of each character of `text` that is not written
/// as it is, in order. False when XML cannot hold the text; then some calls were in vain.
template <class Escape>
bool scan_text(std::string_view text, Escape&& escape) {
  bool wide = false;
  for (std::size_t at = next_special(text, 0, wide); at < text.size();
       at = next_special(text, at, wide)) {
    switch (class_of(text[at])) {
      case OctetClass::plain: ++at; break;
      case OctetClass::escaped:
        escape(at, CodePoint{static_cast<unsigned char>(text[at]), 1, true});
        ++at;
        break;
      case OctetClass::impossible: return false;
      case OctetClass::look: {
        const CodePoint c = code_point_at(text, at);
        if (!c.valid || c.value == 0xFFFE || c.value == 0xFFFF) return false;
        if (acts_on_display(c.value)) escape(at, c);
        at += c.length;
        break;
      }
    }
  }
  return !wide || is_utf8(text);
}

/// False, and nothing appended, when XML cannot hold the text. `shorten`: see XmlOptions.
bool append_text(std::string& out, std::string_view text, std::size_t shorten) {
  const std::size_t begin = out.size();
  const std::string_view shown =
      shorten == 0 ? text : without_cut_sequence(text, std::min(shorten, text.size()));
  std::size_t from = 0;
  const bool good = scan_text(text, [&](std::size_t at, const CodePoint& c) {
    if (at >= shown.size()) return;
    out.append(shown.data() + from, at - from);
    from = at + c.length;
    switch (c.value) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\r':
        if (shorten == 0 || from == shown.size() || shown[from] != '\n') out += "&#13;";
        break;
      default: append_reference(out, c.value);
    }
  });
  if (good) {
    out.append(shown.data() + from, shown.size() - from);
  } else {
    out.resize(begin);
  }
  return good;
}

/// For attributes: printable text, since a name that is no XML text has no other place to be.
void append_attribute(std::string& out, std::string_view value) {
  for (const char c : printable(value)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
}

class XmlWriter {
 public:
  XmlWriter(std::string& out, const wbxml::Document& document, const XmlOptions& options)
      : out_{out}, document_{document}, nodes_{document.nodes}, options_{options} {}

  void write() {
    if (options_.declaration) out_ += "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
    if (options_.declaration && options_.pretty) out_ += '\n';
    has_pieces_ = std::any_of(nodes_.begin(), nodes_.end(),
                              [](const Node& node) { return node.tag.token == Node::kPiece; });
    for (std::uint32_t index = 0; index < nodes_.size(); ++index) {
      while (!open_.empty() && open_.back().end <= index) close();
      if (nodes_[index].tag.token == Node::kPiece) {
        write_piece(index);
      } else {
        write_element(index);
      }
    }
    while (!open_.empty()) close();
    if (options_.mark_stop && !document_.complete) write_stop();
    if (options_.pretty && !nodes_.empty()) out_ += '\n';
  }

 private:
  static constexpr int kNoPage = -1;

  struct Open {
    std::uint32_t index, end;
    int page;     ///< of the default namespace inside
    bool inside;  ///< content is mixed: our white space would become part of it
  };

  [[nodiscard]] std::string_view value_of(const Node& node) const {
    return document_.octets(node.value_offset, node.value_size);
  }

  void begin_line() {
    if (!options_.pretty || (!open_.empty() && open_.back().inside)) return;
    if (begun_) out_ += '\n';
    begun_ = true;
    out_.append(options_.margin + 2 * open_.size(), ' ');
  }

  void append_hex_octet(std::uint8_t value) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out_ += "0x";
    out_ += digits[value >> 4U];
    out_ += digits[value & 15U];
  }

  /// "<Name xmlns=…" without what ends it; gives the page of the namespace inside.
  int append_start(std::uint32_t index) {
    const int outside = open_.empty() ? kNoPage : open_.back().page;
    const codepages::Tag tag = nodes_[index].tag;
    if (const codepages::TagRow* row = codepages::find_row(tag)) {
      out_ += '<';
      out_ += row->name;
      if (tag.page != outside) {
        out_ += " xmlns=\"";
        out_ += codepages::kPages[tag.page]->name;
        out_ += '"';
      }
      return tag.page;
    }
    if (tag.token == Node::kLiteral) {
      out_ += "<literal name=\"";
      append_attribute(out_, wbxml::Element{document_, index}.name());
      out_ += '"';
      if (tag.page != 0) out_ += " page=\"" + std::to_string(tag.page) + '"';
      return outside;
    }
    out_ += "<unknown page=\"";
    out_ += std::to_string(tag.page);
    out_ += "\" token=\"";
    append_hex_octet(tag.token);
    out_ += '"';
    return outside;
  }

  void append_end(std::uint32_t index) {
    const codepages::Tag tag = nodes_[index].tag;
    out_ += "</";
    if (const codepages::TagRow* row = codepages::find_row(tag)) {
      out_ += row->name;
    } else {
      out_ += tag.token == Node::kLiteral ? "literal" : "unknown";
    }
    out_ += '>';
  }

  [[nodiscard]] bool is_mixed(std::uint32_t index) const {
    if (nodes_[index].value_kind != ValueKind::none) return true;
    if (!has_pieces_) return false;
    const std::uint32_t end = nodes_[index].end;
    for (std::uint32_t child = index + 1; child < end; child = nodes_[child].end) {
      if (nodes_[child].tag.token == Node::kPiece) return true;
    }
    return false;
  }

  void write_element(std::uint32_t index) {
    const Node& node = nodes_[index];
    begin_line();
    const int page = append_start(index);
    const bool has_children = node.end > index + 1;
    if (!has_children && node.value_kind == ValueKind::none) {
      out_ += "/>";
      return;
    }
    if (!has_children && node.hidden) {
      append_encoding(encoding_of(node));
      out_ += " bytes=\"" + std::to_string(node.value_size) + "\"/>";
      return;
    }
    if (has_children) {
      out_ += '>';
    } else {
      write_value(node);
    }
    if (has_children) {
      const bool inside = is_mixed(index) || (!open_.empty() && open_.back().inside);
      if (!inside) write_meaning(index);
      open_.push_back({index, node.end, page, inside});
    } else {
      append_end(index);
      if (open_.empty() || !open_.back().inside) write_meaning(index);
    }
  }

  void close() {
    const Open closing = open_.back();
    open_.pop_back();
    if (options_.pretty && !closing.inside) {
      out_ += '\n';
      out_.append(options_.margin + 2 * open_.size(), ' ');
    }
    append_end(closing.index);
  }

  /// What tells encode_xml how the value travelled; "" where it would choose that by itself.
  [[nodiscard]] static std::string_view encoding_of(const Node& node) {
    const bool opaque = node.value_kind == ValueKind::opaque;
    const codepages::TagRow* row = codepages::find_row(node.tag);
    const bool usual = opaque == (row != nullptr && row->opaque);
    if (usual && node.value_size != 0 && !(opaque && wbxml::is_conversation(node.tag))) return {};
    return opaque ? "opaque" : "text";
  }

  void append_encoding(std::string_view encoding) {
    if (!encoding.empty()) out_.append(" encoding=\"").append(encoding) += '"';
  }

  /// The rest of a start tag, '>' included, and the value.
  void write_value(const Node& node) {
    const std::string_view value = value_of(node);
    const std::size_t begin = out_.size();
    append_encoding(encoding_of(node));
    out_ += '>';
    if (append_text(out_, value, options_.shorten)) {
      append_note(value);
    } else {
      out_.resize(begin);
      append_encoding(base64_of(node));
      out_ += '>';
      append_base64(value);
    }
  }

  [[nodiscard]] static std::string_view base64_of(const Node& node) {
    return node.value_kind == ValueKind::opaque ? "base64" : "base64-text";
  }

  void append_base64(std::string_view value) {
    out_ += to_base64(options_.shorten == 0 ? value : value.substr(0, options_.shorten));
    append_note(value);
  }

  /// Of the length of a value that was cut.
  void append_note(std::string_view value) {
    if (options_.shorten == 0 || value.size() <= options_.shorten) return;
    out_ += "… [";
    out_ += grouped(value.size());
    out_ += " octets]";
  }

  /// Text that a parser would join with the piece before it, or take for layout.
  [[nodiscard]] bool needs_element(std::uint32_t index) const {
    const Node& before = nodes_[index - 1];
    return (before.tag.token == Node::kPiece && before.depth == nodes_[index].depth &&
            before.value_kind == ValueKind::text) ||
           value_of(nodes_[index]).find_first_not_of(" \t\r\n") == std::string_view::npos;
  }

  /// Content that has no element of its own, or shares one with others.
  void write_piece(std::uint32_t index) {
    const Node& node = nodes_[index];
    const bool opaque = node.value_kind == ValueKind::opaque;
    if (node.hidden) {
      out_ += "<piece";
      if (opaque) append_encoding("opaque");
      out_ += " bytes=\"" + std::to_string(node.value_size) + "\"/>";
      return;
    }
    switch (node.value_kind) {
      case ValueKind::none: return;
      case ValueKind::text:
      case ValueKind::opaque: write_text_piece(index); return;
      case ValueKind::entity: {
        std::array<char, 40> text{};
        const int length = std::snprintf(text.data(), text.size(), "<entity code=\"0x%X\"/>",
                                         static_cast<unsigned>(node.value_size));
        out_.append(text.data(), static_cast<std::size_t>(length));
        return;
      }
      case ValueKind::extension: {
        const bool attributes = wbxml::is_attributes(document_, index);
        out_ += attributes ? "<attributes" : "<extension";
        out_ += " encoding=\"base64\">";
        append_base64(value_of(node));
        out_ += attributes ? "</attributes>" : "</extension>";
        return;
      }
    }
  }

  void write_text_piece(std::uint32_t index) {
    const Node& node = nodes_[index];
    const std::string_view value = value_of(node);
    const bool opaque = node.value_kind == ValueKind::opaque;
    const bool element = opaque || needs_element(index);
    const std::size_t begin = out_.size();
    if (element) {
      out_ += "<piece";
      if (opaque) append_encoding("opaque");
      out_ += '>';
    }
    if (append_text(out_, value, options_.shorten)) {
      append_note(value);
      if (element) out_ += "</piece>";
      return;
    }
    out_.resize(begin);
    out_ += "<piece";
    append_encoding(base64_of(node));
    out_ += '>';
    append_base64(value);
    out_ += "</piece>";
  }

  void write_stop() {
    begin_line();
    std::string text = "stopped at octet " + grouped(document_.decoded_octets);
    if (document_.body) text += " of " + grouped(document_.body->size());
    if (const Diagnostic* reason = stop_reason(document_)) text += ": " + reason->text;
    append_comment(text);
    if (options_.pretty && nodes_.empty()) out_ += '\n';
  }

  void append_comment(std::string_view text) {
    out_ += "<!-- ";
    // "--" ends a comment early, and so does "-" at its end
    char last = ' ';
    for (const char c : printable(text)) {
      if (c == '-' && last == '-') out_ += ' ';
      out_ += c;
      last = c;
    }
    out_ += " -->";
  }

  void write_meaning(std::uint32_t index) {
    if (!options_.meanings || !options_.pretty) return;
    if (nodes_[index].hidden || !eas::values::may_have_meaning(nodes_[index].tag)) return;
    const std::string text = eas::values::meaning({document_, index});
    if (text.empty()) return;
    out_ += ' ';
    append_comment(text);
  }

  std::string& out_;
  const wbxml::Document& document_;
  const std::vector<Node>& nodes_;
  const XmlOptions& options_;
  std::vector<Open> open_;
  bool begun_ = false;
  bool has_pieces_ = false;
};

}  // namespace

void append_xml(std::string& out, const wbxml::Document& document, const XmlOptions& options) {
  XmlWriter{out, document, options}.write();
}

std::string to_xml(const wbxml::Document& document, const XmlOptions& options) {
  std::string out;
  append_xml(out, document, options);
  return out;
}

}  // namespace eastap::render
