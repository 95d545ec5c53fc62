#include "decoder/render/command_facts.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/values/names.hpp"
#include "decoder/eas/values/user_agent.hpp"
#include "decoder/render/exchange_words.hpp"
#include "decoder/render/pieces.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"
#include "decoder/render/utf8.hpp"

namespace eastap::render {
namespace {

namespace values = eas::values;

constexpr std::size_t kMostOctets = 600;  ///< of one line's text

std::string quoted(std::string_view text) {
  return text.empty() ? std::string{} : '"' + std::string{text} + '"';
}

/// "label value", or nothing when there is no value.
std::string with(std::string_view label, std::string_view text) {
  return text.empty() ? std::string{} : std::string{label} + std::string{text};
}

std::string status_words(const std::optional<int>& status, int success = 1) {
  if (!status || *status == success) return {};
  return "status " + std::to_string(*status);
}

std::string octets_words(std::uint64_t octets) { return grouped(octets) + " octets"; }

class Facts {
 public:
  Facts(const eas::Command& command, std::size_t most) : command_{command}, most_{most} {}

  std::vector<CommandFact> all() {
    sender();
    remembered();
    options();
    if (command_.provision) add("policy", command_.provision->policy);
    if (command_.mail) mail(*command_.mail);
    each(command_.fetched, "fetched", [&](const auto& item) { return fetched_words(item); });
    each(command_.emptied, "emptied", [&](const auto& item) { return emptied_words(item); });
    each(command_.moved, "moved", [&](const auto& item) { return moved_words(item); });
    each(command_.meetings, "meeting", [&](const auto& item) { return meeting_words(item); });
    for (const eas::SearchQuery& query : command_.searches) search(query);
    each(command_.recipients, "recipient", recipient_words);
    certificates();
    for (const eas::SettingsGroup& group : command_.settings) settings(group);
    if (command_.autodiscover) autodiscover(*command_.autodiscover);
    return std::move(facts_);
  }

 private:
  void add(std::string_view label, std::string_view text) {
    if (text.empty()) return;
    const std::string_view kept = without_cut_sequence(text, kMostOctets);
    facts_.push_back({label, printable(kept) + (kept.size() < text.size() ? "…" : "")});
  }

  /// "Inbox(5)", or the id alone.
  [[nodiscard]] std::string folder(std::string_view id) const {
    return id.empty() ? std::string{} : folder_label(command_.folder_name(id), id);
  }

  template <class T, class Words>
  void each(const std::vector<T>& list, std::string_view label, Words words) {
    for (std::size_t i = 0; i < list.size() && i < most_; ++i) add(label, words(list[i]));
    if (list.size() > most_) add(label, "and " + grouped(list.size() - most_) + " more");
  }

  /// Where a device introduces itself, or is turned away: the rest would say it again and again.
  void sender() {
    constexpr std::string_view kWhere[] = {"OPTIONS", "Autodiscover", "Provision", "Settings",
                                           "FolderSync"};
    const bool introduces =
        std::find(std::begin(kWhere), std::end(kWhere), command_.name) != std::end(kWhere);
    if (!introduces && command_.http_status.value_or(200) < 400) return;
    add("device", values::user_agent_words(command_.user_agent));
    add("credential", values::words(command_.credential));
  }

  /// What an empty or partial request stands on.
  void remembered() {
    std::string text;
    std::size_t shown = 0, count = 0;
    for (const eas::Collection& collection : command_.collections) {
      if (!collection.remembered || ++count > most_) continue;
      ++shown;
      std::string one =
          collection.folder_name.empty() ? collection.class_name : collection.folder_name;
      one += (one.empty() ? "" : "(") + collection.id + (one.empty() ? "" : ")");
      join(one, with("key ", collection.sync_key), " ");
      if (collection.filter_type) join(one, values::filter_words(*collection.filter_type));
      join(text, one, "; ");
    }
    if (count > shown) text += " +" + grouped(count - shown);
    if (command_.request_repeats_last && command_.waiting) {
      const eas::Waiting& waiting = *command_.waiting;
      for (std::size_t i = 0; i < waiting.folders.size() && i < most_ && command_.name == "Ping";
           ++i) {
        const eas::PingFolder& folder = waiting.folders[i];
        const std::string& name = folder.name.empty() ? folder.class_name : folder.name;
        join(text, name.empty() ? folder.id : name + '(' + folder.id + ')');
      }
      if (waiting.seconds) join(text, "up to " + std::to_string(*waiting.seconds) + " s");
    }
    add("same as before", text);
  }

