#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/net/asio.hpp"
#include "proxy/net/target.hpp"
#include "proxy/tls/stream.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::net {

/// The HTTP proxy through which servers are reached.
struct UpstreamProxy {
  Target address;
  std::string authorization;  ///< value of Proxy-Authorization; empty: none is sent
  tunnel::HostRules direct;   ///< hosts that it "intercepts" are reached without the proxy
};

/// RFC 9110 9.3.6.
[[nodiscard]] std::string connect_request(const Target& target, const std::string& authorization);

/// What the proxy's answer to CONNECT means: nothing for 2xx. `head` is the answer up to its blank
/// line, or what came of it.
[[nodiscard]] std::optional<DialFailure> connect_refusal(const UpstreamProxy& proxy,
                                                         const Target& target,
                                                         std::string_view head);

/// Asks the proxy at the other end of `stream` for a tunnel to `target`. Takes the octets of its
/// answer's head, at most 16 KiB, and none of what follows.
asio::awaitable<std::optional<DialFailure>> open_tunnel(tls::Stream& stream,
                                                        const UpstreamProxy& proxy, Target target,
                                                        std::chrono::milliseconds limit);

}  // namespace eastap::net
