#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decoder/base/result.hpp"

namespace eastap::eas::values {

/// A switch to or from daylight saving time: SYSTEMTIME of [MS-ASDTYPE] 2.7.6.
struct TimeZoneRule {
  std::uint16_t year = 0;         ///< 0: every year, and `day` counts weekdays; else that date only
  std::uint16_t month = 0;        ///< 1 to 12; 0: no switch
  std::uint16_t day_of_week = 0;  ///< 0 Sunday
  std::uint16_t day = 0;          ///< of every year: 1 to 4 the nth such weekday, 5 the last
  std::uint16_t hour = 0, minute = 0;
  bool operator==(const TimeZoneRule&) const = default;
};

struct TimeZone {
  std::int32_t bias_minutes = 0;  ///< UTC = local time + bias: −60 is UTC+01:00
  std::string standard_name, daylight_name;
  TimeZoneRule standard_from, daylight_from;
  std::int32_t standard_bias = 0, daylight_bias = 0;  ///< added to `bias_minutes`
  bool operator==(const TimeZone&) const = default;
};

inline constexpr std::size_t kTimeZoneOctets = 172;

/// The structure of [MS-ASDTYPE] 2.7.6, 172 octets exactly: `truncated` below, `malformed` above.
[[nodiscard]] Result<TimeZone> parse_time_zone(std::string_view octets);
/// The same out of base64, as an element holds it.
[[nodiscard]] Result<TimeZone> parse_time_zone_text(std::string_view base64);

/// "UTC+01:00, DST last Sun Mar – last Sun Oct, W. Europe Standard Time"
[[nodiscard]] std::string words(const TimeZone& zone);

}  // namespace eastap::eas::values