  void options() {
    std::string text;
    for (const std::string& version : command_.offered_versions) join(text, version);
    add("versions", text);
    text.clear();
    for (const std::string& name : command_.offered_commands) join(text, name);
    add("commands", text);
  }

  void people(std::string_view label, const std::vector<std::string>& list) {
    std::string text;
    for (std::size_t i = 0; i < list.size() && i < most_; ++i) join(text, list[i]);
    if (list.size() > most_) text += " +" + grouped(list.size() - most_);
    add(label, text);
  }

  void mail(const eas::SentMail& mail) {
    add("from", mail.from);
    people("to", mail.to);
    people("cc", mail.cc);
    people("bcc", mail.bcc);
    people("forwarded to", mail.forwardees);
    add("subject", mail.subject);
    std::string source = with("item ", mail.source_item);
    join(source, with("search hit ", mail.source_long_id));
    join(source, with("in folder ", folder(mail.source_folder)), " ");
    join(source, with("of ", mail.instance_id), " ");
    add("original", source);
    for (std::size_t i = 0; i < mail.attachments.size() && i < most_; ++i) {
      const eas::MailAttachment& file = mail.attachments[i];
      std::string text = file.name;
      join(text, file.type);
      if (file.octets) join(text, octets_words(*file.octets));
      add("attachment", text);
    }
    if (mail.attachments.size() > most_) {
      add("attachment", "and " + grouped(mail.attachments.size() - most_) + " more");
    }
    add("thread", mail.thread);
    std::string meeting = to_lower(mail.calendar_method);
    join(meeting, with("UID ", mail.calendar_uid));
    join(meeting, with("organizer ", mail.organizer));
    add("meeting", meeting);
    people("attendees", mail.attendees);
  }

  [[nodiscard]] std::string fetched_words(const eas::FetchedItem& item) const {
    std::string text = item.store;
    const std::string split = values::words(values::split_file_reference(item.file_reference));
    join(text, split.empty() ? with("attachment ", item.file_reference) : split);
    join(text, with("item ", item.server_id));
    join(text, with("in folder ", folder(item.collection_id)), " ");
    join(text, with("search hit ", item.long_id));
    join(text, with("document ", item.link_id));
    join(text, item.class_name);
    join(text, item.content_type);
    if (item.octets) join(text, octets_words(*item.octets));
    if (item.total) join(text, "of " + grouped(*item.total), item.octets ? " " : ", ");
    join(text, with("range ", item.range));
    if (item.part) join(text, "in part " + std::to_string(*item.part));
    if (item.truncated) join(text, "truncated");
    join(text, status_words(item.status));
    return text;
  }

  [[nodiscard]] std::string emptied_words(const eas::EmptiedFolder& emptied) const {
    std::string text =
        "folder " + folder(emptied.id) + (emptied.subfolders ? " and its subfolders" : "");
    join(text, status_words(emptied.status));
    return text;
  }

  [[nodiscard]] std::string moved_words(const eas::MovedItem& item) const {
    std::string text = item.source_item;
    join(text, with("from ", folder(item.source_folder)), " ");
    join(text, with("to ", folder(item.destination_folder)), " ");
    join(text, with("now ", item.new_item));
    // A conversation is moved with 1, an item with 3, [MS-ASCMD] 2.2.3.177.
    if (item.status != 1) join(text, status_words(item.status, 3));
    return text;
  }

  [[nodiscard]] std::string meeting_words(const eas::MeetingAnswer& answer) const {
    constexpr std::string_view kWords[] = {"", "accepted", "tentatively accepted", "declined"};
    const int response = answer.response.value_or(0);
    std::string text{response >= 1 && response <= 3 ? kWords[response] : ""};
    join(text, answer.request_id.empty() ? answer.long_id : answer.request_id, " ");
    join(text, with("in folder ", folder(answer.folder)), " ");
    join(text, with("instance ", answer.instance_id));
    join(text, with("proposes ", answer.proposed_start));
    join(text, with("to ", answer.proposed_end), " ");
    join(text, with("appointment ", answer.calendar_id));
    join(text, status_words(answer.status));
    return text;
  }

