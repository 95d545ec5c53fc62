// Keys that come back, D-02, and statuses inside HTTP 200, D-03.

#include <algorithm>
#include <iterator>

#include "decoder/eas/status_table.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

/// Items in every answer to the repeated key.
void narrow_suspects(CollectionHistory& folder) {
  if (folder.suspects.empty()) {
    folder.suspects = folder.last_items;
    return;
  }
  std::vector<std::string> common;
  std::copy_if(folder.suspects.begin(), folder.suspects.end(), std::back_inserter(common),
               [&](const std::string& item) {
                 return std::find(folder.last_items.begin(), folder.last_items.end(), item) !=
                        folder.last_items.end();
               });
  if (!common.empty()) folder.suspects = std::move(common);
}

void report_repeat(Context& context, CollectionHistory& folder, const std::string& key,
                   ExchangeId first) {
  Incidents& incidents = context.incidents;
  const Facts& facts = context.facts;
  const Subject subject = context.subject(folder.id);
  const std::string label = context.device.folder_label(folder.id);
  narrow_suspects(folder);
  const std::string of_key = folder.id + '\n' + key;
  if (Incident* incident =
          incidents.count(RuleId::synckey_repeat, subject, of_key, facts.began, facts.id)) {
    incident->because(incidents.open(RuleId::synckey_rollback, subject, folder.id));
    incident->because(incidents.open(RuleId::undelivered_response, context.subject(), ""));
    incident->summary =
        words({label, ": SyncKey ", key, " sent again ", times(incident->count), " in ",
               span_of(incident->first, facts.began), " although its answer was delivered"});
    if (!folder.suspects.empty()) {
      incident->summary += words({"; item ", folder.suspects.front(), " is in every answer"});
    }
    return;
  }
  Incident* incident =
      incidents.count(RuleId::synckey_rollback, subject, folder.id, facts.began, facts.id);
  if (incident == nullptr) return;
  incidents.add_example(*incident, first);
  incident->summary = words({label, ": the device fell back to SyncKey ", key,
                             " although its answer (", exchange_number(first), ") was delivered"});
}

/// Tags and nesting of the request without its values.
std::uint64_t shape_of(const Facts& facts) {
  std::uint64_t hash = hash_of(facts.command->name);
  const auto mix = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001B3U; };
  if (const auto& document = facts.command->request.document) {
    for (const wbxml::Node& node : document->nodes) {
      mix((std::uint64_t{node.tag.page} << 32) | (std::uint64_t{node.tag.token} << 16) |
          node.depth);
    }
    return hash;
  }
  for (const eas::Collection& asked : facts.command->collections) {
    mix((asked.get_changes ? 1U : 0U) | (asked.window_size ? 2U : 0U) |
        (asked.filter_type ? 4U : 0U) | (asked.sync_key == "0" ? 8U : 0U) |
        (asked.client_adds != 0 ? 16U : 0U) | (asked.client_changes != 0 ? 32U : 0U));
  }
  if (facts.command->waiting) mix(facts.command->waiting->folders.empty() ? 64U : 128U);
  return hash;
}

/// What was asked has this answer, and nobody has anything to do: no photo, no match in the address
/// list, no certificate.
bool is_no_failure(const eas::Status& status) {
  const std::string_view scope = status.scope;
  const eas::StatusRow* const row = eas::find_status(scope, status.code);
  if (row == nullptr) return false;
  return row->next_step == "None" ||
         (scope.starts_with("ResolveRecipients.") && row->fault == "item");
}

bool has_collection_status(const Facts& facts, int wanted) {
  const auto& collections = facts.command->collections;
  return std::any_of(collections.begin(), collections.end(), [&](const eas::Collection& one) {
    return one.in_response && one.status == wanted;
  });
}

}  // namespace

void detect_key_again(Context& context) {
  const Facts& facts = context.facts;
  if (facts.command->request_repeats_last) return;
  for (const eas::Collection& asked : facts.command->collections) {
    if (!asked.in_request || asked.sync_key.empty() || asked.sync_key == "0") continue;
    CollectionHistory* folder = context.device.find(asked.id);
    if (folder == nullptr || folder->keys.empty()) continue;
    const std::uint64_t key = hash_of(asked.sync_key);
    const KeyStep* answered = nullptr;
    for (std::size_t index = 0; index < folder->keys.size(); ++index) {
      // G2: the answer was there before this request began.
      if (folder->keys[index].asked == key && folder->keys[index].delivered <= facts.began) {
        answered = &folder->keys[index];
      }
    }
    if (answered == nullptr) {
      folder->suspects.clear();
      continue;
    }
    report_repeat(context, *folder, asked.sync_key, answered->exchange);
  }
}

