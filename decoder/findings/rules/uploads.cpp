// What the server says to the items that a device uploads: D-03, D-32.

#include <algorithm>

#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

void report_conflict(Context& context, const eas::Collection& folder, const eas::Item& item) {
  Incident* incident = context.incidents.count(RuleId::item_conflict, context.subject(folder.id),
                                               folder.id + '\n' + item.server_id,
                                               context.facts.ended, context.facts.id);
  if (incident == nullptr) return;
  context.claimed = true;
  incident->summary = words({context.device.folder_label(folder.id), ", item ", item.server_id,
                             ": ", times(incident->count),
                             *item.status == 8 ? " the server did not know it (status 8)"
                                               : " the server had another version (status 7)"});
}

void report_stale(Context& context, std::string_view folder, const std::string& item, int status) {
  Incident* incident = context.incidents.count(RuleId::stale_item_command, context.subject(folder),
                                               std::string{folder} + '\n' + item,
                                               context.facts.ended, context.facts.id);
  if (incident == nullptr) return;
  context.claimed = true;
  incident->summary = words(
      {context.facts.command->name, " on item ", item, " of ", context.device.folder_label(folder),
       ", which the server had deleted before (status ", number(status), ")"});
}

void report_poison(Context& context, const eas::Collection& folder, const eas::Item& item) {
  const std::string& id = item.server_id.empty() ? item.client_id : item.server_id;
  Incident* incident =
      context.incidents.count(RuleId::sync_poison_item, context.subject(folder.id),
                              folder.id + '\n' + id, context.facts.ended, context.facts.id);
  if (incident == nullptr) return;
  context.claimed = true;
  incident->summary =
      words({context.device.folder_label(folder.id), ": the server cannot convert item ", id,
             ", refused ", times(incident->count), " in ",
             span_of(incident->first, context.facts.ended)});
}

}  // namespace

void detect_item_statuses(Context& context) {
  if (context.facts.http != 200) return;
  for (const eas::Collection& folder : context.facts.command->collections) {
    for (const eas::Item& item : folder.items) {
      if (!item.is_response || !item.status || *item.status == 1) continue;
      if (*item.status == 6) report_poison(context, folder, item);
      if (item.kind == eas::Item::Kind::fetch) continue;
      if (*item.status == 8 && was_deleted(context.device, folder.id, item.server_id)) {
        report_stale(context, folder.id, item.server_id, 8);
      } else if (*item.status == 7 || *item.status == 8) {
        report_conflict(context, folder, item);
      }
    }
  }
}

void detect_stale_source(Context& context) {
  const auto& mail = context.facts.command->mail;
  if (context.facts.status != 150 || !mail) return;
  if (was_deleted(context.device, mail->source_folder, mail->source_item))
    report_stale(context, mail->source_folder, mail->source_item, 150);
}

void detect_bulk_upload(Context& context) {
  for (const eas::Collection& asked : context.facts.command->collections) {
    if (!asked.in_request || asked.remembered) continue;
    const std::int64_t changes =
        std::int64_t{asked.client_adds} + asked.client_changes + asked.client_deletes;
    const std::int64_t all = changes + asked.client_fetches;
    if (changes == 0 && all < 500) continue;  // mails of a new account are fetched in hundreds
    if (all < context.incidents.rule(RuleId::bulk_upload).threshold) continue;
    Incident* incident =
        context.incidents.gauge(RuleId::bulk_upload, context.subject(asked.id), asked.id,
                                context.facts.began, context.facts.id, all);
    if (incident == nullptr) continue;
    incident->summary = words({context.device.folder_label(asked.id), ": ", number(all),
                               " changes of the device in one request"});
  }
}

}  // namespace eastap::findings
