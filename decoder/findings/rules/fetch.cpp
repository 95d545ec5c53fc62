// Bodies and attachments that do not come: D-30.

#include "decoder/findings/fault.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

/// Fewer octets came than were announced, though no range and no truncation was asked for.
bool is_short(const eas::FetchedItem& fetched) {
  return fetched.octets && fetched.total && !fetched.truncated && fetched.range.empty() &&
         *fetched.octets < *fetched.total && !fetched.part;
}

/// "Inbox item 12, attachment 0" of "5%3a12%3a0", where the reference has that form.
std::string reference_words(std::string_view reference) {
  std::string text;
  for (std::size_t at = 0; at < reference.size() && text.size() < 120; ++at) {
    if (reference.substr(at, 3) == "%3a" || reference.substr(at, 3) == "%3A") {
      text += ':';
      at += 2;
    } else {
      text += reference[at];
    }
  }
  return text;
}

std::pair<std::string_view, std::string_view> owner_of(std::string_view reference,
                                                       std::string& words) {
  words = reference_words(reference);
  const std::string_view text = words;
  const std::size_t last = text.rfind(':');
  if (last == std::string_view::npos) return {};
  const std::string_view item = text.substr(0, last);  // "5:12": the ServerId itself
  return {item.substr(0, item.find(':')), item};
}

void report_attachment(Context& context, const eas::FetchedItem& fetched, const std::string& why) {
  Incident* incident =
      context.incidents.count(RuleId::attachment_failed, context.subject(), fetched.file_reference,
                              context.facts.ended, context.facts.id);
  if (incident == nullptr) return;
  context.claimed = true;
  std::string words_of_reference;
  const auto [folder, item] = owner_of(fetched.file_reference, words_of_reference);
  incident->summary = words({"attachment ", words_of_reference, " could not be fetched, ", why,
                             ", ", times(incident->count)});
  if (!item.empty() && was_deleted(context.device, folder, item))
    incident->summary += "; its item had been deleted before";
}

void report_body(Context& context, std::string_view folder, std::string_view item,
                 const std::string& why) {
  const bool deleted = was_deleted(context.device, folder, item);
  Incident* incident = context.incidents.count(
      RuleId::body_not_downloaded, context.subject(folder),
      std::string{folder} + '\n' + std::string{item}, context.facts.ended, context.facts.id,
      deleted ? std::optional{Severity::info} : std::nullopt);
  if (incident == nullptr) return;
  context.claimed = true;
  incident->summary =
      words({"the text of item ", item, " could not be downloaded, ", why, ", ",
             times(incident->count), deleted ? "; it had been deleted before" : ""});
}

}  // namespace

void detect_fetch(Context& context) {
  const Facts& facts = context.facts;
  if (facts.http == 0 || facts.http == 401 || facts.http == 449) return;
  for (const eas::FetchedItem& fetched : facts.command->fetched) {
    const int status = fetched.status.value_or(facts.http == 200 ? 1 : 0);
    const bool attachment = !fetched.file_reference.empty();
    if (attachment) {
      const bool refused =
          facts.verb == Verb::get_attachment && (facts.http == 404 || facts.http == 500);
      if (refused) {
        report_attachment(context, fetched,
                          words({"HTTP ", number(facts.http), " by ", made_by(facts)}));
      } else if (status > 1) {
        report_attachment(context, fetched, words({"status ", number(status)}));
      } else if (facts.delivered && is_short(fetched)) {
        report_attachment(context, fetched, "shorter than announced");
      }
      continue;
    }
    if (fetched.server_id.empty() && fetched.long_id.empty()) continue;
    const std::string& id = fetched.server_id.empty() ? fetched.long_id : fetched.server_id;
    if (status > 1) {
      report_body(context, fetched.collection_id, id, words({"status ", number(status)}));
    } else if (facts.delivered && fetched.octets == std::uint64_t{0} && fetched.total &&
               *fetched.total > 0 && !fetched.part) {
      report_body(context, fetched.collection_id, id, "it came empty");
    }
  }
}

/// Fetch inside Sync, as clients up to 12.0 do it.
void detect_sync_fetch(Context& context) {
  if (context.facts.http != 200) return;
  for (const eas::Collection& folder : context.facts.command->collections) {
    for (const eas::Item& item : folder.items) {
      if (item.kind != eas::Item::Kind::fetch || !item.is_response) continue;
      if (item.status.value_or(1) > 1)
        report_body(context, folder.id, item.server_id, words({"status ", number(*item.status)}));
    }
  }
}

}  // namespace eastap::findings
