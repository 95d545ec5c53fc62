#pragma once

#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.hpp"
#include "proxy/net/asio.hpp"
#include "proxy/net/connect_race.hpp"
#include "proxy/net/own_connections.hpp"
#include "proxy/net/resolver.hpp"
#include "proxy/net/target.hpp"
#include "proxy/net/upstream_proxy.hpp"
#include "proxy/tls/stream.hpp"
#include "proxy/tunnel/host_rules.hpp"
#include "proxy/tunnel/port_rules.hpp"

namespace eastap::net {

struct Connected {
  tls::Stream stream;
  std::string address;  ///< "203.0.113.5:443"; "mail.contoso.com:443 through 192.0.2.1:3128"
  OwnConnections::Token token;  ///< keep it as long as the connection
  /// The other end is a proxy that wants absolute-form requests, with this Proxy-Authorization
  /// ("" for none). Only after `Purpose::plain_http`.
  std::optional<std::string> proxy_authorization;
};

/// What a connection is for: a proxy takes plain HTTP as requests, and all else by CONNECT.
enum class Purpose : std::uint8_t { octets, plain_http };

/// Opens TCP connections to servers: rules, name look-up, the upstream proxy.
class Connector {
 public:
  /// The admin's choices, read and checked. Throws `config::ConfigError`, also when the proxy's
  /// credentials cannot be read.
  struct Ways {
    explicit Ways(const config::Config& config);
    tunnel::PortRules ports;
    std::optional<UpstreamProxy> proxy;
    std::vector<asio::ip::address> bind;
    std::string name_servers;
  };

  /// All but `ways` must outlive it. `own` may be null: nothing can lead our connections back.
  Connector(const config::Config& config, Ways ways, const tunnel::AddressRules& targets,
            Resolver& resolver, OwnConnections* own);

  asio::awaitable<tl::expected<Connected, DialFailure>> connect(Target target, Purpose purpose);

 private:
  using Result = tl::expected<Connected, DialFailure>;
  asio::awaitable<Result> connect_directly(Target target);
  asio::awaitable<Result> connect_by_proxy(Target target, Purpose purpose);
  /// The upstream proxy itself; `target` is for the words.
  asio::awaitable<Result> reach_proxy(const Target& target);
  /// By CONNECT to `where`, a name or address of `target`.
  asio::awaitable<Result> tunnel_by_proxy(const Target& target, std::string where);
  /// Those that the admin gave for `host` (--host); empty: none.
  [[nodiscard]] std::vector<asio::ip::address> static_addresses(const std::string& host) const;
  asio::awaitable<Resolver::Answer> addresses_of(std::string host);
  asio::awaitable<RaceResult> race(std::vector<asio::ip::tcp::endpoint> endpoints);
  [[nodiscard]] Connected made(RaceResult& won) const;

  [[nodiscard]] std::optional<DialFailure> refused(const Target& target,
                                                   const asio::ip::address& address,
                                                   std::uint16_t port, bool chosen) const;
  /// Where the admin leads this target instead: a listener's target, or --connect-to.
  [[nodiscard]] std::optional<config::Endpoint> redirected(const Target& target) const;
  [[nodiscard]] bool by_proxy(const Target& target) const;

  const config::Config& config_;
  const Ways ways_;
  const tunnel::AddressRules& targets_;
  Resolver& resolver_;
  OwnConnections* own_;
};

}  // namespace eastap::net
