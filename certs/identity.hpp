#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.hpp"
#include "certs/leaf.hpp"
#include "certs/openssl.hpp"
#include "certs/secret.hpp"

namespace eastap::certs {

/// Where a certificate of the user's own lies.
struct IdentityFiles {
  std::string file;           ///< PEM with the chain, or PKCS#12
  std::string key_file;       ///< PEM; empty: in `file` too
  std::string password_file;  ///< first line; empty: EASTAP_CERTIFICATE_PASSWORD, if there is one
};

/// A certificate with its key: a server's, or a user's. Immutable, shared by all threads.
struct Identity {
  CertHandle certificate;
  KeyHandle key;
  std::vector<CertHandle> chain;  ///< issuers, nearest first, without the root
  std::string file;               ///< for messages
};

/// Throws `CertificateError`: a file is missing, damaged or needs another password, it holds no key
/// or no certificate, or the two do not belong together. In PEM the certificate of the key may
/// stand anywhere.
[[nodiscard]] Identity load_identity(const IdentityFiles& files);

/// Whether the certificate names `host` (as `normalized_host` gives it), as a phone judges it.
[[nodiscard]] bool names(const Identity& identity, std::string_view host);

/// Answers the server's wish for a certificate on `connection`, from the callback of
/// SSL_CTX_set_cert_cb. False: OpenSSL refuses it.
[[nodiscard]] bool show(SSL* connection, const Identity& identity);

/// The whole for TLS toward phones.
[[nodiscard]] Leaf leaf_of(const Identity& identity);

/// What phones will hold against `identity` as a server's certificate at `now`, a sentence each
/// with the remedy: its time, its names (of `hosts`, names and addresses), a missing intermediate,
/// its purpose, its key. `roots` are those that phones may know.
[[nodiscard]] std::vector<std::string> server_problems(const Identity& identity,
                                                       std::span<const std::string> hosts,
                                                       X509_STORE* roots, SystemTime now);
/// The same of a user's certificate: time and purpose.
[[nodiscard]] std::vector<std::string> client_problems(const Identity& identity, SystemTime now);

}  // namespace eastap::certs
