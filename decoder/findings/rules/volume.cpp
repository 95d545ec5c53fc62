// Too many, too fast, too slow: D-09, D-10, D-37, heartbeats of D-08.

#include <algorithm>
#include <array>
#include <cmath>

#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::string_view kKey;
constexpr std::size_t kDelays = 50, kDelaysNeeded = 20;
constexpr std::chrono::seconds kVerySlow{30};
constexpr std::chrono::seconds kDelayFrom{10}, kDelayTo{45};
constexpr std::chrono::seconds kCycleFrom{25}, kCycleTo{35};
constexpr std::chrono::hours kCutRemembered{24};
constexpr std::uint16_t kHeartbeats = 200, kHeartbeatsNeeded = 20;

std::int64_t rounded_up_seconds(Microseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

/// In tenths of a second: 95 of 100 answers were as quick as this or quicker.
std::uint16_t percentile_95(const Ring<std::uint16_t>& delays) {
  std::array<std::uint16_t, kDelays> sorted{};
  const std::size_t size = std::min(delays.size(), kDelays);
  for (std::size_t index = 0; index < size; ++index) sorted[index] = delays[index];
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(size);
  const std::size_t rank = (size * 95 + 99) / 100 - 1;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank), end);
  return sorted[rank];
}

}  // namespace

void detect_rate(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const EffectiveRule& rule = context.incidents.rule(RuleId::command_rate);
  const std::uint32_t count = device.rate.add(facts.began, rule.window);
  if (count < rule.threshold) return;
  const Subject subject = context.subject();
  if (device.equal_told + rule.window >= facts.began) return;  // identical-commands says it
  Incident* incident =
      context.incidents.measure(RuleId::command_rate, subject, kKey, facts.began, facts.id, count);
  if (incident == nullptr) return;
  for (const RuleId cause : {RuleId::provision_loop, RuleId::provision_110_loop, RuleId::ping_storm,
                             RuleId::ping_ri_folder}) {
    incident->because(context.incidents.open(cause, subject, kKey));
  }
  if (count < incident->count) return;  // the sentence tells the most there were
  incident->summary = words({number(count), " requests in ", number(rule.window.count()),
                             " s, the last a ", facts.command->name});
}

