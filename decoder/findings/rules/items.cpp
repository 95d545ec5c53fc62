// Items as both sides write them: what is remembered of them, and in which order rules look at it.

#include "decoder/findings/rules/items.hpp"

#include <algorithm>

#include "decoder/base/text.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kAdded = 64, kGone = 64, kOwnMails = 32;
constexpr std::string_view kKey;

std::uint64_t id_hash(std::string_view folder, std::string_view item) {
  return hash_of(folder) * 31 + hash_of(item);
}

bool contains(const Ring<std::uint64_t>& ring, std::uint64_t value) {
  for (std::size_t index = 0; index < ring.size(); ++index) {
    if (ring[index] == value) return true;
  }
  return false;
}

/// The status that the server gave a client's command; 1 when it gave none of its own.
int answer_to(const eas::Collection& folder, const eas::Item& command) {
  for (const eas::Item& item : folder.items) {
    if (!item.is_response || !item.status) continue;
    const bool same = command.kind == eas::Item::Kind::add
                          ? !command.client_id.empty() && item.client_id == command.client_id
                          : item.server_id == command.server_id;
    if (same) return *item.status;
  }
  return 1;
}

std::string_view server_id_given(const eas::Collection& folder, const eas::Item& command) {
  for (const eas::Item& item : folder.items) {
    if (item.is_response && !command.client_id.empty() && item.client_id == command.client_id)
      return item.server_id;
  }
  return {};
}

/// `"Alice" <alice@contoso.test>`: the address alone.
std::string_view bare_address(std::string_view text) {
  const std::size_t open = text.rfind('<');
  if (open == std::string_view::npos) return trimmed(text);
  const std::size_t close = text.find('>', open);
  return text.substr(open + 1, close == std::string_view::npos ? close : close - open - 1);
}

/// Addresses in whose name a mail server itself writes.
bool is_server_address(std::string_view address) {
  const std::string name = to_lower(address.substr(0, address.find('@')));
  return name.starts_with("microsoftexchange") || name == "postmaster" || name == "mailer-daemon";
}

void read_mail_add(const ItemContext& one) {
  Context& context = one.context;
  const std::string_view sender = bare_address(one.facts.from);
  const bool own = is_account_address(context, sender);
  if (own)
    context.device.uploads().own_mails.push(id_hash(one.folder.id, one.item.server_id), kOwnMails);
  if (!own && !is_server_address(sender)) return;  // anyone may write such a subject
  if (context.settings.sync_failed_subjects.empty()) return;
  for (const std::string& part : context.settings.sync_failed_subjects) {
    if (part.empty() || one.facts.subject.find(part) == std::string_view::npos) continue;
    Incident* incident =
        context.incidents.count(RuleId::sync_failed_mail, one.subject(), one.folder.id,
                                context.facts.ended, context.facts.id);
    if (incident == nullptr) return;
    incident->summary = words({context.device.folder_label(one.folder.id),
                               ": the server tells the user that items could not be synchronised"});
    incident->because(context.incidents.latest(RuleId::sync_poison_item, context.device));
    return;
  }
}

void watch_soft_delete(Context& context, const eas::Collection& folder, const eas::Item& item) {
  const auto& watched = context.settings.watched_items;
  if (std::find(watched.begin(), watched.end(), item.server_id) == watched.end()) return;
  Incident* incident = context.incidents.count(RuleId::item_filtered, context.subject(folder.id),
                                               folder.id + '\n' + item.server_id,
                                               context.facts.ended, context.facts.id);
  if (incident == nullptr) return;
  incident->summary =
      words({context.device.folder_label(folder.id), ", item ", item.server_id,
             ": left the device by SoftDelete, it is older than the device's period"});
}

/// What was deleted may be added again.
void forget_added(Context& context, const eas::Collection& folder, const eas::Item& item) {
  if (!context.device.uploads_made) return;
  Ring<Uploads::Added>& added = context.device.uploads_made->added;
  const std::uint64_t server_id = id_hash(folder.id, item.server_id);
  for (std::size_t index = 0; index < added.size(); ++index) {
    if (added[index].server_id == server_id) added[index] = {};
  }
}

