// Requests that wait, answers that do not arrive: D-08, D-09, D-29, D-41, D-42, D-43.

#include <algorithm>

#include "decoder/findings/apply.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::string_view kKey;
constexpr std::chrono::seconds kReplacedWithin{5};
constexpr std::size_t kCuts = 4;

/// The latest four cuts took about equally long: a time-out, not the radio.
bool equal_cuts(const Ring<std::int64_t>& cuts) {
  if (cuts.size() < kCuts) return false;
  std::int64_t least = cuts[0], most = cuts[0];
  for (std::size_t index = 1; index < cuts.size(); ++index) {
    least = std::min(least, cuts[index]);
    most = std::max(most, cuts[index]);
  }
  return most - least <= 5 || (most - least) * 100 <= most * 3;
}

void report_cut(Context& context, Timestamp at, ExchangeId exchange, bool server_side,
                std::int64_t after, std::int64_t of) {
  Device& device = context.device;
  device.cut_after.push(after, kCuts);
  const Subject subject = context.subject();
  const bool equal = equal_cuts(device.cut_after);
  const EffectiveRule& rule = context.incidents.rule(RuleId::heartbeat_cut);
  // Scattered lengths point to the radio: such a series never becomes louder.
  const auto counted =
      static_cast<std::int64_t>(context.incidents.counted(RuleId::heartbeat_cut, subject, kKey));
  std::optional<Severity> base;
  if (!equal && rule.escalate_at > 0 && counted + 1 >= rule.escalate_at &&
      rule.severity != Severity::info) {
    base = static_cast<Severity>(static_cast<std::uint8_t>(rule.severity) - 1);
  }
  Incident* incident =
      context.incidents.count(RuleId::heartbeat_cut, subject, kKey, at, exchange, base);
  if (incident == nullptr) return;
  device.heartbeat_cut = at;
  device.heartbeat_cut_incident = incident->id;
  incident->because(
      context.incidents.open(RuleId::middlebox_5xx, context.of_host(), maker_of(context.facts)));
  incident->summary = words({number(static_cast<std::int64_t>(incident->count)),
                             " waiting requests were cut, the last after ", number(after), " of ",
                             number(of), " s"});
  if (equal) {
    incident->summary += words({"; idle time-out of about ", number(after), " s between ",
                                server_side ? "proxy and server" : "device and proxy"});
  }
}

bool brings_items(const eas::Collection& answered) {
  return answered.adds + answered.changes + answered.deletes + answered.soft_deletes > 0 ||
         answered.more_available;
}

bool more_specific_loop(Context& context) {
  const Subject subject = context.subject();
  if (context.facts.verb == Verb::provision) {
    return context.incidents.open(RuleId::provision_loop, subject, kKey) != nullptr ||
           context.incidents.open(RuleId::provision_110_loop, subject, kKey) != nullptr;
  }
  if (context.facts.verb == Verb::ping) {
    return context.incidents.open(RuleId::ping_ri_folder, subject, kKey) != nullptr;
  }
  for (const eas::Collection& asked : context.facts.command->collections) {
    if (context.incidents.open(RuleId::synckey_repeat, subject, asked.id + '\n' + asked.sync_key) !=
        nullptr)
      return true;
  }
  return false;
}

}  // namespace

void detect_cut(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  if (facts.cut_by_server) {
    report_cut(context, facts.ended, facts.id, true, facts.lasted_seconds, facts.wait_seconds);
    return;
  }
  if (!facts.cut_by_device) return;
  device.dropped = {facts.ended, facts.id, 0};
  const bool replaced = std::any_of(
      device.open.begin(), device.open.end(),
      [&](const OpenRequest& open) { return open.id != facts.id && open.began >= facts.began; });
  if (replaced) return;
  const ConnectionId connection = facts.exchange->connection->id;
  const bool together = device.closed_wait.mark && device.closed_wait.connection != connection &&
                        facts.ended - device.closed_wait.mark.time <= std::chrono::seconds{1};
  if (together) {  // all connections at once: the device left its network
    device.closed_wait = {};
    return;
  }
  device.closed_wait = {{facts.ended, facts.id, 0},
                        connection,
                        std::string{without_port(facts.exchange->connection->client)},
                        facts.lasted_seconds,
                        facts.wait_seconds};
}

