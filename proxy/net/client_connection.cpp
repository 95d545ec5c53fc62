#include "proxy/net/client_connection.hpp"

#include <array>
#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "decoder/base/text.hpp"
#include "decoder/model/tls_words.hpp"
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
  error_code gone;  // a client that left already has no use for pages
  reached_ = device_.socket().local_endpoint(gone);
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

asio::awaitable<bool> ClientConnection::can_be_read(const Head& head) {
  std::string reason = head.reason;
  std::string why = head.unreadable;
  if (why.empty()) {
    const auto parsed = http::read_head(head.text, http::Direction::request, "", nullptr);
    if (parsed) co_return true;
    reason = "not_http";
    why = "The request cannot be read: " + parsed.error().detail + ".";
  }
  event(ConnectionEvent::Kind::malformed, std::move(reason), why);
  co_await refuse(400, "Bad Request", std::move(why));
  co_return false;
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
  const bool readable = co_await can_be_read(head);
  if (!readable) co_return;
  const auto parsed = http::read_head(head.text, http::Direction::request, "", nullptr);
  agent_ = model::HeaderList{head.text}.find("User-Agent").value_or("");
  if (parsed->method == "CONNECT") {
    std::string target{parsed->target};
    co_await serve_connect(std::move(head.text), std::move(target));
    co_return;
  }
  co_await serve_plain(std::move(head));
}

asio::awaitable<void> ClientConnection::serve_connect(std::string head,
                                                      std::string authority_text) {
  auto target = parse_authority(authority_text, 0);
  if (!target) {
    const std::string text = "CONNECT needs host:port, not \"" + authority_text + "\"";
    event(ConnectionEvent::Kind::malformed, "connect_target", text);
    co_await refuse(400, "Bad Request", text);
    co_return;
  }
  note_client(&portal::ClientLog::proxied);
  Target chosen = std::move(*target);
  // Before the password: the page tells a phone how it is set up, and the self-test belongs to it.
  if (policy_->site().is_page(chosen.host, chosen.port)) {
    co_await serve_own_tunnel(std::move(chosen));
    co_return;
  }
  const bool known = co_await may_use_proxy(head);
  if (known) co_await serve_target(std::move(chosen));
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
  } else if (services_.trust.spared(plain_address(client_address_), facts_.host)) {
    std::string why =
        facts_.host + " passed through undecrypted: this client refused our certificate";
    co_await tunnel(std::move(target), "refused_certificate", std::move(why));
  } else {
    co_await intercept(std::move(target));
  }
}

asio::awaitable<bool> ClientConnection::take_server(DialResult dialled) {
  if (stopping_) co_return false;
  if (!dialled) {
    DialFailure failure = std::move(dialled.error());
    co_await answer_dial_failure(std::move(failure));
    co_return false;
  }
  facts_.upstream = dialled->address;
  proxy_authorization_ = std::move(dialled->proxy_authorization);
  server_token_ = std::move(dialled->token);
  server_.emplace(std::move(dialled->stream));
  co_return true;
}

void ClientConnection::begin_record() {
  watched_ = facts();
  assembler_ =
      std::make_unique<pipeline::Assembler>(watched_, services_.exchange_ids, services_.output,
                                            policy_->assembler_limits(), services_.masker);
}

asio::awaitable<void> ClientConnection::tunnel(Target target, std::string reason, std::string why) {
  auto dialled = co_await policy_->dialler().connect(std::move(target));
  const bool reached = co_await take_server(std::move(dialled));
  if (!reached) co_return;
  event(ConnectionEvent::Kind::tunnelled, std::move(reason), std::move(why));
  const bool there = co_await say_established();
  if (!there) co_return;
  std::vector<std::byte> nothing;
  co_await relay(device_, *server_, counters_, nullptr, std::move(nothing));
}

