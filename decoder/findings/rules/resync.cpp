// Folders and folder lists that start over, D-01.

#include <algorithm>
#include <string>
#include <vector>

#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::chrono::minutes kLookBack{30};
constexpr std::chrono::minutes kProfileSetUp{10};

/// Why a folder started over: a letter of D-01 and words; letter 0: nothing fits.
struct Cause {
  char letter = 0;
  ExchangeId exchange;
  std::string words;
  bool of_device = false;  ///< one cause for several folders
};

/// A cause counts once for a folder: it must lie after the folder's last restart.
bool fits(const Mark& mark, Timestamp since, Timestamp last_restart) {
  return mark && mark.time >= since && mark.time > last_restart;
}

Cause server_demand(const Context& context, const CollectionHistory& folder, Timestamp since) {
  const Device& device = context.device;
  if (fits(folder.demand, since, folder.last_zero.time)) {
    const int code = folder.demand.code;
    if (code == 3 || device.folder_sync.time > folder.demand.time) {
      return {'a', folder.demand.exchange,
              words({"the server answered status ", number(code), " (",
                     exchange_number(folder.demand.exchange), ")"}),
              false};
    }
  }
  if (fits(device.state_lost, since, folder.last_zero.time)) {
    return {'a', device.state_lost.exchange,
            words({"the server lost the device's state, status ", number(device.state_lost.code),
                   " (", exchange_number(device.state_lost.exchange), ")"}),
            true};
  }
  return {};
}

Cause device_cause(const Context& context, const CollectionHistory& folder, Timestamp since) {
  const Device& device = context.device;
  const Timestamp after = folder.last_zero.time;
  if (fits(device.resync_announced, since, after)) {
    return {'b', device.resync_announced.exchange,
            words({"the server announced a full resync (X-MS-RP, ",
                   exchange_number(device.resync_announced.exchange), ")"}),
            true};
  }
  if (fits(device.new_profile, since, after)) {
    return {'c', device.new_profile.exchange, "the account was set up anew", true};
  }
  const auto known = device.folders.find(folder.id);
  if (known != device.folders.end() && known->second.added >= since &&
      known->second.added > after && known->second.added != Timestamp{}) {
    return {'d', {}, "FolderSync added the folder again", false};
  }
  if (fits(device.version_changed, since, after)) {
    return {
        'e', device.version_changed.exchange,
        words({"the client moved from protocol ", device.version_before, " to ", device.version}),
        true};
  }
  return {};
}

Cause setting_cause(const CollectionHistory& folder, const eas::Collection& asked) {
  // Absent options are not a change.
  if (asked.filter_type && folder.filter_type && asked.filter_type != folder.filter_type) {
    return {'f',
            {},
            words({"the device's period was changed (FilterType ", number(*folder.filter_type),
                   " to ", number(*asked.filter_type), ")"}),
            false};
  }
  if (asked.conversation_mode && folder.conversation_mode &&
      asked.conversation_mode != folder.conversation_mode) {
    return {'f', {}, "the device switched conversation mode", false};
  }
  if (!asked.class_name.empty() && !folder.class_name.empty() &&
      asked.class_name != folder.class_name) {
    return {'f',
            {},
            words({"the class changed from ", folder.class_name, " to ", asked.class_name}),
            false};
  }
  return {};
}

Cause cause_of(const Context& context, const CollectionHistory& folder,
               const eas::Collection& asked) {
  const Timestamp now = context.facts.began;
  Timestamp since = now - kLookBack;
  if (folder.last_sync) since = std::min(since, folder.last_sync.time);
  if (Cause cause = server_demand(context, folder, since); cause.letter != 0) return cause;
  if (Cause cause = device_cause(context, folder, since); cause.letter != 0) return cause;
  return setting_cause(folder, asked);
}

