#include "decoder/eas/outcome.hpp"

#include <string>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/html_page.hpp"
#include "decoder/eas/reading.hpp"
#include "decoder/eas/status_table.hpp"

namespace eastap::eas {
namespace {

using Origin = ServerFacts::Origin;

void append(std::string& words, std::string_view more) {
  if (more.empty()) return;
  if (!words.empty()) words += ", ";
  words += more;
}

/// Who made an error answer: Exchange signs its own, IIS in front of it signs with its name.
void settle_origin(Command& command) {
  if (!command.server || command.server->origin != Origin::unknown) return;
  const int status = command.http_status.value_or(200);
  const bool is_page = command.response.kind == Body::Kind::html;
  const std::string product = to_lower(command.server->product);
  const bool foreign_product = !product.empty() && product.find("microsoft") == std::string::npos;
  if (is_page || (status >= 400 && foreign_product)) command.server->origin = Origin::other;
}

std::string page_words(const Command& command) {
  const std::string& title = command.server->page_title;
  return title.empty() ? "HTML page" : "HTML \"" + title + '"';
}

std::string foreign_words(const Command& command) {
  std::string words = "not from Exchange (no X-FEServer)";
  if (command.response.kind == Body::Kind::html) {
    words += ": " + page_words(command);
  } else if (!command.server->product.empty()) {
    words += ": " + command.server->product;
  }
  return words;
}

std::string location_words(const Command& command) {
  return command.server->location.empty() ? "" : " to " + command.server->location;
}

std::string http_words(const Command& command, std::string_view authorization) {
  const int status = *command.http_status;
  const ServerFacts& server = *command.server;
  if (status == 401) {
    // "Bearer" alone is the probe for the token service, [MS-ASHTTP] 2.2.1.1.2.2.
    const bool has_credentials = authorization.find('<') != std::string_view::npos;
    std::string words = has_credentials ? "credentials refused" : "authentication needed";
    if (!server.authentication.empty()) words += ", offers " + joined(server.authentication, 4);
    return words;
  }
  if (status == 503) {
    std::string words = server.origin == Origin::other ? foreign_words(command) : "server busy";
    if (!server.throttle_reason.empty()) words += " (" + server.throttle_reason + ')';
    if (server.retry_after_seconds) {
      words += ", retry in " + std::to_string(*server.retry_after_seconds) + " s";
    }
    return words;
  }
  if (status >= 500 && server.origin == Origin::other) return foreign_words(command);
  std::string words;
  switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: words = "redirected" + location_words(command); break;
    case 403: words = "forbidden"; break;
    case 404: words = "no ActiveSync at this address"; break;
    case 449: words = "must provision first"; break;
    case 451: words = "sent on" + location_words(command); break;
    case 456: words = "account blocked"; break;
    case 457: words = "password expired"; break;
    case 507: words = "mailbox full"; break;
    default:
      if (const HttpStatusRow* row = find_http_status(status)) {
        words = to_lower(row->name);
      } else if (status >= 300) {
        words = "HTTP " + std::to_string(status);
      }
  }
  if (command.response.kind == Body::Kind::html) append(words, page_words(command));
  return words;
}

std::string ending_words(const model::Exchange& exchange) {
  if (exchange.ending == model::Ending::complete) {
    return exchange.response && !exchange.response->complete ? "answer cut" : "";
  }
  const std::string why =
      exchange.error.empty() ? std::string{to_string(exchange.ending)} : exchange.error;
  return (exchange.response ? "answer cut: " : "no answer: ") + why;
}

std::string waiting_words(const Command& command) {
  if (!command.hangs()) return {};
  return "waiting up to " + std::to_string(*command.waiting->seconds) + " s";
}

/// The line shows these commands' collections, folders and keys by itself.
bool has_own_columns(std::string_view name) {
  return name == "Sync" || name == "Ping" || name == "FolderSync" || name == "GetItemEstimate";
}

}  // namespace

std::string limit_words(const Command& command) {
  const int status = command.eas_status.value_or(0);
  const bool pings = command.name == "Ping", syncs = command.name == "Sync";
  if (syncs && status == 15 && command.max_collections) {
    return "at most " +
           counted(static_cast<std::size_t>(*command.max_collections), "collection", "collections");
  }
  if (!command.waiting) return {};
  const Waiting& waiting = *command.waiting;
  if (pings && status == 6 && waiting.max_folders) {
    return "at most " +
           counted(static_cast<std::size_t>(*waiting.max_folders), "folder", "folders");
  }
  if (!waiting.limit_seconds || !((pings && status == 5) || (syncs && status == 14))) return {};
  const std::string bound = std::to_string(*waiting.limit_seconds) + " s";
  if (!waiting.seconds) return "the server's bound is " + bound;
  return (*waiting.seconds > *waiting.limit_seconds ? "at most " : "at least ") + bound;
}

void describe(Command& command, const model::Exchange& exchange, std::string_view authorization,
              const Limits& limits) {
  std::string outcome;
  // what Autodiscover says instead of an address is an error's text
  const bool no_address = command.autodiscover && command.autodiscover->url.empty() &&
                          command.autodiscover->redirect.empty();
  if (!no_address) command.achieved = clipped(command.outcome, limits.line_octets);
  if (exchange.ending == model::Ending::open) {
    outcome = waiting_words(command);
  } else {
    if (command.server) {
      if (command.response.kind == Body::Kind::html) {
        command.server->page_title = page_title(*command.response.octets, limits.page_octets);
      }
      settle_origin(command);
      const bool discovers = command.autodiscover.has_value();
      if (command.http_status && *command.http_status != 200) {
        outcome = http_words(command, authorization);
      } else if ((command.is_activesync || discovers) && command.name != "GetAttachment" &&
                 command.response.kind == Body::Kind::html) {
        outcome = "not ActiveSync: " + page_words(command);
      }
    }
    append(outcome, failure_words(command, limits.line_octets));
    append(outcome, limit_words(command));
    append(outcome, command.outcome);
    if (command.server) {
      if (!command.server->schema_error.empty()) append(outcome, command.server->schema_error);
      if (!command.server->resync_versions.empty()) {
        append(outcome, "server demands a full resync (X-MS-RP)");
      }
    }
    append(outcome, ending_words(exchange));
  }
  command.outcome = clipped(outcome, limits.line_octets);

  // Readers leave in `detail` what belongs there of the request.
  std::string& detail = command.detail;
  if (!has_own_columns(command.name)) detail = command.asked;
  if (!detail.empty() && !command.outcome.empty()) detail += " → ";
  detail += command.outcome;
}

}  // namespace eastap::eas
