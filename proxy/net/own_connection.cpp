/// The part of a client connection that is for the proxy itself: its pages, asked for directly, in
/// absolute form, or inside a CONNECT for one of its names.

#include <array>
#include <utility>

#include "decoder/base/text.hpp"
#include "proxy/http/decoder.hpp"
#include "proxy/net/client_connection.hpp"

namespace eastap::net {
namespace {

using tls::End;

// A browser's request for a page; all fields together.
constexpr std::size_t kMaxHead = 64 * 1024;

Timestamp now() { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

}  // namespace

void ClientConnection::note_client(void (portal::ClientLog::*what)(std::string_view, Timestamp)) {
  services_.pages.note(
      [&](portal::ClientLog& log) { (log.*what)(plain_address(client_address_), now()); });
}

bool ClientConnection::is_own(const Target& target) const {
  return LocalPages::is_own(policy_->site(), target.host, target.port, reached_);
}

asio::awaitable<void> ClientConnection::answer_own(std::string head, std::string authority_text,
                                                   bool through_proxy) {
  const auto parsed = http::read_head(head, http::Direction::request, "", nullptr);
  if (!parsed) {
    co_await refuse(400, "Bad Request", "The request cannot be read.");
    co_return;
  }
  std::string target{parsed->target};
  if (const auto form = parse_absolute_form(target)) target = form->origin_form;
  Visit visit;
  visit.head = head;
  visit.method = parsed->method;
  visit.target = target;
  visit.authority = authority_text;
  visit.through_proxy = through_proxy;
  visit.tls = device_.ssl() != nullptr;
  visit.connection = facts();
  if (listener_.mode() == config::ListenMode::socks5) {
    // Phones are set to HTTP proxies: the page names that listener where there is one.
    visit.proxy_port = policy_->http_port(reached_.address());
    visit.socks_only = visit.proxy_port == 0;
  }
  if (visit.proxy_port == 0) visit.proxy_port = reached_.port();
  const std::string answer =
      services_.pages.answer(policy_->site(), visit, client_address_, reached_);
  auto writing = device_.write_all(as_octets(answer));
  co_await within(std::move(writing), policy_->deadlines().close);
  device_.send_close_notify();
  co_await close_gently();
}

asio::awaitable<std::string> ClientConnection::read_inner_head() {
  std::string head;
  std::array<std::byte, 4096> piece{};
  const auto deadline = std::chrono::steady_clock::now() + policy_->deadlines().request_head;
  while (head.size() < kMaxHead) {
    const auto got = device_.read_now(piece);
    head += as_chars(std::span{piece}.first(got.octets));
    if (head.find("\r\n\r\n") != std::string::npos || head.find("\n\n") != std::string::npos) {
      co_return head;
    }
    if (got.end != End::none) break;
    if (got.octets != 0) continue;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    auto waiting = device_.readable();
    const auto [in_time, error] = co_await within(std::move(waiting), left);
    if (!in_time || error) break;
  }
  head.clear();
  co_return head;
}

asio::awaitable<void> ClientConnection::serve_own_tunnel(Target target) {
  const bool probe = target.host == policy_->site().probe();
  if (probe) note_client(&portal::ClientLog::probed);
  facts_.host = target.host;  // whose certificate is shown
  facts_.port = target.port;
  const bool there = co_await say_established();
  if (!there) co_return;
  // Only our names have pages over TLS; at an address it is plain HTTP, on the listener's port.
  if (target.port == 443 && policy_->site().is_page(target.host, target.port)) {
    const HandshakeEnd shaken = co_await phone_handshake();
    if (stopping_) co_return;
    if (!shaken.done) {
      // The page tells it; a test that is repeated every few seconds must not fill the tail.
      if (probe && shaken.kind == model::ConnectionEvent::Kind::client_tls_failed) {
        services_.pages.note([&](portal::ClientLog& log) {
          log.refused(plain_address(client_address_), now(), shaken.reason);
        });
      }
      device_.close();
      co_return;
    }
    if (probe) note_client(&portal::ClientLog::accepted);
  }
  std::string head = co_await read_inner_head();
  if (head.empty() || stopping_) {
    device_.close();
    co_return;
  }
  // Through SOCKS5 a browser may have looked the name up itself, by whatever DNS: Host tells it.
  std::string authority_text = listener_.mode() == config::ListenMode::proxy
                                   ? authority(target.host, target.port)
                                   : std::string{};
  co_await answer_own(std::move(head), std::move(authority_text), true);
}

}  // namespace eastap::net
