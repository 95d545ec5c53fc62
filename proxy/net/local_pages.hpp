#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "decoder/model/exchange.hpp"
#include "proxy/net/asio.hpp"
#include "proxy/pipeline/assembler.hpp"
#include "proxy/portal/site.hpp"

namespace eastap::net {

/// A whole HTTP/1.1 answer with `Connection: close` and a line of plain text.
[[nodiscard]] std::string plain_answer(std::uint16_t status, std::string_view reason,
                                       std::string_view text, std::string_view more_fields = {});

/// 407, RFC 9110 15.5.8: asks for user and password.
[[nodiscard]] std::string proxy_authentication_answer();

/// A request for the proxy itself, as it came.
struct Visit {
  std::string_view head;  ///< start line to blank line
  std::string_view method;
  std::string_view target;     ///< "/path?query"
  std::string_view authority;  ///< of an absolute-form target or CONNECT; empty: Host tells
  bool through_proxy = false;
  bool tls = false;
  std::uint16_t proxy_port = 0;  ///< `portal::Request::proxy_port`
  bool socks_only = false;       ///< likewise
  std::shared_ptr<const model::Connection> connection;
};

/// The shell of the pages of proxy/portal: turns heads into requests and replies into octets, and
/// keeps what was seen of each client's set-up. For all relay threads.
class LocalPages {
 public:
  explicit LocalPages(pipeline::Output& output) : output_{output} {}

  /// Whether a client that reached us at `reached` means ourselves by `host`:`port`.
  [[nodiscard]] static bool is_own(const portal::Site& site, std::string_view host,
                                   std::uint16_t port, const asio::ip::tcp::endpoint& reached);

  /// The answer's octets. May put a note for the admin into the output: certificate downloaded,
  /// self-test's verdict changed.
  [[nodiscard]] std::string answer(const portal::Site& site, const Visit& visit,
                                   const asio::ip::address& client,
                                   const asio::ip::tcp::endpoint& reached);

  /// Something was seen of a client: calls `what` with its log, under the lock.
  void note(const std::function<void(portal::ClientLog& log)>& what);

 private:
  pipeline::Output& output_;
  std::mutex mutex_;
  portal::ClientLog log_;
};

/// "192.168.1.20" as rules and the client log write it: IPv4 also when it came mapped into IPv6, no
/// zone.
[[nodiscard]] std::string plain_address(const asio::ip::address& address);

}  // namespace eastap::net
