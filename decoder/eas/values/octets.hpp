#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Reading numbers out of octets whose length the caller has checked; for this folder only.
namespace eastap::eas::values {

[[nodiscard]] constexpr std::uint64_t little_endian(std::string_view octets) {
  std::uint64_t value = 0;
  for (std::size_t i = octets.size(); i > 0; --i) {
    value = value << 8U | static_cast<unsigned char>(octets[i - 1]);
  }
  return value;
}

[[nodiscard]] constexpr std::uint64_t big_endian(std::string_view octets) {
  std::uint64_t value = 0;
  for (const char octet : octets) value = value << 8U | static_cast<unsigned char>(octet);
  return value;
}

}  // namespace eastap::eas::values
