#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "certs/identity.hpp"
#include "config/config.hpp"
#include "proxy/tls/context.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::net {

/// What of TLS the admin chose for single hosts: certificates of their own, client certificates,
/// legacy versions. Read once from files; never changed after, shared by all threads.
class HostTls {
 public:
  /// Throws `certs::CertificateError` for files, `config::ConfigError` for patterns.
  explicit HostTls(const config::Config& config);

  /// The first certificate that fits, for phones; null: none.
  [[nodiscard]] std::shared_ptr<const certs::Leaf> own_leaf(std::string_view host) const;
  /// Who we are to `host`; null: nobody.
  [[nodiscard]] std::shared_ptr<const certs::Identity> identity(std::string_view host) const;
  [[nodiscard]] bool legacy_phone(std::string_view host) const;
  [[nodiscard]] bool legacy_server(std::string_view host) const;
  [[nodiscard]] bool any_legacy_phone() const;

  /// Every pattern of `intercept` has a certificate, so that no CA is needed.
  [[nodiscard]] bool covers(const std::vector<std::string>& intercept) const;

  /// What will not work as it was meant, a sentence each with the remedy.
  [[nodiscard]] std::vector<std::string> problems(X509_STORE* roots, certs::SystemTime now) const;

 private:
  struct Server {
    std::vector<std::string> patterns;  ///< as written; empty: the certificate's names
    tunnel::HostRules hosts;
    std::shared_ptr<const certs::Identity> identity;
    std::shared_ptr<const certs::Leaf> leaf;
  };
  struct Client {
    tunnel::HostRules hosts;
    std::shared_ptr<const certs::Identity> identity;
  };
  struct Legacy {
    tunnel::HostRules hosts;
    bool phone = false, server = false;
  };
  [[nodiscard]] static bool covers(const Server& server, const std::string& pattern);

  std::vector<Server> servers_;
  std::vector<Client> clients_;
  std::vector<Legacy> legacy_;
};

using HostTlsPtr = std::shared_ptr<const HostTls>;

[[nodiscard]] tls::PhoneRules phone_rules(const HostTlsPtr& hosts);
[[nodiscard]] tls::ServerRules server_rules(const HostTlsPtr& hosts);

/// Hosts about which something was said, so that it is said once. At most a thousand: a client that
/// makes up names costs repetition, not memory.
class ToldHosts {
 public:
  /// True the first time.
  [[nodiscard]] bool tell(const std::string& host);

 private:
  std::mutex mutex_;
  std::unordered_set<std::string> hosts_;
};

}  // namespace eastap::net
