#pragma once

#include <string>

#include "proxy/tls/stream.hpp"

namespace eastap::net {

/// How a handshake with a phone failed.
struct TlsFailureFacts {
  bool timed_out = false;
  tls::End end = tls::End::none;
  int alert = -1;                 ///< that the phone sent, RFC 8446 6; -1: none
  bool certificate_sent = false;  ///< our certificate was on its way when it failed
  std::string openssl_reason;
  bool legacy = false;     ///< old versions were accepted
  std::string leaf_error;  ///< no certificate could be made
  std::string host;
  bool no_server_name = false;  ///< the ClientHello had no SNI, and the host is no address
  std::string agent;            ///< User-Agent of the CONNECT
};

struct TlsFailureWords {
  std::string reason;  ///< one word for records: "unknown_ca", "closed_after_certificate", …
  std::string detail;  ///< what it most likely means and what to do, for the admin
};

/// OpenSSL's `reason` or the peer's `alert` of a handshake that failed tell of a peer that speaks
/// only what --legacy-tls allows: TLS 1.0 or 1.1, old cipher suites, small keys, no secure
/// renegotiation.
[[nodiscard]] bool looks_old(const std::string& reason, int alert);
/// "--legacy-tls HOST;side=SIDE" in a sentence.
[[nodiscard]] std::string legacy_remedy(const std::string& host, const char* side);

[[nodiscard]] TlsFailureWords explain_client_tls_failure(const TlsFailureFacts& facts);

}  // namespace eastap::net
