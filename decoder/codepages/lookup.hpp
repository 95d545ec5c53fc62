#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoder/codepages/pages.hpp"
#include "decoder/codepages/tag.hpp"

/// Constant-time answers from the code page tables; everything here is built by the compiler.
namespace eastap::codepages {

inline constexpr std::size_t kPageCount = std::size(kPages);
inline constexpr std::size_t kTokensPerPage = 64;

namespace detail {

inline constexpr std::size_t kSlots = 2048;  // 655 rows: a third full, so that probing is short

using RowTable = std::array<std::array<const TagRow*, kTokensPerPage>, kPageCount>;

constexpr RowTable make_rows() {
  RowTable rows{};
  for (const Page* page : kPages) {
    for (const TagRow& row : page->rows) rows[page->number][row.tag.token] = &row;
  }
  return rows;
}

constexpr std::size_t slot_of(std::uint8_t page, std::string_view name) {
  std::uint32_t hash = 2166136261U ^ page;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return (hash ^ (hash >> 15)) % kSlots;
}

constexpr std::array<const TagRow*, kSlots> make_names() {
  std::array<const TagRow*, kSlots> slots{};
  for (const Page* page : kPages) {
    for (const TagRow& row : page->rows) {
      std::size_t slot = slot_of(page->number, row.name);
      while (slots[slot] != nullptr) slot = (slot + 1) % kSlots;
      slots[slot] = &row;
    }
  }
  return slots;
}

constexpr std::array<std::uint64_t, 256> make_known() {
  std::array<std::uint64_t, 256> known{};
  for (const Page* page : kPages) {
    for (const TagRow& row : page->rows) known[page->number] |= std::uint64_t{1} << row.tag.token;
  }
  return known;
}

inline constexpr RowTable kRowTable = make_rows();
inline constexpr std::array<const TagRow*, kSlots> kNameTable = make_names();
inline constexpr std::array<std::uint64_t, 256> kKnown = make_known();

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace detail

/// The row of a tag; null when the tables do not know the page or the token.
[[nodiscard]] constexpr const TagRow* find_row(Tag tag) {
  if (tag.page >= kPageCount || tag.token >= kTokensPerPage) return nullptr;
  return detail::kRowTable[tag.page][tag.token];
}

/// The page of that number; null when there is none.
[[nodiscard]] constexpr const Page* find_page(std::uint8_t number) {
  return number < kPageCount ? kPages[number] : nullptr;
}

/// The page of that namespace. As written in [MS-ASCMD] and by other tools: case is ignored, and so
/// is a trailing colon ("airsyncbase", "AirSync:").
[[nodiscard]] constexpr const Page* find_page(std::string_view name) {
  if (!name.empty() && name.back() == ':') name.remove_suffix(1);
  for (const Page* page : kPages) {
    if (page->name.size() != name.size()) continue;
    bool equal = true;
    for (std::size_t i = 0; i < name.size() && equal; ++i) {
      equal = detail::lower(page->name[i]) == detail::lower(name[i]);
    }
    if (equal) return page;
  }
  return nullptr;
}

/// The row of that name (case counts) on a page; null when the page has no such name.
[[nodiscard]] constexpr const TagRow* find_row(std::uint8_t page, std::string_view name) {
  for (std::size_t slot = detail::slot_of(page, name);; slot = (slot + 1) % detail::kSlots) {
    const TagRow* row = detail::kNameTable[slot];
    if (row == nullptr || (row->tag.page == page && row->name == name)) return row;
  }
}

/// The tag of (namespace, name), e.g. ("AirSync", "SyncKey").
[[nodiscard]] constexpr std::optional<Tag> find_tag(std::string_view page_name,
                                                    std::string_view name) {
  const Page* page = find_page(page_name);
  const TagRow* row = page == nullptr ? nullptr : find_row(page->number, name);
  if (row == nullptr) return std::nullopt;
  return row->tag;
}

/// One bit a token (bit 5 is token 0x05) that the tables know on that page; 0 for an unknown page.
[[nodiscard]] constexpr std::uint64_t known_tokens(std::uint8_t page) {
  return detail::kKnown[page];
}

}  // namespace eastap::codepages