asio::awaitable<ClientConnection::HandshakeEnd> ClientConnection::phone_handshake() {
  HandshakeEnd result;
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
      result.kind = ConnectionEvent::Kind::malformed;
      result.reason = "not_tls";
      result.detail = "Not TLS inside CONNECT " + authority(facts_.host, facts_.port) + ", but " +
                      std::string{reader.protocol()} + " (first octets " + first_octets(first) +
                      "). To pass this host through untouched: --tunnel " + facts_.host;
      co_return result;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      result.reason = "closed_before_hello";
      result.detail =
          "The device closed the connection before it began TLS: usually a connection opened in "
          "advance and not needed.";
      co_return result;
    }
    auto waiting = device_.readable();
    const auto [in_time, error] = co_await within(std::move(waiting), deadlines.client_hello);
    if (!in_time) {
      result.reason = "hello_timeout";
      result.detail = "The device sent nothing after the proxy's answer to CONNECT.";
      co_return result;
    }
    if (error) co_return result;
  }
  std::string error;
  certs::TlsHandle ssl = policy_->phone_tls().make(
      facts_.host, error,
      server_ ? tls::ClientContext::certificate_request(server_->ssl()) : nullptr);
  if (!ssl) {
    result.reason = "proxy";
    result.detail = error;
    co_return result;
  }
  device_.start_tls(std::move(ssl));
  auto handshake = device_.handshake();
  const auto [in_time, end] = co_await within(std::move(handshake), deadlines.client_tls);
  facts_.sni = tls::ServerContext::server_name(device_.ssl());
  result.done = in_time && end == End::none;
  if (result.done || stopping_) co_return result;
  TlsFailureFacts failed;
  failed.timed_out = !in_time;
  failed.end = end;
  failed.alert = device_.received_alert();
  failed.certificate_sent = tls::ServerContext::certificate_sent(device_.ssl());
  failed.openssl_reason = device_.last_error();
  failed.leaf_error = tls::ServerContext::leaf_error(device_.ssl());
  failed.legacy = tls::ServerContext::legacy(device_.ssl());
  failed.host = facts_.sni.empty() ? facts_.host : facts_.sni;
  failed.no_server_name = facts_.sni.empty() && !tunnel::parse_address(facts_.host);
  failed.agent = agent_;
  TlsFailureWords words = explain_client_tls_failure(failed);
  result.reason = std::move(words.reason);
  result.detail = std::move(words.detail);
  co_return result;
}

asio::awaitable<void> ClientConnection::intercept(Target target) {
  auto dialled = co_await policy_->dialler().connect_tls(std::move(target));
  const bool verified = dialled && dialled->verified;
  const bool reached = co_await take_server(std::move(dialled));
  if (!reached) co_return;
  facts_.upstream_tls = server_->tls_description();
  if (!verified) {
    facts_.upstream_tls += " (certificate not checked)";
  } else if (const auto end = server_->peer_certificate_end()) {
    // Read again by the rule tls-upstream-expiring, from live facts and from the capture.
    facts_.upstream_tls += ", certificate until " + to_rfc3339(*end).substr(0, 19) + 'Z';
  }
  const bool there = co_await say_established();
  if (!there) co_return;
  const HandshakeEnd shaken = co_await phone_handshake();
  if (shaken.done) {
    note_client(&portal::ClientLog::decrypted);
  } else if (!shaken.reason.empty() && !stopping_) {
    event(shaken.kind, shaken.reason, shaken.detail);
    if (model::is_distrust(shaken.reason)) count_refusal();
  }
  if (!shaken.done || stopping_) {
    device_.close();
    server_->send_close_notify();
    server_->close();
    co_return;
  }
  facts_.tls = true;
  facts_.client_tls = device_.tls_description();
  begin_record();
  tell_of_client_certificate();
  std::vector<std::byte> nothing;
  const auto begun = std::chrono::steady_clock::now();
  const RelayEnd ended =
      co_await relay(device_, *server_, counters_, assembler_.get(), std::move(nothing));
  if (stopping_) co_return;
  explain_tls_end(ended);
  judge_use(ended, std::chrono::steady_clock::now() - begun);
}

void ClientConnection::judge_use(const RelayEnd& ended, std::chrono::nanoseconds lasted) {
  // An app that checks the certificate by itself (pinning) does so after the handshake, and leaves
  // at once; a connection opened in advance stays open for a while.
  constexpr std::chrono::seconds at_once{5};
  if (counters_.up != 0) {
    services_.trust.accepted(plain_address(client_address_), facts_.host);
  } else if (ended.device_first && counters_.down == 0 && lasted < at_once) {
    std::string detail =
        "The device took the certificate for " + facts_.host +
        " and closed the connection at once, without a request: the app may accept "
        "only its own certificates, or had no use for the connection. To pass the "
        "host through: --tunnel " +
        facts_.host;
    model::append_agent(detail, agent_);
    event(ConnectionEvent::Kind::client_tls_failed, "closed_after_handshake", detail);
    count_refusal();
  }
}

void ClientConnection::count_refusal() {
  if (!services_.trust.refused(plain_address(client_address_), facts_.host)) return;
  const auto& trust = policy_->config().trust;
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(trust.tunnel_for).count();
  event(ConnectionEvent::Kind::proxy_note, "tunnelled_for_client",
        plain_address(client_address_) + " has refused our certificate for " + facts_.host + ' ' +
            std::to_string(trust.tunnel_after_failures) +
            " times: from now on this host is passed through undecrypted for it, for " +
            std::to_string(minutes) + " min (--tunnel-for). Its other hosts are not concerned.");
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
              who + " (TLS alert " + model::alert_word(ended.alert) + ")");
  } else {
    event(ConnectionEvent::Kind::malformed, "tls",
          "What " + who + " sent is not valid TLS: " + ended.tls_error);
  }
}

}  // namespace eastap::net
