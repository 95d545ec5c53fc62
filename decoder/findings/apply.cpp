#include "decoder/findings/apply.hpp"

#include <algorithm>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kFailures = 16;
constexpr std::size_t kKeySteps = 8;
constexpr std::size_t kItems = 8;
constexpr std::size_t kKeyOctets = 256;  // longer keys are cut: they only need to differ

std::string_view bounded(std::string_view text) { return text.substr(0, kKeyOctets); }

void apply_asked_collections(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const bool repeats = facts.command->request_repeats_last;
  for (const eas::Collection& asked : facts.command->collections) {
    if (!asked.in_request && !asked.remembered && !repeats) continue;
    if (facts.verb != Verb::sync) continue;  // GetItemEstimate asks with a key and moves nothing
    CollectionHistory& folder = device.collection(bounded(asked.id), context.limits);
    const Mark now{facts.began, facts.id, 0};
    if (!repeats && asked.in_request && asked.sync_key == "0") {
      if (!folder.restarting) {
        folder.last_zero = now;
        folder.answered_zeros = 0;
      }
      folder.restarting = true;
      folder.loaded = folder.rounds = 0;
      folder.key.clear();
      folder.keys.clear();
      folder.more_available = {};
    } else if (!asked.sync_key.empty() && asked.sync_key != "0") {
      if (folder.answered_zeros > 0) {
        context.incidents.restart(RuleId::synckey_zero_loop, context.subject(asked.id), asked.id);
        folder.answered_zeros = 0;
      }
      folder.restarting = false;
      folder.used_key = true;
      folder.key = bounded(asked.sync_key);
      if (folder.more_available && facts.began >= folder.more_available.time)
        folder.more_available = {};
    }
    folder.last_sync = now;
    if (asked.filter_type) folder.filter_type = asked.filter_type;
    if (asked.conversation_mode) folder.conversation_mode = asked.conversation_mode;
    if (!asked.class_name.empty()) folder.class_name = bounded(asked.class_name);
    folder.asked_again = std::exchange(folder.undelivered, {});
    if (folder.ping_ignored) {
      folder.ping_ignored = false;
      context.incidents.restart(RuleId::ping_changes_ignored, context.subject(asked.id), asked.id);
    }
  }
}

void remember_items(CollectionHistory& folder, const eas::Collection& answered) {
  folder.last_items.clear();
  for (const eas::Item& item : answered.items) {
    if (!item.from_server || item.is_response || item.server_id.empty()) continue;
    if (folder.last_items.size() >= kItems) break;
    folder.last_items.emplace_back(bounded(item.server_id));
  }
}

void apply_answered_collections(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  for (const eas::Collection& answered : facts.command->collections) {
    CollectionHistory* folder = device.find(bounded(answered.id));
    if (folder == nullptr) continue;
    const int status = status_of(facts, answered);
    if (status == 3 || status == 4 || status == 12) {
      folder->demand = {facts.ended, facts.id, status};
    } else if (facts.success) {
      folder->demand = {};
    }
    // Asked for again in vain, the batch is still missing.
    const Mark asked_again = std::exchange(folder->asked_again, {});
    if (asked_again && !facts.success) {
      folder->undelivered = asked_again;
      folder->undelivered.time = facts.ended;
    }
    if (!answered.in_response) continue;
    const bool items =
        answered.adds + answered.changes + answered.deletes + answered.soft_deletes > 0;
    if (items) remember_items(*folder, answered);
    if (items && !facts.delivered && facts.exchange->response != nullptr) {
      folder->undelivered = {facts.ended, facts.id, 0};
    }
    if (!facts.delivered || answered.new_sync_key.empty()) continue;
    if (answered.sync_key == "0") {
      ++folder->answered_zeros;
    } else if (answered.sync_key != answered.new_sync_key && !answered.sync_key.empty()) {
      folder->keys.push({hash_of(answered.sync_key), facts.ended, facts.id}, kKeySteps);
    }
    // A key answered to key 0 of an older request must not undo a newer restart.
    if (facts.began >= folder->last_zero.time) folder->key = bounded(answered.new_sync_key);
    if (answered.more_available) {
      folder->more_available = {facts.ended, facts.id, 0};
    }
  }
}

