#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.hpp"
#include "proxy/net/asio.hpp"
#include "proxy/net/resolver.hpp"
#include "proxy/tls/context.hpp"
#include "proxy/tls/stream.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::net {

/// Where a client wants to go.
struct Target {
  std::string host;  ///< lower case, no brackets
  std::uint16_t port = 0;
};

/// Why a server could not be reached.
struct DialFailure {
  bool refused_by_rule = false;  ///< our own target rules: 403, not 502
  std::string reason;            ///< one word: resolve, connect, tls, certificate, target
  std::string summary;           ///< one line, for the phone's 502 and the tail
  std::string detail;            ///< what the phone would have seen and what to do, for the admin
};

struct Dialled {
  tls::Stream stream;
  std::string address;   ///< "203.0.113.5:443"
  bool verified = true;  ///< false: the admin said not to check this host's certificate
};

using DialResult = tl::expected<Dialled, DialFailure>;

/// Opens connections to servers: name look-up, target rules, TCP, and TLS when asked for.
class Dialler {
 public:
  Dialler(const config::Config& config, const tunnel::AddressRules& targets,
          const tunnel::HostRules& insecure, Resolver& resolver, tls::ClientContext& verifying,
          tls::ClientContext& unverifying);

  asio::awaitable<DialResult> connect(Target target);
  asio::awaitable<DialResult> connect_tls(Target target);

 private:
  [[nodiscard]] std::optional<DialFailure> refusal(const Target& target,
                                                   const asio::ip::tcp::endpoint& endpoint) const;
  /// The admin's --connect-to for this target.
  [[nodiscard]] std::optional<config::Endpoint> redirected(const Target& target) const;

  const config::Config& config_;
  const tunnel::AddressRules& targets_;
  const tunnel::HostRules& insecure_;
  Resolver& resolver_;
  tls::ClientContext& verifying_;
  tls::ClientContext& unverifying_;
};

/// "host:port", IPv6 literals in brackets.
[[nodiscard]] std::string authority(const std::string& host, std::uint16_t port);
[[nodiscard]] std::string authority(const asio::ip::tcp::endpoint& endpoint);

/// For the address rules.
[[nodiscard]] tunnel::Address to_address(const asio::ip::address& address);

}  // namespace eastap::net
