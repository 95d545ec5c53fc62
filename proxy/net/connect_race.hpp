#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "proxy/net/asio.hpp"

namespace eastap::net {

/// Addresses in the order in which they are tried, RFC 8305 4: the families take turns, the first
/// address' family first, each family in its own order.
[[nodiscard]] std::vector<asio::ip::address> in_turns(
    const std::vector<asio::ip::address>& addresses);

struct RaceSettings {
  /// RFC 8305 5: between the start of one attempt and of the next, when nothing is heard.
  std::chrono::milliseconds stagger{250};
  std::chrono::milliseconds limit{15'000};  ///< each attempt
  /// Own addresses to connect from; one family or both. An endpoint of a family that is missing
  /// here is left to the system.
  std::vector<asio::ip::address> from;
};

struct RaceResult {
  std::optional<asio::ip::tcp::socket> socket;  ///< connected; nothing: all attempts failed
  asio::ip::tcp::endpoint endpoint;             ///< of `socket`
  std::string errors;  ///< "203.0.113.5:443: refused; …" of those that failed
  bool out_of_files = false;
  bool all_refused = false;  ///< every attempt was answered, by a refusal
};

/// Connects to whichever endpoint answers first: a route that swallows packets costs the stagger,
/// not the deadline. `endpoints` in the order to try them.
asio::awaitable<RaceResult> connect_first(std::vector<asio::ip::tcp::endpoint> endpoints,
                                          RaceSettings settings);

}  // namespace eastap::net
