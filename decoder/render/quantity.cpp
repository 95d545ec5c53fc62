#include "decoder/render/quantity.hpp"

#include <array>
#include <cstdio>

namespace eastap::render {

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out += ' ';
    out += digits[i];
  }
  return out;
}

std::string count_words(std::uint64_t count, std::string_view one, std::string_view many) {
  return grouped(count) + " " + std::string{count == 1 ? one : many};
}

std::string size_words(std::uint64_t octets) {
  if (octets < 1'000) return std::to_string(octets) + " B";
  constexpr std::array<const char*, 4> units{"kB", "MB", "GB", "TB"};
  double amount = static_cast<double>(octets) / 1'000;
  std::size_t unit = 0;
  while (amount >= 999.95 && unit + 1 < units.size()) {
    amount /= 1'000;
    ++unit;
  }
  std::array<char, 40> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.1f %s", amount, units[unit]);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string duration_words(Microseconds duration) {
  // a clock that was set back between two octets: nothing to say
  const std::int64_t micros = duration.count() < 0 ? 0 : duration.count();
  std::array<char, 48> text{};
  int length = 0;
  if (micros < 999'500) {
    const std::int64_t millis = (micros + 500) / 1'000;
    length = std::snprintf(text.data(), text.size(), "%lld ms", static_cast<long long>(millis));
  } else if (micros < 59'950'000) {
    const std::int64_t tenths = (micros + 50'000) / 100'000;
    length =
        std::snprintf(text.data(), text.size(), "%lld.%lld s", static_cast<long long>(tenths / 10),
                      static_cast<long long>(tenths % 10));
  } else if (micros < 3'599'950'000) {
    const std::int64_t tenths = (micros + 50'000) / 100'000;
    length = std::snprintf(
        text.data(), text.size(), "%lld:%02lld.%lld", static_cast<long long>(tenths / 600),
        static_cast<long long>(tenths / 10 % 60), static_cast<long long>(tenths % 10));
  } else {
    const std::int64_t seconds = (micros + 500'000) / 1'000'000;
    length = std::snprintf(
        text.data(), text.size(), "%lld:%02lld:%02lld", static_cast<long long>(seconds / 3'600),
        static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
  }
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace eastap::render
