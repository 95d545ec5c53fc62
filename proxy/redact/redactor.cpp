#include "proxy/redact/redactor.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/head_facts.hpp"
#include "decoder/eas/request_query.hpp"
#include "proxy/redact/body.hpp"
#include "proxy/redact/head.hpp"

namespace eastap::redact {
namespace {

std::string_view without_port(std::string_view endpoint) {
  if (endpoint.starts_with('[')) return endpoint.substr(1, endpoint.find(']') - 1);
  return is_ip(endpoint) ? endpoint : endpoint.substr(0, endpoint.rfind(':'));
}

/// Collects names with what stands for them, the longest first.
class Identities {
 public:
  explicit Identities(const Pseudonyms& names) : names_{names} {}

  void host(std::string_view host) {
    if (host.empty() || host == "localhost") return;
    add(host, names_.host(host));
    if (is_ip(host)) return;
    // "contoso" of "mail.contoso.test": organisations call themselves by it
    const std::string pseudonym = names_.host(host);
    const std::size_t dot = host.rfind('.');
    if (dot == host.npos || !pseudonym.ends_with(".invalid")) return;
    const std::size_t before = host.rfind('.', dot - 1);
    const std::size_t begin = before == host.npos ? 0 : before + 1;
    const std::string_view label = host.substr(begin, dot - begin);
    if (label.size() > 3) {
      std::string name = pseudonym.substr(0, pseudonym.size() - 8);
      add(label, name.substr(name.rfind('.') + 1));
    }
  }

  void user(std::string_view user) {
    if (user.empty()) return;
    add(user, names_.user(user));
    const std::string name = eas::normalised_user(user);
    add(name, names_.user(name));
    if (const std::size_t slash = user.find('\\'); slash != user.npos) {
      const std::string all = names_.user(user);
      add(user.substr(0, slash), all.substr(0, all.find('\\')));
    }
    if (const std::size_t at = user.rfind('@'); at != user.npos) host(user.substr(at + 1));
  }

  void device(std::string_view id) {
    if (id.size() >= 4) add(id, names_.shaped(id));
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> take() {
    std::stable_sort(found_.begin(), found_.end(), [](const auto& left, const auto& right) {
      return left.first.size() > right.first.size();
    });
    return std::move(found_);
  }

 private:
  void add(std::string_view name, std::string pseudonym) {
    if (!name.empty()) found_.emplace_back(name, std::move(pseudonym));
  }

  const Pseudonyms& names_;
  std::vector<std::pair<std::string, std::string>> found_;
};

}  // namespace

Redactor::Redactor(Settings settings) : settings_{std::move(settings)}, names_{settings_.key} {}

Scope Redactor::scope_of(const model::Connection* connection,
                         const model::Exchange* exchange) const {
  Scope scope;
  scope.names = &names_;
  scope.level = settings_.level;
  scope.phrases = &settings_.phrases;
  Identities identities{names_};
  if (exchange != nullptr && exchange->request) {
    const model::HeaderList& head = exchange->request->head;
    const eas::RequestLine line = eas::read_request_line(head);
    eas::RequestQuery query =
        line.query.empty() ? eas::RequestQuery{} : eas::read_query(line.query);
    const std::string logged_on =
        eas::masked_user(head.find("Authorization").value_or("")).value_or("");
    scope.user = query.user.empty() ? logged_on : std::move(query.user);
    identities.user(scope.user);
    identities.user(logged_on);
    identities.device(query.device_id);
    for (const std::string_view name : {"X-FEServer", "X-BEServer", "X-CalculatedBETarget"}) {
      if (exchange->response) identities.host(exchange->response->head.find(name).value_or(""));
    }
  }
  if (connection != nullptr) {
    identities.host(connection->host);
    identities.host(connection->sni);
    identities.host(without_port(connection->client));
    identities.host(without_port(connection->upstream));
  }
  scope.identities = identities.take();
  return scope;
}

std::shared_ptr<const model::Connection> Redactor::connection(
    const std::shared_ptr<const model::Connection>& connection) const {
  if (!connection || settings_.level != Level::identity) return connection;
  auto redacted = std::make_shared<model::Connection>(*connection);
  redacted->client = names_.endpoint(connection->client);
  redacted->host = names_.host(connection->host);
  redacted->sni = names_.host(connection->sni);
  redacted->upstream = names_.endpoint(connection->upstream);
  return redacted;
}

std::shared_ptr<const model::Message> Redactor::message(
    const Scope& scope, const std::shared_ptr<const model::Message>& message, bool file) const {
  if (!message) return nullptr;
  auto redacted = std::make_shared<model::Message>(*message);
  std::int64_t grown = 0;
  if (!message->body.empty()) {
    const std::string_view type = message->head.find("Content-Type").value_or("");
    const auto codings = http::content_codings(message->head);
    if (codings.empty()) {
      redacted->body = redacted_body(scope, type, message->body, file);
      grown = static_cast<std::int64_t>(redacted->body.size()) -
              static_cast<std::int64_t>(message->body.size());
      redacted->body_size =
          static_cast<std::uint64_t>(static_cast<std::int64_t>(message->body_size) + grown);
    } else {
      const auto decoded = http::undo_content_codings(codings, message->body, "", settings_.coding);
      const bool whole =
          decoded.whole && message->complete && message->body.size() >= message->body_size;
      redacted->body = redacted_body(scope, type, decoded.octets, file);
      redacted->head = http::without_coding(message->head, !whole);
    }
  }
  redacted->head = redacted_head(scope, redacted->head, grown);
  return redacted;
}

model::Exchange Redactor::exchange(const model::Exchange& exchange) const {
  if (settings_.level == Level::none) return exchange;
  const Scope scope = scope_of(exchange.connection.get(), &exchange);
  model::Exchange redacted = exchange;
  redacted.connection = connection(exchange.connection);
  bool attachment = false;
  if (exchange.request) {
    const eas::RequestLine line = eas::read_request_line(exchange.request->head);
    attachment = !line.query.empty() && eas::read_query(line.query).command == "GetAttachment";
  }
  redacted.request = message(scope, exchange.request, false);
  redacted.response = message(scope, exchange.response, attachment);
  redacted.error = without_identities(scope, exchange.error);
  return redacted;
}

model::ConnectionEvent Redactor::event(const model::ConnectionEvent& event) const {
  if (settings_.level != Level::identity) return event;
  const Scope scope = scope_of(event.connection.get(), nullptr);
  model::ConnectionEvent redacted = event;
  redacted.connection = connection(event.connection);
  redacted.detail = without_identities(scope, event.detail);
  return redacted;
}

std::string Redactor::body(std::string_view octets) const {
  if (settings_.level == Level::none) return std::string{octets};
  const Scope scope = scope_of(nullptr, nullptr);
  return redacted_wbxml(scope, octets);
}

std::string Redactor::text(std::string_view words) const {
  return without_identities(scope_of(nullptr, nullptr), words);
}

}  // namespace eastap::redact