void detect_cut_judged(Context& context) {
  Device& device = context.device;
  if (!device.closed_wait.mark) return;
  const auto closed = std::exchange(device.closed_wait, {});
  const Facts& facts = context.facts;
  if (facts.began - closed.mark.time <= kReplacedWithin) return;  // closed in order to send this
  if (closed.client != without_port(facts.exchange->connection->client)) return;  // another network
  add_failure(device, Failure::hang_cut, closed.mark);
  report_cut(context, closed.mark.time, closed.mark.exchange, false, closed.after_seconds,
             closed.of_seconds);
}

void detect_undelivered(Context& context) {
  const Facts& facts = context.facts;
  if (!facts.undelivered) return;
  Incident* incident = context.incidents.count(RuleId::undelivered_response, context.subject(),
                                               kKey, facts.ended, facts.id);
  if (incident == nullptr) return;
  const model::Exchange& exchange = *facts.exchange;
  incident->summary =
      words({"the answer to ", facts.command->name, " did not reach the device whole (",
             number(static_cast<std::int64_t>(exchange.delivered_octets)), " of ",
             number(static_cast<std::int64_t>(exchange.response->wire_size)), " octets"});
  incident->summary +=
      incident->count > 1 ? words({"), ", times(incident->count)}) : std::string{")"};
}

void answer_passed(Moment& moment, const Deadline&) {
  const std::int64_t patience = moment.incidents.rule(RuleId::no_answer).threshold;
  for (const OpenRequest& open : moment.device.open) {
    const auto waited =
        std::chrono::duration_cast<std::chrono::seconds>(moment.now - open.sent).count();
    if (open.hangs || waited < patience) continue;
    Incident* incident = moment.incidents.gauge(RuleId::no_answer, moment.subject(),
                                                number(static_cast<std::int64_t>(open.id.value)),
                                                moment.now, open.id, waited);
    if (incident == nullptr) continue;
    incident->summary = words(
        {"request ", exchange_number(open.id), " has had no answer for ", number(waited), " s"});
  }
}

void detect_lost_sync_acknowledged(Context& context) {
  const Facts& facts = context.facts;
  if (!facts.command->waiting) return;
  for (const eas::PingFolder& asked : facts.command->waiting->folders) {
    CollectionHistory* folder = context.device.find(asked.id);
    if (folder == nullptr || !folder->undelivered || facts.began < folder->undelivered.time)
      continue;
    const Mark lost = std::exchange(folder->undelivered, {});
    Incident* incident = context.incidents.count(
        RuleId::ping_acks_lost_sync, context.subject(asked.id), asked.id, facts.began, facts.id);
    if (incident == nullptr) continue;
    context.incidents.add_example(*incident, lost.exchange);
    incident->because(
        context.incidents.open(RuleId::undelivered_response, context.subject(), kKey));
    std::string items;
    for (const std::string& item : folder->last_items)
      items += (items.empty() ? " (" : ", ") + item;
    if (!items.empty()) items += ")";
    incident->summary = words({context.device.folder_label(asked.id), ": the batch of ",
                               exchange_number(lost.exchange), items,
                               " was lost, and this Ping tells the server that it arrived"});
  }
}

