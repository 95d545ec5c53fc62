#include "decoder/eas/values/time_zone.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "decoder/base/text.hpp"
#include "decoder/eas/values/octets.hpp"

namespace eastap::eas::values {
namespace {

constexpr std::size_t kNameOctets = 64;

std::int32_t signed_at(std::string_view octets, std::size_t at) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(little_endian(octets.substr(at, 4))));
}

TimeZoneRule rule_at(std::string_view octets, std::size_t at) {
  const auto field = [&](std::size_t index) {
    return static_cast<std::uint16_t>(little_endian(octets.substr(at + 2 * index, 2)));
  };
  return {field(0), field(1), field(2), field(3), field(4), field(5)};
}

/// UTF-16LE up to the first NUL; a surrogate without its other half is U+FFFD.
std::string name_at(std::string_view octets, std::size_t at) {
  std::string out;
  const auto unit = [&](std::size_t index) {
    return static_cast<std::uint32_t>(little_endian(octets.substr(at + 2 * index, 2)));
  };
  const auto put = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
  for (std::size_t i = 0; i < kNameOctets / 2; ++i) {
    std::uint32_t point = unit(i);
    if (point == 0) break;
    if (point >= 0xD800 && point < 0xE000) {
      const bool high = point < 0xDC00 && i + 1 < kNameOctets / 2;
      const std::uint32_t low = high ? unit(i + 1) : 0;
      if (low >= 0xDC00 && low < 0xE000) {
        point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
        ++i;
      } else {
        point = 0xFFFD;
      }
    }
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0U | point >> 6U);
      put(0x80U | (point & 0x3FU));
    } else if (point < 0x10000) {
      put(0xE0U | point >> 12U);
      put(0x80U | (point >> 6U & 0x3FU));
      put(0x80U | (point & 0x3FU));
    } else {
      put(0xF0U | point >> 18U);
      put(0x80U | (point >> 12U & 0x3FU));
      put(0x80U | (point >> 6U & 0x3FU));
      put(0x80U | (point & 0x3FU));
    }
  }
  return out;
}

std::string offset_words(std::int64_t minutes_east) {
  const std::int64_t size = std::llabs(minutes_east);
  // The earth ends at 14 h; what lies beyond a day is damage and shown as it stands.
  if (size >= 24 * 60) return "bias " + std::to_string(-minutes_east) + " min";
  std::array<char, 16> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "UTC%c%02d:%02d", minutes_east < 0 ? '-' : '+',
                    static_cast<int>(size / 60), static_cast<int>(size % 60));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string rule_words(const TimeZoneRule& rule) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::array<std::string_view, 5> kTurns = {"1st", "2nd", "3rd", "4th", "last"};
  if (rule.month > 12) return "month " + std::to_string(rule.month);
  const std::string month{kMonths[rule.month - 1U]};
  if (rule.year != 0) {
    return std::to_string(rule.day) + ' ' + month + ' ' + std::to_string(rule.year);
  }
  if (rule.day < 1 || rule.day > 5 || rule.day_of_week > 6) {
    return "day " + std::to_string(rule.day) + ' ' + month;
  }
  return std::string{kTurns[rule.day - 1U]} + ' ' + std::string{kDays[rule.day_of_week]} + ' ' +
         month;
}

}  // namespace

Result<TimeZone> parse_time_zone(std::string_view octets) {
  if (octets.size() != kTimeZoneOctets) {
    const bool is_short = octets.size() < kTimeZoneOctets;
    return tl::unexpected(Error{
        is_short ? Errc::truncated : Errc::malformed, is_short ? octets.size() : kTimeZoneOctets,
        "A time zone has 172 octets, not " + std::to_string(octets.size())});
  }
  TimeZone zone;
  zone.bias_minutes = signed_at(octets, 0);
  zone.standard_name = name_at(octets, 4);
  zone.standard_from = rule_at(octets, 68);
  zone.standard_bias = signed_at(octets, 84);
  zone.daylight_name = name_at(octets, 88);
  zone.daylight_from = rule_at(octets, 152);
  zone.daylight_bias = signed_at(octets, 168);
  return zone;
}

Result<TimeZone> parse_time_zone_text(std::string_view base64) {
  // 172 octets are 232 characters; more is none and not worth decoding.
  const std::string_view text = trimmed(base64);
  const auto octets = text.size() <= 4 * kTimeZoneOctets ? from_base64(text) : std::nullopt;
  if (!octets) {
    return tl::unexpected(Error{Errc::bad_base64, 0, "The time zone is not base64"});
  }
  return parse_time_zone(*octets);
}

std::string words(const TimeZone& zone) {
  const std::int64_t standard = -(std::int64_t{zone.bias_minutes} + zone.standard_bias);
  const std::int64_t daylight = -(std::int64_t{zone.bias_minutes} + zone.daylight_bias);
  std::string out = offset_words(standard);
  if (zone.daylight_from.month == 0 || zone.standard_from.month == 0) {
    out += ", no DST";
  } else {
    out += ", DST ";
    if (daylight - standard != 60) {
      out += (daylight < standard ? "" : "+") + std::to_string(daylight - standard) + " min ";
    }
    out += rule_words(zone.daylight_from) + " – " + rule_words(zone.standard_from);
  }
  if (!zone.standard_name.empty()) out += ", " + zone.standard_name;
  return out;
}

}  // namespace eastap::eas::values
