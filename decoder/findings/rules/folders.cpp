// Folders: demands for FolderSync, ids that are gone, loads and windows: D-04, D-29, D-32.

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::string_view kKey;
constexpr std::uint32_t kManyRounds = 100;
constexpr std::uint32_t kSmallFolder = 1'000;

bool has_status(const Facts& facts, int wanted) {
  const auto& collections = facts.command->collections;
  return facts.status == wanted ||
         std::any_of(collections.begin(), collections.end(), [&](const eas::Collection& one) {
           return one.in_response && one.status == wanted;
         });
}

/// The status that wants FolderSync first; 0: none does.
int folder_sync_demand(const Facts& facts) {
  const auto any_of = [&](std::initializer_list<int> wanted) {
    for (const int one : wanted) {
      if (has_status(facts, one)) return one;
    }
    return 0;
  };
  switch (facts.verb) {
    case Verb::sync: return any_of({12, 8});
    case Verb::ping: return facts.status == 7 ? 7 : 0;
    case Verb::get_item_estimate: return any_of({2});
    default: return 0;
  }
}

/// Of the folder that demands it; 0: the demand is of no single one.
std::uint64_t folder_of_demand(const Facts& facts, int demand) {
  for (const eas::Collection& one : facts.command->collections) {
    if (one.in_response && one.status == demand) return hash_of(one.id);
  }
  return 0;
}

/// What was refused works now, without FolderSync; that another folder works tells nothing.
bool is_settled(const Device& device, const Facts& facts) {
  if (!facts.success || !device.folder_demand || facts.began < device.folder_demand.time)
    return false;
  if ((facts.verb == Verb::ping) != (device.folder_demand_verb == Verb::ping)) return false;
  if (facts.verb == Verb::ping || device.folder_demand_of == 0) return true;
  const auto& collections = facts.command->collections;
  return std::any_of(collections.begin(), collections.end(), [&](const eas::Collection& one) {
    return hash_of(one.id) == device.folder_demand_of && status_of(facts, one) <= 1;
  });
}

bool is_mail(const Device& device, const eas::Collection& folder) {
  const auto known = device.folders.find(folder.id);
  const int type =
      folder.folder_type.value_or(known == device.folders.end() ? 0 : known->second.type);
  return folder.class_name == "Email" || (type >= 2 && type <= 6) || type == 12;
}

void check_named(Context& context, std::string_view id) {
  if (id.empty() || id == "RI") return;
  const Device& device = context.device;
  const Timestamp began = context.facts.began;
  const auto known = device.folders.find(id);
  const bool removed = known != device.folders.end() && known->second.removed != Timestamp{} &&
                       began >= known->second.removed;
  const bool unlisted = known == device.folders.end() && device.folders_listed != Timestamp{} &&
                        began >= device.folders_listed && !device.folders.empty();
  if (!removed && !unlisted) return;
  Incident* incident = context.incidents.count(RuleId::stale_folder_id, context.subject(id), id,
                                               began, context.facts.id);
  if (incident == nullptr) return;
  incident->because(context.incidents.open(RuleId::foldersync_reset, context.subject(), kKey));
  incident->summary =
      words({context.facts.command->name, " names ", device.folder_label(id), ", which ",
             removed ? "FolderSync deleted" : "the folder list does not hold", ", ",
             times(incident->count)});
}

}  // namespace

void detect_hierarchy_demand(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const int demand = folder_sync_demand(facts);
  if (demand == 0) {
    if (is_settled(device, facts)) {
      device.folder_demand = {};
      context.incidents.restart(RuleId::hierarchy_demand_ignored, context.subject(), kKey);
    }
    return;
  }
  context.claimed = true;
  if (device.awaits(Verb::folder_sync)) return;  // it is about to obey
  if (!device.folder_demand) {
    if (!facts.delivered) return;
    device.folder_demand = {facts.ended, facts.id, demand};
    device.folder_demand_verb = facts.verb;
    device.folder_demand_of = folder_of_demand(facts, demand);
    return;
  }
  if (facts.began < device.folder_demand.time) return;  // G2
  Incident* incident = context.incidents.count(RuleId::hierarchy_demand_ignored, context.subject(),
                                               kKey, facts.ended, facts.id);
  if (incident == nullptr) return;
  context.incidents.add_example(*incident, device.folder_demand.exchange);
  incident->summary =
      words({"the server wants FolderSync first (", facts.command->name, " status ", number(demand),
             ", since ", exchange_number(device.folder_demand.exchange),
             ") and the device went on without it ", times(incident->count)});
}

void detect_hierarchy_obeyed(Context& context) {
  Device& device = context.device;
  if (!device.folder_demand) return;
  device.folder_demand_tried = std::exchange(device.folder_demand, {});
  context.incidents.restart(RuleId::hierarchy_demand_ignored, context.subject(), kKey);
}

