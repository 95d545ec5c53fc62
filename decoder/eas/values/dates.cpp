#include "decoder/eas/values/dates.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "decoder/base/text.hpp"

namespace eastap::eas::values {
namespace {

using std::chrono::floor;

/// Whole seconds; the fraction of the long form is at most nine digits.
std::optional<Timestamp> compact_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::array<int, 14> digits{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    if (i == 8) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    digits[count++] = text[i] - '0';
  }
  const auto two = [&digits](std::size_t at) { return digits[at] * 10 + digits[at + 1]; };
  namespace chrono = std::chrono;
  const chrono::year_month_day day{chrono::year{two(0) * 100 + two(2)},
                                   chrono::month{static_cast<unsigned>(two(4))},
                                   chrono::day{static_cast<unsigned>(two(6))}};
  if (!day.ok() || two(8) > 23 || two(10) > 59 || two(12) > 59) return std::nullopt;
  return chrono::sys_days{day} + chrono::hours{two(8)} + chrono::minutes{two(10)} +
         chrono::seconds{two(12)};
}

void append_number(std::string& out, std::int64_t value, std::string_view unit) {
  if (!out.empty()) out += ' ';
  out += std::to_string(value);
  out += ' ';
  out += unit;
}

}  // namespace

std::optional<Timestamp> parse_date(std::string_view text) {
  if (auto date = compact_date(text)) return date;
  if (text.size() < 20 || text.size() > 32 || text[10] != 'T' || text.back() != 'Z') {
    return std::nullopt;
  }
  return from_rfc3339(text);
}

std::string date_words(Timestamp time, bool day_only) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto days = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{days};
  const std::chrono::hh_mm_ss clock{floor<std::chrono::seconds>(time - days)};
  const auto weekday = std::chrono::weekday{days}.c_encoding();
  std::array<char, 64> text{};
  int length = std::snprintf(text.data(), text.size(), "%s %04d-%02u-%02u", kDays[weekday],
                             static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                             static_cast<unsigned>(date.day()));
  std::string out{text.data(), static_cast<std::size_t>(length)};
  if (day_only && time == days) return out;
  length = std::snprintf(
      text.data(), text.size(), " %02d:%02d:%02d UTC", static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return out.append(text.data(), static_cast<std::size_t>(length));
}

std::optional<Timestamp> from_filetime(std::uint64_t ticks) {
  // 1601-01-01 to 1970-01-01, and 9999-12-31T23:59:59 from 1601.
  constexpr std::int64_t kEpochSeconds = 11'644'473'600;
  constexpr std::uint64_t kLastTicks = 2'650'467'743'999'999'999;
  if (ticks > kLastTicks) return std::nullopt;
  return Timestamp{Microseconds{static_cast<std::int64_t>(ticks / 10) - kEpochSeconds * 1'000'000}};
}

std::string duration_words(std::uint64_t seconds) {
  constexpr std::uint64_t kMinute = 60, kHour = 3'600, kDay = 86'400;
  if (seconds >= kDay * 1'000'000) return std::to_string(seconds) + " s";
  const auto part = [&seconds](std::uint64_t unit) {
    return static_cast<std::int64_t>(seconds / unit);
  };
  std::string out;
  if (seconds >= kDay) {
    append_number(out, part(kDay), seconds / kDay == 1 ? "day" : "days");
    if (seconds % kDay >= kHour) {
      append_number(out, static_cast<std::int64_t>(seconds % kDay / kHour), "h");
    }
  } else if (seconds >= kHour) {
    append_number(out, part(kHour), "h");
    if (seconds % kHour >= kMinute) {
      append_number(out, static_cast<std::int64_t>(seconds % kHour / kMinute), "min");
    }
  } else if (seconds >= kMinute) {
    append_number(out, part(kMinute), "min");
    if (seconds % kMinute != 0) {
      append_number(out, static_cast<std::int64_t>(seconds % kMinute), "s");
    }
  } else {
    append_number(out, static_cast<std::int64_t>(seconds), "s");
  }
  return out;
}

}  // namespace eastap::eas::values
