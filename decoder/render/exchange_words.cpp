#include "decoder/render/exchange_words.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/status_table.hpp"
#include "decoder/render/diagnostic.hpp"
#include "decoder/render/exchange_facts.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"
#include "decoder/render/utf8.hpp"

namespace eastap::render {
namespace {

using eas::Command;
using model::Ending;
using model::Exchange;

/// More of one text from a server says nothing more on a line.
constexpr std::size_t kQuotedOctets = 160;
/// Troubles told one by one; the rest is counted.
constexpr std::size_t kMaxTroubles = 4;

std::string printable_start(std::string_view text, std::size_t octets = kQuotedOctets) {
  const std::string_view start = without_cut_sequence(text, octets);
  std::string out = printable(start);
  if (start.size() < text.size()) out += "…";
  return out;
}

void join(std::string& out, std::string_view more, std::string_view between = ", ") {
  if (more.empty()) return;
  if (!out.empty()) out += between;
  out += more;
}

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

std::string count_words(std::size_t count, std::string_view one, std::string_view many) {
  return grouped(count) + " " + std::string{count == 1 ? one : many};
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

/// The collection that an admin asks about: one that failed, else one with news, else the first.
const eas::Collection& leading(const Command& command) {
  const auto& all = command.collections;
  const auto failed = std::find_if(all.begin(), all.end(),
                                   [](const auto& c) { return c.status && *c.status != 1; });
  if (failed != all.end()) return *failed;
  const auto news = std::find_if(all.begin(), all.end(), [](const auto& c) {
    return c.adds + c.changes + c.deletes + c.soft_deletes + c.fetches + c.client_adds +
               c.client_changes + c.client_deletes !=
           0;
  });
  if (news != all.end()) return *news;
  const auto answered =
      std::find_if(all.begin(), all.end(), [](const auto& c) { return c.in_response; });
  return answered != all.end() ? *answered : all.front();
}

void say_collections(ExchangeWords& words, const Command& command) {
  const eas::Collection& first = leading(command);
  words.subject = folder_words(first);
  const std::size_t others = command.collections.size() - 1;
  if (others != 0) words.subject += " +" + std::to_string(others);
  Counts came;
  Counts sent;
  bool more = false;
  std::size_t drafts = 0;
  for (const eas::Collection& collection : command.collections) {
    came.adds += collection.adds;
    came.changes += collection.changes;
    came.deletes += std::uint64_t{collection.deletes} + collection.soft_deletes;
    came.fetches += collection.fetches;
    sent.adds += collection.client_adds;
    sent.changes += collection.client_changes;
    sent.deletes += collection.client_deletes;
    drafts += collection.client_sends;
    more = more || collection.more_available;
  }
  std::string counts = counts_words(came);
  if (more) join(counts, "more", " ");
  if (const std::string own = counts_words(sent); !own.empty()) join(counts, "sent " + own, " ");
  if (drafts != 0) join(counts, "sends " + count_words(drafts, "draft", "drafts"), " ");
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
  if (command.name == "GetItemEstimate" && first.estimate) {
    words.remark =
        count_words(static_cast<std::size_t>(std::max(0, *first.estimate)), "item", "items");
  }
  if (command.name == "GetItemEstimate") {  // so long a name leaves its column no room
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

std::string seconds_words(int seconds) {
  if (seconds >= 600 && seconds % 60 == 0) return std::to_string(seconds / 60) + " min";
  return grouped(static_cast<std::uint64_t>(std::max(0, seconds))) + " s";
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
  }
}

/// Path of a target that is not ActiveSync's, the values of its query left out: they may be tokens.
std::string target_words(std::string_view target, std::string_view host) {
  if (const std::size_t scheme = target.find("://");
      scheme != std::string_view::npos && scheme < target.find('/')) {
    target.remove_prefix(scheme + 3);
    const std::string_view authority = target.substr(0, target.find('/'));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
      target.remove_prefix(at + 1);
    }
    host = {};
  }
  const std::string_view whole = target;
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  std::string out = printable_start(host, 255);
  out += printable_start(target.substr(0, mark), 512);
  if (mark == std::string_view::npos) return out;
  out += '?';
  std::string_view query = whole.substr(mark + 1);
  for (std::size_t shown = 0; !query.empty(); ++shown) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(query.size(), end + 1));
    if (shown == 8) {
      out += "&…";
      break;
    }
    if (shown != 0) out += '&';
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      out += "…";  // a value without a name
    } else {
      out += printable_start(part.substr(0, equals), 32);
      out += equals + 1 < part.size() ? "=…" : "=";
    }
  }
  return out;
}

