#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// The global tokens of WBXML 1.3 (WAP-192-WBXML 7.1) and its multi-octet integers.
namespace eastap::wbxml::tokens {

inline constexpr std::uint8_t kSwitchPage = 0x00;
inline constexpr std::uint8_t kEnd = 0x01;
inline constexpr std::uint8_t kEntity = 0x02;
inline constexpr std::uint8_t kStrI = 0x03;
inline constexpr std::uint8_t kLiteral = 0x04;
inline constexpr std::uint8_t kExtI0 = 0x40;
inline constexpr std::uint8_t kExtI1 = 0x41;
inline constexpr std::uint8_t kExtI2 = 0x42;
inline constexpr std::uint8_t kPi = 0x43;
inline constexpr std::uint8_t kLiteralC = 0x44;
inline constexpr std::uint8_t kExtT0 = 0x80;
inline constexpr std::uint8_t kExtT1 = 0x81;
inline constexpr std::uint8_t kExtT2 = 0x82;
inline constexpr std::uint8_t kStrT = 0x83;
inline constexpr std::uint8_t kLiteralA = 0x84;
inline constexpr std::uint8_t kExt0 = 0xC0;
inline constexpr std::uint8_t kExt1 = 0xC1;
inline constexpr std::uint8_t kExt2 = 0xC2;
inline constexpr std::uint8_t kOpaque = 0xC3;
inline constexpr std::uint8_t kLiteralAc = 0xC4;

inline constexpr std::uint8_t kHasAttributes = 0x80;
inline constexpr std::uint8_t kHasContent = 0x40;
inline constexpr std::uint8_t kTokenMask = 0x3F;
inline constexpr std::uint8_t kFirstTag = 0x05;  ///< below: global tokens

inline constexpr std::uint32_t kCharsetUtf8 = 106;  ///< MIBenum
inline constexpr std::uint32_t kCharsetAscii = 3;
inline constexpr std::uint32_t kLastCodePoint = 0x10FFFF;

enum class IntegerState : std::uint8_t { good, truncated, overflow };

struct Integer {
  std::uint32_t value = 0;
  std::uint32_t size = 0;  ///< octets read
  IntegerState state = IntegerState::good;
};

/// mb_u_int32, WAP-192-WBXML 5.1: seven bits an octet, at most five octets and 32 bits.
[[nodiscard]] inline Integer read_integer(std::string_view octets, std::size_t at) {
  std::uint64_t value = 0;
  for (std::uint32_t size = 0; size < 5; ++size) {
    if (at + size >= octets.size()) return {0, size, IntegerState::truncated};
    const auto octet = static_cast<unsigned char>(octets[at + size]);
    value = (value << 7) | (octet & 0x7FU);
    if ((octet & 0x80U) == 0) {
      if (value > 0xFFFF'FFFFU) return {0, size + 1, IntegerState::overflow};
      return {static_cast<std::uint32_t>(value), size + 1, IntegerState::good};
    }
  }
  return {0, 5, IntegerState::overflow};
}

inline void write_integer(std::string& out, std::uint32_t value) {
  for (int shift = 28; shift > 0; shift -= 7) {
    if ((value >> shift) != 0) out += static_cast<char>(((value >> shift) & 0x7FU) | 0x80U);
  }
  out += static_cast<char>(value & 0x7FU);
}

}  // namespace eastap::wbxml::tokens