/// Failures that may have caused a restart now, not used by the restart before.
std::vector<FailureMark> failures_before(const Context& context, Timestamp last_restart) {
  std::vector<FailureMark> out;
  const Timestamp now = context.facts.began;
  const auto window = context.incidents.rule(RuleId::http500_then_reset).window;
  for (std::size_t index = 0; index < context.device.failures.size(); ++index) {
    const FailureMark& failure = context.device.failures[index];
    if (failure.mark.time + window >= now && failure.mark.time > last_restart)
      out.push_back(failure);
  }
  return out;
}

/// The incidents that hold those failures already.
void link_failures(const Context& context, Incident& incident) {
  for (const RuleId cause : {RuleId::http_500_burst, RuleId::heartbeat_cut, RuleId::heartbeat_short,
                             RuleId::undelivered_response}) {
    incident.because(context.incidents.open(cause, context.subject(), ""));
  }
  incident.because(context.incidents.latest(RuleId::thirty_second_cycle, context.device));
}

bool report_failures(Context& context, std::string_view folder, const std::string& what,
                     const std::vector<FailureMark>& failures) {
  Incidents& incidents = context.incidents;
  Incident* incident =
      incidents.measure(RuleId::http500_then_reset, context.subject(folder), "",
                        context.facts.began, {}, static_cast<std::int64_t>(failures.size()));
  if (incident == nullptr) return false;
  for (const FailureMark& failure : failures)
    incidents.add_example(*incident, failure.mark.exchange);
  incidents.add_example(*incident, context.facts.id);
  incident->first = std::min(incident->first, failures.front().mark.time);
  link_failures(context, *incident);
  incident->summary = words(
      {what, " after ", number(static_cast<std::int64_t>(failures.size())), " failures in ",
       span_of(failures.front().mark.time, context.facts.began), ": ", failure_list(failures)});
  return true;
}

struct Restart {
  const eas::Collection* asked = nullptr;
  CollectionHistory* folder = nullptr;
  Cause cause;
};

void report_explained(Context& context, const Restart& restart) {
  const Cause& cause = restart.cause;
  std::string key(1, cause.letter);
  if (!cause.of_device) key += restart.folder->id;
  Incident* incident =
      context.incidents.count(RuleId::synckey_zero_explained, context.subject(restart.folder->id),
                              key, context.facts.began, context.facts.id);
  if (incident == nullptr) return;
  if (cause.exchange) context.incidents.add_example(*incident, cause.exchange);
  for (const RuleId rule : {RuleId::full_resync_announced, RuleId::state_lost}) {
    incident->because(context.incidents.open(rule, context.subject(), ""));
  }
  incident->because(context.incidents.open(
      RuleId::sync_status3, context.subject(restart.folder->id), restart.folder->id));
  const std::string label = context.device.folder_label(restart.folder->id);
  incident->summary =
      words({label, incident->count > 1 && cause.of_device ? " and others restarted" : " restarted",
             " from SyncKey 0: ", cause.words});
}

/// True when at least half of the folders that held a key started over within the window.
Incident* report_storm(Context& context) {
  Device& device = context.device;
  const auto window = context.incidents.rule(RuleId::synckey_zero_storm).window;
  std::int64_t held = 0, restarted = 0;
  for (const CollectionHistory& folder : device.collections) {
    if (!folder.used_key) continue;
    ++held;
    if (folder.reset && folder.reset.time + window >= context.facts.began) ++restarted;
  }
  if (restarted * 2 < held) return nullptr;
  Incident* incident = context.incidents.measure(RuleId::synckey_zero_storm, context.subject(), "",
                                                 context.facts.began, context.facts.id, restarted);
  if (incident == nullptr) return nullptr;
  for (const CollectionHistory& folder : device.collections) {
    if (!folder.reset || folder.reset.time + window < context.facts.began) continue;
    context.incidents.add_example(*incident, folder.reset.exchange);
    incident->first = std::min(incident->first, folder.reset.time);
    incident->because(context.incidents.open(RuleId::synckey_zero, context.subject(), folder.id));
  }
  incident->because(context.incidents.open(RuleId::http500_then_reset, context.subject(), ""));
  incident->summary =
      words({number(restarted), " of ", number(held), " folders restarted from SyncKey 0 within ",
             span_of(incident->first, context.facts.began)});
  return incident;
}

