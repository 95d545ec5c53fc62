#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <spdlog/logger.h>

#include "config/config.hpp"
#include "proxy/net/asio.hpp"

namespace eastap::net {

/// One bound port and its accept loop.
class Listener {
 public:
  /// The context that the next connection shall live on.
  using NextContext = std::function<asio::io_context&()>;
  /// Takes over a connection; called on the listener's thread. The address of an IPv4 client is
  /// one, also on a listener of IPv6.
  using Accepted = std::function<void(asio::ip::tcp::socket, asio::ip::tcp::endpoint)>;

  /// Binds and listens; nothing is accepted before `accept`. Throws `config::ConfigError` with the
  /// address and the remedy.
  Listener(asio::io_context& context, config::Listen listen);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] config::ListenMode mode() const { return listen_.mode; }
  /// Of a reverse listener; may be absent.
  [[nodiscard]] const std::optional<config::Endpoint>& target() const { return listen_.target; }
  /// The address that was really bound.
  [[nodiscard]] asio::ip::tcp::endpoint endpoint() const { return endpoint_; }

  /// Accepts until `close`. To be spawned on the context given at construction, once.
  asio::awaitable<void> accept(NextContext next, Accepted accepted, spdlog::logger& log);

  /// Ends `accept`. On the listener's thread.
  void close();

 private:
  config::Listen listen_;
  asio::ip::tcp::acceptor acceptor_;
  asio::ip::tcp::endpoint endpoint_;
};

}  // namespace eastap::net
