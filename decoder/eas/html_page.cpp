#include "decoder/eas/html_page.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "decoder/base/text.hpp"

namespace eastap::eas {
namespace {

constexpr std::size_t kTitleOctets = 160;

std::size_t find_ignoring_case(std::string_view text, std::string_view lower, std::size_t from) {
  const auto same = [](char left, char right) {
    return (left >= 'A' && left <= 'Z' ? static_cast<char>(left + 32) : left) == right;
  };
  const auto found =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())),
                  text.end(), lower.begin(), lower.end(), same);
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

/// What stands between `<name …>` and `</name`; the name must end there ("<h1>", not "<h11>").
std::optional<std::string_view> element_content(std::string_view page, const std::string& name) {
  for (std::size_t at = 0;;) {
    at = find_ignoring_case(page, "<" + name, at);
    if (at == std::string_view::npos) return std::nullopt;
    const std::size_t after = at + 1 + name.size();
    at = after;
    if (after >= page.size()) return std::nullopt;
    if (page[after] != '>' && page[after] != ' ' && page[after] != '\t' && page[after] != '\r' &&
        page[after] != '\n') {
      continue;
    }
    const std::size_t begin = page.find('>', after);
    if (begin == std::string_view::npos) return std::nullopt;
    const std::size_t end = std::min(find_ignoring_case(page, "</" + name, begin), page.size());
    return page.substr(begin + 1, std::min<std::size_t>(end - begin - 1, 4'096));
  }
}

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x1'0000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

/// Undoes one entity at the front of `text`; the octets it took, or 0.
std::size_t undo_entity(std::string_view text, std::string& out) {
  constexpr std::pair<std::string_view, std::string_view> kNamed[] = {
      {"&amp;", "&"},   {"&lt;", "<"},   {"&gt;", ">"},
      {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", " "}};
  for (const auto& [entity, stands_for] : kNamed) {
    if (text.starts_with(entity)) {
      out += stands_for;
      return entity.size();
    }
  }
  const std::size_t end = text.substr(0, 9).find(';');
  if (!text.starts_with("&#") || end == std::string_view::npos) return 0;
  const auto point = to_integer(text.substr(2, end - 2));
  if (!point || *point < 0x20 || *point > 0xFFFF || (*point >= 0xD800 && *point <= 0xDFFF))
    return 0;
  append_utf8(out, static_cast<std::uint32_t>(*point));
  return end + 1;
}

std::string plain_text(std::string_view html) {
  std::string text;
  for (std::size_t at = 0; at < html.size() && text.size() < kTitleOctets;) {
    if (html[at] == '<') {
      at = std::min(html.find('>', at), html.size() - 1) + 1;
      if (!text.empty() && text.back() != ' ') text += ' ';
    } else if (const std::size_t took = html[at] == '&' ? undo_entity(html.substr(at), text) : 0;
               took > 0) {
      at += took;
    } else {
      const char c = html[at++];
      if (static_cast<unsigned char>(c) <= ' ') {
        if (!text.empty() && text.back() != ' ') text += ' ';
      } else {
        text += c;
      }
    }
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return repaired_utf8(text);
}

}  // namespace

std::string page_title(std::string_view page, std::size_t page_octets) {
  page = page.substr(0, page_octets);
  for (const char* name : {"title", "h1", "h2", "h3"}) {
    if (const auto content = element_content(page, name)) {
      if (std::string text = plain_text(*content); !text.empty()) return text;
    }
  }
  return {};
}

}  // namespace eastap::eas