void detect_ping_request(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  if (!facts.command->waiting) return;
  for (const eas::PingFolder& asked : facts.command->waiting->folders) {
    CollectionHistory* folder = device.find(asked.id);
    if (folder == nullptr || !folder->changed || facts.began < folder->changed.time) continue;
    if (folder->last_sync.time >= folder->changed.time) continue;
    const Mark changed = std::exchange(folder->changed, {});
    folder->ping_ignored = true;
    Incident* incident =
        context.incidents.count(RuleId::ping_changes_ignored, context.subject(asked.id), asked.id,
                                facts.began, changed.exchange);
    if (incident == nullptr) continue;
    incident->summary = words({"Ping reported changes in ", device.folder_label(asked.id), " ",
                               times(incident->count),
                               " in a row, and the device pinged again instead of synchronising"});
  }
}

void detect_ping_answer(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  Incidents& incidents = context.incidents;
  if (facts.http == 0 || facts.http == 401 || !facts.command->waiting) return;
  const Subject subject = context.subject();
  const eas::Waiting& waiting = *facts.command->waiting;

  const bool refused = facts.status == 3 || facts.status == 4 || facts.status == 8;
  if (device.ping_refused != 0 && (!refused || device.ping_refused != facts.fingerprint)) {
    for (const int status : {3, 4, 8})
      incidents.restart(RuleId::ping_error_repeat, subject, number(status));
  }
  device.ping_refused = refused ? facts.fingerprint : 0;
  if (refused) {
    Incident* incident = incidents.count(RuleId::ping_error_repeat, subject, number(facts.status),
                                         facts.ended, facts.id);
    if (incident != nullptr) {
      context.claimed = true;
      incident->summary = words({"the same Ping was refused with status ", number(facts.status),
                                 " ", times(incident->count), " in a row"});
    }
  }

  const bool lists_cache =
      std::any_of(waiting.folders.begin(), waiting.folders.end(),
                  [](const eas::PingFolder& folder) { return folder.id == "RI"; });
  Incident* cache_loop = nullptr;
  if (lists_cache && facts.delivered && facts.lasted_seconds <= 5 && facts.status != 1 &&
      facts.status != 2) {
    cache_loop = incidents.count(RuleId::ping_ri_folder, subject, kKey, facts.ended, facts.id);
    if (cache_loop != nullptr) {
      context.claimed = true;
      cache_loop->summary =
          words({"Ping with the recipient cache (RI) in its list failed at once ",
                 times(cache_loop->count), " in ", span_of(cache_loop->first, facts.ended)});
    }
  }

  // A storm are Pings that brought no mail: an answer with changes counts once no Sync proved it.
  const auto storm = [&](ExchangeId exchange) {
    Incident* incident = nullptr;
    if (cache_loop != nullptr) {
      incidents.note(RuleId::ping_storm, subject, kKey, facts.ended, exchange);
    } else {
      incident = incidents.count(RuleId::ping_storm, subject, kKey, facts.ended, exchange);
    }
    if (incident == nullptr) return;
    for (const RuleId cause :
         {RuleId::ping_changes_ignored, RuleId::ping_phantom_change, RuleId::ping_error_repeat}) {
      incident->because(incidents.latest(cause, device));
    }
    incident->summary = words({number(static_cast<std::int64_t>(incident->count)), " Pings in ",
                               span_of(incident->first, facts.ended), " that brought nothing"});
  };
  if (device.ping_unproven) storm(std::exchange(device.ping_unproven, {}).exchange);
  if (facts.status == 2 && facts.delivered) {
    device.ping_unproven = {facts.ended, facts.id, 2};
  } else {
    storm(facts.id);
  }
  if (facts.status != 2 || !facts.delivered) return;
  for (const eas::PingFolder& changed : waiting.changed) {
    if (CollectionHistory* folder = device.find(changed.id))
      folder->changed = {facts.ended, facts.id, 2};
  }
}