void detect_daily_volume(Context& context) {
  Device& device = context.device;
  const auto day = static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(context.facts.began).time_since_epoch().count());
  if (day < device.day) return;  // a late event of yesterday
  if (day > device.day) {
    device.day = day;
    device.day_count = 0;
  }
  ++device.day_count;
  const EffectiveRule& rule = context.incidents.rule(RuleId::daily_volume);
  // Worth a look at the thresholds and at each further thousand only.
  if (device.day_count < rule.threshold ||
      (device.day_count != rule.threshold && device.day_count != rule.escalate_at &&
       device.day_count % 1'000 != 0))
    return;
  Incident* incident =
      context.incidents.measure(RuleId::daily_volume, context.subject(), number(day),
                                context.facts.began, context.facts.id, device.day_count);
  if (incident == nullptr) return;
  for (const RuleId cause : {RuleId::identical_commands, RuleId::command_rate,
                             RuleId::provision_loop, RuleId::ping_storm}) {
    incident->because(context.incidents.latest(cause, device));
  }
  incident->summary = words({number(device.day_count), " requests of this device in one day"});
}

void detect_give_up_cycle(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  if (device.aborted.began == Timestamp{} || device.aborted.verb != facts.verb || facts.may_hang)
    return;
  const auto after = facts.began - device.aborted.began;
  device.aborted = {};
  const Subject subject = context.subject();
  if (after < kCycleFrom || after > kCycleTo) {
    context.incidents.restart(RuleId::thirty_second_cycle, subject, facts.command->name);
    return;
  }
  Incident* incident = context.incidents.count(RuleId::thirty_second_cycle, subject,
                                               facts.command->name, facts.began, facts.id);
  if (incident == nullptr) return;
  incident->because(context.incidents.open(RuleId::server_slow, context.of_host(), kKey));
  incident->summary =
      words({"the device gave ", facts.command->name, " up after about ",
             number(std::chrono::round<std::chrono::seconds>(after).count()),
             " s without an answer and began again, ", times(incident->count), " in a row"});
}

void detect_give_up(Context& context) {
  const Facts& facts = context.facts;
  const bool gave_up = facts.http == 0 && !facts.may_hang &&
                       (facts.exchange->ending == model::Ending::device_closed ||
                        facts.exchange->ending == model::Ending::device_reset);
  const bool cut_in_answer = facts.undelivered && !facts.may_hang;
  if (gave_up || cut_in_answer) {
    context.device.aborted = {facts.verb, facts.began, facts.ended};
  } else if (facts.delivered) {
    context.incidents.restart(RuleId::thirty_second_cycle, context.subject(), facts.command->name);
  }
}

void detect_retry_after_ignored(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  if (facts.began <= device.asked_to_wait || facts.began >= device.wait_until) return;
  Incident* incident = context.incidents.count(RuleId::throttle_ignored, context.subject(), kKey,
                                               facts.began, facts.id);
  if (incident == nullptr) return;
  incident->because(context.incidents.open(RuleId::throttled, context.subject(), kKey));
  incident->summary =
      words({"the server asked to wait and the device came back after ",
             span_of(device.asked_to_wait, facts.began), ", ", times(incident->count)});
}

void detect_delay(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  Host& host = context.host;
  if (facts.may_hang || !facts.first_octet_after || facts.http == 401) return;
  const Microseconds delay = *facts.first_octet_after;
  host.delays.push(
      static_cast<std::uint16_t>(std::min<std::int64_t>(delay.count() / 100'000, 0xFFFF)), kDelays);
  const std::chrono::seconds limit{context.incidents.rule(RuleId::server_slow).threshold};
  if (delay <= limit) {
    if (device.slow_in_row > 0) {
      device.slow_in_row = 0;
      context.incidents.restart(RuleId::throttle_delay, context.subject(), kKey);
    }
    return;
  }
  const bool very_slow = delay > kVerySlow;
  const bool mostly =
      host.delays.size() >= kDelaysNeeded && percentile_95(host.delays) > limit.count() * 10;
  Incident* slow = nullptr;
  if (very_slow || mostly) {
    // One long answer alone says nothing about the rest: it opens, and does not escalate.
    const std::int64_t value =
        mostly ? std::max<std::int64_t>((percentile_95(host.delays) + 9) / 10, limit.count() + 1)
               : limit.count() * (context.device.loading(facts.began) ? 5 : 1);
    slow = context.incidents.gauge(RuleId::server_slow, context.of_host(), kKey, facts.ended,
                                   facts.id, value);
    if (slow != nullptr) {
      slow->summary = words({host.name, ": ", facts.command->name, " took ",
                             number(rounded_up_seconds(delay)), " s to its first octet"});
      if (mostly) slow->summary += words({"; 95 of 100 answers take up to ", number(value), " s"});
      if (mostly && host.delays.size() < kDelays) {
        slow->summary +=
            words({"; the evidence begins ", number(static_cast<std::int64_t>(host.delays.size())),
                   " answers before"});
      }
    }
  }
  if (delay < kDelayFrom || delay > kDelayTo) return;
  ++device.slow_in_row;
  const Subject subject = context.subject();
  const bool all_are_slow =
      context.incidents.open(RuleId::server_slow, context.of_host(), kKey) != nullptr && mostly;
  if (all_are_slow) return;
  Incident* incident =
      context.incidents.count(RuleId::throttle_delay, subject, kKey, facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->because(context.incidents.open(RuleId::throttled, subject, kKey));
  incident->because(context.incidents.latest(RuleId::identical_commands, device));
  incident->summary = words({number(static_cast<std::int64_t>(incident->count)),
                             " answers in a row took 10 to 45 s to their first octet, the last ",
                             number(rounded_up_seconds(delay)), " s"});
}

void detect_heartbeats(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  if (!facts.hangs) return;
  const auto hanging = static_cast<std::int64_t>(
      1 + std::count_if(device.open.begin(), device.open.end(),
                        [](const OpenRequest& open) { return open.hangs; }));
  if (hanging >= context.incidents.rule(RuleId::parallel_hang).threshold) {
    Subject subject = context.subject();
    subject.harmless = true;  // PingCollisionDetected, SyncCollisionDetected
    Incident* incident = context.incidents.measure(RuleId::parallel_hang, subject, kKey,
                                                   facts.began, facts.id, hanging);
    if (incident != nullptr)
      incident->summary = words({number(hanging), " waiting requests are open at once"});
  }
  if (device.heartbeats < kHeartbeats) ++device.heartbeats;
  device.heartbeat_mean += (static_cast<float>(facts.wait_seconds) - device.heartbeat_mean) /
                           static_cast<float>(device.heartbeats);
  const auto mean = static_cast<std::int64_t>(std::lround(device.heartbeat_mean));
  if (device.heartbeats < kHeartbeatsNeeded) return;
  if (mean > context.incidents.rule(RuleId::heartbeat_short).threshold) return;
  Incident* incident = context.incidents.gauge(RuleId::heartbeat_short, context.subject(), kKey,
                                               facts.began, facts.id, mean);
  if (incident == nullptr) return;
  // A device remembers for long which heartbeat was cut; the incident may have ended since.
  if (device.heartbeat_cut_incident && facts.began - device.heartbeat_cut <= kCutRemembered)
    incident->because(device.heartbeat_cut_incident);
  incident->summary = words({"the device asks to wait ", number(mean), " s on average, over ",
                             number(device.heartbeats), " requests"});
}

}  // namespace eastap::findings
