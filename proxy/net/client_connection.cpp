#include "proxy/net/client_connection.hpp"

#include <array>
#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "decoder/base/text.hpp"
#include "proxy/http/decoder.hpp"
#include "proxy/net/client_certificate.hpp"
#include "proxy/net/plain_http.hpp"
#include "proxy/net/tls_failure.hpp"
#include "proxy/tunnel/client_hello.hpp"
#include "proxy/tunnel/socks5.hpp"

namespace eastap::net {
namespace {

using model::ConnectionEvent;
using tls::End;

// A CONNECT or absolute-form head: what servers in the field accept, with room to spare.
constexpr std::size_t kMaxHead = 64 * 1024;
// A request line that is still without its end after this is no HTTP.
constexpr std::size_t kMaxRequestLine = 16 * 1024;

Timestamp now() { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

/// Octets that no request line can hold: what arrives is another protocol. Those before `from` were
/// looked at before: a client that sends single octets must not cost their square.
bool is_foreign(std::string_view start, std::size_t from) {
  if (start.substr(0, from).find('\n') != std::string_view::npos) return false;
  start.remove_prefix(from);
  for (const char c : start.substr(0, start.find('\n'))) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 && c != '\r' && c != '\t') return true;
  }
  return false;
}

std::string first_octets(std::string_view text) { return to_hex(text.substr(0, 32)); }

}  // namespace

ClientConnection::ClientConnection(Services& services, PolicyPtr policy, ConnectionId id,
                                   Arrival arrival)
    : services_{services},
      listener_{arrival.listener},
      client_{arrival.client},
      policy_{std::move(policy)},
      client_address_{client_.address()},
      device_{std::move(arrival.socket)} {
  facts_.id = id;
  facts_.opened = now();
  facts_.client = authority(client_);
}

std::shared_ptr<const model::Connection> ClientConnection::facts() const {
  return std::make_shared<const model::Connection>(facts_);
}

void ClientConnection::event(ConnectionEvent::Kind kind, std::string reason, std::string detail) {
  ConnectionEvent happened;
  happened.kind = kind;
  happened.time = now();
  happened.connection = watched_ ? watched_ : facts();
  happened.reason = std::move(reason);
  happened.detail = std::move(detail);
  happened.octets_up = counters_.up;
  happened.octets_down = counters_.down;
  services_.output.take(std::move(happened));
}

void ClientConnection::event_of_client(ConnectionEvent::Kind kind, std::string reason,
                                       std::string detail) {
  const auto left_out = services_.admission.note_due(client_address_, reason);
  if (!left_out) return;
  if (*left_out != 0) {
    detail += " (" + std::to_string(*left_out) + " more since this was last said)";
  }
  event(kind, std::move(reason), std::move(detail));
}

void ClientConnection::stop(model::Ending ending, std::string why) {
  stopping_ = true;
  if (assembler_) assembler_->stopped(now(), ending, std::move(why));
  device_.close();
  if (server_) server_->close();
}

asio::awaitable<void> ClientConnection::run() {
  co_await serve();
  if (assembler_) {
    assembler_->stopped(now(), model::Ending::proxy_failed, "the connection ended");
    assembler_.reset();
  }
}

asio::awaitable<ClientConnection::Head> ClientConnection::read_head() {
  Head head;
  std::array<char, 4096> piece{};
  const auto deadline = std::chrono::steady_clock::now() + policy_->deadlines().request_head;
  for (;;) {
    const ssize_t got =
        ::recv(device_.socket().native_handle(), piece.data(), piece.size(), MSG_PEEK);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
      head.closed = true;
      co_return head;
    }
    if (got > 0) {
      // Only the head is taken from the socket: what follows belongs to TLS, or to the relay.
      const std::size_t before = head.text.size();
      head.text.append(piece.data(), static_cast<std::size_t>(got));
      const std::size_t end = head_end(head.text, before < 3 ? 0 : before - 3);
      const std::size_t mine = end == std::string::npos ? head.text.size() : end;
      (void)::recv(device_.socket().native_handle(), piece.data(), mine - before, 0);
      head.text.resize(mine);
      if (end != std::string::npos) co_return head;
      if (is_foreign(head.text, before)) {
        tunnel::ClientHelloReader reader;
        const auto state = reader.feed(as_octets(head.text));
        const bool is_tls = state == tunnel::ClientHelloReader::State::done ||
                            state == tunnel::ClientHelloReader::State::need_more;
        head.reason = is_tls ? "tls_to_proxy_port" : "not_http";
        head.unreadable =
            is_tls
                ? "The client speaks TLS to the proxy's port. Set this address as an HTTP proxy, "
                  "not as an HTTPS server."
                : "This is the port of an HTTP proxy, and what came is no HTTP (first octets " +
                      first_octets(head.text) + ").";
        co_return head;
      }
      if (head.text.size() > kMaxHead ||
          (head.text.size() > kMaxRequestLine && head.text.find('\n') == std::string::npos)) {
        head.reason = "head_too_large";
        head.unreadable =
            "The request's head is larger than 64 KiB, or its first line than 16 KiB.";
        co_return head;
      }
      continue;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    auto waiting = device_.readable();
    const auto [in_time, error] = co_await within(std::move(waiting), left);
    if (in_time && error) head.closed = true;
    if (!in_time) {
      if (head.text.empty()) {
        head.closed = true;  // a connection opened in advance and never used is ordinary
      } else {
        head.reason = "head_timeout";
        head.unreadable = "The request's head did not arrive in time.";
      }
    }
    if (!in_time || error) co_return head;
  }
}