Role role_of_status(int status) {
  if (status < 300) return Role::success;
  if (status < 400 || status == 401 || status == 449 || status == 451) return Role::odd;
  return Role::trouble;
}

// ---- troubles ----

std::string how_much(const Exchange& exchange) {
  const model::Message& response = *exchange.response;
  const bool device =
      exchange.ending == Ending::device_closed || exchange.ending == Ending::device_reset;
  const std::uint64_t came = device ? exchange.delivered_octets : response.wire_size;
  std::string out = " after " + grouped(came);
  const auto announced = announced_octets(response);
  if (announced && *announced >= came) out += " of " + grouped(*announced);
  return out + " octets";
}

void say_ending(ExchangeWords& words, const Exchange& exchange, const Command& command) {
  std::string_view who;
  switch (exchange.ending) {
    case Ending::open:
    case Ending::complete: return;
    case Ending::device_closed: who = "device closed"; break;
    case Ending::device_reset: who = "device reset the connection"; break;
    case Ending::server_closed: who = "server closed"; break;
    case Ending::server_reset: who = "server reset the connection"; break;
    case Ending::proxy_stopped: who = "eastap was stopped"; break;
    case Ending::proxy_failed: who = "eastap gave up"; break;
  }
  const bool device =
      exchange.ending == Ending::device_closed || exchange.ending == Ending::device_reset;
  const bool requested = exchange.request && exchange.request->complete;
  Trouble trouble;
  trouble.brief = who;
  trouble.full = who;
  if (exchange.response) {
    trouble.full += how_much(exchange);
  } else if (!requested) {
    trouble.full += " while the request was being sent";
  } else if (device && command.hangs()) {
    trouble.brief = "device stopped waiting";
    trouble.full = "device stopped waiting (a new request of it, or its connection was lost)";
    trouble.serious = false;
  } else {
    trouble.full += " before an answer came";
  }
  if (exchange.ending == Ending::proxy_stopped) trouble.serious = false;
  if (!exchange.error.empty()) trouble.full += ": " + printable_start(exchange.error);
  words.troubles.push_back(std::move(trouble));
}

/// "not from Exchange (no X-FEServer)"; "" when it cannot be told.
std::string maker_words(const Exchange& exchange, const Command& command) {
  using Origin = eas::ServerFacts::Origin;
  std::string name;
  Origin origin = Origin::unknown;
  if (command.server) {
    origin = command.server->origin;
    name = command.server->front_end.empty() ? command.server->back_end : command.server->front_end;
  }
  if (origin == Origin::unknown && exchange.response) {
    const model::HeaderList& head = exchange.response->head;
    const bool known = head.contains("X-FEServer") || head.contains("X-BEServer") ||
                       head.contains("X-CalculatedBETarget") || head.contains("X-DiagInfo") ||
                       head.contains("MS-Server-ActiveSync");
    origin = known ? Origin::exchange : Origin::other;
    if (const auto front = head.find("X-FEServer"); front && name.empty()) name = *front;
  }
  if (origin == Origin::other) {
    const auto product = exchange.response ? exchange.response->head.find("Server") : std::nullopt;
    // IIS answers for Exchange before a request reaches it
    const bool iis = product && to_lower(*product).find("microsoft") != std::string::npos;
    const bool settled = command.server && command.server->origin == Origin::other;
    return iis && !settled ? "from IIS, not Exchange (no X-FEServer)"
                           : "not from Exchange (no X-FEServer)";
  }
  return "from Exchange" + (name.empty() ? std::string{} : " (" + printable_start(name, 64) + ")");
}

