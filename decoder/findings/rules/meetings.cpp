// Meetings that devices spoil: D-16, D-17, D-18, D-22, D-24, D-25.

#include <algorithm>
#include <array>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/findings/rules/items.hpp"

namespace eastap::findings {

namespace {

constexpr int kMeeting = 0x1, kReceived = 0x2, kCancelled = 0x4;

bool changes(const ItemContext& one) { return one.item.kind == eas::Item::Kind::change; }

/// Apple's builds before iOS 8.2 (12D508).
bool before_ios_82(std::string_view agent) {
  const std::size_t slash = agent.find('/');
  if (!agent.starts_with("Apple-") || slash == std::string_view::npos) return false;
  const std::string_view build = agent.substr(slash + 1, agent.find('.', slash) - slash - 1);
  const auto number = to_integer(build);
  return number && *number >= 100 && *number < 1'204;  // 1204 is 12D
}

std::optional<Severity> one_higher_before_82(const ItemContext& one, RuleId rule) {
  if (!before_ios_82(one.context.facts.command->user_agent)) return std::nullopt;
  const Severity usual = one.context.incidents.rule(rule).severity;
  return usual == Severity::error ? usual
                                  : static_cast<Severity>(static_cast<std::uint8_t>(usual) + 1);
}

/// Before which time a FilterType leaves items out; the epoch: never.
Timestamp filter_begin(int filter, Timestamp now) {
  constexpr std::array kDays{0, 1, 3, 7, 14, 31, 92, 183};
  if (filter <= 0 || static_cast<std::size_t>(filter) >= kDays.size()) return {};
  return now - std::chrono::days{kDays[static_cast<std::size_t>(filter)]};
}

/// The device left out exceptions only that lie before its period.
bool only_past_is_missing(const ItemContext& one) {
  const CollectionHistory* folder = one.context.device.find(one.folder.id);
  if (folder == nullptr || one.known->exceptions.size() < one.known->exception_count) return false;
  const Timestamp begin = filter_begin(folder->filter_type.value_or(0), one.context.facts.began);
  const auto& now = one.facts.exceptions;
  return std::all_of(one.known->exceptions.begin(), one.known->exceptions.end(),
                     [&](const ExceptionFacts& before) {
                       const bool kept =
                           std::any_of(now.begin(), now.end(), [&](const ExceptionFacts& other) {
                             return other.start == before.start;
                           });
                       return kept || (before.at && *before.at < begin);
                     });
}

}  // namespace

void judge_organizer(const ItemContext& one) {
  const KnownItem* known = one.known;
  if (known == nullptr && one.item.kind == eas::Item::Kind::add)
    known = one.context.items.find_uid(one.context.device, one.facts.uid);
  if (known == nullptr || !known->server_seen || known->made_by_client) return;
  if (!changes(one) && one.item.kind != eas::Item::Kind::add) return;
  const bool other = !one.facts.organizer.empty() && !known->organizer.empty() &&
                     !equals_ignoring_case(one.facts.organizer, known->organizer) &&
                     !(is_account_address(one.context, one.facts.organizer) &&
                       is_account_address(one.context, known->organizer));
  const int before = known->meeting_status.value_or(0);
  const int now = one.facts.meeting_status.value_or(before);
  const bool taken = (before & kReceived) != 0 && (now & kReceived) == 0 && (now & kMeeting) != 0;
  if (!other && !taken) return;
  std::string how = other ? words({"the device made ", one.facts.organizer.substr(0, 120),
                                   " the organizer, it was ", known->organizer})
                          : words({"the device turned a received meeting (MeetingStatus ",
                                   number(before), ") into an own one (", number(now), ")"});
  Incident* incident = one.report(RuleId::organizer_change, how);
  // Both may be addresses of the account, told before.
  if (incident != nullptr && other) incident->looks_back = std::chrono::hours{24};
}

void judge_series_change(const ItemContext& one) {
  KnownItem& known = *one.known;
  if (!changes(one) || !known.recurring || !known.server_seen || known.made_by_client) return;
  if (!one.context.facts.command->protocol_version.starts_with("16")) return;
  if (!known.organized() || !known.has_attendees) return;
  const Mark now{one.context.facts.began, one.context.facts.id, 0};
  const auto window = one.context.incidents.rule(RuleId::series_change_no_instance).window;
  if (!one.facts.instance_id.empty()) {
    if (!known.series_changed || now.time - known.series_changed.time > window) return;
    const Mark whole = std::exchange(known.series_changed, {});
    Incident* incident = one.report(
        RuleId::series_change_no_instance,
        words({"the whole series was changed (", exchange_number(whole.exchange),
               ") just before one instance: all attendees get an update for the series"}));
    if (incident != nullptr) one.context.incidents.add_example(*incident, whole.exchange);
    return;
  }
  if (one.facts.recurring) {
    one.report(RuleId::series_change_no_instance,
               "the whole series was edited on purpose (Recurrence is in the change)",
               Severity::info);
    return;
  }
  const bool later_occurrence =
      one.facts.start && known.start && *one.facts.start - *known.start >= std::chrono::hours{24};
  if (later_occurrence) {
    one.report(RuleId::series_change_no_instance,
               words({"the whole series was moved to the time of one occurrence (",
                      one.facts.start_text.substr(0, 32), "), without InstanceId"}));
    return;
  }
  known.series_changed = now;
}

void judge_cancelled_then_updated(const ItemContext& one) {
  const KnownItem* known = one.known;
  if (known == nullptr) known = one.context.items.find_uid(one.context.device, one.facts.uid);
  if (known == nullptr || !known->cancelled || !known->meeting()) return;
  if (one.item.kind == eas::Item::Kind::remove) return;
  const Timestamp now = one.context.facts.began;
  if (now - known->cancelled.time > one.context.incidents.rule(RuleId::cancel_then_update).window)
    return;
  const bool is_new = one.item.kind == eas::Item::Kind::add;
  if (!is_new && !one.facts.meeting_status) return;
  if (is_new && one.folder.id != known->folder) return;  // moved to another calendar
  if ((one.facts.meeting_status.value_or(0) & kCancelled) != 0) return;
  Incident* incident =
      one.report(RuleId::cancel_then_update,
                 words({"cancelled by the device (", exchange_number(known->cancelled.exchange),
                        ") and ", is_new ? "created" : "changed", " again ",
                        span_of(known->cancelled.time, now), " later"}));
  if (incident != nullptr) one.context.incidents.add_example(*incident, known->cancelled.exchange);
}

void judge_series_deleted(const ItemContext& one) {
  const KnownItem& known = *one.known;
  if (one.item.kind != eas::Item::Kind::remove || !known.recurring || known.made_by_client) return;
  const auto window = one.context.incidents.rule(RuleId::series_deleted).window;
  const Mark& cause = known.instance_cancelled;
  const bool after_instance = cause && one.context.facts.began - cause.time <= window;
  if (!after_instance && !known.has_attendees) return;
  Incident* incident = one.report(
      RuleId::series_deleted,
      after_instance
          ? words({"the device deleted the whole series ",
                   span_of(cause.time, one.context.facts.began),
                   " after one instance was cancelled (", exchange_number(cause.exchange), ")"})
          : std::string{"the device deleted a whole series with attendees"},
      after_instance ? std::nullopt : std::optional{Severity::notice});
  if (incident != nullptr && after_instance)
    one.context.incidents.add_example(*incident, cause.exchange);
}

void judge_exceptions(const ItemContext& one) {
  const KnownItem& known = *one.known;
  if (!changes(one) || !one.facts.has_exceptions || !known.has_exceptions || !known.server_seen)
    return;
  if (one.facts.exception_count >= known.exception_count || !one.facts.instance_id.empty()) return;
  if (only_past_is_missing(one)) return;
  one.report(
      RuleId::exceptions_dropped,
      words({"the device wrote ", number(static_cast<std::int64_t>(one.facts.exception_count)),
             " of ", number(static_cast<std::int64_t>(known.exception_count)),
             " exceptions of the series back"}));
}

void judge_stamp_order(const ItemContext& one) {
  if (one.known == nullptr) return;
  const KnownItem& known = *one.known;
  const auto window = one.context.incidents.rule(RuleId::dtstamp_order).window;
  bool backwards = one.facts.stamp && known.stamp && *one.facts.stamp < *known.stamp &&
                   one.facts.content != known.content;
  for (const ExceptionFacts& now : one.facts.exceptions) {
    const auto before =
        std::find_if(known.exceptions.begin(), known.exceptions.end(),
                     [&](const ExceptionFacts& other) { return other.start == now.start; });
    if (before == known.exceptions.end() || !now.stamp || !before->stamp) continue;
    backwards = backwards || (*now.stamp < *before->stamp && now.content != before->content);
  }
  if (!backwards) return;
  if (known.stamp_seen != Timestamp{} && known.stamp_seen + window < one.context.facts.ended)
    return;
  one.report(RuleId::dtstamp_order,
             "the server sent it again with an older DtStamp and other content: the latest answer "
             "counts, not the stamp",
             one_higher_before_82(one, RuleId::dtstamp_order));
}

void judge_instance_uid(const ItemContext& one) {
  const KnownItem* sibling = one.context.items.find_sibling(one.context.device, *one.known);
  if (sibling == nullptr) return;
  Subject subject = one.subject();
  subject.scope = Scope::person;
  std::string masked = to_lower(one.known->uid);
  masked.replace(32, 8, "00000000");
  Incident* incident = one.context.incidents.measure(
      RuleId::instance_uid_date, subject, masked, one.context.facts.ended, one.context.facts.id,
      static_cast<std::int64_t>(
          one.context.incidents.open(RuleId::instance_uid_date, subject, masked) == nullptr
              ? 2
              : one.context.incidents.open(RuleId::instance_uid_date, subject, masked)->count + 1),
      one_higher_before_82(one, RuleId::instance_uid_date));
  if (incident == nullptr) return;
  incident->summary =
      words({one.label(), ": its UID differs from that of item ", sibling->server_id,
             " in the date of the instance only; older clients lose or double one of them"});
}

}  // namespace eastap::findings