asio::awaitable<void> ClientConnection::refuse(std::uint16_t status, std::string_view phrase,
                                               std::string text) {
  std::string answer = plain_answer(status, phrase, text);
  co_await send_last(std::move(answer));
}

asio::awaitable<void> ClientConnection::send_last(std::string octets) {
  auto writing = device_.write_all(as_octets(octets));
  co_await within(std::move(writing), policy_->deadlines().close);
  co_await close_gently();
}

asio::awaitable<void> ClientConnection::close_gently() {
  device_.send_fin();
  // What the client still sends is read away for a moment: closing at once would reset the
  // connection and could take our answer with it.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{2};
  std::array<std::byte, 4096> rest{};
  std::size_t drained = 0;
  while (drained < kMaxHead && std::chrono::steady_clock::now() < until) {
    const auto got = device_.read_now(rest);
    drained += got.octets;
    if (got.end != End::none) break;
    if (got.octets != 0) continue;
    auto waiting = device_.readable();
    const auto [in_time, error] = co_await within(std::move(waiting), std::chrono::seconds{2});
    if (!in_time || error) break;
  }
  device_.close();
}

asio::awaitable<void> ClientConnection::answer_dial_failure(DialFailure failure) {
  const bool by_rule = failure.refused_by_rule;
  event(by_rule ? ConnectionEvent::Kind::refused : ConnectionEvent::Kind::upstream_failed,
        failure.reason, failure.summary + ". " + failure.detail);
  switch (listener_.mode()) {
    case config::ListenMode::proxy:
      co_await refuse(by_rule ? 403 : 502, by_rule ? "Forbidden" : "Bad Gateway", failure.summary);
      break;
    case config::ListenMode::socks5: {
      using tunnel::SocksReply;
      const std::string reply =
          tunnel::socks_reply(by_rule                       ? SocksReply::not_allowed
                              : failure.reason == "resolve" ? SocksReply::host_unreachable
                              : failure.nobody_listens      ? SocksReply::connection_refused
                                                            : SocksReply::general_failure);
      co_await send_last(reply);
      break;
    }
    default: device_.reset();  // as without us: the server does not answer
  }
}

asio::awaitable<bool> ClientConnection::say_established() {
  std::string text;
  if (listener_.mode() == config::ListenMode::proxy) {
    text = "HTTP/1.1 200 Connection established\r\n\r\n";
  } else if (listener_.mode() == config::ListenMode::socks5) {
    text = tunnel::socks_reply(tunnel::SocksReply::succeeded);
  }
  const End end = co_await device_.write_all(as_octets(text));
  co_return end == End::none;
}

asio::awaitable<void> ClientConnection::serve() {
  const bool answers = listener_.mode() == config::ListenMode::proxy;
  if (!policy_->addresses().source_allowed(to_address(client_address_))) {
    event_of_client(ConnectionEvent::Kind::refused, "source",
                    client_address_.to_string() +
                        " may not use this proxy. To let it in: --allow " +
                        client_address_.to_string());
    if (answers) co_await refuse(403, "Forbidden", "this address may not use the proxy");
    device_.reset();
    co_return;
  }
  switch (listener_.mode()) {
    case config::ListenMode::proxy: co_await serve_proxy(); break;
    case config::ListenMode::socks5: co_await serve_socks(); break;
    case config::ListenMode::reverse: co_await serve_reverse(); break;
    case config::ListenMode::transparent: co_await serve_transparent(); break;
  }
}

