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

// Positions, not pointers: g++ 12 does not take a comparison of pointers for a constant expression
// under -fsanitize=undefined, and the tables stay small.
inline constexpr std::size_t kSlots = 2048;  // 655 rows: a third full, so that probing is short

struct Place {
  std::uint8_t page = 0;
  std::uint8_t row = 0;  ///< from 1; 0: nothing here
};

using RowTable = std::array<std::array<std::uint8_t, kTokensPerPage>, kPageCount>;

constexpr RowTable make_rows() {
  RowTable rows{};
  for (std::size_t page = 0; page < kPageCount; ++page) {
    std::uint8_t position = 0;
    for (const TagRow& row : kPages[page]->rows) rows[page][row.tag.token] = ++position;
  }
  return rows;
}

constexpr std::size_t slot_of(std::uint8_t page, std::string_view name) {
  std::uint32_t hash = 2166136261U ^ page;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return (hash ^ (hash >> 15)) % kSlots;
}

constexpr std::array<Place, kSlots> make_names() {
  std::array<Place, kSlots> slots{};
  for (const Page* page : kPages) {
    std::uint8_t position = 0;
    for (const TagRow& row : page->rows) {
      std::size_t slot = slot_of(page->number, row.name);
      while (slots[slot].row != 0) slot = (slot + 1) % kSlots;
      slots[slot] = {page->number, ++position};
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
inline constexpr std::array<Place, kSlots> kNameTable = make_names();
inline constexpr std::array<std::uint64_t, 256> kKnown = make_known();

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// The number of the page of that name, or `kPageCount`.
constexpr std::size_t page_number(std::string_view name) {
  if (!name.empty() && name.back() == ':') name.remove_suffix(1);
  for (std::size_t page = 0; page < kPageCount; ++page) {
    const std::string_view known = kPages[page]->name;
    bool equal = known.size() == name.size();
    for (std::size_t i = 0; i < name.size() && equal; ++i)
      equal = lower(known[i]) == lower(name[i]);
    if (equal) return page;
  }
  return kPageCount;
}

constexpr Place place_of(std::uint8_t page, std::string_view name) {
  for (std::size_t slot = slot_of(page, name);; slot = (slot + 1) % kSlots) {
    const Place place = kNameTable[slot];
    if (place.row == 0) return place;
    if (place.page == page && kPages[page]->rows[place.row - 1U].name == name) return place;
  }
}

}  // namespace detail

/// The row of a tag; null when the tables do not know the page or the token.
[[nodiscard]] constexpr const TagRow* find_row(Tag tag) {
  if (tag.page >= kPageCount || tag.token >= kTokensPerPage) return nullptr;
  const std::uint8_t row = detail::kRowTable[tag.page][tag.token];
  return row == 0 ? nullptr : &kPages[tag.page]->rows[row - 1U];
}

/// The page of that number; null when there is none.
[[nodiscard]] constexpr const Page* find_page(std::uint8_t number) {
  return number < kPageCount ? kPages[number] : nullptr;
}

/// The page of that namespace. As written in [MS-ASCMD] and by other tools: case is ignored, and so
/// is a trailing colon ("airsyncbase", "AirSync:").
[[nodiscard]] constexpr const Page* find_page(std::string_view name) {
  const std::size_t number = detail::page_number(name);
  return number == kPageCount ? nullptr : kPages[number];
}

/// The row of that name (case counts) on a page; null when the page has no such name.
[[nodiscard]] constexpr const TagRow* find_row(std::uint8_t page, std::string_view name) {
  const detail::Place place = detail::place_of(page, name);
  return place.row == 0 ? nullptr : &kPages[place.page]->rows[place.row - 1U];
}

/// The tag of (namespace, name), e.g. ("AirSync", "SyncKey").
[[nodiscard]] constexpr std::optional<Tag> find_tag(std::string_view page_name,
                                                    std::string_view name) {
  const std::size_t number = detail::page_number(page_name);
  if (number == kPageCount) return std::nullopt;
  const detail::Place place = detail::place_of(static_cast<std::uint8_t>(number), name);
  if (place.row == 0) return std::nullopt;
  return kPages[number]->rows[place.row - 1U].tag;
}

/// One bit a token (bit 5 is token 0x05) that the tables know on that page; 0 for an unknown page.
[[nodiscard]] constexpr std::uint64_t known_tokens(std::uint8_t page) {
  return detail::kKnown[page];
}

}  // namespace eastap::codepages
