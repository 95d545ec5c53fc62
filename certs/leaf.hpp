#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.hpp"
#include "certs/openssl.hpp"
#include "decoder/base/result.hpp"

namespace eastap::certs {

/// What is sent behind a certificate, nearest first.
using SharedChain = std::shared_ptr<const std::vector<CertHandle>>;

/// A certificate for one host, with its key. Immutable, shared by all threads.
class Leaf {
 public:
  Leaf(CertHandle certificate, KeyHandle key, SharedChain chain, SystemTime not_after);

  /// Makes `connection` answer with this certificate, its key and its chain. For a server-side
  /// SSL in its client-hello or servername callback, or before the handshake; one SSL_CTX serves
  /// all hosts.
  [[nodiscard]] Result<void> apply(SSL* connection) const;

  [[nodiscard]] X509* certificate() const { return certificate_.get(); }  ///< borrowed
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }              ///< borrowed
  [[nodiscard]] SystemTime not_after() const { return not_after_; }

 private:
  CertHandle certificate_;
  KeyHandle key_;
  SharedChain chain_;
  SystemTime not_after_;
};

/// The host as certificates and cache know it: lower case, without brackets around an IPv6 literal
/// and without a final dot; an IPv6 literal in its canonical form. `malformed` for characters that
/// no DNS name holds (letters, digits, '-', '_' and '.' only), an empty or overlong label;
/// `too_large` above 253 octets.
[[nodiscard]] Result<std::string> normalized_host(std::string_view host);

/// Issues leaf certificates that iOS 13 and later accept (Apple 103769): P-256, SHA-256,
/// subjectAltName, serverAuth, 397 days at most. Safe to use from all threads.
class LeafMinter {
 public:
  enum class Key {
    ec_p256,
    rsa_2048,  ///< for phones that agree on keys by RSA only
  };
  /// Makes the one leaf key. Throws `CertificateError` when OpenSSL cannot.
  explicit LeafMinter(std::shared_ptr<const Authority> authority, Key key = Key::ec_p256);
  ~LeafMinter();
  LeafMinter(const LeafMinter&) = delete;
  LeafMinter& operator=(const LeafMinter&) = delete;

  /// A certificate for a DNS name or an address literal, valid from two days before `now` (not
  /// before the CA) to 395 days after (not after the CA). Errors: those of `normalized_host`;
  /// `unsupported` when the CA does not permit the host; `io` from OpenSSL.
  [[nodiscard]] Result<Leaf> mint(std::string_view host, SystemTime now) const;

  /// How long a leaf minted at `now` would last.
  [[nodiscard]] SystemTime end_if_minted(SystemTime now) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace eastap::certs