void detect_change_fetched(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  if (!facts.success) return;  // a refusal or a page says nothing of the changes
  for (const eas::Collection& answered : facts.command->collections) {
    if (status_of(facts, answered) > 1) continue;
    const bool items = answered.in_response && brings_items(answered);
    if (items) device.ping_unproven = {};
    CollectionHistory* folder = device.find(answered.id);
    if (folder == nullptr) continue;
    if (items || !folder->changed) {
      if (items && folder->ping_phantom) {
        folder->ping_phantom = false;
        context.incidents.restart(RuleId::ping_phantom_change, context.subject(answered.id),
                                  answered.id);
      }
      if (items) folder->changed = {};
      continue;
    }
    if (facts.began < folder->changed.time) continue;
    const Mark announced = std::exchange(folder->changed, {});
    folder->ping_phantom = true;
    Incident* incident =
        context.incidents.count(RuleId::ping_phantom_change, context.subject(answered.id),
                                answered.id, facts.ended, facts.id);
    if (incident == nullptr) continue;
    context.incidents.add_example(*incident, announced.exchange);
    incident->summary = words({"Ping reported changes in ", device.folder_label(answered.id), " ",
                               times(incident->count), " in a row and the Sync found none"});
  }
}

void detect_more_available(Context& context) {
  const Facts& facts = context.facts;
  if (!facts.delivered) return;
  const auto window = context.incidents.rule(RuleId::more_available_unfollowed).window;
  for (const eas::Collection& answered : facts.command->collections) {
    if (!answered.more_available) continue;
    context.deadlines.add(facts.ended + window, context.owner, Wait::more_items, facts.id,
                          answered.id);
  }
}

void more_items_passed(Moment& moment, const Deadline& deadline) {
  CollectionHistory* folder = moment.device.find(deadline.folder);
  if (folder == nullptr || folder->more_available.exchange != deadline.about) return;
  // It must talk, and until lately: else it has left its network, and goes on when it is back.
  const Device& device = moment.device;
  const auto lately =
      moment.now - moment.incidents.rule(RuleId::more_available_unfollowed).window / 2;
  if (device.last_began <= folder->more_available.time ||
      (device.open.empty() && std::max(device.last_began, device.last_ended) < lately))
    return;
  Incident* incident =
      moment.incidents.count(RuleId::more_available_unfollowed, moment.subject(deadline.folder),
                             deadline.folder, moment.now, deadline.about);
  if (incident == nullptr) return;
  incident->summary =
      words({moment.device.folder_label(deadline.folder), ": more items were waiting (",
             exchange_number(deadline.about), ") and the device has not asked for them for ",
             span_of(folder->more_available.time, moment.now)});
}

void detect_identical(Context& context) {
  const Facts& facts = context.facts;
  const model::Message& request = *facts.exchange->request;
  if (request.body.empty() && request.body_size > 0) return;  // its content was not kept (G12)
  const auto& steps = context.device.steps;
  const auto window = context.incidents.rule(RuleId::identical_commands).window;
  std::int64_t served = 0, challenged = 0;
  Timestamp first = facts.began;
  for (std::size_t back = steps.size(); back-- > 0;) {
    if (steps.fingerprint(back) != facts.fingerprint) continue;
    const Step& step = steps[back];
    if (step.began + window < facts.began) break;
    if (step.verb != facts.verb || !step.delivered) continue;
    ++(step.challenged ? challenged : served);
    first = step.began;
  }
  // A request takes up to two legs of a sign-in before it is served; more are asked for their own
  // sake.
  const std::int64_t equal = 1 + std::max(served, challenged - 2 * served);
  if (equal < context.incidents.rule(RuleId::identical_commands).threshold) return;
  context.device.equal_seen = facts.began;
  if (more_specific_loop(context)) return;
  Incident* incident = context.incidents.measure(
      RuleId::identical_commands, context.subject(),
      number(static_cast<std::int64_t>(facts.fingerprint >> 1)), facts.began, facts.id, equal);
  if (incident == nullptr) return;
  context.device.equal_told = facts.began;
  incident->summary = words({number(equal), " equal ", facts.command->name, " requests in ",
                             span_of(first, facts.began)});
}

}  // namespace eastap::findings