void report_unexplained(Context& context, const Restart& restart, Incident* storm) {
  Incidents& incidents = context.incidents;
  const Facts& facts = context.facts;
  const CollectionHistory& folder = *restart.folder;
  const Subject subject = context.subject(folder.id);
  const std::string label = context.device.folder_label(folder.id);

  Incident* known = incidents.open(RuleId::synckey_zero, subject, folder.id);
  if (storm != nullptr && known == nullptr) {
    incidents.note(RuleId::synckey_zero, subject, folder.id, facts.began, facts.id);
  } else if (Incident* incident =
                 incidents.count(RuleId::synckey_zero, subject, folder.id, facts.began, facts.id)) {
    incident->summary = words({label, " restarted from SyncKey 0 after key ", folder.key});
    const std::vector<FailureMark> failures = failures_before(context, folder.last_zero.time);
    if (failures.empty()) {
      incident->summary += "; nothing before it explains it";
    } else {
      incident->summary += "; a single failure before it may be why: " + failure_list(failures);
      incidents.add_example(*incident, failures.front().mark.exchange);
      link_failures(context, *incident);
    }
    if (incident->count > 1) incident->summary += words({" (", times(incident->count), ")"});
  }
  if (Incident* incident =
          incidents.count(RuleId::synckey_zero_repeat, subject, folder.id, facts.began, facts.id)) {
    incident->because(incidents.open(RuleId::synckey_zero, subject, folder.id));
    incident->summary =
        words({label, " restarted from SyncKey 0 ", times(incident->count), " in ",
               span_of(incident->first, facts.began), " without a cause on record"});
  }
}

}  // namespace

void detect_key_zero(Context& context) {
  if (context.facts.command->request_repeats_last) return;
  std::vector<Restart> restarts;
  for (const eas::Collection& asked : context.facts.command->collections) {
    if (!asked.in_request || asked.sync_key != "0") continue;
    CollectionHistory* folder = context.device.find(asked.id);
    // G1: nothing is "again" without a key seen before; zeros in a row are one event.
    if (folder == nullptr || !folder->used_key || folder->restarting) continue;
    restarts.push_back({&asked, folder, cause_of(context, *folder, asked)});
  }
  if (restarts.empty()) return;

  // Reloads that a set-up, an upgrade or a changed setting explains are no storm.
  for (Restart& restart : restarts) {
    if (restart.cause.letter == 0 || restart.cause.letter == 'a') {
      restart.folder->reset = {context.facts.began, context.facts.id, 0};
    }
    if (restart.cause.letter == 'b' || restart.cause.letter == 'c' || restart.cause.letter == 'e') {
      context.device.load_began = context.facts.began;
    }
  }
  std::vector<const Restart*> unexplained;
  for (const Restart& restart : restarts) {
    if (restart.cause.letter != 0) {
      report_explained(context, restart);
      continue;
    }
    const std::vector<FailureMark> failures =
        failures_before(context, restart.folder->last_zero.time);
    const std::string what =
        words({context.device.folder_label(restart.folder->id),
               " restarted from SyncKey 0 (key was ", restart.folder->key, ")"});
    if (!report_failures(context, restart.folder->id, what, failures))
      unexplained.push_back(&restart);
  }
  Incident* storm = report_storm(context);
  for (const Restart* restart : unexplained) report_unexplained(context, *restart, storm);
}

