#include "proxy/net/listener.hpp"

#include <string>
#include <utility>

#include <boost/asio/ip/v6_only.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include "config/invocation.hpp"
#include "proxy/net/target.hpp"

namespace eastap::net {
namespace {

using asio::ip::tcp;
using config::ConfigError;

tcp::endpoint resolved(asio::io_context& context, const config::Endpoint& listen) {
  error_code error;
  auto address = asio::ip::make_address(listen.address, error);
  if (error) {
    // A host name: looked up once, at start.
    tcp::resolver resolver{context};
    const auto found = resolver.resolve(listen.address, "", error);
    if (error || found.empty()) {
      throw ConfigError{"--listen " + authority(listen.address, listen.port) +
                        ": the address cannot be resolved. Use 0.0.0.0:" +
                        std::to_string(listen.port) + " for all addresses of this machine."};
    }
    address = found.begin()->endpoint().address();
  }
  return tcp::endpoint{address, listen.port};
}

/// Lets the kernel hand over connections to addresses that are not this machine's (TPROXY). Without
/// the privilege only REDIRECT works, which needs none.
void accept_any_address(tcp::acceptor& acceptor, bool v6) {
  const int on = 1;
  const int handle = acceptor.native_handle();
  (void)::setsockopt(handle, SOL_IP, IP_TRANSPARENT, &on, sizeof on);
  if (v6) (void)::setsockopt(handle, SOL_IPV6, IPV6_TRANSPARENT, &on, sizeof on);
}

tcp::acceptor bind_listener(asio::io_context& context, const config::Listen& chosen) {
  const config::Endpoint& listen = chosen.address;
  const std::string where = authority(listen.address, listen.port);
  const tcp::endpoint endpoint = resolved(context, listen);
  error_code error;
  tcp::acceptor acceptor{context};
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only{false}, error);
  if (!error && chosen.mode == config::ListenMode::transparent) {
    accept_any_address(acceptor, endpoint.address().is_v6());
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(4096, error);
  if (error == asio::error::address_in_use) {
    throw ConfigError{
        "--listen " + where +
        ": another program (or another eastap) uses this port. Stop it (ss -ltnp shows "
        "which), or choose another port."};
  }
  if (error == asio::error::access_denied) {
    throw ConfigError{"--listen " + where +
                      ": ports below 1024 need root (or the capability CAP_NET_BIND_SERVICE); "
                      "choose a higher one."};
  }
  if (error) {
    throw ConfigError{"--listen " + where + ": " + error.message() +
                      ". Use an address of this machine, or 0.0.0.0 for all."};
  }
  return acceptor;
}

}  // namespace

Listener::Listener(asio::io_context& context, config::Listen listen)
    : listen_{std::move(listen)},
      acceptor_{bind_listener(context, listen_)},
      endpoint_{acceptor_.local_endpoint()} {}

asio::awaitable<void> Listener::accept(NextContext next, Accepted accepted, spdlog::logger& log) {
  auto executor = co_await asio::this_coro::executor;
  std::chrono::steady_clock::time_point last_warning{};
  while (acceptor_.is_open()) {
    tcp::socket socket{next()};
    tcp::endpoint client;
    const auto [error] = co_await acceptor_.async_accept(socket, client, nothrow);
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
    if (error) {
      // Mostly "too many open files": existing connections go on, new ones wait a moment.
      const auto now = std::chrono::steady_clock::now();
      if (now - last_warning > std::chrono::seconds{10}) {
        last_warning = now;
        log.warn("new connections cannot be accepted: {}", error.message());
      }
      asio::steady_timer pause{executor, std::chrono::milliseconds{100}};
      co_await pause.async_wait(nothrow);
      continue;
    }
    client.address(unmapped(client.address()));
    accepted(std::move(socket), client);
  }
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace eastap::net
