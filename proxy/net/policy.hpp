#pragma once

#include <memory>
#include <vector>

#include "certs/leaf_cache.hpp"
#include "certs/openssl.hpp"
#include "config/config.hpp"
#include "proxy/net/asio.hpp"
#include "proxy/net/dial.hpp"
#include "proxy/net/host_tls.hpp"
#include "proxy/net/resolver.hpp"
#include "proxy/pipeline/assembler.hpp"
#include "proxy/tls/context.hpp"
#include "proxy/tunnel/host_rules.hpp"
#include "proxy/tunnel/proxy_users.hpp"

namespace eastap::net {

/// What a reload leaves as it is; outlives every policy and connection.
struct PolicyBase {
  certs::LeafCache& leaves;
  Resolver& resolver;
  std::vector<asio::ip::tcp::endpoint> listeners;  ///< of this proxy: never a target
  OwnConnections* own;                             ///< null when the firewall leads nothing here
};

/// What new connections consult, made of one `config::Config` and never changed after. A reload
/// makes another; an open connection keeps the one it began with.
class Policy {
 public:
  /// Throws `config::ConfigError` for patterns, ranges and files that cannot be read,
  /// `std::runtime_error` when OpenSSL refuses.
  Policy(config::Config config, const PolicyBase& base);
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  [[nodiscard]] const config::Config& config() const { return config_; }
  [[nodiscard]] const config::Deadlines& deadlines() const { return config_.deadlines; }
  [[nodiscard]] const tunnel::AddressRules& addresses() const { return addresses_; }
  [[nodiscard]] bool intercepts(const std::string& host) const;
  [[nodiscard]] const tls::ServerContext& phone_tls() const { return phone_tls_; }
  [[nodiscard]] const pipeline::AssemblerLimits& assembler_limits() const {
    return assembler_limits_;
  }
  /// Who may use the proxy; empty: everybody whose address may.
  [[nodiscard]] const tunnel::ProxyUsers& users() const { return users_; }
  /// Opens connections to servers under these rules.
  [[nodiscard]] Dialler& dialler() const { return *dialler_; }

 private:
  const config::Config config_;
  const tunnel::HostRules hosts_;
  const tunnel::HostRules insecure_;
  const tunnel::AddressRules addresses_;
  const pipeline::AssemblerLimits assembler_limits_;
  const tls::KeyLog key_log_;
  const certs::StoreHandle trusted_;
  const HostTlsPtr host_tls_;
  const tls::ServerContext phone_tls_;
  tls::ClientContext verifying_;
  tls::ClientContext unverifying_;
  const tunnel::ProxyUsers users_;
  std::unique_ptr<Connector> connector_;
  std::unique_ptr<Dialler> dialler_;
};

using PolicyPtr = std::shared_ptr<const Policy>;

/// Throws `config::ConfigError` for patterns and ranges that cannot be read. For before anything is
/// created on disk.
void check_rules(const config::Config& config);

}  // namespace eastap::net
