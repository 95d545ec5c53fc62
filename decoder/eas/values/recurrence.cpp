#include "decoder/eas/values/recurrence.hpp"

#include <array>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages/page02_email.hpp"
#include "decoder/codepages/pages/page04_calendar.hpp"
#include "decoder/codepages/pages/page09_tasks.hpp"
#include "decoder/eas/values/dates.hpp"

namespace eastap::eas::values {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 5> kTurns = {"1st", "2nd", "3rd", "4th", "last"};

std::optional<int> number_of(wbxml::Element element) {
  const auto value = to_integer(trimmed(element.value()));
  // No field of a recurrence goes beyond 999.
  if (!value || *value < 0 || *value > 9'999) return std::nullopt;
  return static_cast<int>(*value);
}

std::string every(int interval, std::string_view unit) {
  if (interval <= 1) return "every " + std::string{unit};
  return "every " + std::to_string(interval) + ' ' + std::string{unit} + 's';
}

std::string month_words(int month) {
  if (month < 1 || month > 12) return "month " + std::to_string(month);
  return std::string{kMonths[static_cast<std::size_t>(month - 1)]};
}

/// "the last Fri", "the 1st weekday"
std::string turn_words(const Recurrence& rule) {
  std::string out = "the ";
  const int week = rule.week_of_month.value_or(0);
  out += week >= 1 && week <= 5 ? std::string{kTurns[static_cast<std::size_t>(week - 1)]}
                                : "week " + std::to_string(week);
  const int bits = rule.days_of_week.value_or(0);
  out += bits == 127  ? " day"
         : bits == 62 ? " weekday"
         : bits == 65 ? " day of the weekend"
                      : ' ' + weekday_words(bits);
  return out;
}

/// "on weekdays", "on every day", "on Mon and Wed"
std::string on_days(int bits) {
  if (bits == 127) return "on every day";
  if (bits == 62) return "on weekdays";
  return "on " + weekday_words(bits);
}

std::string pattern_words(const Recurrence& rule) {
  const int interval = rule.interval.value_or(1);
  const int day = rule.day_of_month.value_or(0);
  switch (*rule.type) {
    case 0:
      if (rule.days_of_week && *rule.days_of_week != 127 && *rule.days_of_week != 0) {
        return interval > 1 ? every(interval, "day") + ' ' + on_days(*rule.days_of_week)
                            : "every " + weekday_words(*rule.days_of_week);
      }
      return every(interval, "day");
    case 1:
      return every(interval, "week") +
             (rule.days_of_week.value_or(0) != 0 ? ' ' + on_days(*rule.days_of_week) : "");
    case 2: return "on day " + std::to_string(day) + " of " + every(interval, "month");
    case 3: return "on " + turn_words(rule) + " of " + every(interval, "month");
    case 5:
      return every(interval, "year") + " on " + std::to_string(day) + ' ' +
             month_words(rule.month_of_year.value_or(0));
    case 6:
      return every(interval, "year") + " on " + turn_words(rule) + " of " +
             month_words(rule.month_of_year.value_or(0));
    default: return {};
  }
}

}  // namespace

std::optional<Recurrence> read_recurrence(wbxml::Element element) {
  if (!element.is(codepages::calendar::kRecurrence) && !element.is(codepages::email::kRecurrence) &&
      !element.is(codepages::tasks::kRecurrence)) {
    return std::nullopt;
  }
  Recurrence rule;
  struct Row {
    std::string_view name;
    std::optional<int> Recurrence::*member;
  };
  constexpr Row kNumbers[] = {{"Type", &Recurrence::type},
                              {"Interval", &Recurrence::interval},
                              {"Occurrences", &Recurrence::occurrences},
                              {"DayOfWeek", &Recurrence::days_of_week},
                              {"DayOfMonth", &Recurrence::day_of_month},
                              {"WeekOfMonth", &Recurrence::week_of_month},
                              {"MonthOfYear", &Recurrence::month_of_year}};
  std::size_t seen = 0;
  for (const wbxml::Element child : element.children()) {
    if (++seen > 32) break;  // a dozen children exist
    if (child.tag().page != element.tag().page) continue;
    const std::string_view name = child.name();
    if (name == "Until") rule.until = parse_date(child.value());
    if (name == "Regenerate") rule.regenerates = child.value() == "1";
    for (const Row& row : kNumbers) {
      if (name == row.name) rule.*row.member = number_of(child);
    }
  }
  return rule;
}

std::string words(const Recurrence& recurrence) {
  if (!recurrence.type) return {};
  std::string out = pattern_words(recurrence);
  if (out.empty()) return out;
  if (recurrence.occurrences) {
    out += ", " + std::to_string(*recurrence.occurrences) +
           (*recurrence.occurrences == 1 ? " time" : " times");
  } else if (recurrence.until) {
    out += ", until " + date_words(*recurrence.until, true);
  }
  if (recurrence.regenerates) out += ", counted from when the last one is done";
  return out;
}

std::string weekday_words(int bits) {
  if (bits == 127) return "day";
  if (bits == 62) return "weekday";
  if (bits == 65) return "Sat and Sun";
  std::string out;
  int last = -1;
  for (int day = 0; day < 7; ++day) {
    if ((bits >> day & 1) != 0) last = day;
  }
  for (int day = 0; day < 7; ++day) {
    if ((bits >> day & 1) == 0) continue;
    if (!out.empty()) out += day == last ? " and " : ", ";
    out += kDays[static_cast<std::size_t>(day)];
  }
  return out.empty() ? "days " + std::to_string(bits) : out;
}

}  // namespace eastap::eas::values