asio::awaitable<void> ClientConnection::serve_proxy() {
  Head head = co_await read_head();
  if (head.closed) co_return;
  std::vector<Diagnostic> remarks;
  auto parsed = http::read_head(head.text, http::Direction::request, "", &remarks);
  if (!head.unreadable.empty() || !parsed) {
    if (head.unreadable.empty()) {
      head.reason = "not_http";
      head.unreadable = "The request cannot be read: " + parsed.error().detail + ".";
    }
    event(ConnectionEvent::Kind::malformed, head.reason, head.unreadable);
    co_await refuse(400, "Bad Request", head.unreadable);
    co_return;
  }
  if (parsed->method == "CONNECT") {
    const std::string target{parsed->target};
    const bool known = co_await may_use_proxy(head.text);
    if (known) co_await serve_connect(target);
    co_return;
  }
  co_await serve_plain(std::move(head));
}

asio::awaitable<void> ClientConnection::serve_connect(std::string_view authority_text) {
  auto target = parse_authority(authority_text, 0);
  if (!target) {
    const std::string text = "CONNECT needs host:port, not \"" + std::string{authority_text} + "\"";
    event(ConnectionEvent::Kind::malformed, "connect_target", text);
    co_await refuse(400, "Bad Request", text);
    co_return;
  }
  Target chosen = std::move(*target);
  co_await serve_target(std::move(chosen));
}

asio::awaitable<void> ClientConnection::serve_target(Target target) {
  facts_.host = target.host;
  facts_.port = target.port;
  const bool decrypt = !is_other_mail_port(target.port) && policy_->intercepts(target.host);
  const auto refusal = decrypt ? policy_->phone_tls().refusal(target.host) : std::nullopt;
  if (!decrypt) {
    std::string why = "passed through undecrypted; to watch it: --intercept " + facts_.host;
    co_await tunnel(std::move(target), "host_rules", std::move(why));
  } else if (refusal) {
    std::string why = "passed through undecrypted, since " + *refusal +
                      "; to watch it, give it a certificate (--certificate " + facts_.host +
                      "=FILE), or let the CA sign for it (eastap ca renew, with every --permit)";
    co_await tunnel(std::move(target), "ca_constraints", std::move(why));
  } else {
    co_await intercept(std::move(target));
  }
}

asio::awaitable<void> ClientConnection::tunnel(Target target, std::string reason, std::string why) {
  auto dialled = co_await policy_->dialler().connect(std::move(target));
  if (stopping_) co_return;
  if (!dialled) {
    DialFailure failure = std::move(dialled.error());
    co_await answer_dial_failure(std::move(failure));
    co_return;
  }
  facts_.upstream = dialled->address;
  server_token_ = std::move(dialled->token);
  server_.emplace(std::move(dialled->stream));
  event(ConnectionEvent::Kind::tunnelled, std::move(reason), std::move(why));
  const bool there = co_await say_established();
  if (!there) co_return;
  std::vector<std::byte> nothing;
  co_await relay(device_, *server_, counters_, nullptr, std::move(nothing));
}

asio::awaitable<bool> ClientConnection::phone_handshake() {
  // The first octet tells TLS from anything else, before OpenSSL answers plain text with an alert.
  const auto& deadlines = policy_->deadlines();
  for (;;) {
    std::array<char, 64> piece{};
    const ssize_t got =
        ::recv(device_.socket().native_handle(), piece.data(), piece.size(), MSG_PEEK);
    if (got > 0) {
      const std::string_view first{piece.data(), static_cast<std::size_t>(got)};
      if (first.front() == '\x16') break;
      tunnel::ClientHelloReader reader;
      reader.feed(as_octets(first));
      event(ConnectionEvent::Kind::malformed, "not_tls",
            "Not TLS inside CONNECT " + authority(facts_.host, facts_.port) + ", but " +
                std::string{reader.protocol()} + " (first octets " + first_octets(first) +
                "). To pass this host through untouched: --tunnel " + facts_.host);
      co_return false;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      event(ConnectionEvent::Kind::client_tls_failed, "closed_before_hello",
            "The device closed the connection before it began TLS: usually a connection opened in "
            "advance and not needed.");
      co_return false;
    }
    auto waiting = device_.readable();
    const auto [in_time, error] = co_await within(std::move(waiting), deadlines.client_hello);
    if (!in_time) {
      event(ConnectionEvent::Kind::client_tls_failed, "hello_timeout",
            "The device sent nothing after the proxy's answer to CONNECT.");
      co_return false;
    }
    if (error) co_return false;
  }
  std::string error;
  certs::TlsHandle ssl = policy_->phone_tls().make(
      facts_.host, error, tls::ClientContext::certificate_request(server_->ssl()));
  if (!ssl) {
    event(ConnectionEvent::Kind::client_tls_failed, "proxy", error);
    co_return false;
  }
  device_.start_tls(std::move(ssl));
  auto handshake = device_.handshake();
  const auto [in_time, end] = co_await within(std::move(handshake), deadlines.client_tls);
  facts_.sni = tls::ServerContext::server_name(device_.ssl());
  if (in_time && end == End::none) co_return true;
  if (stopping_) co_return false;
  TlsFailureFacts failed;
  failed.timed_out = !in_time;
  failed.end = end;
  failed.alert = device_.received_alert();
  failed.certificate_sent = tls::ServerContext::certificate_sent(device_.ssl());
  failed.openssl_reason = device_.last_error();
  failed.leaf_error = tls::ServerContext::leaf_error(device_.ssl());
  failed.legacy = tls::ServerContext::legacy(device_.ssl());
  failed.host = facts_.sni.empty() ? facts_.host : facts_.sni;
  const TlsFailureWords words = explain_client_tls_failure(failed);
  event(ConnectionEvent::Kind::client_tls_failed, words.reason, words.detail);
  co_return false;
}

