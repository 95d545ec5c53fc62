#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "certs/authority.hpp"
#include "certs/name_constraints.hpp"
#include "certs/openssl.hpp"

/// What stands above a CA of the user's own. Private to certs/.
namespace eastap::certs {

struct Issuers {
  std::vector<CertHandle> certificates;      ///< nearest first; the root last when it is there
  std::vector<NameConstraints> constraints;  ///< of the CA itself, then of these
  /// Issuers that have expired or end within thirty days: phones refuse the whole chain then.
  [[nodiscard]] std::vector<std::string> warnings_at(SystemTime now) const;
};

[[nodiscard]] bool is_self_signed(const X509& certificate);

/// Puts `candidates` (those beside the CA in `file`) into the order in which each signed the one
/// before; those that signed none are left out. Throws `CertificateError` when one is no CA or
/// permits no CA so far below it (RFC 5280 4.2.1.9), or has name constraints that cannot be read.
[[nodiscard]] Issuers issuers_of(const std::filesystem::path& file, X509* certificate,
                                 std::vector<CertHandle> candidates);

/// Throws `CertificateError` unless `certificate` may sign those of TLS servers.
void check_signs_servers(const std::filesystem::path& file, X509* certificate);

/// `old`, a root with `key`, as `renew` wants it. Throws `CertificateError`.
[[nodiscard]] CertHandle renewed_root(const X509& old, EVP_PKEY* key, SystemTime now,
                                      const RenewalRequest& request);

}  // namespace eastap::certs