void detect_stale_folder(Context& context) {
  const eas::Command& command = *context.facts.command;
  if (context.device.folders.empty() || command.request_repeats_last) return;
  if (context.facts.http == 401) return;  // a leg of the sign-in, the request itself follows
  if (context.facts.verb == Verb::sync) {
    for (const eas::Collection& asked : command.collections) {
      if (asked.in_request && !asked.remembered) check_named(context, asked.id);
    }
  } else if (command.waiting) {
    for (const eas::PingFolder& asked : command.waiting->folders) check_named(context, asked.id);
  }
}

void detect_pingpong(Context& context) {
  const Facts& facts = context.facts;
  const Device& device = context.device;
  for (const eas::Collection& answered : facts.command->collections) {
    if (status_of(facts, answered) != 12) continue;
    const CollectionHistory* folder = context.device.find(answered.id);
    if (folder == nullptr || folder->demand.code != 12) continue;
    const Subject subject = context.subject(answered.id);
    if (device.folders_changed.time > folder->demand.time) {
      context.incidents.restart(RuleId::sync_foldersync_pingpong, subject, answered.id);
      continue;
    }
    if (device.folders_unchanged.time <= folder->demand.time ||
        facts.began < device.folders_unchanged.time)
      continue;
    Incident* incident = context.incidents.count(RuleId::sync_foldersync_pingpong, subject,
                                                 answered.id, facts.ended, facts.id);
    if (incident == nullptr) continue;
    context.incidents.add_example(*incident, device.folders_unchanged.exchange);
    incident->summary =
        words({device.folder_label(answered.id),
               ": Sync is refused with status 12, FolderSync brings nothing, and so on, ",
               times(incident->count)});
  }
}

