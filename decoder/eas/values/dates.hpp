#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/base/time.hpp"

/// What the opaque and numbered values of ActiveSync say. Pure functions of their argument: nothing
/// is kept, no size of the input is trusted, and what is not understood gives nothing.
namespace eastap::eas::values {

/// `20261120T140211Z` ([MS-ASDTYPE] 2.7.2, calendar) or `2026-11-20T14:02:11.208Z` (2.3): UTC.
/// Nothing unless the whole text is one of the two and the date exists.
[[nodiscard]] std::optional<Timestamp> parse_date(std::string_view text);

/// "Fri 2026-11-20 14:02:11 UTC", without the time when it is midnight and `day_only`.
[[nodiscard]] std::string date_words(Timestamp time, bool day_only = false);

/// 100 ns since 1601 as a time; nothing when it lies outside 1601 to 9999.
[[nodiscard]] std::optional<Timestamp> from_filetime(std::uint64_t ticks);

/// "45 s", "15 min", "9 min 50 s", "59 min", "1 h 30 min", "3 days"
[[nodiscard]] std::string duration_words(std::uint64_t seconds);

}  // namespace eastap::eas::values