void apply_folders(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  if (!facts.success) return;
  const bool listed = facts.verb == Verb::folder_sync;
  const bool whole = listed && facts.command->sync_key == "0";
  if (whole) {
    const auto& document = facts.command->response.document;
    const bool all_of_it =
        !facts.command->folder_changes.empty() && (!document || document->complete);
    device.folders.clear();
    device.folders_listed = all_of_it ? facts.ended : Timestamp{};
  }
  if (listed) {
    (facts.command->folder_changes.empty() ? device.folders_unchanged : device.folders_changed) = {
        facts.ended, facts.id, 0};
  }
  for (const eas::FolderChange& change : facts.command->folder_changes) {
    if (change.id.empty() || change.id.size() > kKeyOctets) continue;
    if (change.kind == eas::FolderChange::Kind::remove) {
      const auto known = device.folders.find(change.id);
      if (known != device.folders.end()) known->second.removed = facts.ended;
      continue;
    }
    if (device.folders.size() >= context.limits.folders && !device.folders.contains(change.id)) {
      device.folders_listed = {};  // what is missing from now on may be there
      continue;
    }
    Folder& folder = device.folders[change.id];
    if (!change.name.empty()) folder.name = change.name.substr(0, 128);
    if (change.type) folder.type = *change.type;
    if (change.kind == eas::FolderChange::Kind::add && listed && !whole) folder.added = facts.ended;
    folder.removed = {};
  }
}

/// A demand ends with the success of what it demands: after an attempt that failed it stands as of
/// then. True when it does.
bool renew(Mark& demand, Mark& tried, const Facts& attempt) {
  const Mark before = std::exchange(tried, {});
  if (!before || demand || attempt.success) return false;
  demand = before;
  demand.time = attempt.ended;
  return true;
}

void apply_policy(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const int status = facts.status;
  if (facts.verb == Verb::provision) {
    device.provision_undelivered = !facts.delivered;
    if (renew(device.policy_demand, device.policy_demand_tried, facts)) device.policy_refusals = 0;
    const auto& provision = facts.command->provision;
    if (!provision || !facts.delivered || provision->response_key.empty() ||
        provision->response_key == "0")
      return;
    if (provision->phase == eas::Provision::Phase::ask) {
      device.temporary_policy_key = bounded(provision->response_key);
      device.policy_delivered = {facts.ended, facts.id, 0};
    } else {
      device.policy_key = bounded(provision->response_key);
      device.policy_final = {facts.ended, facts.id, 0};
      device.policy_delivered = {};
    }
    return;
  }
  const bool demand = (status >= 142 && status <= 144) || facts.http == 449;
  if (demand && device.awaits(Verb::provision)) return;  // it is about to obey
  if (demand) ++device.policy_refusals;
  if (demand && !device.policy_demand) {
    device.policy_refusals = 1;
    device.policy_demand = {facts.ended, facts.id, facts.http == 449 ? 449 : status};
  } else if (facts.success && facts.verb != Verb::options && facts.verb != Verb::settings &&
             device.policy_demand && facts.began >= device.policy_demand.time) {
    device.policy_demand = {};
  }
}

void learn_addresses(Context& context) {
  for (const eas::SettingsGroup& group : context.facts.command->settings) {
    if (group.name != "UserInformation") continue;
    for (const auto& [name, value] : group.values) {
      if (value.find('@') == std::string::npos) continue;
      Person& person = context.people.get(context.device.person);
      person.add_address(value);
      person.addresses_told = true;
    }
  }
}

void apply_server_facts(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  Host& host = context.host;
  if (facts.verb == Verb::options && facts.success) {
    int best = 0;
    for (const std::string& version : facts.command->offered_versions)
      best = std::max(best, version_tenths(version));
    if (best != 0) {
      host.best_version = best;
      host.offered = facts.ended;
    }
  }
  if (facts.throttled && facts.delivered) {
    // 90 % of the time asked for is near enough.
    const auto seconds = to_integer(trimmed(facts.head.retry_after)).value_or(0);
    if (seconds > 0 && seconds <= 86'400) {
      device.asked_to_wait = facts.ended;
      device.wait_until = facts.ended + std::chrono::milliseconds{seconds * 900};
    }
  }
  if (facts.http == 401 && facts.head.challenges) device.rate.take_back();
  if (!facts.command->settings.empty() && facts.success) learn_addresses(context);
  const bool data = facts.verb != Verb::options && facts.verb != Verb::settings &&
                    facts.verb != Verb::provision && facts.verb != Verb::autodiscover;
  if (!facts.success || !data) return;
  device.ever_succeeded = true;
  host.served = hash_of(device.person);
  host.served_at = facts.ended;
  if (device.uploaded) return;
  const auto& collections = facts.command->collections;
  device.uploaded =
      facts.command->mail.has_value() ||
      std::any_of(collections.begin(), collections.end(), [](const eas::Collection& one) {
        return one.client_adds + one.client_changes + one.client_deletes > 0;
      });
}

Failure failure_of(const Facts& facts) {
  if (facts.gateway_failure) return Failure::http_5xx;
  if (facts.undelivered) return Failure::undelivered;
  if (facts.cut_by_server) return Failure::hang_cut;
  if (facts.status == 110) return Failure::status_110;
  if (facts.verb != Verb::sync) return Failure::none;
  const auto& collections = facts.command->collections;
  const bool five =
      facts.status == 5 || std::any_of(collections.begin(), collections.end(),
                                       [](const eas::Collection& one) { return one.status == 5; });
  return five ? Failure::sync_5 : Failure::none;
}

