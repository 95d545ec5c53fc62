// Texts, time zones and times that devices alter: D-19, D-20, D-21, D-23, D-26.

#include <algorithm>
#include <array>

#include "decoder/codepages/pages/page04_calendar.hpp"
#include "decoder/findings/rules/items.hpp"

namespace eastap::findings {

namespace {

namespace calendar = codepages::calendar;

constexpr std::uint64_t kCutFrom = 480, kCutTo = 520;  // octets; 496 is the published example

bool changes(const ItemContext& one) { return one.item.kind == eas::Item::Kind::change; }

bool is_apple(const ItemContext& one) {
  const eas::Command& command = *one.context.facts.command;
  return command.user_agent.starts_with("Apple-i") || command.device_type == "iPhone" ||
         command.device_type == "iPad" || command.device_type == "iPod";
}

bool same_property(const ItemContext& one, codepages::Tag tag) {
  const auto* now = one.facts.property(tag);
  if (now == nullptr) return true;  // ghosted: stays as it was
  const auto& known = one.known->properties;
  return std::any_of(known.begin(), known.end(), [&](const ItemFacts::Property& before) {
    return before.tag == tag && before.hash == now->hash;
  });
}

bool on_midnight(Timestamp time, const std::optional<TimeZone>& zone) {
  const auto local = zone ? time - std::chrono::minutes{zone->offset_at(time)} : time;
  return (local.time_since_epoch() % std::chrono::hours{24}).count() == 0;
}

}  // namespace

void judge_body(const ItemContext& one) {
  KnownItem& known = *one.known;
  if (!changes(one) || !one.facts.has_body || !known.has_body || !known.server_seen) return;
  if (one.facts.body_hash == 0) return;  // no Data came
  const std::uint64_t size = one.facts.body_octets;
  const bool shortened = known.body_estimate > size || known.body_truncated;
  const bool to_plain =
      one.facts.body_type == 1 && (known.body_type == 2 || known.body_type == 3 ||
                                   known.native_body_type == 2 || known.native_body_type == 3);
  const std::string sizes =
      words({number(static_cast<std::int64_t>(size)), " of ",
             number(static_cast<std::int64_t>(known.body_estimate)), " octets of the text"});
  if (!known.body_fetched && shortened && size >= kCutFrom && size <= kCutTo) {
    one.report(RuleId::body_truncated,
               words({"the device wrote back ", sizes, to_plain ? ", as plain text" : "",
                      "; the rest is lost"}));
    return;
  }
  if (!known.body_fetched && known.body_truncated && known.body_estimate > size) {
    one.report(RuleId::body_truncated,
               words({"the device had a part of the text only and wrote back ", sizes}),
               Severity::warning);
    return;
  }
  if (!to_plain || known.downgraded) return;
  known.downgraded = true;
  const bool edited = known.body_fetched && one.facts.body_hash != known.body_hash;
  Incident* incident = one.context.incidents.count(
      RuleId::body_downgrade, one.subject(), {}, one.context.facts.ended, one.context.facts.id,
      edited ? std::optional{Severity::info} : std::nullopt);
  if (incident == nullptr) return;
  incident->summary = words({one.label(), ": the device wrote the text back as plain text (",
                             number(static_cast<std::int64_t>(incident->count)),
                             incident->count == 1 ? " item)" : " items)"});
}

void judge_time_zone(const ItemContext& one) {
  const KnownItem& known = *one.known;
  if (!changes(one) || !one.facts.has_time_zone || !known.server_seen || known.made_by_client)
    return;
  if (!same_property(one, calendar::kStartTime)) return;
  if (!one.facts.time_zone) {
    one.report(RuleId::timezone_altered, "the device sent a time zone that is not 172 octets long",
               Severity::notice);
    return;
  }
  if (!known.time_zone || one.facts.time_zone->same_rules(*known.time_zone)) return;
  const TimeZone& now = *one.facts.time_zone;
  const bool no_rules = now.daylight.month == 0 && now.standard.month == 0;
  const bool agrees = no_rules && known.start &&
                      now.offset_at(*known.start) == known.time_zone->offset_at(*known.start);
  one.report(
      RuleId::timezone_altered,
      words({"the device altered the time zone (bias ", number(known.time_zone->bias), " to ",
             number(now.bias), " minutes", no_rules ? ", without daylight saving" : "",
             ") and not the start", agrees ? "; the offset at the start is the same" : ""}),
      agrees ? std::optional{Severity::notice} : std::nullopt);
}

void judge_reminder(const ItemContext& one) {
  const KnownItem& known = *one.known;
  if (!changes(one) || !known.organized() || !known.start || !known.reminder) return;
  if (!known.server_seen || !known.has_attendees) return;
  static constexpr std::array kHarmless{calendar::kReminder, calendar::kDtStamp,
                                        calendar::kAppointmentReplyTime, calendar::kResponseType};
  const bool only_harmless = std::all_of(one.facts.properties.begin(), one.facts.properties.end(),
                                         [&](const ItemFacts::Property& property) {
                                           return std::find(kHarmless.begin(), kHarmless.end(),
                                                            property.tag) != kHarmless.end() ||
                                                  same_property(one, property.tag);
                                         });
  if (!only_harmless || one.facts.properties.empty()) return;
  Microseconds after =
      one.context.facts.began - (*known.start - std::chrono::minutes{*known.reminder});
  constexpr Microseconds kDay = std::chrono::hours{24};
  if (known.recurring) {  // of any occurrence
    after %= kDay;
    if (after > kDay / 2) after -= kDay;
  }
  if (after < -std::chrono::minutes{1} || after > std::chrono::minutes{3}) return;
  one.report(RuleId::change_after_reminder,
             words({"the device sent an update without a change ",
                    number(std::chrono::duration_cast<std::chrono::seconds>(after).count()),
                    " s after the reminder was due"}));
}

void judge_all_day(const ItemContext& one) {
  const KnownItem& known = *one.known;
  if (!changes(one) || !known.server_seen || known.made_by_client) return;
  if (!one.facts.instance_id.empty()) return;
  const bool made_all_day = one.facts.all_day == true && known.all_day == false;
  const auto duration = known.start && known.end ? *known.end - *known.start : Microseconds{};
  const auto& zone = one.facts.time_zone ? one.facts.time_zone : known.time_zone;
  const bool to_midnight =
      duration >= std::chrono::hours{24} && known.all_day != true && one.facts.start &&
      one.facts.end && on_midnight(*one.facts.start, zone) && on_midnight(*one.facts.end, zone) &&
      !(on_midnight(*known.start, known.time_zone) && on_midnight(*known.end, known.time_zone));
  if (!made_all_day && !to_midnight) return;
  one.report(RuleId::all_day_altered,
             made_all_day ? "the device turned the appointment into an all-day event"
                          : "the device moved a long appointment to midnight bounds");
}

void judge_all_day_of_server(const ItemContext& one) {
  const ItemFacts& facts = one.facts;
  if (!facts.start || !facts.end || facts.all_day != false) return;
  if (*facts.end - *facts.start < std::chrono::hours{24} || !facts.time_zone) return;
  if (!facts.meeting_status || (*facts.meeting_status & 0x2) == 0) return;
  if (!on_midnight(*facts.start, facts.time_zone) || !on_midnight(*facts.end, facts.time_zone))
    return;
  one.report(RuleId::all_day_altered,
             "the server sends an invitation over whole days that is not marked all-day",
             Severity::info);
}

void judge_month_end(const ItemContext& one) {
  if (!is_apple(one) || one.facts.recurrence_type != 2 || one.facts.day_of_month < 29) return;
  Incident* incident = one.context.incidents.count(
      RuleId::month_end_recurrence, one.subject(),
      one.facts.uid.empty() ? std::string_view{one.item.server_id} : one.facts.uid.substr(0, 160),
      one.context.facts.ended, one.context.facts.id);
  if (incident == nullptr) return;
  incident->summary = words({one.label(), ": repeats on day ", number(one.facts.day_of_month),
                             " of the month; this device shows it only in months that have it"});
}

}  // namespace eastap::findings
