#include "decoder/render/hex.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/eas/values/meaning.hpp"
#include "decoder/render/diagnostic.hpp"
#include "decoder/render/line_writer.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"
#include "decoder/render/utf8.hpp"

namespace eastap::render {
namespace {

using wbxml::Node;

bool is_narrow(const HexOptions& options) { return options.columns != 0 && options.columns < 100; }

void append_offset(std::string& out, std::uint64_t offset, const HexOptions& options) {
  std::array<char, 48> text{};
  const auto number = static_cast<unsigned long long>(offset);
  const int length = is_narrow(options)
                         ? std::snprintf(text.data(), text.size(), "%6llu", number)
                         : std::snprintf(text.data(), text.size(), "%8llu  %08llx", number, number);
  out.append(text.data(), static_cast<std::size_t>(length));
}

void append_octets(std::string& out, std::string_view octets, std::size_t per_row) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < per_row; ++i) {
    if (i != 0 && i % 8 == 0) out += ' ';
    out += ' ';
    if (i < octets.size()) {
      const auto value = static_cast<unsigned char>(octets[i]);
      out += digits[value >> 4U];
      out += digits[value & 15U];
    } else {
      out += "  ";
    }
  }
}

void append_ascii(std::string& out, std::string_view octets) {
  for (const char c : octets) out += c >= 0x20 && c < 0x7F ? c : '.';
}

void append_rest(std::string& out, std::size_t margin, std::uint64_t rest) {
  out.append(margin, ' ');
  out += "… " + grouped(rest) + " more octets\n";
}

/// Reads the body a second time, token by token, for its layout; the tree tells where tokens that
/// need more than layout begin. Trusts nothing: every step stays below `end_`.
class AnnotatedHex {
 public:
  AnnotatedHex(std::string& out, const wbxml::Document& document, const HexOptions& options)
      : out_{out}, document_{document}, options_{options}, body_{*document.body} {
    limit_ = options.limit == 0 ? body_.size() : std::min(options.limit, body_.size());
    end_ = static_cast<std::size_t>(std::min<std::uint64_t>(document.decoded_octets, body_.size()));
    for (const Diagnostic& remark : document.diagnostics) remarks_.push_back(&remark);
    std::stable_sort(remarks_.begin(), remarks_.end(), [](const auto* left, const auto* right) {
      return left->offset < right->offset;
    });
  }

  void write() {
    out_.append(options_.margin, ' ');
    out_ += is_narrow(options_) ? "offset" : "  offset       hex";
    out_ += "  octets                 depth page  token    meaning\n";
    header();
    while (at_ < end_ && at_ < limit_) token();
    if (at_ >= limit_ && at_ < body_.size()) {
      append_rest(out_, options_.margin, body_.size() - at_);
    } else if (at_ < body_.size()) {
      remarks_until(at_);  // why it stopped, then what is left
      out_.append(options_.margin, ' ');
      out_ += "not decoded: " + grouped(body_.size() - at_) + " octets\n";
      append_hexdump(out_, body_.substr(at_, limit_ - at_),
                     {.margin = options_.margin, .first = at_, .columns = options_.columns});
      if (limit_ < body_.size()) append_rest(out_, options_.margin, body_.size() - limit_);
    }
    remarks_until(UINT64_MAX);
  }

 private:
  static constexpr std::size_t kPerRow = 8;
  static constexpr std::size_t kDeepest = 16;  ///< further ones are not indented further

  /// Columns that a meaning has now.
  [[nodiscard]] std::size_t room() const {
    if (options_.columns == 0) return 52;
    const std::size_t before =
        options_.margin + (is_narrow(options_) ? 52 : 64) + std::min(open_.size(), kDeepest);
    return std::max<std::size_t>(20, options_.columns - std::min(before, options_.columns));
  }