/// The device took the folder list that its restart was answered with, since it works with it.
void go_on_with_hierarchy(Device& device) {
  if (!device.hierarchy_restarting || device.hierarchy_answered.empty()) return;
  device.hierarchy_restarting = false;
  device.hierarchy_key = std::exchange(device.hierarchy_answered, {});
}

}  // namespace

void add_failure(Device& device, Failure kind, const Mark& mark) {
  device.failures.push({kind, mark}, kFailures);
}

void apply_identity(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  if (device.exchanges == 0) device.first_seen = facts.began;
  ++device.exchanges;
  device.last_began = std::max(device.last_began, facts.began);
  const std::string_view client = without_port(facts.exchange->connection->client);
  if (device.client != client) device.client = client;
  const std::string& version = facts.command->protocol_version;
  if (!version.empty() && facts.verb != Verb::options && version != device.version) {
    if (!device.version.empty()) {
      device.version_changed = {facts.began, facts.id, 0};
      device.version_before = device.version;
    }
    device.version = bounded(version);
  }
}

void apply_request(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const Mark now{facts.began, facts.id, 0};
  switch (facts.verb) {
    case Verb::options: device.options = now; break;
    case Verb::provision: {
      device.provision = now;
      if (device.policy_demand)
        device.policy_demand_tried = std::exchange(device.policy_demand, {});
      const std::string& key = facts.command->policy_key;
      const bool asks = !facts.command->provision ||
                        facts.command->provision->phase == eas::Provision::Phase::ask;
      if (asks && (key.empty() || key == "0")) device.provision_from_zero = now;
      if (!asks) device.policy_delivered = {};
      break;
    }
    case Verb::folder_sync: {
      device.folder_sync = now;
      const std::string& key = facts.command->sync_key;
      if (key == "0") {
        device.hierarchy_restarting = true;
        device.hierarchy_answered.clear();
      } else if (!key.empty()) {
        device.hierarchy_restarting = false;
        device.hierarchy_key = bounded(key);
      }
      break;
    }
    case Verb::ping: go_on_with_hierarchy(device); break;
    case Verb::sync: {
      const auto& asked = facts.command->collections;
      if (std::any_of(asked.begin(), asked.end(), [](const eas::Collection& one) {
            return !one.sync_key.empty() && one.sync_key != "0";
          })) {
        go_on_with_hierarchy(device);
      }
      apply_asked_collections(context);
      break;
    }
    default: break;
  }
  if (device.open.size() >= std::max<std::size_t>(context.limits.open_requests, 1))
    device.open.erase(device.open.begin());
  device.open.push_back({facts.id, facts.exchange->connection->id, facts.began, facts.sent,
                         facts.fingerprint, facts.verb, facts.may_hang});
}

void apply_answer(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  device.last_ended = std::max(device.last_ended, facts.ended);
  std::erase_if(device.open, [&](const OpenRequest& open) { return open.id == facts.id; });

  const Mark now{facts.ended, facts.id, facts.http};
  if (const Failure failure = failure_of(facts); failure != Failure::none)
    add_failure(device, failure, now);
  if (!facts.head.resync.empty()) device.resync_announced = now;
  const int status = facts.status;
  if (status == 132 || status == 134 || status == 135 || status == 136) {
    device.state_lost = {facts.ended, facts.id, status};
    device.hierarchy_demand = device.state_lost;
  }
  if (facts.verb == Verb::folder_sync) {
    if (status == 9) device.hierarchy_demand = {facts.ended, facts.id, status};
    const bool obeyed = facts.command->sync_key == "0" || device.hierarchy_demand.code == 9;
    if (facts.success && obeyed && facts.began >= device.hierarchy_demand.time)
      device.hierarchy_demand = {};
    renew(device.folder_demand, device.folder_demand_tried, facts);
    if (facts.success && !facts.command->new_sync_key.empty() &&
        facts.command->new_sync_key != "0") {
      (device.hierarchy_restarting ? device.hierarchy_answered : device.hierarchy_key) =
          bounded(facts.command->new_sync_key);
    }
    apply_folders(context);
  } else if (facts.verb == Verb::other && !facts.command->folder_changes.empty()) {
    apply_folders(context);  // FolderCreate and its kin
  }
  apply_policy(context);
  apply_server_facts(context);
  if (facts.verb == Verb::sync) apply_answered_collections(context);

  device.steps.push(
      {facts.id, facts.began, facts.ended, facts.verb, facts.delivered, facts.http == 401},
      facts.fingerprint, std::max<std::size_t>(context.limits.steps, 1));

  const bool data_command = facts.verb != Verb::options && facts.verb != Verb::settings &&
                            facts.verb != Verb::provision && facts.verb != Verb::autodiscover;
  if (facts.success && data_command && device.provisions > 0) {
    device.provisions = 0;
    context.incidents.restart(RuleId::provision_loop, context.subject(), "");
  }
}

}  // namespace eastap::findings
