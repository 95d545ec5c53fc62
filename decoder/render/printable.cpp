#include "decoder/render/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <span>

#include "decoder/render/utf8.hpp"
#include "decoder/render/width_table.hpp"

namespace eastap::render {
namespace {

constexpr char32_t kVariationEmoji = 0xFE0F;
/// More marks on one base than any script has only serve to paint over other lines.
constexpr int kMaxMarks = 6;

bool is_in(std::span<const CodePointRange> ranges, char32_t c) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), c,
                       [](char32_t x, const CodePointRange& r) { return x < r.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

bool is_plain_ascii(char c) { return c >= 0x20 && c < 0x7F; }

std::size_t width_of(char32_t c) {
  if (c < 0x300) return 1;
  // shown as an emoji it takes two columns; the base before it counted one
  if (c == kVariationEmoji) return 1;
  if (is_in(kZeroWidth, c)) return 0;
  return is_in(kWide, c) ? 2 : 1;
}

void append_named(std::string& out, char32_t c) {
  std::array<char, 16> name{};
  const int length = std::snprintf(name.data(), name.size(), "<U+%04X>", static_cast<unsigned>(c));
  out.append(name.data(), static_cast<std::size_t>(length));
}

}  // namespace

void append_printable(std::string& out, std::string_view text) {
  int marks = kMaxMarks;  // a mark at the very beginning would sit on what we printed before it
  for (std::size_t at = 0; at < text.size();) {
    std::size_t plain = at;
    while (plain < text.size() && is_plain_ascii(text[plain])) ++plain;
    if (plain > at) {
      out.append(text, at, plain - at);
      at = plain;
      marks = 0;
      continue;
    }
    const CodePoint c = code_point_at(text, at);
    at += c.length;
    if (!c.valid) {
      out += "\xEF\xBF\xBD";
      marks = 0;
    } else if (c.value < 0x20) {
      append_utf8(out, 0x2400 + c.value);
      marks = 0;
    } else if (c.value == 0x7F) {
      out += "\xE2\x90\xA1";  // ␡
      marks = 0;
    } else if (acts_on_display(c.value) || is_invisible(c.value) || is_noncharacter(c.value)) {
      append_named(out, c.value);
      marks = 0;
    } else if (c.value >= 0x300 && is_in(kZeroWidth, c.value)) {
      if (marks < kMaxMarks) {
        append_utf8(out, c.value);
      } else {
        append_named(out, c.value);
      }
      ++marks;
    } else {
      append_utf8(out, c.value);
      marks = 0;
    }
  }
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_printable(out, text);
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point_at(text, at);
    width += c.valid ? width_of(c.value) : 1;
    at += c.length;
  }
  return width;
}

std::size_t prefix_of_width(std::string_view text, std::size_t width) {
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint c = code_point_at(text, at);
    const std::size_t more = c.valid ? width_of(c.value) : 1;
    if (used + more > width) {
      // an emoji selector that does not fit leaves its base alone: that one fits as plain text
      break;
    }
    used += more;
    at += c.length;
  }
  return at;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  // Octets are never fewer than columns except for wide characters, which take three octets or
  // more.
  if (text.size() <= width || display_width(text) <= width) return std::string{text};
  if (width == 0) return {};
  std::string_view kept = text.substr(0, prefix_of_width(text, width - 1));
  while (!kept.empty() && kept.back() == ' ') kept.remove_suffix(1);
  return std::string{kept} + "…";
}

void append_cell(std::string& out, std::string_view text, std::size_t width, Align align) {
  const std::string cut = cut_to_width(text, width);
  const std::size_t filling = width - std::min(width, display_width(cut));
  if (align == Align::right) out.append(filling, ' ');
  out += cut;
  if (align == Align::left) out.append(filling, ' ');
}

}  // namespace eastap::render