  /// What stands between octets and meaning.
  struct Columns {
    std::string_view token;  ///< of WBXML, or the tag's number
    std::string_view page;
    bool nested = true;  ///< false: no depth to show
  };

  struct Number {
    std::uint64_t value = 0;
    std::size_t length = 0;  ///< 0: cut or too long
  };

  /// mb_u_int32 at `from`
  [[nodiscard]] Number number_at(std::size_t from) const {
    Number number;
    for (std::size_t i = 0; i < 5 && from + i < end_; ++i) {
      const auto octet = static_cast<unsigned char>(body_[from + i]);
      number.value = (number.value << 7U) | (octet & 0x7FU);
      if ((octet & 0x80U) == 0) {
        number.length = i + 1;
        return number;
      }
    }
    return {};
  }

  void remarks_until(std::uint64_t offset) {
    for (; next_remark_ < remarks_.size() && remarks_[next_remark_]->offset <= offset;
         ++next_remark_) {
      LineStyle style;
      style.width = options_.columns;
      LineWriter line{out_, style};
      line.space(options_.margin);
      line.wrapped("▲ " + to_sentence(*remarks_[next_remark_]), options_.margin + 2,
                   options_.margin, {});
    }
  }

  /// One unit of `length` octets at `at_`, with its meaning on its first row.
  void row(std::size_t length, const Columns& columns, std::string_view meaning,
           std::size_t depth) {
    length = std::min(length, body_.size() - at_);
    const std::size_t end = at_ + length;
    bool first = true;
    while (at_ < end && at_ < limit_) {
      const std::string_view octets = body_.substr(at_, std::min(kPerRow, end - at_));
      out_.append(options_.margin, ' ');
      append_offset(out_, options_.first + at_, options_);
      out_ += ' ';
      append_octets(out_, octets, kPerRow);
      out_ += "  ";
      const std::string level = first && columns.nested ? std::to_string(depth + 1) : "";
      append_cell(out_, level, 3, Align::right);
      append_cell(out_, first ? columns.page : std::string_view{}, 5, Align::right);
      out_ += "  ";
      append_cell(out_, first ? columns.token : std::string_view{}, 7);
      out_ += "  ";
      // the column of the depth counts on where the indentation would leave the screen
      out_.append(std::min(depth, kDeepest), ' ');
      if (first) {
        out_ += meaning;
      } else {
        append_ascii(out_, octets);
      }
      while (!out_.empty() && out_.back() == ' ') out_.pop_back();
      out_ += '\n';
      at_ += octets.size();
      first = false;
      if (at_ > 0) remarks_until(at_ - 1);
    }
  }

  void header() {
    const std::uint64_t header_end =
        document_.string_table_size != 0 || document_.string_table_offset != 0
            ? std::uint64_t{document_.string_table_offset} + document_.string_table_size
            : 0;
    const std::size_t length = static_cast<std::size_t>(std::min<std::uint64_t>(header_end, end_));
    if (length == 0) return;
    std::string meaning = "WBXML " + std::to_string((document_.version >> 4U) + 1) + "." +
                          std::to_string(document_.version & 15U) +
                          (is_narrow(options_) ? ", id " : ", public id ") +
                          std::to_string(document_.public_id) + ", ";
    meaning += document_.charset == 106 ? "UTF-8" : "charset " + std::to_string(document_.charset);
    if (document_.string_table_size != 0) {
      meaning += ", string table of " + grouped(document_.string_table_size);
    }
    row(length, {"", "", false}, meaning, 0);
  }

  [[nodiscard]] std::string quoted(std::string_view value) const {
    std::string text = "\"";
    // four octets a column is the most that UTF-8 needs
    append_printable(text, without_cut_sequence(value, room() * 4));
    text += '"';
    return cut_to_width(text, room());
  }

