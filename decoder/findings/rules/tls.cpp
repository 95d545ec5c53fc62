// Trust, on the device's side and toward the server: D-35.

#include <algorithm>
#include <array>

#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

/// Reasons of `client_tls_failed` that speak of trust. A time-out, a close before our certificate
/// or something that is no TLS does not.
bool speaks_of_trust(std::string_view reason) {
  static constexpr std::array<std::string_view, 6> kReasons{
      "unknown_ca",    "bad_certificate",         "certificate_unknown", "unsupported_certificate",
      "access_denied", "closed_after_certificate"};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

void device_side(const model::ConnectionEvent& event, Incidents& incidents,
                 const Clients& clients) {
  if (!speaks_of_trust(event.reason)) return;
  const std::string client{without_port(event.connection->client)};
  const std::string& host = event.connection->host;
  if (clients.decrypted_host(client, host)) return;  // it worked before: a passing trouble
  const bool some_worked = clients.any_decrypted(client);
  Subject subject;
  // One tally for all hosts of a client that trusts nothing yet.
  if (some_worked) subject.host = host;
  const RuleId rule = some_worked ? RuleId::tls_pinned : RuleId::tls_ca_untrusted;
  Incident* incident = incidents.count(rule, subject, client, event.time, {});
  if (incident == nullptr) return;
  incident->host = host;
  incident->summary =
      some_worked
          ? words({client, " refuses interception of ", host, " (", event.reason, ", ",
                   times(incident->count), ") while other hosts work: not trusted or pinned"})
          : words({client, " does not trust the interception CA (", event.reason, ", ",
                   times(incident->count), ", last for ", host,
                   "); none of its hosts was decrypted since the evidence begins"});
}

void server_side(const model::ConnectionEvent& event, Incidents& incidents) {
  if (event.reason != "certificate") return;
  Subject subject;
  subject.host = event.connection->host;
  Incident* incident = incidents.count(RuleId::tls_upstream_bad, subject, "", event.time, {});
  if (incident == nullptr) return;
  incident->summary =
      words({"the certificate of ", event.connection->host, " is bad: ", event.detail});
}

}  // namespace

void detect_connection(const model::ConnectionEvent& event, Incidents& incidents,
                       const Clients& clients) {
  if (event.connection == nullptr) return;
  if (event.kind == model::ConnectionEvent::Kind::client_tls_failed)
    device_side(event, incidents, clients);
  if (event.kind == model::ConnectionEvent::Kind::upstream_failed) server_side(event, incidents);
}

}  // namespace eastap::findings
