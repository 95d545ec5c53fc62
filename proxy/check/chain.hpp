#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.hpp"
#include "certs/openssl.hpp"
#include "proxy/check/report.hpp"

namespace eastap::check {

/// Octets of certificates that are read of one server, and their number: real chains have two to
/// four of below 3 kB each.
inline constexpr std::size_t kChainCertificates = 16;
inline constexpr std::size_t kChainOctets = 256 * 1'024;

/// Borrowed; neither is null.
struct Roots {
  X509_STORE* system = nullptr;  ///< what this machine trusts: stands for what phones come with
  X509_STORE* all = nullptr;     ///< with those of `--upstream-ca`
};

struct ChainFacts {
  std::vector<std::string> evidence;  ///< "CN of the server, by CN of the issuer, until 2027-01-01"
  std::vector<Remark> remarks;
  bool trusted = false;  ///< a phone accepts it without a question, roots and names included
  std::string issuer;    ///< of the server's own certificate
};

/// Judges the certificates that a server sent (DER, its own first) as iOS 13 and later do (Apple
/// 103176, formerly HT210176, and 102028): the name in subjectAltName, RSA from 2048 bit or a NIST
/// curve, SHA-2, serverAuth, at most 825 days (398 below a preinstalled root), a chain that is
/// complete as sent, since phones fetch no intermediate certificate.
[[nodiscard]] ChainFacts judge_chain(const std::vector<std::string>& chain, std::string_view host,
                                     Roots roots, certs::SystemTime now);

}  // namespace eastap::check