  void switch_page() {
    const auto page = static_cast<std::uint8_t>(at_ + 1 < body_.size() ? body_[at_ + 1] : 0);
    page_ = page;
    const codepages::Page* known = codepages::find_page(page);
    row(2, {"SWITCH", "", false},
        "page " + std::to_string(page) + " " + (known ? std::string{known->name} : "(unknown)"),
        open_.size());
  }

  /// `text`, and what the value at `value_offset` says, where it has a meaning.
  [[nodiscard]] std::string with_meaning(std::string text, std::size_t value_offset) const {
    const std::size_t value_columns = std::min<std::size_t>(24, room() / 2);
    std::string meaning;
    // the element whose value this is came last
    if (next_node_ > 0 && document_.nodes[next_node_ - 1].value_offset == value_offset) {
      const Node& node = document_.nodes[next_node_ - 1];
      if (node.hidden) return "(" + grouped(node.value_size) + " octets hidden)";
      meaning = eas::values::meaning({document_, static_cast<std::uint32_t>(next_node_ - 1)});
    }
    if (meaning.empty()) return cut_to_width(text, room());
    text = cut_to_width(text, value_columns) + " = ";
    text += cut_to_width(printable(meaning), room() - display_width(text));
    return text;
  }

  void text() {
    std::size_t stop = body_.find('\0', at_ + 1);
    const std::size_t length =
        stop == std::string_view::npos || stop >= end_ ? end_ - at_ : stop + 1 - at_;
    const std::size_t shown =
        stop == std::string_view::npos || stop >= end_ ? length - 1 : length - 2;
    row(length, {"STR_I", ""}, with_meaning(quoted(body_.substr(at_ + 1, shown)), at_ + 1),
        open_.size());
  }

  void opaque() {
    const Number size = number_at(at_ + 1);
    if (size.length == 0) return raw();
    const std::size_t head = 1 + size.length;
    const std::size_t have =
        static_cast<std::size_t>(std::min<std::uint64_t>(size.value, end_ - at_ - head));
    const std::string_view value = body_.substr(at_ + head, have);
    std::string meaning = "opaque, " + grouped(size.value) + " octets";
    const std::string_view beginning = without_cut_sequence(value, 64);
    if (!value.empty() && is_utf8(beginning)) meaning += ": " + quoted(beginning);
    row(head + have, {"OPAQUE", ""}, with_meaning(std::move(meaning), at_ + head), open_.size());
  }

  void numbered(std::string_view token, std::string_view what) {
    const Number number = number_at(at_ + 1);
    if (number.length == 0) return raw();
    std::string meaning{what};
    meaning += ' ' + std::to_string(number.value);
    row(1 + number.length, {token, ""}, meaning, open_.size());
  }

  void element(std::uint8_t octet) {
    const std::uint8_t token = octet & 0x3FU;
    std::size_t length = 1;
    std::string name;
    if (const codepages::TagRow* known = codepages::find_row({page_, token})) {
      name = known->name;
    } else if (token == Node::kLiteral) {
      const Number index = number_at(at_ + 1);
      if (index.length == 0) return raw();
      length += index.length;
      name = "literal " + std::to_string(index.value);
      if (index.value <= UINT32_MAX) {
        const std::string_view literal =
            document_.table_string(static_cast<std::uint32_t>(index.value));
        if (!literal.empty()) name += " " + printable(literal.substr(0, 64));
      }
    } else {
      std::array<char, 24> text{};
      const int size = std::snprintf(text.data(), text.size(), "unknown 0x%02X", unsigned{token});
      name.assign(text.data(), static_cast<std::size_t>(size));
    }
    const bool has_content = (octet & 0x40U) != 0;
    std::array<char, 8> number{};
    const int digits = std::snprintf(number.data(), number.size(), "0x%02X", unsigned{token});
    const std::string page = std::to_string(page_);
    const std::string_view shown =
        token == Node::kLiteral ? std::string_view{"LITERAL"}
                                : std::string_view{number.data(), static_cast<std::size_t>(digits)};
    row(length, {shown, page}, "<" + name + (has_content ? ">" : "/>"), open_.size());
    if (has_content) open_.push_back(std::move(name));
  }