/// What a page or text that came instead of WBXML says of itself.
std::string page_words(const Command& command) {
  if (command.server && !command.server->page_title.empty()) {
    return "HTML \"" + printable_start(command.server->page_title) + "\"";
  }
  using Kind = eas::Body::Kind;
  const eas::Body& body = command.response;
  if (!body.octets || body.octets->empty()) return {};
  if (body.kind == Kind::html) {
    const std::string lower = to_lower(std::string_view{*body.octets}.substr(0, 16U << 10));
    for (const std::string_view tag : {"<title", "<h1", "<h2"}) {
      const std::size_t at = lower.find(tag);
      if (at == std::string::npos) continue;
      const std::size_t from = lower.find('>', at);
      const std::size_t to = from == std::string::npos ? from : lower.find('<', from);
      if (to == std::string::npos) continue;
      std::string_view title = std::string_view{*body.octets}.substr(from + 1, to - from - 1);
      while (!title.empty() && (title.front() == '\n' || title.front() == '\r' ||
                                title.front() == ' ' || title.front() == '\t')) {
        title.remove_prefix(1);
      }
      title = trimmed(title.substr(0, title.find_first_of("\r\n")));
      if (!title.empty()) return "HTML \"" + printable_start(title) + "\"";
    }
    return "HTML";
  }
  if (body.kind == Kind::text || body.kind == Kind::json) {
    std::string_view text{*body.octets};
    text = trimmed(text.substr(0, text.find_first_of("\r\n")));
    return "\"" + printable_start(text) + "\"";
  }
  return {};
}

void say_http_error(ExchangeWords& words, const Exchange& exchange, const Command& command,
                    int status) {
  const eas::ServerFacts facts = command.server.value_or(eas::ServerFacts{});
  const eas::HttpStatusRow* row = eas::find_http_status(status);
  Trouble trouble;
  if (status < 400) {
    if (status == 304 || status < 300) return;
    trouble.brief = "redirect";
    trouble.full = facts.location.empty() ? "redirect without a Location"
                                          : "redirect to " + target_words(facts.location, {});
    trouble.serious = false;
    words.troubles.push_back(std::move(trouble));
    return;
  }
  if (status == 401) {
    trouble.brief = "asks for credentials";
    trouble.full = trouble.brief;
    std::string schemes;
    for (const std::string& scheme : facts.authentication)
      join(schemes, printable_start(scheme, 32));
    if (!schemes.empty()) trouble.full += ": " + schemes;
    trouble.serious = false;
  } else {
    trouble.full = maker_words(exchange, command);
    trouble.brief = trouble.full.substr(0, trouble.full.find(" ("));
    join(trouble.full, page_words(command), ": ");
    // of a plain 500 the tables can only say that it is one
    if (row != nullptr && status != 500) {
      join(trouble.full, printable(row->name), "; ");
      join(trouble.full, printable(row->meaning), ": ");
      trouble.brief = printable(row->name);
    }
  }
  join(trouble.full, facts.location.empty() ? "" : "go to " + target_words(facts.location, {}),
       "; ");
  if (facts.retry_after_seconds) {
    join(trouble.full, "retry after " + seconds_words(*facts.retry_after_seconds), "; ");
  }
  if (row != nullptr) trouble.next_step = printable(row->next_step);
  words.troubles.push_back(std::move(trouble));
}

/// Answers that are no answers although their status is 200.
void say_foreign_answer(ExchangeWords& words, const Exchange& exchange, const Command& command) {
  if (command.response.kind == eas::Body::Kind::html && command.name != "GetAttachment") {
    const std::string page = page_words(command);
    words.troubles.push_back(
        {"not ActiveSync", "not ActiveSync but a page came: " + page,
         "Something in front of Exchange answers for it: a login page, a gateway", true});
  }
  if (exchange.ending == Ending::complete && !exchange.response->complete) {
    words.troubles.push_back(
        {"answer cut", "the answer ended before the length that its head promised", "", true});
  }
}

