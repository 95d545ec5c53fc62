#pragma once

#include <cstdint>
#include <cstring>

namespace eastap::render {

/// Eight octets looked at in one go. What is asked for answers with a word that is not 0 when at
/// least one of them is so. Of the bits only the lowest tells anything: it is the top bit of the
/// first such octet (where memory is little endian), of any number of answers joined by `|`, too.
class EightOctets {
 public:
  explicit EightOctets(const char* at) { std::memcpy(&word_, at, sizeof word_); }

  /// A control (below 0x20), DEL, or not ASCII.
  [[nodiscard]] std::uint64_t unprintable() const {
    return ((word_ | (word_ - kOnes * 0x20)) & kHighs) | is(0x7F);
  }
  [[nodiscard]] std::uint64_t beyond_ascii() const { return word_ & kHighs; }
  /// Below 0x20, and no newline.
  [[nodiscard]] std::uint64_t control_but_newline() const {
    const std::uint64_t newline = word_ ^ (kOnes * '\n');
    return ~(((word_ & kLows) + kOnes * 0x60) | word_) & (((newline & kLows) + kLows) | newline) &
           kHighs;
  }
  [[nodiscard]] std::uint64_t is(std::uint8_t octet) const { return zero(word_ ^ (kOnes * octet)); }
  /// Equal to `octet` but for the bits of `mask`, which `octet` has set.
  [[nodiscard]] std::uint64_t is_with(std::uint8_t octet, std::uint8_t mask) const {
    return zero((word_ | (kOnes * mask)) ^ (kOnes * octet));
  }

 private:
  static constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101U;
  static constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080U;
  static constexpr std::uint64_t kLows = ~kHighs;
  [[nodiscard]] static std::uint64_t zero(std::uint64_t x) { return (x - kOnes) & ~x & kHighs; }
  std::uint64_t word_ = 0;
};

}  // namespace eastap::render