  /// The name of a token that ActiveSync does not use, WAP-192 7.1.
  [[nodiscard]] std::string_view raw_token() const {
    static constexpr std::string_view kNames[4][4] = {{"", "", "ENTITY", "STR_I"},
                                                      {"EXT_I_0", "EXT_I_1", "EXT_I_2", "PI"},
                                                      {"EXT_T_0", "EXT_T_1", "EXT_T_2", "STR_T"},
                                                      {"EXT_0", "EXT_1", "EXT_2", "OPAQUE"}};
    const auto octet = static_cast<unsigned char>(body_[at_]);
    return (octet & 0x3FU) < 4 ? kNames[octet >> 6U][octet & 3U] : std::string_view{};
  }

  /// Up to the next token that the tree knows of: layout alone does not tell.
  void raw() {
    while (next_node_ < document_.nodes.size() && document_.nodes[next_node_].offset <= at_) {
      ++next_node_;
    }
    const std::size_t next = next_node_ < document_.nodes.size()
                                 ? std::min<std::size_t>(document_.nodes[next_node_].offset, end_)
                                 : end_;
    row(std::max<std::size_t>(1, next - at_), {raw_token(), ""}, "(not ActiveSync)", open_.size());
  }

  void token() {
    while (next_node_ < document_.nodes.size() && document_.nodes[next_node_].offset < at_) {
      ++next_node_;
    }
    if (next_node_ < document_.nodes.size()) {
      const Node& node = document_.nodes[next_node_];
      if (node.value_kind == wbxml::ValueKind::extension && node.value_offset == at_ &&
          node.value_size > 0) {
        row(node.value_size, {raw_token(), ""}, "(not used by ActiveSync)", open_.size());
        ++next_node_;
        return;
      }
    }
    const auto octet = static_cast<std::uint8_t>(body_[at_]);
    switch (octet) {
      case 0x00: return switch_page();
      case 0x01: {
        std::string name;
        if (!open_.empty()) {
          name = std::move(open_.back());
          open_.pop_back();
        }
        return row(1, {"END", ""}, "</" + name + ">", open_.size());
      }
      case 0x02: return numbered("ENTITY", "character");
      case 0x03: return text();
      case 0x83: return numbered("STR_T", "string table text");
      case 0xC3: return opaque();
      default:
        if ((octet & 0x3FU) < 4) return raw();  // EXT_*, PI and the like
        return element(octet);
    }
  }

  std::string& out_;
  const wbxml::Document& document_;
  const HexOptions& options_;
  std::string_view body_;
  std::size_t at_ = 0, end_ = 0, limit_ = 0;
  std::uint8_t page_ = 0;
  std::size_t next_node_ = 0, next_remark_ = 0;
  std::vector<std::string> open_;  ///< names of the open elements; bounded by the decoder's depth
  std::vector<const Diagnostic*> remarks_;
};

}  // namespace

void append_hexdump(std::string& out, std::string_view octets, const HexOptions& options) {
  constexpr std::size_t per_row = 16;
  const std::size_t shown =
      options.limit == 0 ? octets.size() : std::min(options.limit, octets.size());
  for (std::size_t at = 0; at < shown; at += per_row) {
    const std::string_view row = octets.substr(at, std::min(per_row, shown - at));
    out.append(options.margin, ' ');
    append_offset(out, options.first + at, options);
    out += ' ';
    append_octets(out, row, per_row);
    out += "  |";
    append_ascii(out, row);
    out += "|\n";
  }
  if (shown < octets.size()) append_rest(out, options.margin, octets.size() - shown);
}

void append_annotated_hex(std::string& out, const wbxml::Document& document,
                          const HexOptions& options) {
  if (document.body) AnnotatedHex{out, document, options}.write();
}

}  // namespace eastap::render
