#include "decoder/render/exchange_words.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/render/exchange_facts.hpp"
#include "decoder/render/pieces.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"

namespace eastap::render {
namespace {

using eas::Command;
using model::Ending;
using model::Exchange;

/// The end of a long key is what differs from one to the next.
std::string key_words(std::string_view key, std::size_t columns) {
  const std::string text = printable_start(key, 256);
  if (display_width(text) <= columns) return text;
  std::size_t from = text.size() - std::min(text.size(), columns - 1);
  while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U) ++from;
  return "…" + text.substr(from);
}

/// Without a name the class stands for it, and does not say which folder it is.
std::string folder_words(std::string_view name, std::string_view class_name, std::string_view id) {
  if (!name.empty() || class_name.empty()) return folder_label(name, id);
  std::string out = printable_start(class_name, 64);
  if (!id.empty()) out += "(" + key_words(id, 12) + ")";
  return out;
}

std::string folder_words(const eas::PingFolder& folder) {
  return folder_words(folder.name, folder.class_name, folder.id);
}

std::string folder_words(const eas::Collection& collection) {
  return folder_words(collection.folder_name, collection.class_name, collection.id);
}

std::string keys_words(std::string_view asked, std::string_view answered, bool narrow) {
  if (asked.empty() && answered.empty()) return {};
  const std::size_t columns = narrow ? 5 : 12;
  // where the ends of long keys are all that fits, the arrow says what they are
  const bool both_long = narrow && asked.size() > columns && answered.size() > columns;
  std::string out = both_long ? "" : "key ";
  out += asked.empty() ? "?" : key_words(asked, columns);
  if (!answered.empty()) {
    out += narrow ? "→" : " → ";
    out += key_words(answered, columns);
  }
  return out;
}

struct Counts {
  std::uint64_t adds = 0, changes = 0, deletes = 0, fetches = 0;

