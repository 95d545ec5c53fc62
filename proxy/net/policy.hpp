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
#include "proxy/portal/pages.hpp"
#include "proxy/tls/context.hpp"
#include "proxy/tunnel/host_rules.hpp"
#include "proxy/tunnel/proxy_users.hpp"

namespace eastap::net {

/// What the proxy's own pages tell under every policy.
struct PageBase {
  portal::PageFacts facts;                ///< its host rules are those of each policy
  std::string probe{portal::kProbeName};  ///< `portal::SiteRules::probe`
  bool no_ca = false;                     ///< `portal::SiteRules::no_ca`
  std::vector<portal::Route> routes;      ///< further pages
};

/// A listener of this proxy: never a target, but for its pages.
struct OwnListener {
  config::ListenMode mode = config::ListenMode::proxy;
  asio::ip::tcp::endpoint endpoint;
};

/// What a reload leaves as it is; outlives every policy and connection.
struct PolicyBase {
  certs::LeafCache& leaves;
  Resolver& resolver;
  const PageBase& pages;
  std::vector<OwnListener> listeners;
  std::vector<asio::ip::address> addresses;  ///< of this machine
  OwnConnections* own;                       ///< null when the firewall leads nothing here
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
  [[nodiscard]] const portal::Site& site() const { return site_; }
  /// The port of the first HTTP proxy listener that answers at `address`; 0: there is none.
  [[nodiscard]] std::uint16_t http_port(const asio::ip::address& address) const;
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
  const std::vector<OwnListener> listeners_;
  const portal::Site site_;
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
