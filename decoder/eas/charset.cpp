#include "decoder/eas/charset.hpp"

#include <cstdint>

#include "decoder/base/text.hpp"

namespace eastap::eas {
namespace {

enum class Set : std::uint8_t { latin1, latin9, windows };

void append_point(std::string& out, unsigned point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | point >> 6U);
    out += static_cast<char>(0x80U | (point & 0x3FU));
  } else {
    out += static_cast<char>(0xE0U | point >> 12U);
    out += static_cast<char>(0x80U | (point >> 6U & 0x3FU));
    out += static_cast<char>(0x80U | (point & 0x3FU));
  }
}

/// The eight characters in which ISO-8859-15 is not ISO-8859-1.
unsigned latin9(unsigned octet) {
  switch (octet) {
    case 0xA4: return 0x20AC;
    case 0xA6: return 0x0160;
    case 0xA8: return 0x0161;
    case 0xB4: return 0x017D;
    case 0xB8: return 0x017E;
    case 0xBC: return 0x0152;
    case 0xBD: return 0x0153;
    case 0xBE: return 0x0178;
    default: return octet;
  }
}

std::string from_single_octets(std::string_view text, Set set) {
  // 0x80 to 0x9F of Windows-1252; 0xFFFD where it has no character.
  constexpr std::uint16_t kWindows[32] = {
      0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    unsigned point = static_cast<unsigned char>(c);
    if (set == Set::windows && point >= 0x80 && point < 0xA0) point = kWindows[point - 0x80];
    if (set == Set::latin9) point = latin9(point);
    append_point(out, point);
  }
  return out;
}

}  // namespace

std::optional<std::string> to_utf8(std::string_view octets, std::string_view charset) {
  const auto is = [charset](std::string_view name) { return equals_ignoring_case(charset, name); };
  if (is("utf-8") || is("utf8") || is("us-ascii")) return std::string{octets};
  if (is("iso-8859-1") || is("latin1")) return from_single_octets(octets, Set::latin1);
  if (is("iso-8859-15")) return from_single_octets(octets, Set::latin9);
  if (is("windows-1252") || is("cp1252")) return from_single_octets(octets, Set::windows);
  return std::nullopt;
}

}  // namespace eastap::eas