/// What headers say beside any status.
void say_server_facts(ExchangeWords& words, const Command& command) {
  if (!command.server) return;
  const eas::ServerFacts& facts = *command.server;
  const auto add = [&](std::string brief, std::string_view label, std::string_view text) {
    if (text.empty()) return;
    std::string full{label};
    full += printable_start(text, 400);
    words.troubles.push_back({std::move(brief), std::move(full), "", true});
  };
  add("schema error", "the server could not read the request: ", facts.schema_error);
  add("throttled", "the server throttles this device: ", facts.throttle_reason);
  add("server's reason", "the server's reason: ", facts.diagnostics);
  if (!facts.resync_versions.empty() && command.name != "FolderSync") {
    words.troubles.push_back(
        {"full resync ordered",
         "the server orders the device to start over (X-MS-RP: its versions changed)", "", false});
  }
  if (facts.password_days_left && *facts.password_days_left <= 1) {
    words.troubles.push_back({"password expires", "the password expires within a day", "", false});
  }
}

void say_statuses(ExchangeWords& words, const Command& command) {
  struct Group {
    const eas::Status* status;
    std::size_t count;
  };
  std::vector<Group> groups;
  for (const eas::Status& status : command.statuses) {
    if (status.success) continue;
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return group.status->code == status.code && group.status->scope == status.scope;
    });
    if (same != groups.end()) {
      ++same->count;
    } else {
      groups.push_back({&status, 1});
    }
  }
  for (const auto& [status, count] : groups) {
    Trouble trouble;
    std::string where = printable_start(status->place, 64);
    if (count > 1) where += " and " + std::to_string(count - 1) + " more";
    trouble.brief = "status " + std::to_string(status->code);
    join(trouble.brief, printable_start(status->name, 64), " ");
    trouble.full = (where.empty() ? std::string{} : where + ": ") + trouble.brief;
    if (status->name.empty() && status->meaning.empty()) {
      trouble.full += " (not in the tables of " + printable_start(status->scope, 32) + ")";
    }
    join(trouble.full, printable_start(status->meaning, 400), ": ");
    if (const eas::StatusRow* row = eas::find_status(status->scope, status->code)) {
      trouble.next_step = printable(row->next_step);
      // 140 to 144: the server wants a Provision, every first contact meets them
      trouble.serious = row->fault != "policy";
    }
    words.troubles.push_back(std::move(trouble));
  }
}

void say_body_troubles(ExchangeWords& words, const Exchange& exchange, const Command& command) {
  if (exchange.bodies_dropped) {
    words.troubles.push_back(
        {"not decoded", "not decoded: too much came at once, only the heads were kept", "", false});
    return;
  }
  // of an exchange that was cut the ending has said why
  const bool cut = exchange.ending != Ending::complete && exchange.ending != Ending::open;
  std::string text = decode_trouble(command);
  if (!text.empty() && !cut) {
    words.troubles.push_back({"not decoded to its end", std::move(text), "", true});
  }
}

void say_provision_troubles(ExchangeWords& words, const Command& command) {
  if (!command.provision) return;
  const eas::Provision& provision = *command.provision;
  if (!provision.remote_wipe) return;
  const std::string what =
      provision.account_only_wipe ? "ACCOUNT WIPE ordered" : "REMOTE WIPE ordered";
  words.troubles.push_back({what,
                            what + ": the server tells the device to erase " +
                                (provision.account_only_wipe ? "this account" : "everything on it"),
                            "", true});
}

void limit_troubles(ExchangeWords& words) {
  if (words.troubles.size() <= kMaxTroubles) return;
  const std::size_t rest = words.troubles.size() - kMaxTroubles;
  words.troubles.resize(kMaxTroubles);
  words.troubles.push_back(
      {"", "and " + count_words(rest, "further problem", "further problems"), "", true});
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
  say_ending(words, exchange, command);
  if (!words.activesync) {
    if (exchange.response) join(words.remark, size_words(exchange.response->wire_size));
    return words;
  }
  if (status) say_http_error(words, exchange, command, *status);
  if (status == 200) say_foreign_answer(words, exchange, command);
  say_provision_troubles(words, command);
  say_statuses(words, command);
  say_server_facts(words, command);
  say_body_troubles(words, exchange, command);
  limit_troubles(words);
  // troubles say what the outcome says of a failure, and more
  if (words.troubles.empty() && words.remark.empty() && !has_own_columns(command.name)) {
    words.remark = printable_start(command.outcome, 400);
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
