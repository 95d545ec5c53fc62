#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace eastap::codepages {

/// What names an element on the wire: its code page and its token without the attribute and
/// content flags (0x05 to 0x3F).
struct Tag {
  std::uint8_t page = 0;
  std::uint8_t token = 0;
  bool operator==(const Tag&) const = default;
};

/// One row of a code page table.
struct TagRow {
  Tag tag;
  std::string_view name;
  /// One bit a protocol version that has the tag, from bit 0: 2.5, 12.0, 12.1, 14.0, 14.1, 16.0,
  /// 16.1. Zero: obsolete, in no version that [MS-ASWBXML] names.
  std::uint8_t versions;
  bool opaque;  ///< the value travels as OPAQUE octets, not as a string
};

struct Page {
  std::uint8_t number;
  std::string_view name;  ///< the namespace, as in `xmlns="AirSync"`
  std::span<const TagRow> rows;
};

}  // namespace eastap::codepages
