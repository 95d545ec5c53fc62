#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "config/ways.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::net {

/// Where a client wants to go.
struct Target {
  std::string host;  ///< lower case, no brackets
  std::uint16_t port = 0;
  /// Where the client's connection was on its way to (transparent listener): `host` is not looked
  /// up.
  std::optional<boost::asio::ip::address> address = std::nullopt;
  /// Where the admin leads it (reverse listener with a target); port 0: `port`.
  std::optional<config::Endpoint> instead = std::nullopt;
};

/// Why a server could not be reached.
struct DialFailure {
  bool refused_by_rule = false;  ///< our own target rules: 403, not 502
  bool nobody_listens = false;   ///< every address answered, by refusing the connection
  /// One word: resolve, connect, tls, certificate, client_certificate, upstream_proxy; of rules:
  /// port, self, loopback, link_local, unspecified, multicast, own_address.
  std::string reason;
  std::string summary;  ///< one line, for the phone's 502 and the tail
  std::string detail;   ///< what the phone would have seen and what to do, for the admin
};

[[nodiscard]] DialFailure dial_failure(std::string reason, std::string summary, std::string detail);

/// "host:port", IPv6 literals in brackets.
[[nodiscard]] std::string authority(const std::string& host, std::uint16_t port);
[[nodiscard]] std::string authority(const boost::asio::ip::tcp::endpoint& endpoint);

/// The IPv4 address inside ::ffff:a.b.c.d, which is how IPv4 clients of an IPv6 listener look.
[[nodiscard]] boost::asio::ip::address unmapped(const boost::asio::ip::address& address);

/// For the address rules.
[[nodiscard]] tunnel::Address to_address(const boost::asio::ip::address& address);

}  // namespace eastap::net