  Counts& operator+=(const Counts& other) {
    adds += other.adds;
    changes += other.changes;
    deletes += other.deletes;
    fetches += other.fetches;
    return *this;
  }
};

std::string counts_words(const Counts& counts) {
  std::string out;
  const auto put = [&](std::string_view sign, std::uint64_t count) {
    if (count == 0) return;
    if (!out.empty()) out += ' ';
    out += sign;
    out += std::to_string(count);
  };
  put("+", counts.adds);
  put("~", counts.changes);
  put("-", counts.deletes);
  put("fetched ", counts.fetches);
  return out;
}

Counts came_for(const eas::Collection& collection) {
  return {collection.adds, collection.changes,
          std::uint64_t{collection.deletes} + collection.soft_deletes, collection.fetches};
}

Counts sent_for(const eas::Collection& collection) {
  return {collection.client_adds, collection.client_changes, collection.client_deletes, 0};
}

bool has_news(const eas::Collection& collection) {
  Counts all = came_for(collection);
  all += sent_for(collection);
  return all.adds + all.changes + all.deletes + all.fetches != 0;
}

/// The collection that an admin asks about: one that failed, else one with news, else the first.
const eas::Collection& leading(const Command& command) {
  const auto& all = command.collections;
  const auto failed = std::find_if(all.begin(), all.end(),
                                   [](const auto& c) { return c.status && *c.status != 1; });
  if (failed != all.end()) return *failed;
  const auto news = std::find_if(all.begin(), all.end(), has_news);
  if (news != all.end()) return *news;
  const auto answered =
      std::find_if(all.begin(), all.end(), [](const auto& c) { return c.in_response; });
  return answered != all.end() ? *answered : all.front();
}

/// What came and what was sent, of all collections; whose it is, where `first` is not all of it.
std::string news_words(const Command& command, const eas::Collection& first) {
  Counts came;
  Counts sent;
  bool more = false;
  std::size_t drafts = 0, with_news = 0;
  const eas::Collection* whose = &first;
  for (const eas::Collection& collection : command.collections) {
    came += came_for(collection);
    sent += sent_for(collection);
    drafts += collection.client_sends;
    more = more || collection.more_available;
    if (!has_news(collection) && !collection.more_available) continue;
    ++with_news;
    whose = &collection;
  }
  std::string counts = counts_words(came);
  if (more) join(counts, "more", " ");
  if (const std::string own = counts_words(sent); !own.empty()) join(counts, "sent " + own, " ");
  if (drafts != 0) join(counts, "sends " + count_words(drafts, "draft", "drafts"), " ");
  if (with_news > 1) return counts + " in " + std::to_string(with_news) + " folders";
  return with_news == 1 && whose != &first ? folder_words(*whose) + " " + counts : counts;
}

/// GetItemEstimate: "4 items"; of several folders the sum and what is in each.
std::string estimate_words(const Command& command) {
  constexpr std::size_t shown = 3;
  std::string each;
  std::size_t known = 0, sum = 0;
  for (const eas::Collection& collection : command.collections) {
    if (!collection.estimate) continue;
    const auto count = static_cast<std::size_t>(std::max(0, *collection.estimate));
    sum += count;
    if (++known <= shown) join(each, folder_words(collection) + " " + std::to_string(count));
  }
  if (known == 0) return {};
  if (known > shown) each += " +" + std::to_string(known - shown);
  const std::string all = count_words(sum, "item", "items");
  return command.collections.size() == 1 ? all : all + ": " + each;
}

void say_collections(ExchangeWords& words, const Command& command) {
  const eas::Collection& first = leading(command);
  words.subject = folder_words(first);
  const std::size_t others = command.collections.size() - 1;
  if (others != 0) words.subject += " +" + std::to_string(others);
  const std::string counts = news_words(command, first);
  words.detail = keys_words(first.sync_key, first.new_sync_key, false);
  words.short_detail = keys_words(first.sync_key, first.new_sync_key, true);
  join(words.detail, counts, "  ");
  join(words.short_detail, counts, " ");
  const bool is_first = first.sync_key == "0";
  const bool nothing = counts.empty() && first.new_sync_key == first.sync_key;
  if (is_first && !first.new_sync_key.empty()) {
    words.remark = "first sync";
  } else if (nothing && !first.new_sync_key.empty()) {
    words.remark = "nothing new";
  }
  if (command.name == "GetItemEstimate") {  // so long a name leaves its column no room
    if (std::string items = estimate_words(command); !items.empty()) {
      words.remark = std::move(items);
    }
    std::string folder = std::exchange(words.subject, {});
    join(folder, words.detail, "  ");
    words.detail = std::move(folder);
  }
}

std::string folders_words(const std::vector<eas::PingFolder>& folders) {
  if (folders.size() == 1) return folder_words(folders.front());
  return count_words(folders.size(), "folder", "folders");
}

std::string changed_words(const std::vector<eas::PingFolder>& folders) {
  std::string out;
  constexpr std::size_t shown = 3;
  for (std::size_t i = 0; i < std::min(shown, folders.size()); ++i) {
    join(out, folder_words(folders[i]));
  }
  if (folders.size() > shown) out += " +" + std::to_string(folders.size() - shown);
  return out;
}

void say_ping(ExchangeWords& words, const Command& command) {
  const eas::Waiting& waiting = *command.waiting;
  if (!waiting.folders.empty()) words.subject = folders_words(waiting.folders);
  if (!waiting.changed.empty()) {
    words.detail = "changed: " + changed_words(waiting.changed);
  } else if (command.eas_status == 1) {
    words.detail = "nothing new";
  } else if (waiting.seconds) {
    words.detail = "up to " + seconds_words(*waiting.seconds);
  }
}

void say_provision(ExchangeWords& words, const Command& command) {
  const eas::Provision& provision = *command.provision;
  using Phase = eas::Provision::Phase;
  switch (provision.phase) {
    case Phase::ask: words.detail = "ask policy"; break;
    case Phase::acknowledge: words.detail = "acknowledge policy"; break;
    case Phase::wipe_acknowledge: words.detail = "acknowledge wipe"; break;
  }
  if (provision.acknowledged_status && *provision.acknowledged_status != 1) {
    words.detail += " (status " + std::to_string(*provision.acknowledged_status) + ")";
  }
  if (!provision.response_key.empty()) {
    words.remark = "policy key " + printable_start(provision.response_key, 32);
    words.short_text = (provision.phase == Phase::ask ? "ask → key " : "ack → key ") +
                       printable_start(provision.response_key, 32);
    if (provision.phase == Phase::ask) words.remark += " (temporary)";
  }
  join(words.remark, printable_start(provision.policy, 200), ": ");
}

/// "new Projects(20), deleted Contacts(7)"; "" of more than a line has room for.
std::string changed_names(const Command& command) {
  constexpr std::size_t most = 3;
  if (command.folder_changes.size() > most) return {};
  std::string out;
  using Kind = eas::FolderChange::Kind;
  for (const eas::FolderChange& change : command.folder_changes) {
    const std::string_view verb = change.kind == Kind::add      ? "new "
                                  : change.kind == Kind::remove ? "deleted "
                                                                : "changed ";
    join(out, std::string{verb} + folder_label(change.name, change.id));
  }
  return out;
}

void say_folder_changes(ExchangeWords& words, const Command& command) {
  Counts counts;
  using Kind = eas::FolderChange::Kind;
  for (const eas::FolderChange& change : command.folder_changes) {
    if (change.kind == Kind::add) ++counts.adds;
    if (change.kind == Kind::update) ++counts.changes;
    if (change.kind == Kind::remove) ++counts.deletes;
  }
  const std::string changes = counts_words(counts);
  if (command.name != "FolderSync") {
    words.detail = printable_start(command.asked, 200);
    join(words.detail, keys_words(command.sync_key, command.new_sync_key, false), "  ");
    words.short_detail = printable_start(command.asked, 200);
    return;
  }
  join(words.detail, changes, "  ");
  if (words.short_detail.empty())
    words.short_detail = keys_words(command.sync_key, command.new_sync_key, true);
  join(words.short_detail, changes, " ");
  if (command.sync_key == "0" && !command.new_sync_key.empty()) {
    words.remark = count_words(command.folder_changes.size(), "folder", "folders");
  } else if (changes.empty() && !command.new_sync_key.empty()) {
    words.remark = "nothing new";
  } else {
    words.remark = changed_names(command);
  }
}

Role role_of_status(int status) {
  if (status < 300) return Role::success;
  if (status < 400 || status == 401 || status == 449 || status == 451) return Role::odd;
  return Role::trouble;
}

/// Commands whose collections, folders and keys are told here, not by `outcome`.
bool has_own_columns(std::string_view name) {
  return name == "Sync" || name == "Ping" || name == "FolderSync" || name == "GetItemEstimate";
}

void say_subject(ExchangeWords& words, const Command& command) {
  const bool sync_like = command.name == "Sync" || command.name == "GetItemEstimate";
  if (sync_like && !command.collections.empty()) {
    say_collections(words, command);
  } else if (command.name == "Ping" && command.waiting) {
    say_ping(words, command);
  } else if (command.provision) {
    say_provision(words, command);
  } else if (!command.sync_key.empty() || !command.new_sync_key.empty() ||
             !command.folder_changes.empty()) {
    words.detail = keys_words(command.sync_key, command.new_sync_key, false);
    say_folder_changes(words, command);
  } else {
    // which mail is answered; the detail says it too, behind what a narrow column holds
    if (command.mail) words.subject = printable_start(command.mail->source_item, 64);
    words.detail = printable_start(command.asked, 400);
  }
  if (command.name == "OPTIONS" && !command.offered_versions.empty()) {
    words.remark = printable_start(command.offered_versions.back(), 16) + " offered";
  }
}

ExchangeWords common_words(const Exchange& exchange, const Command& command) {
  ExchangeWords words;
  words.activesync = !command.name.empty();
  words.device = device_label(command.user, command.device_type);
  if (words.device.empty() && exchange.connection) {
    words.device = printable_start(client_address(exchange.connection->client), 64);
  }
  if (words.activesync) {
    words.command = printable_start(command.name, 64);
    say_subject(words, command);
    return words;
  }
  const RequestLine line = request_line(exchange);
  words.command = printable_start(line.method, 32);
  const std::string_view host =
      exchange.connection ? std::string_view{exchange.connection->host} : std::string_view{};
  words.subject = target_words(line.target, host);
  if (line.method.empty()) words.subject = "(no request line)";
  return words;
}

}  // namespace