  [[nodiscard]] std::string hit_words(const eas::SearchHit& hit) const {
    std::string text = quoted(hit.name);
    join(text, hit.class_name);
    join(text, hit.id);
    join(text, with("in folder ", folder(hit.collection_id)), " ");
    return text;
  }

  void search(const eas::SearchQuery& query) {
    std::string text = query.store;
    join(text, quoted(query.text), " ");
    join(text, with("conversation ", query.conversation_id), " ");
    join(text, with("in folder ", folder(query.collection_id)), " ");
    join(text, with("asked for ", query.asked_range));
    join(text, with("got ", query.range));
    if (query.total) join(text, "of " + grouped(*query.total), query.range.empty() ? ", " : " ");
    join(text, status_words(query.status));
    add("search", text);
    each(query.hits, "hit", [&](const auto& hit) { return hit_words(hit); });
  }

  static std::string recipient_words(const eas::ResolvedRecipient& recipient) {
    std::string text = recipient.asked;
    std::string found;
    constexpr std::size_t kShown = 20;
    for (std::size_t i = 0; i < recipient.addresses.size() && i < kShown; ++i) {
      join(found, recipient.addresses[i]);
    }
    if (recipient.addresses.size() > kShown) found += " …";
    join(text, found, " → ");
    join(text, values::free_busy_words(recipient.free_busy));
    if (recipient.certificates == 1) join(text, "1 certificate");
    if (recipient.certificates > 1) join(text, grouped(recipient.certificates) + " certificates");
    if (recipient.picture_octets != 0) {
      join(text, "photo of " + octets_words(recipient.picture_octets));
    }
    join(text, status_words(recipient.status));
    return text;
  }

  void certificates() {
    const auto& list = command_.certificates;
    for (std::size_t i = 0; i < list.size() && i < most_; ++i) {
      std::string text = std::to_string(i + 1);
      if (list[i].octets != 0) join(text, octets_words(list[i].octets));
      join(text, list[i].status == 1 ? "valid" : status_words(list[i].status));
      add("certificate", text);
    }
    if (list.size() > most_) add("certificate", "and " + grouped(list.size() - most_) + " more");
  }

  void settings(const eas::SettingsGroup& group) {
    std::string text = group.name + (group.set ? " set" : "");
    std::string found;
    for (std::size_t i = 0; i < group.values.size() && i < most_; ++i) {
      const auto& [name, value] = group.values[i];
      join(found, name + ' ' + value);
      if (name == "UserAgent") join(found, with("= ", values::user_agent_words(value)), " ");
    }
    if (group.values.size() > most_) found += " …";
    join(text, found, ": ");
    join(text, status_words(group.status));
    add("settings", text);
  }

  void autodiscover(const eas::Autodiscover& facts) {
    std::string text = facts.json ? "v2" : "v1";
    join(text, with("for ", facts.email), " ");
    join(text, facts.schema);
    join(text, with("→ ", facts.url), " ");
    join(text, facts.server_type);
    join(text, with("redirected to ", facts.redirect));
    if (facts.error_code) join(text, "error " + std::to_string(*facts.error_code));
    join(text, facts.error_name);
    join(text, facts.message);
    join(text, with("debug data ", facts.debug_data));
    join(text, with("for ", facts.display_name));
    add("autodiscover", text);
    each(facts.servers, "server", [&](const eas::AutodiscoverServer& server) {
      const eas::AutodiscoverServer told{facts.server_type, facts.url, server.name, ""};
      if (server == told && (server.name.empty() || server.name == server.url)) {
        return std::string{};
      }
      std::string words = server.type;
      join(words, server.url, " ");
      if (server.name != server.url) join(words, with("name ", server.name));
      join(words, with("data ", server.data));
      return words;
    });
  }

  const eas::Command& command_;
  std::size_t most_;
  std::vector<CommandFact> facts_;
};

}  // namespace

std::vector<CommandFact> facts_of(const eas::Command& command, std::size_t most) {
  return Facts{command, most}.all();
}

}  // namespace eastap::render