void read_server_item(Context& context, const eas::Collection& folder, const eas::Item& item) {
  if (item.kind == eas::Item::Kind::remove || item.kind == eas::Item::Kind::soft_delete) {
    if (item.kind == eas::Item::Kind::soft_delete) watch_soft_delete(context, folder, item);
    forget_added(context, folder, item);
    if (item.kind == eas::Item::Kind::remove)
      context.device.uploads().gone.push(id_hash(folder.id, item.server_id), kGone);
    return;
  }
  const auto facts = item_facts_of(*context.facts.command, item);
  if (!facts) return;
  const ItemContext one{context, folder, item, *facts,
                        context.items.find(context.device, folder.id, item.server_id)};
  if (facts->mail) {
    read_mail_add(one);
    if (!facts->meeting_request) return;
  }
  if (!facts->calendar && !facts->task && !facts->meeting_request) return;
  if (facts->calendar && context.facts.delivered) {
    judge_month_end(one);
    judge_stamp_order(one);
    judge_all_day_of_server(one);
  }
  KnownItem& known = context.items.get(context.device, folder.id, item.server_id);
  known.merge(*facts);
  known.server_seen = true;
  known.gone = false;
  known.downgraded = false;
  if (facts->stamp) {
    known.stamp = facts->stamp;
    known.stamp_seen = context.facts.ended;
  }
  known.content = facts->content;
  for (const ExceptionFacts& exception : facts->exceptions) {
    if (exception.removed) known.instance_cancelled = {context.facts.ended, context.facts.id, 0};
  }
  if (facts->calendar && item.kind == eas::Item::Kind::add && context.facts.delivered)
    judge_instance_uid({context, folder, item, *facts, &known});
  context.items.settle(context.device, known);
}

void report_duplicate(const ItemContext& one, const Uploads::Added& before) {
  Context& context = one.context;
  const std::string key =
      one.folder.id + '\n' +
      number(static_cast<std::int64_t>((before.content ^ before.client_id) >> 1));
  const std::optional<Severity> base =
      before.delivered ? std::nullopt : std::optional{Severity::info};
  Incident* incident = context.incidents.count(RuleId::duplicate_add, one.subject(), key,
                                               context.facts.ended, context.facts.id, base);
  if (incident == nullptr) return;
  context.incidents.add_example(*incident, before.mark.exchange);
  if (!before.delivered)
    incident->because(
        context.incidents.open(RuleId::undelivered_response, context.subject(), kKey));
  incident->summary = words(
      {context.device.folder_label(one.folder.id), ": the device added an item again that ",
       exchange_number(before.mark.exchange), " had brought already, ", times(incident->count),
       before.delivered ? "" : "; the first answer had not reached it"});
}

void read_client_add(const ItemContext& one, std::string_view given) {
  Context& context = one.context;
  if (given.empty()) return;
  const std::uint64_t content = one.facts.contact ? one.facts.contact_content : one.facts.content;
  const std::uint64_t client_id = id_hash(one.folder.id, one.item.client_id);
  const std::uint64_t server_id = id_hash(one.folder.id, given);
  Ring<Uploads::Added>& added = context.device.uploads().added;
  const auto window = context.incidents.rule(RuleId::duplicate_add).window;
  for (std::size_t index = 0; index < added.size(); ++index) {
    const Uploads::Added& before = added[index];
    if (before.mark.time + window < context.facts.ended || before.server_id == server_id) continue;
    const bool same_content = content != 0 && before.content == (content ^ hash_of(one.folder.id));
    // Clients that count their ids begin anew with each session: then the content tells.
    const bool same_id = before.client_id == client_id && (content == 0 || before.content == 0);
    if (!same_content && !same_id) continue;
    report_duplicate(one, before);
    break;
  }
  added.push({content == 0 ? 0 : content ^ hash_of(one.folder.id),
              client_id,
              server_id,
              {context.facts.ended, context.facts.id, 0},
              context.facts.delivered},
             kAdded);
}

