#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.hpp"
#include "certs/openssl.hpp"
#include "decoder/base/result.hpp"

namespace eastap::certs {

/// The system's roots and those of `extra_files` (PEM, one or more certificates each). Throws
/// `CertificateError` naming the file that is missing, empty or damaged.
[[nodiscard]] StoreHandle make_trust_store(const std::vector<std::string>& extra_files);

/// Makes a client-side `connection` verify its peer for `host` (name or literal) and send SNI for a
/// name. Errors: those of `normalized_host`; `io` from OpenSSL.
[[nodiscard]] Result<void> expect_host(SSL* connection, std::string_view host);

/// A failed verification in the admin's words.
struct TrustFailure {
  std::string summary;    ///< for the 502: "certificate of mail.example.com expired on 2026-11-01"
  std::string phone;      ///< what the phone would have seen without the proxy between
  std::string next_step;  ///< what to do about it, naming the option that helps here
  std::string detail;     ///< subject, issuer, names, validity, OpenSSL's own words
  bool operator==(const TrustFailure&) const = default;
};

/// `verify_result`: of SSL_get_verify_result; `peer`: of SSL_get0_peer_certificate, or null.
[[nodiscard]] TrustFailure explain_trust_failure(long verify_result, const X509* peer,
                                                 std::string_view host, SystemTime now);

/// The common name, else unit or organisation, else the whole; safe to show.
[[nodiscard]] std::string name_text(const X509_NAME& name);

/// DNS names and addresses in the subjectAltName, else the common name; at most 100.
[[nodiscard]] std::vector<std::string> names_of(const X509& certificate);

}  // namespace eastap::certs
