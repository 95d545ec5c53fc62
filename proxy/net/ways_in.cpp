/// The part of a client connection that serves the ways in other than an HTTP proxy: SOCKS5,
/// reverse (the server's name leads here) and transparent (the firewall leads here).

#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

#include "decoder/base/text.hpp"
#include "decoder/model/header_list.hpp"
#include "proxy/net/client_connection.hpp"
#include "proxy/net/original_destination.hpp"
#include "proxy/net/plain_http.hpp"
#include "proxy/tunnel/client_hello.hpp"
#include "proxy/tunnel/socks5.hpp"

namespace eastap::net {
namespace {

using model::ConnectionEvent;
using Clock = std::chrono::steady_clock;

// A ClientHello or a request's head; OpenSSL takes no larger hello either.
constexpr std::size_t kMostLooked = tunnel::ClientHelloReader::kLimit;

constexpr std::uint16_t kHttp = 80, kHttps = 443, kOtherHttps = 8443;

// On ports of unknown protocols the server may speak first (SSH, FTP, databases): so long a
// client's silence is waited out before it is passed on without a look.
constexpr std::chrono::milliseconds kSilence{1'500};

/// The client speaks first there; some open connections in advance and speak later.
bool client_speaks_first(std::uint16_t port) {
  return port == kHttp || port == kHttps || port == kOtherHttps;
}

/// The octets that wait in the socket, which keep waiting there.
std::string waiting_octets(tls::Stream& device, bool& ended) {
  std::string octets(kMostLooked, '\0');
  const ssize_t got =
      ::recv(device.socket().native_handle(), octets.data(), octets.size(), MSG_PEEK);
  ended = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
  octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return octets;
}

/// A browser that opens this port's address. No message of SOCKS begins like this.
bool asks_for_page(std::string_view octets) {
  return octets.starts_with("GET /") || octets.starts_with("HEAD /");
}

/// The client will send nothing more: its FIN has arrived.
bool has_ended(tls::Stream& device) {
  pollfd state{device.socket().native_handle(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) == 1;
}

}  // namespace

/// What the first octets of a connection say; they stay in the socket.
struct ClientConnection::Opening {
  enum class Kind : std::uint8_t { silent, closed, tls, http, other };
  Kind kind = Kind::silent;
  std::string host;  ///< of SNI or Host; "" when there is none
  std::string word;  ///< of `other`: what it is
  [[nodiscard]] Protocol protocol() const {
    return kind == Kind::tls    ? Protocol::tls
           : kind == Kind::http ? Protocol::http
                                : Protocol::other;
  }
};

asio::awaitable<bool> ClientConnection::wait_for_octets(std::size_t more_than,
                                                        Clock::time_point deadline) {
  // Octets that are there already do not end the wait: the kernel is told how many are wanted.
  const int wanted = static_cast<int>(more_than) + 1;
  const int handle = device_.socket().native_handle();
  ::setsockopt(handle, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  auto waiting = device_.readable();
  const auto [in_time, error] = co_await within(std::move(waiting), left);
  const int one = 1;
  if (device_.is_open()) ::setsockopt(handle, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
  co_return in_time && !error;
}

asio::awaitable<ClientConnection::Opening> ClientConnection::look_at_opening(
    std::chrono::milliseconds limit) {
  using State = tunnel::ClientHelloReader::State;
  Opening opening;
  auto deadline = Clock::now() + limit;
  bool spoke = false;
  std::size_t before = 0;
  for (;;) {
    bool ended = false;
    const std::string octets = waiting_octets(device_, ended);
    if (ended) {
      opening.kind = Opening::Kind::closed;
      co_return opening;
    }
    const bool grown = octets.size() != std::exchange(before, octets.size());
    if (spoke && !grown && has_ended(device_)) {
      opening.kind = Opening::Kind::other;
      opening.word = "unfinished";
      co_return opening;
    }
    if (!octets.empty()) {
      // From its first octet on it has as long as any client for its hello.
      if (!std::exchange(spoke, true)) deadline = Clock::now() + policy_->deadlines().client_hello;
      tunnel::ClientHelloReader reader;
      const State state = reader.feed(as_octets(octets));
      if (state == State::done || state == State::malformed) {
        opening.kind = Opening::Kind::tls;  // of a malformed one OpenSSL says what is wrong
        opening.host = reader.hello().sni;
        co_return opening;
      }
      if (state == State::not_tls && reader.protocol() != "http") {
        opening.kind = Opening::Kind::other;
        opening.word = reader.protocol();
        co_return opening;
      }
      const std::size_t end = head_end(octets, 0);
      if (state == State::not_tls && (end != std::string::npos || octets.size() == kMostLooked)) {
        opening.kind = Opening::Kind::http;
        const model::HeaderList head{octets.substr(0, end)};
        opening.host = head.find("Host").value_or("");
        co_return opening;
      }
    }
    const bool more = co_await wait_for_octets(octets.size(), deadline);
    if (!more) {
      if (spoke) opening.kind = Opening::Kind::other;
      if (stopping_) opening.kind = Opening::Kind::closed;
      opening.word = "unfinished";
      co_return opening;
    }
  }
}

asio::awaitable<void> ClientConnection::serve_socks() {
  tunnel::Socks5 socks{!policy_->users().empty()};
  bool first = true;
  const auto deadline = Clock::now() + policy_->deadlines().request_head;
  while (socks.need() == tunnel::Socks5::Need::more) {
    std::array<char, 600> piece{};
    const int handle = device_.socket().native_handle();
    const ssize_t got = ::recv(handle, piece.data(), piece.size(), MSG_PEEK);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) co_return;
    if (got < 0) {
      const bool more = co_await wait_for_octets(0, deadline);
      if (!more) co_return;
      continue;
    }
    const std::string_view octets{piece.data(), static_cast<std::size_t>(got)};
    if (std::exchange(first, false) && asks_for_page(octets)) {
      Head head = co_await read_head();
      if (!head.closed) co_await serve_plain(std::move(head));
      co_return;
    }
    const std::size_t taken = socks.feed(octets);
    (void)::recv(handle, piece.data(), taken, 0);
    if (socks.need() == tunnel::Socks5::Need::credentials) {
      socks.verdict(password_fits(socks.user(), socks.password()));
    }
    if (socks.reply().empty() || socks.need() == tunnel::Socks5::Need::close) continue;
    auto writing = device_.write_all(as_octets(socks.reply()));
    const auto [in_time, end] = co_await within(std::move(writing), policy_->deadlines().close);
    if (!in_time || end != tls::End::none) co_return;
  }
  if (socks.need() == tunnel::Socks5::Need::close) {
    event_of_client(socks.reason() == "proxy_user" || socks.reason() == "socks_method"
                        ? ConnectionEvent::Kind::refused
                        : ConnectionEvent::Kind::malformed,
                    socks.reason(), client_address_.to_string() + ": " + socks.problem());
    co_await send_last(socks.reply());
    co_return;
  }
  Target target;
  target.host = socks.host();
  target.port = socks.port();
  note_client(&portal::ClientLog::proxied);
  if (is_own(target)) {
    co_await serve_own_tunnel(std::move(target));
  } else {
    // The client speaks after our reply only: until then the port is all there is to go by.
    co_await serve_protocol(std::move(target),
                            socks.port() == kHttp ? Protocol::http : Protocol::tls);
  }
}

asio::awaitable<void> ClientConnection::serve_reverse() {
  const auto& fixed = listener_.target();
  auto opening = co_await look_at_opening(policy_->deadlines().client_hello);
  if (opening.kind == Opening::Kind::closed) co_return;
  const bool plain = opening.kind == Opening::Kind::http;
  Target target;
  target.port = plain ? kHttp : kHttps;
  target.instead = fixed;
  if (fixed && fixed->port != 0) target.port = fixed->port;
  if (plain) {
    const auto host = parse_authority(opening.host, kHttp);
    if (host) target.host = host->host;
  } else {
    target.host = opening.host;
  }
  if (target.host.empty() && fixed) target.host = fixed->address;
  const bool readable = plain || opening.kind == Opening::Kind::tls;
  if (target.host.empty() || (!readable && !fixed)) {
    const std::string what = opening.kind == Opening::Kind::silent ? "nothing"
                             : readable ? "no name of a server (SNI, Host)"
                                        : "neither TLS nor HTTP, but " + opening.word;
    event_of_client(ConnectionEvent::Kind::malformed, "no_server_name",
                    client_address_.to_string() + " sent " + what +
                        ", so the server is not known. To lead all of this listener to one: "
                        "--listen reverse:ADDR:PORT=HOST:PORT");
    device_.reset();
    co_return;
  }
  co_await serve_protocol(std::move(target), opening.protocol());
}

asio::awaitable<void> ClientConnection::serve_transparent() {
  const auto wanted = original_destination(device_.socket());
  if (!wanted) co_return;
  facts_.host = wanted->address().to_string();
  facts_.port = wanted->port();
  if (policy_->addresses().target_refused(to_address(wanted->address()), wanted->port()) ==
      "self") {
    event_of_client(ConnectionEvent::Kind::refused, "not_redirected",
                    client_address_.to_string() +
                        " connected to the transparent listener itself. It is for connections that "
                        "the firewall leads here; a phone whose proxy is set needs a listener of "
                        "mode proxy.");
    device_.reset();
    co_return;
  }
  Target target;
  target.host = facts_.host;
  target.port = wanted->port();
  target.address = wanted->address();
  Opening opening;
  const bool client_first = client_speaks_first(target.port);
  // The server speaks first on mail ports, and no look at the client's octets would change
  // anything.
  if (!is_other_mail_port(target.port)) {
    opening = co_await look_at_opening(client_first ? policy_->deadlines().client_hello : kSilence);
  }
  if (opening.kind == Opening::Kind::closed) co_return;
  if (opening.kind == Opening::Kind::silent && client_first) co_return;  // opened in advance only
  if (services_.own_connections.contains(client_)) {
    event_of_client(ConnectionEvent::Kind::refused, "loop",
                    "The firewall leads the proxy's own connection to " +
                        authority(facts_.host, facts_.port) +
                        " back to it. Leave the proxy out of the rule: -m owner ! --uid-owner USER "
                        "(iptables), meta skuid != USER (nft)");
    device_.reset();
    co_return;
  }
  const bool plain = opening.kind == Opening::Kind::http;
  const auto named = plain ? parse_authority(opening.host, kHttp) : std::nullopt;
  if (named) target.host = named->host;
  if (opening.kind == Opening::Kind::tls && !opening.host.empty()) target.host = opening.host;
  facts_.host = target.host;
  co_await serve_protocol(std::move(target), opening.protocol());
}

asio::awaitable<void> ClientConnection::serve_protocol(Target target, Protocol protocol) {
  if (protocol == Protocol::tls) {
    co_await serve_target(std::move(target));
    co_return;
  }
  facts_.host = target.host;
  facts_.port = target.port;
  const bool is_http = protocol == Protocol::http;
  if (is_http && policy_->intercepts(target.host)) {
    co_await watch_plain(std::move(target));
    co_return;
  }
  std::string why = is_http
                        ? "plain HTTP passed on unrecorded; to watch it: --intercept " + facts_.host
                        : "passed through: neither TLS nor HTTP";
  co_await tunnel(std::move(target), is_http ? "host_rules" : "other_protocol", std::move(why));
}

asio::awaitable<void> ClientConnection::watch_plain(Target target) {
  auto dialled = co_await policy_->dialler().connect(std::move(target));
  const bool reached = co_await take_server(std::move(dialled));
  if (!reached) co_return;
  const bool there = co_await say_established();
  if (!there) co_return;
  begin_record();
  std::vector<std::byte> nothing;
  co_await relay(device_, *server_, counters_, assembler_.get(), std::move(nothing));
}

}  // namespace eastap::net