void read_client_item(Context& context, const eas::Collection& folder, const eas::Item& item) {
  if (answer_to(folder, item) != 1) return;
  const auto read = item_facts_of(*context.facts.command, item);
  const ItemFacts facts = read.value_or(ItemFacts{});
  const bool adds = item.kind == eas::Item::Kind::add;
  const std::string_view given = adds ? server_id_given(folder, item) : item.server_id;
  KnownItem* known = adds ? nullptr : context.items.find(context.device, folder.id, item.server_id);
  const ItemContext one{context, folder, item, facts, known};
  if (adds && read) read_client_add(one, given);
  if (adds ? facts.calendar : known != nullptr) {
    judge_organizer(one);
    judge_cancelled_then_updated(one);
  }
  if (known != nullptr) {
    judge_series_deleted(one);
    judge_series_change(one);
    judge_exceptions(one);
    judge_body(one);
    judge_time_zone(one);
    judge_reminder(one);
    judge_all_day(one);
  }
  const Mark now{context.facts.began, context.facts.id, 0};
  if (item.kind == eas::Item::Kind::remove) {
    forget_added(context, folder, item);
    if (known == nullptr) return;
    if (known->meeting()) known->cancelled = now;
    known->gone = true;
    return;
  }
  const bool is_new = adds && (facts.calendar || facts.task) && !given.empty();
  if (is_new) known = &context.items.get(context.device, folder.id, given);
  if (known == nullptr || !facts.instance_id.empty()) return;
  if (is_new) known->made_by_client = true;
  known->merge(facts);
  known->gone = false;
  if (facts.meeting_status && (*facts.meeting_status & 0x4) != 0) {
    known->cancelled = now;
  } else if (facts.meeting_status || is_new) {
    known->cancelled = {};
  }
  context.items.settle(context.device, *known);
}

}  // namespace

bool is_account_address(Context& context, std::string_view address) {
  if (normalised_user(address) == context.device.person) return true;
  const Person* person = context.people.find(context.device.person);
  return person != nullptr && person->owns(address);
}

std::string ItemContext::label() const {
  std::string out = context.device.folder_label(folder.id);
  if (!item.server_id.empty()) out += ", item " + item.server_id;
  const std::string_view subject = facts.subject;
  if (!subject.empty()) out += " \"" + repaired_utf8(subject.substr(0, 60)) + '"';
  return out;
}

Incident* ItemContext::report(RuleId rule, const std::string& summary,
                              std::optional<Severity> base) const {
  Incident* incident =
      context.incidents.count(rule, subject(), key(), context.facts.ended, context.facts.id, base);
  if (incident != nullptr) incident->summary = label() + ": " + summary;
  return incident;
}

bool was_deleted(const Device& device, std::string_view folder, std::string_view item) {
  return device.uploads_made && contains(device.uploads_made->gone, id_hash(folder, item));
}

bool is_own_mail(const Device& device, std::string_view folder, std::string_view item) {
  return device.uploads_made && contains(device.uploads_made->own_mails, id_hash(folder, item));
}

void detect_items(Context& context) {
  const Facts& facts = context.facts;
  if (facts.http != 200) return;
  for (const eas::Collection& folder : facts.command->collections) {
    if (folder.items.empty()) continue;
    const int status = status_of(facts, folder);
    if (status > 1 || folder.id.empty()) continue;
    for (const eas::Item& item : folder.items) {
      if (item.is_response || item.kind == eas::Item::Kind::fetch) continue;
      if (item.from_server) {
        read_server_item(context, folder, item);
      } else if (folder.in_response || facts.empty_answer || status == 1) {
        read_client_item(context, folder, item);
      }
    }
  }
}

/// A body that was fetched whole: what the device writes back later is the user's edit.
void apply_fetched(Context& context) {
  for (const eas::FetchedItem& fetched : context.facts.command->fetched) {
    if (fetched.truncated || fetched.status.value_or(1) != 1 || !context.facts.delivered) continue;
    KnownItem* known = context.items.find(context.device, fetched.collection_id, fetched.server_id);
    if (known != nullptr) known->body_fetched = true;
  }
}

}  // namespace eastap::findings