void detect_whole_request_demand(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const bool demand = facts.status == 13 || facts.status == 149;
  const bool short_form = facts.command->request_repeats_last || facts.command->partial ||
                          (facts.verb == Verb::ping && facts.exchange->request->body_size == 0);
  if (!demand) {
    if (device.whole_request_demand && facts.success && !short_form) {
      device.whole_request_demand = {};
      context.incidents.restart(RuleId::sync_13_loop, context.subject(), kKey);
    }
    return;
  }
  context.claimed = true;  // once is the normal loss of the server's cache
  device.whole_request_demand = {facts.ended, facts.id, facts.status};
  Incident* incident =
      context.incidents.count(RuleId::sync_13_loop, context.subject(), kKey, facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({"the server wants the whole request (status ", number(facts.status),
                             ") and the device sent a short one again, ", times(incident->count)});
}

void detect_retry_demand(Context& context) {
  const Facts& facts = context.facts;
  if (!has_status(facts, 16)) return;
  Incident* incident = context.incidents.count(RuleId::sync_16_retry, context.subject(), kKey,
                                               facts.ended, facts.id);
  if (incident == nullptr) return;
  context.claimed = true;
  incident->summary =
      words({facts.command->name, " was answered \"retry\" (status 16) ", times(incident->count),
             " in ", span_of(incident->first, facts.ended)});
}

void detect_limit_ignored(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const bool sync = facts.verb == Verb::sync && (facts.status == 14 || facts.status == 15);
  const bool ping = facts.verb == Verb::ping && (facts.status == 5 || facts.status == 6);
  if (!sync && !ping) {
    if (device.refused_limit != 0 && facts.hangs && facts.success) {
      context.incidents.restart(RuleId::limit_ignored, context.subject(),
                                facts.command->name + ' ' + number(device.refused_limit));
      device.refused_limit = 0;
    }
    return;
  }
  const auto& waiting = facts.command->waiting;
  const bool too_many = facts.status == 15 || facts.status == 6;
  const int asked = too_many ? static_cast<int>(std::max(facts.command->collections.size(),
                                                         waiting ? waiting->folders.size() : 0))
                             : facts.wait_seconds;
  device.refused_limit = asked;
  Incident* incident =
      context.incidents.count(RuleId::limit_ignored, context.subject(),
                              facts.command->name + ' ' + number(asked), facts.ended, facts.id);
  if (incident == nullptr) return;
  context.claimed = true;
  incident->summary =
      words({facts.command->name, " with ", number(asked), too_many ? " folders" : " s",
             " was refused ", times(incident->count), " (status ", number(facts.status), ")"});
  const auto limit = !waiting   ? std::optional<int>{}
                     : too_many ? waiting->max_folders
                                : waiting->limit_seconds;
  if (limit) incident->summary += words({"; the server allows ", number(*limit)});
}

void detect_empty_batches(Context& context) {
  const Facts& facts = context.facts;
  if (!facts.delivered || facts.http != 200) return;
  for (const eas::Collection& answered : facts.command->collections) {
    CollectionHistory* folder = context.device.find(answered.id);
    if (folder == nullptr || !answered.in_response) continue;
    const bool empty = answered.more_available && answered.adds + answered.changes +
                                                          answered.deletes + answered.soft_deletes +
                                                          answered.fetches ==
                                                      0;
    const Subject subject = context.subject(answered.id);
    if (!empty) {
      if (folder->empty_batch)
        context.incidents.restart(RuleId::more_available_loop, subject, answered.id);
      folder->empty_batch = false;
      continue;
    }
    folder->empty_batch = true;
    Incident* incident = context.incidents.count(RuleId::more_available_loop, subject, answered.id,
                                                 facts.ended, facts.id);
    if (incident == nullptr) continue;
    incident->summary = words({context.device.folder_label(answered.id), ": ",
                               number(static_cast<std::int64_t>(incident->count)),
                               " answers in a row say that more is waiting and bring nothing"});
  }
}

void detect_load(Context& context) {
  const Facts& facts = context.facts;
  if (facts.http != 200) return;
  for (const eas::Collection& answered : facts.command->collections) {
    CollectionHistory* folder = context.device.find(answered.id);
    if (folder == nullptr || (answered.adds == 0 && !answered.more_available)) continue;
    if (folder->last_zero.time == Timestamp{}) continue;  // G1: the load began before the evidence
    folder->loaded += answered.adds;
    folder->rounds += answered.more_available ? 1 : 0;
    const Subject subject = context.subject(answered.id);
    const std::string label = context.device.folder_label(answered.id);
    const bool filtered = folder->filter_type.value_or(0) != 0;
    const std::int64_t threshold = context.incidents.rule(RuleId::large_folder).threshold;
    if (folder->loaded > threshold || folder->rounds > kManyRounds) {
      Incident* incident =
          context.incidents.measure(RuleId::large_folder, subject, answered.id, facts.ended,
                                    facts.id, std::max<std::int64_t>(folder->loaded, threshold),
                                    filtered ? std::optional{Severity::info} : std::nullopt);
      if (incident != nullptr) {
        incident->summary = words({label, ": ", number(folder->loaded), " items in ",
                                   number(folder->rounds), " rounds since the folder was begun, ",
                                   filtered ? "although the device asks for a period only"
                                            : "the device asks for all of it"});
      }
    }
    const bool tells = folder->loaded >= kSmallFolder &&
                       folder->loaded - answered.adds < kSmallFolder && !filtered;
    if (!tells || !is_mail(context.device, answered)) continue;
    Incident* incident =
        context.incidents.count(RuleId::no_filter, subject, answered.id, facts.ended, facts.id);
    if (incident != nullptr)
      incident->summary = words({label, ": the device asks for mails of all times"});
  }
}

void detect_window_size(Context& context) {
  for (const eas::Collection& asked : context.facts.command->collections) {
    if (!asked.in_request || asked.remembered || !asked.window_size) continue;
    const int size = *asked.window_size;
    const bool tiny = size < 10 && (size == 0 || is_mail(context.device, asked));
    if (!tiny && size <= 100) continue;
    CollectionHistory* folder = context.device.find(asked.id);
    const auto told = static_cast<std::uint16_t>(std::clamp(size, 0, 0xFFFE) + 1);
    if (folder == nullptr || folder->window_size_told == told) continue;
    folder->window_size_told = told;
    Incident* incident = context.incidents.count(RuleId::window_size_odd, context.subject(asked.id),
                                                 asked.id, context.facts.began, context.facts.id);
    if (incident != nullptr)
      incident->summary =
          words({context.device.folder_label(asked.id), ": WindowSize ", number(size)});
  }
}

void watch_folders(Context& context) {
  const Facts& facts = context.facts;
  if (!facts.success || facts.command->sync_key != "0") return;
  context.deadlines.add(facts.ended + context.incidents.rule(RuleId::folder_not_synced).window,
                        context.owner, Wait::folders_unused, facts.id);
}

void folders_unused_passed(Moment& moment, const Deadline& deadline) {
  Device& device = moment.device;
  const auto window = moment.incidents.rule(RuleId::folder_not_synced).window;
  // One hour of activity: it has synchronised something, and until lately.
  if (device.collections.empty() || device.last_began + window / 2 < moment.now) return;
  std::string names;
  std::uint64_t count = 0;
  for (const auto& [id, folder] : device.folders) {
    // What devices synchronise by themselves: Inbox, Tasks, Calendar, Contacts, further calendars.
    static constexpr std::array kTypes{2, 7, 8, 9, 13, 14};
    if (std::find(kTypes.begin(), kTypes.end(), folder.type) == kTypes.end()) continue;
    if (folder.removed != Timestamp{} || device.find(id) != nullptr) continue;
    ++count;
    if (count <= 5) names += (names.empty() ? "" : ", ") + device.folder_label(id);
  }
  if (count == 0) return;
  Incident* incident =
      moment.incidents.measure(RuleId::folder_not_synced, moment.subject(), kKey, moment.now,
                               deadline.about, static_cast<std::int64_t>(count));
  if (incident != nullptr)
    incident->summary =
        words({"in an hour the device has not synchronised ", names, count > 5 ? ", …" : ""});
}

}  // namespace eastap::findings