void detect_sync_statuses(Context& context) {
  const Facts& facts = context.facts;
  for (const eas::Collection& answered : facts.command->collections) {
    if (!answered.in_response && !answered.in_request) continue;
    const int status = status_of(facts, answered);
    if (status != 3 && status != 5) continue;
    const RuleId rule = status == 3 ? RuleId::sync_status3 : RuleId::sync_status5;
    // A single 3 is the cause of an explained reset and tells nothing by itself.
    if (status == 3) context.claimed = true;
    Incident* incident = context.incidents.count(rule, context.subject(answered.id), answered.id,
                                                 facts.ended, facts.id);
    if (incident == nullptr) continue;
    context.claimed = true;
    incident->summary =
        words({context.device.folder_label(answered.id), ": ", times(incident->count), " in ",
               span_of(incident->first, facts.ended),
               status == 3 ? " the server refused the device's sync key (status 3)"
                           : " the server failed on this folder (status 5)"});
  }
}

void detect_state_lost(Context& context) {
  const Facts& facts = context.facts;
  if (facts.status < 132 || facts.status > 136) return;
  context.claimed = true;
  Incident* incident =
      context.incidents.count(RuleId::state_lost, context.subject(), "", facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->because(context.incidents.latest(RuleId::server_exception, context.device));
  incident->summary =
      words({facts.command->name, " was answered with status ", number(facts.status),
             facts.status == 133
                 ? ": the device's state is locked, its mailbox may be moving; it tries again ("
                 : ": the device must start over (",
             times(incident->count), ")"});
}

void detect_malformed(Context& context) {
  const Facts& facts = context.facts;
  const bool refused =
      (facts.verb == Verb::sync && (facts.status == 4 || has_collection_status(facts, 4))) ||
      (facts.verb == Verb::ping && facts.status == 4) ||
      (facts.verb == Verb::folder_sync && facts.status == 10) ||
      (facts.status >= 101 && facts.status <= 109) ||
      (facts.http == 400 && !facts.head.as_error.empty());
  if (!refused) return;
  const std::string key = facts.command->name + ' ' + std::to_string(shape_of(facts));
  Incident* incident = context.incidents.count(RuleId::request_malformed, context.subject(), key,
                                               facts.ended, facts.id);
  if (incident == nullptr) return;
  context.claimed = true;
  incident->summary = words({facts.command->name, " request of this shape was refused ",
                             times(incident->count), facts.http == 400 ? " (HTTP 400)" : ""});
  if (!facts.head.as_error.empty())
    incident->summary += words({"; the server says: ", facts.head.as_error});
}

void detect_mailbox_full(Context& context) {
  const Facts& facts = context.facts;
  const bool full =
      facts.http == 507 || facts.status == 113 || facts.status == 115 ||
      (facts.verb == Verb::sync && (facts.status == 9 || has_collection_status(facts, 9)));
  if (!full) return;
  Incident* incident =
      context.incidents.count(RuleId::mailbox_full, context.of_person(), "", facts.ended, facts.id);
  if (incident == nullptr) return;
  context.claimed = true;
  incident->summary =
      words({facts.command->name, " was refused for lack of space, ", times(incident->count)});
}

void detect_error_status(Context& context) {
  const Facts& facts = context.facts;
  if (context.claimed || facts.http != 200) return;
  const eas::Status* failed = nullptr;
  bool tells_only = false;
  for (const eas::Status& status : facts.command->statuses) {
    if (status.success || std::string_view{status.scope}.ends_with(".Request"))
      continue;  // the device's own report
    if (is_no_failure(status)) {
      tells_only = true;
      continue;
    }
    failed = &status;
    break;
  }
  if (failed == nullptr && (facts.status_ok || tells_only)) return;
  const int code = failed != nullptr ? failed->code : facts.status;
  Incident* incident =
      context.incidents.count(RuleId::eas_error_status, context.subject(),
                              facts.command->name + ' ' + number(code), facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({facts.command->name, " answered status ", number(code)});
  if (failed != nullptr) {
    if (!failed->name.empty()) incident->summary += words({" (", failed->name, ")"});
    if (!failed->place.empty()) incident->summary += words({" for ", failed->place});
    if (!failed->meaning.empty()) incident->summary += words({": ", failed->meaning});
    const eas::StatusRow* const row = eas::find_status(failed->scope, failed->code);
    if (row != nullptr) incident->next_step = row->next_step;
  }
  if (incident->count > 1) incident->summary += words({" [", times(incident->count), "]"});
}

}  // namespace eastap::findings
