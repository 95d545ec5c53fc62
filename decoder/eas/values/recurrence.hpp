#pragma once

#include <optional>
#include <string>

#include "decoder/base/time.hpp"
#include "decoder/wbxml/document.hpp"

namespace eastap::eas::values {

/// Calendar, Email and Tasks Recurrence: [MS-ASCAL] 2.2.2.37, [MS-ASEMAIL] 2.2.2.60, [MS-ASTASK]
/// 2.2.2.20.
struct Recurrence {
  /// 0 daily, 1 weekly, 2 monthly by day, 3 monthly by weekday, 5 yearly by day, 6 yearly by
  /// weekday
  std::optional<int> type;
  std::optional<int> interval, occurrences;
  std::optional<int> days_of_week;  ///< bits from Sunday = 1
  std::optional<int> day_of_month, week_of_month, month_of_year;
  std::optional<Timestamp> until;
  bool regenerates = false;  ///< Tasks: the next begins when this one is done
  bool operator==(const Recurrence&) const = default;
};

/// The children of a Recurrence element of any of the three pages; nothing when it is none.
[[nodiscard]] std::optional<Recurrence> read_recurrence(wbxml::Element element);

/// "every 2 weeks on Mon and Wed, 10 times", "on the last Fri of every month until 2027-01-31"; ""
/// when the type is none that is known.
[[nodiscard]] std::string words(const Recurrence& recurrence);

/// "Mon and Wed", "weekdays", "every day"
[[nodiscard]] std::string weekday_words(int bits);

}  // namespace eastap::eas::values
