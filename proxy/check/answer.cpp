#include "proxy/check/answer.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/status_table.hpp"
#include "decoder/findings/fault.hpp"
#include "proxy/http/content_coding.hpp"

namespace eastap::check {
namespace {

std::string request_head(const Ask& ask) {
  std::string head =
      ask.method + ' ' + ask.url.target() + " HTTP/1.1\r\nHost: " + ask.url.authority() + "\r\n";
  for (const auto& [name, value] : ask.headers) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

model::Ending ending_of(const Answered& answered) {
  if (answered.end == Answered::End::answered) return model::Ending::complete;
  return answered.end == Answered::End::closed ? model::Ending::server_closed
                                               : model::Ending::proxy_failed;
}

eas::BodyOctets octets_of(std::string octets) {
  eas::BodyOctets body;
  if (!octets.empty()) body.octets = std::make_shared<const std::string>(std::move(octets));
  return body;
}

std::string in_parentheses(const std::string& words) {
  return words.empty() ? words : " (" + words + ')';
}

Words no_tls(const Answered& answered, const std::string& where) {
  return {where + " does not complete a TLS handshake" + in_parentheses(answered.error),
          "check that HTTPS with a certificate is bound to this port, and that TLS 1.2 is on"};
}

Words not_ours(const Understood& understood, const Ask& ask, const std::string& who) {
  const eas::ServerFacts& server = *understood.command.server;
  if (understood.http() >= 300 && understood.http() < 400) {
    const std::string location = location_of(understood);
    return {"redirected (HTTP " + std::to_string(understood.http()) + ") to " +
                (location.empty() ? "nowhere" : location) +
                "; phones send ActiveSync to no sign-in page",
            "let " + ask.url.path +
                " pass without redirect: remove it from the virtual directory, or publish the path "
                "without the gateway's sign-in form"};
  }
  std::string text = "a web page came instead of an answer";
  if (!server.page_title.empty()) text += ", \"" + server.page_title + '"';
  if (!who.empty()) text += "; from " + who;
  return {text, "let " + ask.url.path +
                    " pass the gateway or portal before Exchange, or correct the host name"};
}

}  // namespace

Understood understand(State& state, const Ask& ask, const Answered& answered) {
  Understood understood;
  model::Exchange& exchange = understood.exchange;
  auto connection = std::make_shared<model::Connection>();
  connection->host = ask.url.host;
  connection->port = ask.url.port;
  connection->tls = ask.url.tls;
  exchange.id.value = ++state.exchanges;
  exchange.connection = std::move(connection);

  auto request = std::make_shared<model::Message>();
  request->head = model::HeaderList{request_head(ask)};
  request->body = ask.body;
  request->body_size = ask.body.size();
  request->complete = true;
  exchange.request = std::move(request);

  eas::BodyOctets body;
  if (!answered.head.empty()) {
    auto response = std::make_shared<model::Message>();
    response->head = model::HeaderList{answered.head};
    response->body = answered.body;
    response->body_size = answered.body.size();
    response->complete = answered.end == Answered::End::answered;
    http::CodingLimits limits;
    limits.output = kUncodedOctets;
    http::DecodedBody decoded = http::undo_content_codings(http::content_codings(response->head),
                                                           response->body, "response body", limits);
    body = octets_of(std::move(decoded.octets));
    body.diagnostics = std::move(decoded.diagnostics);
    body.whole = decoded.whole && response->complete;
    exchange.response = std::move(response);
  }
  exchange.ending = ending_of(answered);
  exchange.error = answered.error;
  understood.command = state.session.understand(exchange, octets_of(ask.body), std::move(body));
  return understood;
}

Words no_answer(const Answered& answered, const Ask& ask, bool through_proxy) {
  using End = Answered::End;
  const std::string where = ask.url.authority();
  const std::string detail = in_parentheses(answered.error);
  const std::string proxy = through_proxy ? "; check what the proxy may reach" : "";
  switch (answered.end) {
    case End::answered: break;
    case End::no_name:
      return {"the name " + ask.url.host + " has no address" + detail,
              "correct the name, or its A and AAAA records in the DNS that phones use"};
    case End::no_connection:
      return {"no connection to " + where + " port " + std::to_string(ask.url.port) + detail,
              "open the port in the firewall, and check that the server listens on it" + proxy};
    case End::proxy_refused:
      return {"the proxy refused to connect to " + where + detail,
              "let the proxy pass CONNECT to this host and port"};
    case End::no_tls: return no_tls(answered, where);
    case End::untrusted:
      return {"the certificate of " + where + " is not trusted" + detail,
              "see what eastap check " + where + " says of its certificate"};
    case End::timed_out:
      return {where + " did not answer within " + std::to_string(ask.limit.count()) + " s" + detail,
              "look for a firewall that drops packets, and at the load of the server" + proxy};
    case End::closed:
      return {where + " ended the connection without an answer" + detail,
              "look for a gateway that cuts connections, and read the server's log of this moment"};
    case End::not_http:
      return {where + " answered with something that is not HTTP" + detail,
              "check that this port is the web server's"};
    case End::too_large:
      return {where + " sent more than an answer can hold" + detail,
              "check that this is an ActiveSync server"};
    case End::other: return {"the request to " + where + " failed" + detail, ""};
  }
  return {};
}

Words bad_answer(const Understood& understood, const Ask& ask) {
  const int http = understood.http();
  const eas::Command& command = understood.command;
  if (http == 0 || !command.server) {
    return {ask.url.authority() + " answered with something that is not HTTP",
            "check that this port is the web server's"};
  }
  const bool page = command.response.kind == eas::Body::Kind::html;
  if (http == 200 && !page) return {};
  const findings::Fault fault = findings::fault_of(understood.exchange, command);
  const bool others = fault.party == findings::Party::middlebox;
  if ((http >= 300 && http < 400) || http == 200) {
    return not_ours(understood, ask, others ? fault.who : "");
  }
  Words words{"HTTP " + std::to_string(http), ""};
  if (const eas::HttpStatusRow* row = eas::find_http_status(http)) {
    words.text += ", " + std::string{row->name} + ": " + std::string{row->meaning};
    words.next_step = row->next_step;
  }
  if (!fault.who.empty() && fault.party != findings::Party::device) {
    words.text += "; made by " + fault.who;
  }
  if (!command.server->page_title.empty()) words.text += ", \"" + command.server->page_title + '"';
  if (!command.server->schema_error.empty()) {
    words.text += "; X-MS-ASError: " + command.server->schema_error;
  }
  if (command.server->retry_after_seconds) {
    words.text += "; Retry-After " + std::to_string(*command.server->retry_after_seconds) + " s";
  }
  if (!command.server->throttle_reason.empty()) {
    words.text += "; X-MS-ASThrottle: " + command.server->throttle_reason;
  }
  return words;
}

bool offers(const std::vector<std::string>& schemes, std::string_view scheme) {
  return std::any_of(schemes.begin(), schemes.end(), [scheme](const std::string& one) {
    return equals_ignoring_case(one, scheme);
  });
}

std::string scheme_words(const std::vector<std::string>& schemes) {
  std::string words;
  for (const std::string& scheme : schemes) {
    if (!words.empty()) words += ", ";
    words += scheme;
    if (equals_ignoring_case(scheme, "Bearer")) words += " (OAuth)";
  }
  return words.empty() ? "nothing" : words;
}

Words bad_status(const eas::Command& command) {
  for (const eas::Status& status : command.statuses) {
    if (status.success || status.scope.ends_with(".Request")) continue;
    Words words;
    words.text = (status.place.empty() ? command.name : command.name + ", " + status.place) +
                 ": status " + std::to_string(status.code);
    if (!status.name.empty()) words.text += ", " + status.name;
    if (!status.meaning.empty()) words.text += ": " + status.meaning;
    const eas::StatusRow* row = eas::find_status(status.scope, status.code);
    if (row != nullptr) words.next_step = row->next_step;
    return words;
  }
  return {};
}

std::string server_words(const eas::Command& command) {
  if (!command.server) return {};
  const eas::ServerFacts& server = *command.server;
  std::string words;
  const auto add = [&words](std::string_view label, const std::string& value) {
    if (value.empty()) return;
    if (!words.empty()) words += ", ";
    words += std::string{label} + value;
  };
  add("MS-Server-ActiveSync ", server.build);
  add("front end ", server.front_end);
  add("back end ", server.back_end);
  if (words.empty()) add("", server.product);
  add("via ", server.via);
  return words;
}

std::string location_of(const Understood& understood) {
  return understood.command.server ? understood.command.server->location.substr(0, kUrlOctets)
                                   : std::string{};
}

}  // namespace eastap::check
