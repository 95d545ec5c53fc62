#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <openssl/ssl.h>

#include "certs/identity.hpp"
#include "certs/leaf_cache.hpp"
#include "certs/openssl.hpp"
#include "certs/trust.hpp"

namespace eastap::tls {

/// Receives one line of the NSS key log format for each secret, for `--keylog`. Called from any
/// relay thread.
using KeyLog = std::function<void(std::string_view line)>;

/// What a server said when it asked who we are.
struct CertificateRequest {
  static constexpr std::size_t kShown = 8;  ///< a message with more is not read
  std::vector<std::string> issuers;         ///< whose certificates it accepts, at most `kShown`
  std::size_t more = 0;                     ///< that are not in `issuers`
  certs::NameStackHandle names;             ///< all of them, to ask a phone in the same words
  bool answered = false;                    ///< with the identity of `ServerRules`
};

/// What of TLS toward phones depends on the host they ask for. Called from any relay thread; an
/// absent one says no.
struct PhoneRules {
  /// A certificate of the user's own; null: one is minted.
  std::function<std::shared_ptr<const certs::Leaf>(std::string_view host)> own_leaf;
  /// TLS 1.0 and the like; by the name of the CONNECT, because the version is agreed on before the
  /// name in the ClientHello is looked at.
  std::function<bool(std::string_view host)> legacy;
};

/// The same toward servers.
struct ServerRules {
  /// Who we are to a server that asks; null: nobody.
  std::function<std::shared_ptr<const certs::Identity>(std::string_view host)> identity;
  std::function<bool(std::string_view host)> legacy;
};

/// TLS toward the phone: one SSL_CTX for all hosts; certificate and key are set on each connection
/// by the name it asks for. TLS 1.2 and 1.3, ALPN `http/1.1`, session tickets.
class ServerContext {
 public:
  /// Throws std::runtime_error with OpenSSL's words when the library refuses (start-up only).
  ServerContext(certs::LeafCache& leaves, KeyLog key_log, PhoneRules rules = {});

  /// For one connection. `fallback_host`: the leaf's name when the ClientHello has no SNI. `ask`:
  /// the phone is asked for its certificate in the server's words; that it has none is well too.
  /// Null with `error` set when OpenSSL is out of memory.
  [[nodiscard]] certs::TlsHandle make(std::string fallback_host, std::string& error,
                                      const CertificateRequest* ask = nullptr) const;

  /// Why phones would accept no certificate for `host`, so that it had better be passed through.
  [[nodiscard]] std::optional<std::string> refusal(std::string_view host) const;

  /// The SNI of a connection made here, "" when there was none; valid once the ClientHello came.
  [[nodiscard]] static std::string server_name(const SSL* ssl);
  /// Our certificate was chosen, so the client's answer is (also) about it.
  [[nodiscard]] static bool certificate_sent(const SSL* ssl);
  /// Why no certificate could be set, "" when one was.
  [[nodiscard]] static std::string leaf_error(const SSL* ssl);
  /// Old versions and ciphers were accepted.
  [[nodiscard]] static bool legacy(const SSL* ssl);

 private:
  friend struct ServerCallbacks;
  certs::LeafCache& leaves_;
  KeyLog key_log_;
  PhoneRules rules_;
  certs::TlsContextHandle context_;
};

/// TLS toward the servers: verified against a trust store (or not, for hosts the admin named),
/// SNI and host name set, ALPN `http/1.1`, sessions resumed.
class ClientContext {
 public:
  /// Throws std::runtime_error (start-up only). `verify` false: chain and name are not checked.
  ClientContext(X509_STORE* trusted, bool verify, KeyLog key_log, ServerRules rules = {});

  /// For a connection to `host`:`port`; `host` is a name or an address literal without brackets.
  [[nodiscard]] certs::TlsHandle make(const std::string& host, std::uint16_t port,
                                      std::string& error);

  /// The server's certificate that did not verify; null when it did, or none came. Borrowed from
  /// the connection.
  [[nodiscard]] static const X509* rejected_certificate(const SSL* ssl);
  /// That the server asked for a client certificate; null: it did not. Borrowed likewise.
  [[nodiscard]] static const CertificateRequest* certificate_request(const SSL* ssl);
  /// Who we are to this server; null: nobody.
  [[nodiscard]] static const certs::Identity* identity(const SSL* ssl);
  /// Old versions and ciphers were offered.
  [[nodiscard]] static bool legacy(const SSL* ssl);
  /// The server asked to renegotiate (TLS 1.2), which was refused. IIS does so to ask for a client
  /// certificate once it knows the path of the request.
  [[nodiscard]] static bool renegotiation_requested(const SSL* ssl);

 private:
  friend struct ClientCallbacks;
  void remember(const std::string& key, certs::TlsSessionHandle session);
  [[nodiscard]] certs::TlsSessionHandle take(const std::string& key);

  // 256 servers with 4 tickets of ~2 KiB: 2 MiB at most. A TLS 1.3 ticket is used once
  // (RFC 8446 C.4), so a phone that opens four connections at once wants four.
  static constexpr std::size_t kMaxServers = 256;
  static constexpr std::size_t kTicketsAServer = 4;

  bool verify_;
  KeyLog key_log_;
  ServerRules rules_;
  certs::TlsContextHandle context_;
  std::mutex mutex_;
  using Entry = std::pair<std::string, std::vector<certs::TlsSessionHandle>>;
  std::list<Entry> sessions_;  // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

}  // namespace eastap::tls
