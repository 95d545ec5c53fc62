#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/model/exchange.hpp"
#include "proxy/net/admission.hpp"
#include "proxy/net/asio.hpp"
#include "proxy/net/dial.hpp"
#include "proxy/net/listener.hpp"
#include "proxy/net/local_pages.hpp"
#include "proxy/net/own_connections.hpp"
#include "proxy/net/plain_http.hpp"
#include "proxy/net/policy.hpp"
#include "proxy/net/relay.hpp"
#include "proxy/net/trust_watch.hpp"
#include "proxy/pipeline/assembler.hpp"
#include "proxy/tls/stream.hpp"

namespace eastap::net {

/// What every client connection uses whatever its policy; outlives them all.
struct Services {
  pipeline::Output& output;
  pipeline::ExchangeIds& exchange_ids;
  const http::Masker& masker;
  LocalPages& pages;
  TrustWatch& trust;
  Admission& admission;
  OwnConnections& own_connections;
  ToldHosts told_client_certificates;
};

/// One client of the proxy from accept to close. Lives on one thread.
class ClientConnection {
 public:
  /// How a client came.
  struct Arrival {
    const Listener& listener;
    asio::ip::tcp::socket socket;
    asio::ip::tcp::endpoint client;
  };

  ClientConnection(Services& services, PolicyPtr policy, ConnectionId id, Arrival arrival);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  asio::awaitable<void> run();

  /// Ends the connection now: open exchanges are handed on as stopped, sockets are closed, and
  /// `run` returns soon. On the connection's own thread.
  void stop(model::Ending ending, std::string why);

  /// When the last octet passed, for the idle sweep.
  [[nodiscard]] std::chrono::steady_clock::time_point last_activity() const {
    return counters_.last_activity;
  }
  /// Gives back the TLS buffers of both sides; cheap when they are given back already.
  void release_buffers() {
    device_.release_buffers();
    if (server_) server_->release_buffers();
  }
  /// Shows an answer that has been arriving for long; the idle sweep is the clock of that.
  void show_progress(Timestamp now) {
    if (assembler_) assembler_->time_passed(now);
  }
  [[nodiscard]] const asio::ip::address& client_address() const { return client_address_; }

 private:
  struct Head {
    std::string text;        ///< start line to blank line
    std::string unreadable;  ///< why it is no head, for the client's 400; empty: readable
    std::string reason;      ///< one word for the event
    bool closed = false;     ///< the client went away without a word
  };
  asio::awaitable<Head> read_head();
  /// Whether it is the head of a request; else it has been answered with 400.
  asio::awaitable<bool> can_be_read(const Head& head);
  asio::awaitable<void> serve();
  asio::awaitable<void> serve_proxy();
  asio::awaitable<void> serve_connect(std::string head, std::string authority_text);
  /// Decrypts or passes through what most likely is TLS, as rules and port say.
  asio::awaitable<void> serve_target(Target target);

  // ways_in.cpp: SOCKS5, reverse and transparent listeners
  asio::awaitable<void> serve_socks();
  asio::awaitable<void> serve_reverse();
  asio::awaitable<void> serve_transparent();
  struct Opening;
  asio::awaitable<Opening> look_at_opening(std::chrono::milliseconds limit);
  enum class Protocol : std::uint8_t { tls, http, other };
  /// Decrypts, records or passes through, as rules and protocol say.
  asio::awaitable<void> serve_protocol(Target target, Protocol protocol);
  asio::awaitable<bool> wait_for_octets(std::size_t more_than,
                                        std::chrono::steady_clock::time_point deadline);

  // access.cpp: user and password
  /// A head of a request may go on; else it has been answered with 407.
  asio::awaitable<bool> may_use_proxy(const std::string& head);
  [[nodiscard]] bool password_fits(std::string_view user, std::string_view password);

  /// `why`: for the tail.
  asio::awaitable<void> tunnel(Target target, std::string reason, std::string why);
  asio::awaitable<void> intercept(Target target);
  asio::awaitable<void> watch_plain(Target target);
  /// Makes what was dialled the server side. False: there is none, and the client was told why.
  asio::awaitable<bool> take_server(DialResult dialled);
  /// Exchanges are recorded from here on, under the facts as they are now.
  void begin_record();
  /// How TLS with the phone began, or why it did not; for the admin in the latter case.
  struct HandshakeEnd {
    bool done = false;
    model::ConnectionEvent::Kind kind = model::ConnectionEvent::Kind::client_tls_failed;
    std::string reason, detail;
  };
  asio::awaitable<HandshakeEnd> phone_handshake();
  asio::awaitable<void> serve_plain(Head first);
  asio::awaitable<bool> plain_exchange(Head& head, Target target, std::string origin_form);
  // own_connection.cpp: requests for the proxy itself
  [[nodiscard]] bool is_own(const Target& target) const;
  asio::awaitable<void> serve_own_tunnel(Target target);
  asio::awaitable<std::string> read_inner_head();
  asio::awaitable<void> answer_own(std::string head, std::string authority_text,
                                   bool through_proxy);
  void note_client(void (portal::ClientLog::*what)(std::string_view, Timestamp));
  asio::awaitable<void> refuse(std::uint16_t status, std::string_view phrase, std::string text);
  /// What the way in says when the server is there: CONNECT's 200, SOCKS' reply, or nothing. False:
  /// the client is gone.
  asio::awaitable<bool> say_established();
  asio::awaitable<void> answer_dial_failure(DialFailure failure);
  /// Sends `octets` and ends the device's connection.
  asio::awaitable<void> send_last(std::string octets);
  /// Ends the device's connection after an answer that it must not lose.
  asio::awaitable<void> close_gently();
  /// That the server asks for a client certificate, once a host.
  void tell_of_client_certificate();
  /// What a relay's end tells the admin beyond the exchanges.
  void explain_tls_end(const RelayEnd& ended);
  /// Whether the device used a decrypted connection, or left it as if it did not trust it.
  void judge_use(const RelayEnd& ended, std::chrono::nanoseconds lasted);
  void count_refusal();

  /// The same, at most once a minute for one client.
  void event_of_client(model::ConnectionEvent::Kind kind, std::string reason, std::string detail);
  void event(model::ConnectionEvent::Kind kind, std::string reason, std::string detail);
  [[nodiscard]] std::shared_ptr<const model::Connection> facts() const;

  Services& services_;
  const Listener& listener_;
  const asio::ip::tcp::endpoint client_;
  const PolicyPtr policy_;  // before the streams, whose TLS belongs to its contexts
  const asio::ip::address client_address_;
  asio::ip::tcp::endpoint reached_;  // where the client reached us
  model::Connection facts_;
  tls::Stream device_;
  std::optional<tls::Stream> server_;
  OwnConnections::Token server_token_;
  std::optional<std::string> proxy_authorization_;  // the server side is a proxy: absolute form
  Target server_target_;
  std::shared_ptr<const model::Connection> watched_;
  std::unique_ptr<pipeline::Assembler> assembler_;
  RelayCounters counters_;
  std::uint64_t plain_delivered_ = 0;  // octets of answers on the present plain connection
  std::string agent_;                  // User-Agent of the first request, which mostly is a CONNECT
  bool stopping_ = false;
};

}  // namespace eastap::net
