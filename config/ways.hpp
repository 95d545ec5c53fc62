#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How clients come to the proxy, and how it goes to servers.
namespace eastap::config {

struct Endpoint {
  std::string address;  ///< a literal without brackets, or a host name
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

/// How clients come to a listener.
enum class ListenMode : std::uint8_t {
  proxy,        ///< they were told to use an HTTP proxy
  reverse,      ///< they take us for the server: its name leads here
  transparent,  ///< the firewall leads their connections here (REDIRECT, TPROXY)
  socks5,       ///< they were told to use a SOCKS5 proxy
};
[[nodiscard]] std::string_view to_string(ListenMode mode);

struct Listen {
  Endpoint address;
  ListenMode mode = ListenMode::proxy;
  /// Of `reverse`: where everything goes; nothing: to the server that the client names. Port 0: the
  /// one that the client would have used, 443 for TLS.
  std::optional<Endpoint> target = std::nullopt;
  bool operator==(const Listen&) const = default;
};

/// As a line of /etc/hosts: `name` is at `address`, whatever DNS says.
struct StaticHost {
  std::string name;  ///< lower case
  std::string address;
  bool operator==(const StaticHost&) const = default;
};

[[nodiscard]] const std::vector<std::string>& default_allow_port();

struct WaysIn {
  std::vector<Listen> listeners{Listen{{"0.0.0.0", 8888}}};  ///< at least one
  std::vector<std::string> ports = default_allow_port();     ///< of servers: "443", "1024-65535"
  std::optional<std::string> users;  ///< file of those who may use the proxy; absent: all
  bool operator==(const WaysIn&) const = default;
};

struct WaysOut {
  std::optional<Endpoint> proxy;                 ///< an HTTP proxy to go through
  std::optional<std::string> proxy_credentials;  ///< file with its user:password
  std::vector<std::string> without_proxy;        ///< host patterns that are reached directly
  std::vector<std::string> bind;       ///< own addresses to connect from, one a family at most
  std::vector<StaticHost> hosts;       ///< all that fit a name hold
  std::vector<Endpoint> name_servers;  ///< empty: the system's look-up; port 0: 53
  bool operator==(const WaysOut&) const = default;
};

/// "192.0.2.53:53,[2001:db8::53]:53", as c-ares reads it; port 0 is 53. "" when there are none.
[[nodiscard]] std::string server_list(const std::vector<Endpoint>& servers);

}  // namespace eastap::config