void detect_hierarchy_zero(Context& context) {
  Device& device = context.device;
  const Facts& facts = context.facts;
  if (facts.command->sync_key != "0") return;
  // Setting up: a Provision from key 0, or OPTIONS and Provision, shortly before.
  const bool provisioned = device.provision && facts.began - device.provision.time <= kProfileSetUp;
  const bool from_zero =
      device.provision_from_zero && facts.began - device.provision_from_zero.time <= kProfileSetUp;
  const bool after_options = device.options && provisioned &&
                             device.options.time <= device.provision.time &&
                             facts.began - device.options.time <= kProfileSetUp;
  const bool new_profile = from_zero || after_options;
  if (new_profile) {
    device.new_profile = {facts.began, facts.id, 0};
    device.load_began = facts.began;
  }
  if (device.hierarchy_key.empty() || device.hierarchy_restarting) return;
  const bool announced =
      fits(device.resync_announced, facts.began - kLookBack, device.hierarchy_reset.time);
  if (device.hierarchy_demand || announced) return;  // the server asked for it (G7)
  if (new_profile) {
    if (Incident* incident = context.incidents.count(
            RuleId::synckey_zero_explained, context.subject(), "c", facts.began, facts.id)) {
      incident->summary = "folder list restarted from SyncKey 0: the account was set up anew";
    }
    return;
  }
  const std::vector<FailureMark> failures = failures_before(context, device.hierarchy_reset.time);
  const bool failed = report_failures(
      context, {},
      words({"folder list restarted from SyncKey 0 (key was ", device.hierarchy_key, ")"}),
      failures);
  device.hierarchy_reset = {facts.began, facts.id, 0};
  Incident* incident = context.incidents.count(RuleId::foldersync_reset, context.subject(), "",
                                               facts.began, facts.id);
  if (incident == nullptr) return;
  if (failed)
    incident->because(context.incidents.open(RuleId::http500_then_reset, context.subject(), ""));
  incident->summary =
      words({"folder list restarted from SyncKey 0 after key ", device.hierarchy_key, ", ",
             times(incident->count), " in ", span_of(incident->first, facts.began)});
}

void detect_hierarchy_answer(Context& context) {
  if (context.facts.status != 9) return;
  context.claimed = true;
  if (context.device.hierarchy_demand) return;  // the same demand, not obeyed yet
  Incident* incident = context.incidents.count(RuleId::foldersync_reset, context.subject(), "",
                                               context.facts.ended, context.facts.id);
  if (incident == nullptr) return;
  incident->summary =
      words({"the server made the device restart its folder list (status 9), ",
             times(incident->count), " in ", span_of(incident->first, context.facts.ended)});
}

void detect_key_zero_answers(Context& context) {
  const Facts& facts = context.facts;
  if (!facts.delivered || facts.http != 200) return;
  for (const eas::Collection& answered : facts.command->collections) {
    const bool new_key = !answered.new_sync_key.empty() && answered.new_sync_key != "0";
    if (!answered.in_request || answered.sync_key != "0" || !new_key) continue;
    if (status_of(facts, answered) > 1) continue;
    Incident* incident =
        context.incidents.count(RuleId::synckey_zero_loop, context.subject(answered.id),
                                answered.id, facts.ended, facts.id);
    if (incident == nullptr) continue;
    incident->because(
        context.incidents.open(RuleId::synckey_zero, context.subject(answered.id), answered.id));
    incident->because(context.incidents.open(RuleId::http500_then_reset, context.subject(), ""));
    incident->summary =
        words({context.device.folder_label(answered.id), ": ", times(incident->count), " in ",
               span_of(incident->first, facts.ended),
               " the device asked with SyncKey 0, got a key, and never used it"});
  }
}

void detect_resync_announced(Context& context) {
  const Facts& facts = context.facts;
  if (facts.head.resync.empty()) return;
  if (facts.verb == Verb::folder_sync && facts.command->sync_key == "0") return;  // the usual place
  Incident* incident = context.incidents.count(RuleId::full_resync_announced, context.subject(), "",
                                               facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words(
      {"the server offers protocol ", facts.head.resync, " and asks for a full resync (X-MS-RP)"});
}

}  // namespace eastap::findings
