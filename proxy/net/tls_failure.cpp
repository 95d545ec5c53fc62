#include "proxy/net/tls_failure.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "decoder/model/tls_words.hpp"

namespace eastap::net {
namespace {

// The two steps on iOS, the user store on Android. Not trusted and pinned
// look the same on the wire, so pinning is named as a possibility and never asserted.
std::string trust_remedy(const std::string& host) {
  return "Install this proxy's CA on the device (open http://<proxy address>:<port>/ there); on "
         "iOS "
         "also switch it on under Settings > General > About > Certificate Trust Settings. If "
         "other "
         "hosts of this device decrypt, this app accepts only its own certificates: --tunnel " +
         host;
}

constexpr int kCertificateExpired = 45;  // RFC 8446 6.2

}  // namespace

bool looks_old(const std::string& reason, int alert) {
  // OpenSSL's words (ssl/ssl_err.c); the codes are not kept with the stream.
  constexpr std::array<std::string_view, 10> kReasons{
      "unsupported protocol", "version too low",  "wrong ssl version",
      "no shared cipher",     "dh key too small", "unsafe legacy renegotiation disabled",
      "ee key too small",     "ca key too small", "no suitable signature algorithm",
      "ca md too weak",
  };
  constexpr int kProtocolVersion = 70;  // RFC 8446 6.2
  constexpr int kInsufficientSecurity = 71;
  return alert == kProtocolVersion || alert == kInsufficientSecurity ||
         std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

std::string legacy_remedy(const std::string& host, const char* side) {
  return "To allow TLS 1.0, 1.1 and old ciphers on this side of " + host + ": --legacy-tls '" +
         host + ";side=" + side + "'";
}

TlsFailureWords explain_client_tls_failure(const TlsFailureFacts& facts) {
  TlsFailureWords words;
  if (!facts.leaf_error.empty()) {
    words.reason = "no_certificate";
    words.detail = "No certificate could be made for " + facts.host + ": " + facts.leaf_error;
  } else if (facts.timed_out) {
    words.reason = "handshake_timeout";
    words.detail = "The device began a TLS handshake for " + facts.host + " and did not finish it.";
  } else if (facts.alert == kCertificateExpired) {
    words.reason = model::alert_word(facts.alert);
    words.detail = "The device holds the certificate for " + facts.host +
                   " for expired (TLS alert certificate_expired). Compare its date, time and time "
                   "zone with those of this machine.";
  } else if (facts.alert >= 0 && model::is_distrust(model::alert_word(facts.alert))) {
    words.reason = model::alert_word(facts.alert);
    words.detail = "The device does not trust the certificate for " + facts.host + " (TLS alert " +
                   words.reason + "). " + trust_remedy(facts.host);
  } else if (facts.alert >= 0) {
    words.reason = model::alert_word(facts.alert);
    words.detail = "The device broke off the TLS handshake for " + facts.host + " (TLS alert " +
                   words.reason + ").";
    if (!facts.legacy && looks_old({}, facts.alert)) {
      words.detail += " It may be too old for TLS 1.2. " + legacy_remedy(facts.host, "phone");
    }
  } else if (facts.end == tls::End::tls_error && looks_old(facts.openssl_reason, -1)) {
    words.reason = "old_tls";
    words.detail = "The device speaks no TLS that is accepted for " + facts.host + " (" +
                   facts.openssl_reason + "). ";
    words.detail += facts.legacy ? "Not even TLS 1.0 with old ciphers: to pass it through, "
                                   "undecrypted: --tunnel " +
                                       facts.host
                                 : legacy_remedy(facts.host, "phone");
  } else if (facts.end == tls::End::tls_error) {
    words.reason = "tls_error";
    words.detail = "TLS with the device failed for " + facts.host + ": " + facts.openssl_reason +
                   ". The proxy speaks TLS 1.2 and 1.3.";
  } else if (facts.certificate_sent) {
    words.reason = "closed_after_certificate";
    words.detail = "The device closed the connection when it saw the certificate for " +
                   facts.host + ": most likely it does not trust it. " + trust_remedy(facts.host);
  } else {
    words.reason = "closed_in_hello";
    words.detail = "The device closed the connection to " + facts.host +
                   " before its first TLS message was complete.";
  }
  if (facts.no_server_name && facts.certificate_sent) {
    words.detail +=
        " It sent no server name (SNI): the certificate is for the host of its CONNECT.";
  }
  model::append_agent(words.detail, facts.agent);
  return words;
}

}  // namespace eastap::net