std::string device_label(std::string_view user, std::string_view device_type) {
  if (const std::size_t domain = user.rfind('\\'); domain != std::string_view::npos) {
    user.remove_prefix(domain + 1);
  }
  if (const std::size_t at = user.find('@'); at != std::string_view::npos && at != 0) {
    user = user.substr(0, at);
  }
  std::string label = printable_start(user, 64);
  join(label, printable_start(device_type, 64), " ");
  return label;
}

std::string folder_label(std::string_view name, std::string_view id) {
  if (name.empty()) return id.empty() ? std::string{} : printable_start(id, 64);
  std::string out = printable_start(name, 64);
  // Exchange's ids are short; SOGo's and Zimbra's would hide what happened to the folder.
  constexpr std::size_t kLongestId = 12;
  if (!id.empty() && id.size() <= kLongestId) out += "(" + printable(id) + ")";
  return out;
}

std::string_view client_address(std::string_view client) {
  const std::size_t colon = client.rfind(':');
  if (colon == std::string_view::npos || client.ends_with(']')) return client;
  return client.substr(0, colon);
}

ExchangeWords words_of(const Exchange& exchange, const Command& command) {
  ExchangeWords words = common_words(exchange, command);
  const auto status = command.http_status ? command.http_status : http_status(exchange);
  if (status) {
    words.status = std::to_string(*status);
    words.status_role = role_of_status(*status);
  } else if (exchange.ending != Ending::open) {
    words.status = "–";
    words.status_role = Role::dim;
  }
  if (const auto length = duration(exchange)) words.duration = duration_words(*length);
  if (words.activesync && exchange.response && exchange.ending == Ending::complete &&
      status == 200 && (command.name == "Sync" || command.name == "Ping") &&
      exchange.response->body_size == 0) {
    words.remark = "nothing new";
  }
  words.troubles = troubles_of(exchange, command, status);
  if (!words.activesync) {
    if (exchange.response) join(words.remark, size_words(exchange.response->wire_size));
    return words;
  }
  if (words.remark.empty() && !has_own_columns(command.name)) {
    // troubles say what the outcome says of a failure, and more; what went well beside it they do
    // not. Of a Provision nothing does: a wipe that it orders is the trouble.
    if (words.troubles.empty()) {
      words.remark = printable_start(command.outcome, 400);
    } else if (!command.provision) {
      words.remark = printable_start(command.achieved, 400);
      words.partly = !words.remark.empty();
    }
  }
  if (words.troubles.empty() && words.detail.empty() && words.remark.empty()) {
    words.detail = printable_start(command.detail, 400);
  }
  // small answers are the rule; what is not tells where time and volume went
  if (exchange.response && exchange.response->wire_size >= 10'000) {
    join(words.remark, size_words(exchange.response->wire_size));
  }
  return words;
}

ExchangeWords waiting_words_of(const Exchange& exchange, const Command& command) {
  ExchangeWords words = common_words(exchange, command);
  words.remark.clear();
  std::string waiting = "waiting";
  if (command.waiting && command.waiting->seconds) {
    waiting += " up to " + seconds_words(*command.waiting->seconds);
  }
  if (command.name == "Ping" || words.detail.empty()) {
    words.detail = waiting;
    words.short_detail.clear();
  } else {
    join(words.detail, waiting, "  ");
    words.short_detail = waiting;
  }
  words.status_role = Role::waiting;
  return words;
}

ExchangeWords progress_words_of(const Exchange& exchange, const Command& command) {
  ExchangeWords words = common_words(exchange, command);
  words.remark.clear();
  std::string so_far;
  if (exchange.response) so_far = size_words(exchange.response->wire_size) + " so far";
  if (const auto length = duration(exchange)) join(so_far, duration_words(*length));
  join(words.detail, so_far);
  words.short_detail = so_far;
  words.status_role = Role::waiting;
  return words;
}

}  // namespace eastap::render
