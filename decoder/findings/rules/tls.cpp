// Trust, on the device's side and toward the server: D-35.

#include <array>

#include "decoder/findings/rules/rules.hpp"
#include "decoder/model/tls_words.hpp"

namespace eastap::findings {

namespace {

using model::ConnectionEvent;

constexpr std::array kDeviceRules{RuleId::tls_ca_untrusted, RuleId::tls_pinned, RuleId::tls_version,
                                  RuleId::tls_clock};

bool speaks_of_version(std::string_view reason) {
  return reason == "old_tls" || reason == "protocol_version" || reason == "insufficient_security";
}

enum class System { unknown, apple, android, windows };

/// Which system a device runs, by the User-Agent of its CONNECT.
System system_of(std::string_view agent) {
  static constexpr std::array<std::pair<std::string_view, System>, 9> kMarks{
      {{"Windows", System::windows},
       {"WinHTTP", System::windows},
       {"Darwin/", System::apple},
       {"CFNetwork", System::apple},
       {"dataaccessd", System::apple},
       {"iPhone", System::apple},
       {"Android", System::android},
       {"okhttp", System::android},
       {"Dalvik", System::android}}};
  for (const auto& [mark, system] : kMarks) {
    if (agent.find(mark) != std::string_view::npos) return system;
  }
  return System::unknown;
}

/// "TLS alert 48 unknown_ca, 3 times, User-Agent …"
std::string evidence_of(const ConnectionEvent& event, const Incident& incident,
                        std::string_view agent) {
  std::string text;
  if (const int alert = model::alert_number(event.reason); alert >= 0) {
    text = "TLS alert " + number(alert) + ' ' + event.reason;
  } else if (event.reason == "closed_after_certificate") {
    text = "closed at the certificate";
  } else if (event.reason == "closed_after_handshake") {
    text = "closed after the handshake without a request";
  } else {
    text = event.reason;
  }
  text += ", " + times(incident.count);
  if (event.connection->sni.empty() && event.reason != "closed_after_certificate") {
    text += ", no server name (SNI)";
  }
  if (!agent.empty()) text += ", User-Agent " + std::string{agent};
  return text;
}

struct Cause {
  std::string likely;     ///< of the summary
  std::string next_step;  ///< "": that of the rule's row
};

/// Not installed or not switched on cannot be told apart by the handshake: iOS sends the same
/// alert. Whether the device got the certificate from our page tells.
Cause untrusted(bool has_certificate, System system) {
  if (!has_certificate) {
    return {"most likely the CA is not installed: it was not downloaded from this proxy's page",
            "Open the proxy's page on the device (http://eastap.test/ through the proxy), install "
            "the certificate; on iOS also switch it on under Settings > General > About > "
            "Certificate Trust Settings."};
  }
  switch (system) {
    case System::apple:
      return {"it downloaded the CA: most likely installed and not switched on",
              "On the device: Settings > General > About > Certificate Trust Settings, switch it "
              "on. If it is not listed: Settings > Profile Downloaded > Install."};
    case System::android:
      return {"it downloaded the CA: an app for Android 7 or later ignores CAs of the user store",
              "Tick \"accept all certificates\" in the account's server settings where the app "
              "has it; else the system store, or the organisation's real certificate in the "
              "proxy."};
    case System::windows:
      return {"it downloaded the CA: most likely it lies in the wrong store",
              "Import it into Trusted Root Certification Authorities of the local machine."};
    case System::unknown: break;
  }
  return {"it downloaded the CA: installed and not trusted, or not yet installed",
          "iOS: switch it on in Certificate Trust Settings. Android: the app must accept CAs of "
          "the user store. The self-test on the proxy's page tells how far the device is."};
}

void device_side(const ConnectionEvent& event, Incidents& incidents, Clients& clients) {
  const bool trust = model::is_distrust(event.reason);
  const bool late = event.reason == "closed_after_handshake";
  const bool version = speaks_of_version(event.reason);
  const bool clock = event.reason == "certificate_expired";
  if (!trust && !late && !version && !clock) return;
  const std::string client{without_port(event.connection->client)};
  const std::string& host = event.connection->host;
  if (clients.decrypted_host(client, host)) return;  // it worked before: a passing trouble
  clients.failed(client, host);
  const bool some_worked = clients.any_decrypted(client);
  const RuleId rule = version               ? RuleId::tls_version
                      : clock               ? RuleId::tls_clock
                      : some_worked || late ? RuleId::tls_pinned
                                            : RuleId::tls_ca_untrusted;
  Subject subject;
  subject.host = host;
  Incident* incident = incidents.count(rule, subject, client, event.time, {});
  if (incident == nullptr) return;
  const std::string_view agent = model::agent_of(event.detail);
  const std::string evidence = evidence_of(event, *incident, agent);
  switch (rule) {
    case RuleId::tls_version:
      incident->summary = words({client,
                                 " and the proxy have no TLS version or cipher in common "
                                 "for ",
                                 host, " (", evidence, ")"});
      incident->next_step = words(
          {"Update the device, or allow TLS 1.0 and 1.1 toward it for this host: --legacy-tls '",
           host, ";side=phone'. To pass the host through undecrypted: --tunnel ", host, "."});
      break;
    case RuleId::tls_clock:
      incident->summary = words({client, " holds the certificate for ", host, " for expired (",
                                 evidence, "): most likely its clock is wrong"});
      break;
    case RuleId::tls_pinned:
      incident->summary = words(
          {client, " refuses interception of ", host, " (", evidence, ") ",
           some_worked ? "while other hosts work: not trusted or pinned by this app"
                       : "after it took the certificate: pinned by the app, or opened in advance"});
      break;
    default: {
      Cause cause = untrusted(clients.has_certificate(client), system_of(agent));
      incident->summary = words(
          {client, " does not trust the interception CA for ", host, " (", evidence,
           "), and none of its hosts was decrypted since the evidence begins; ", cause.likely});
      incident->next_step = std::move(cause.next_step);
    }
  }
}

void server_side(const ConnectionEvent& event, Incidents& incidents) {
  if (event.reason != "certificate") return;
  Subject subject;
  subject.host = event.connection->host;
  Incident* incident = incidents.count(RuleId::tls_upstream_bad, subject, "", event.time, {});
  if (incident == nullptr) return;
  incident->summary =
      words({"the certificate of ", event.connection->host, " is bad: ", event.detail});
}

}  // namespace

void detect_connection(const ConnectionEvent& event, Incidents& incidents, Clients& clients) {
  if (event.connection == nullptr) return;
  if (event.kind == ConnectionEvent::Kind::proxy_note && event.reason == "ca_downloaded") {
    clients.downloaded(without_port(event.connection->client));
  }
  if (event.kind == ConnectionEvent::Kind::client_tls_failed)
    device_side(event, incidents, clients);
  if (event.kind == ConnectionEvent::Kind::upstream_failed) server_side(event, incidents);
}

void detect_trust(std::string_view client, std::string_view host, Timestamp at,
                  Incidents& incidents) {
  Subject subject;
  subject.host = host;
  for (const RuleId rule : kDeviceRules) {
    Incident* incident = incidents.open(rule, subject, client);
    if (incident == nullptr) {
      incidents.restart(rule, subject, client);
      continue;
    }
    incident->summary = words({"over: ", client, " lets ", host, " be decrypted now, after ",
                               times(incident->count), " (", span_of(incident->first, at), ")"});
    incidents.close(*incident, at);
  }
}

}  // namespace eastap::findings