asio::awaitable<void> ClientConnection::intercept(Target target) {
  auto dialled = co_await policy_->dialler().connect_tls(std::move(target));
  if (stopping_) co_return;
  if (!dialled) {
    DialFailure failure = std::move(dialled.error());
    co_await answer_dial_failure(std::move(failure));
    co_return;
  }
  facts_.upstream = dialled->address;
  facts_.upstream_tls = dialled->stream.tls_description();
  if (!dialled->verified) facts_.upstream_tls += " (certificate not checked)";
  server_token_ = std::move(dialled->token);
  server_.emplace(std::move(dialled->stream));
  const bool there = co_await say_established();
  if (!there) co_return;
  const bool trusted = co_await phone_handshake();
  if (!trusted || stopping_) {
    device_.close();
    server_->send_close_notify();
    server_->close();
    co_return;
  }
  facts_.tls = true;
  facts_.client_tls = device_.tls_description();
  watched_ = facts();
  assembler_ =
      std::make_unique<pipeline::Assembler>(watched_, services_.exchange_ids, services_.output,
                                            policy_->assembler_limits(), services_.masker);
  tell_of_client_certificate();
  std::vector<std::byte> nothing;
  const RelayEnd ended =
      co_await relay(device_, *server_, counters_, assembler_.get(), std::move(nothing));
  if (!stopping_) explain_tls_end(ended);
}

void ClientConnection::tell_of_client_certificate() {
  if (tls::ClientContext::certificate_request(server_->ssl()) == nullptr ||
      !services_.told_client_certificates.tell(facts_.host)) {
    return;
  }
  const auto known =
      client_certificate_facts(server_->ssl(), device_.ssl(), facts_.host, facts_.port);
  event(ConnectionEvent::Kind::proxy_note, "client_certificate",
        explain_client_certificate(CertificateAsked::told, known));
}

void ClientConnection::explain_tls_end(const RelayEnd& ended) {
  // A server that wants to know the device by its certificate: TLS 1.3 lets the handshake end
  // before it says so (RFC 8446 4.4.2.4), and IIS asks by renegotiation when it knows the path.
  const bool asked = tls::ClientContext::certificate_request(server_->ssl()) != nullptr;
  const bool asked_late = tls::ClientContext::renegotiation_requested(server_->ssl());
  const bool unanswered = asked && !ended.device_first && counters_.down == 0;
  if (asked_late || unanswered) {
    event(ConnectionEvent::Kind::upstream_failed, "client_certificate",
          explain_client_certificate(
              asked_late ? CertificateAsked::renegotiation : CertificateAsked::ended,
              client_certificate_facts(server_->ssl(), device_.ssl(), facts_.host, facts_.port)));
    return;
  }
  if (ended.tls_error.empty()) return;
  const std::string who = ended.device_first ? "the device" : "the server";
  if (ended.alert >= 0) {
    event(ConnectionEvent::Kind::malformed, "tls_alert",
          "TLS inside CONNECT " + authority(facts_.host, facts_.port) + " was broken off by " +
              who + " (TLS alert " + alert_word(ended.alert) + ")");
  } else {
    event(ConnectionEvent::Kind::malformed, "tls",
          "What " + who + " sent is not valid TLS: " + ended.tls_error);
  }
}

}  // namespace eastap::net
