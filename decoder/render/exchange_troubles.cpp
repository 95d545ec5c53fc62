#include "decoder/render/exchange_troubles.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/outcome.hpp"
#include "decoder/eas/status_table.hpp"
#include "decoder/render/diagnostic.hpp"
#include "decoder/render/exchange_facts.hpp"
#include "decoder/render/pieces.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"

namespace eastap::render {
namespace {

using eas::Command;
using model::Ending;
using model::Exchange;

/// Troubles told one by one; the rest is counted.
constexpr std::size_t kMaxTroubles = 4;

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

void say_ending(std::vector<Trouble>& troubles, const Exchange& exchange, const Command& command) {
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
  troubles.push_back(std::move(trouble));
}

/// "not from Exchange (no X-FEServer)"; "" when it cannot be told.
std::string maker_words(const Exchange& exchange, const Command& command) {
  using Origin = eas::ServerFacts::Origin;
  std::string name;
  Origin origin = Origin::unknown;
  if (command.server) {
    origin = command.server->origin;
    name = command.server->front_end;
    // What went wrong did so there, where the front end had a back end to ask.
    if (const std::string& back = command.server->back_end; !back.empty() && back != name)
      name += (name.empty() ? "" : ", back end ") + back;
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
    if (iis && !settled) return "from IIS, not Exchange (no X-FEServer)";
    const bool named = product && !iis && !product->empty();
    return "not from Exchange (" +
           (named ? "Server: " + printable_start(*product, 32) : std::string{"no X-FEServer"}) +
           ')';
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

void say_http_error(std::vector<Trouble>& troubles, const Exchange& exchange,
                    const Command& command, int status) {
  const eas::ServerFacts facts = command.server.value_or(eas::ServerFacts{});
  const eas::HttpStatusRow* row = eas::find_http_status(status);
  Trouble trouble;
  if (status < 400) {
    if (status == 304 || status < 300) return;
    trouble.brief = "redirect";
    trouble.full = facts.location.empty() ? "redirect without a Location"
                                          : "redirect to " + target_words(facts.location, {});
    trouble.serious = false;
    troubles.push_back(std::move(trouble));
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
  troubles.push_back(std::move(trouble));
}

/// Answers that are no answers although their status is 200.
void say_foreign_answer(std::vector<Trouble>& troubles, const Exchange& exchange,
                        const Command& command) {
  if (command.response.kind == eas::Body::Kind::html && command.name != "GetAttachment") {
    const std::string page = page_words(command);
    troubles.push_back({"not ActiveSync", "not ActiveSync but a page came: " + page,
                        "Something in front of Exchange answers for it: a login page, a gateway",
                        true});
  }
  if (exchange.ending == Ending::complete && !exchange.response->complete) {
    troubles.push_back(
        {"answer cut", "the answer ended before the length that its head promised", "", true});
  }
}

/// What headers say beside any status.
void say_server_facts(std::vector<Trouble>& troubles, const Command& command) {
  if (!command.server) return;
  const eas::ServerFacts& facts = *command.server;
  const auto add = [&](std::string brief, std::string_view label, std::string_view text) {
    if (text.empty()) return;
    std::string full{label};
    full += printable_start(text, 400);
    troubles.push_back({std::move(brief), std::move(full), "", true});
  };
  add("schema error", "the server could not read the request: ", facts.schema_error);
  add("throttled", "the server throttles this device: ", facts.throttle_reason);
  add("server's reason", "the server's reason: ", facts.diagnostics);
  if (!facts.resync_versions.empty() && command.name != "FolderSync") {
    troubles.push_back(
        {"full resync ordered",
         "the server orders the device to start over (X-MS-RP: its versions changed)", "", false});
  }
  if (facts.password_days_left && *facts.password_days_left <= 1) {
    troubles.push_back({"password expires", "the password expires within a day", "", false});
  }
}

void say_statuses(std::vector<Trouble>& troubles, const Command& command) {
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
  const std::string bound = eas::limit_words(command);
  for (const auto& [status, count] : groups) {
    Trouble trouble;
    std::string where = printable_start(status->place, 64);
    if (count > 1) where += " and " + std::to_string(count - 1) + " more";
    trouble.brief = "status " + std::to_string(status->code);
    join(trouble.brief, printable_start(status->name, 64), " ");
    // the number to use instead is what the status was sent for
    if (status->place.empty()) join(trouble.brief, bound, ", ");
    trouble.full = (where.empty() ? std::string{} : where + ": ") + trouble.brief;
    if (status->name.empty() && status->meaning.empty()) {
      trouble.full += " (not in the tables of " + printable_start(status->scope, 32) + ")";
    }
    if (command.autodiscover && !command.autodiscover->message.empty()) {
      join(trouble.full, '"' + printable_start(command.autodiscover->message) + '"', ": ");
    }
    join(trouble.full, printable_start(status->meaning, 400), ": ");
    if (const eas::StatusRow* row = eas::find_status(status->scope, status->code)) {
      trouble.next_step = printable(row->next_step);
      // 140 to 144: the server wants a Provision, every first contact meets them
      trouble.serious = row->fault != "policy";
    }
    troubles.push_back(std::move(trouble));
  }
}

void say_body_troubles(std::vector<Trouble>& troubles, const Exchange& exchange,
                       const Command& command) {
  if (exchange.bodies_dropped) {
    troubles.push_back(
        {"not decoded", "not decoded: too much came at once, only the heads were kept", "", false});
    return;
  }
  // of an exchange that was cut the ending has said why
  const bool cut = exchange.ending != Ending::complete && exchange.ending != Ending::open;
  std::string text = decode_trouble(command);
  if (!text.empty() && !cut) {
    troubles.push_back({"not decoded to its end", std::move(text), "", true});
  }
}

void say_provision_troubles(std::vector<Trouble>& troubles, const Command& command) {
  if (!command.provision) return;
  const eas::Provision& provision = *command.provision;
  if (!provision.remote_wipe) return;
  const std::string what =
      provision.account_only_wipe ? "ACCOUNT WIPE ordered" : "REMOTE WIPE ordered";
  troubles.push_back({what,
                      what + ": the server tells the device to erase " +
                          (provision.account_only_wipe ? "this account" : "everything on it"),
                      "", true});
}

void limit_troubles(std::vector<Trouble>& troubles) {
  if (troubles.size() <= kMaxTroubles) return;
  const std::size_t rest = troubles.size() - kMaxTroubles;
  troubles.resize(kMaxTroubles);
  troubles.push_back(
      {"", "and " + count_words(rest, "further problem", "further problems"), "", true});
}

}  // namespace

std::vector<Trouble> troubles_of(const Exchange& exchange, const Command& command,
                                 std::optional<int> status) {
  std::vector<Trouble> troubles;
  say_ending(troubles, exchange, command);
  if (command.name.empty()) return troubles;
  if (status) say_http_error(troubles, exchange, command, *status);
  if (status == 200) say_foreign_answer(troubles, exchange, command);
  say_provision_troubles(troubles, command);
  say_statuses(troubles, command);
  say_server_facts(troubles, command);
  say_body_troubles(troubles, exchange, command);
  limit_troubles(troubles);
  return troubles;
}

}  // namespace eastap::render
