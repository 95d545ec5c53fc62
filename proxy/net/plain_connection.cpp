/// The part of a client connection that serves absolute-form requests (plain HTTP) and the proxy's
/// own pages: one exchange after the other, since each may go to another server.

#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "decoder/base/text.hpp"
#include "proxy/http/decoder.hpp"
#include "proxy/net/client_connection.hpp"
#include "proxy/net/plain_http.hpp"

namespace eastap::net {
namespace {

using model::ConnectionEvent;
using tls::End;

constexpr std::size_t kPiece = 16 * 1024;

Timestamp now() { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

/// What the two directions of one plain exchange share.
struct PlainExchange {
  tls::Stream& device;
  tls::Stream& server;
  RelayCounters& counters;
  pipeline::Assembler* watch;
  http::Decoder requests{http::Direction::request};
  http::Decoder responses{http::Direction::response};
  bool request_done = false;
  bool response_done = false;
  bool keep_alive = true;  // the answer says that the connection may be used again
  bool upgraded = false;
  bool broken = false;
  std::uint64_t& delivered;  // of this watcher's whole stream of answers
};

/// Notes what `events` say of the request's end.
void follow_request(PlainExchange& exchange, const std::vector<http::Event>& events) {
  for (const auto& event : events) {
    if (event.kind == http::Event::Kind::head) exchange.responses.expect(event.head.method);
    if (event.kind == http::Event::Kind::head && !event.head.keep_alive)
      exchange.keep_alive = false;
    if (event.kind == http::Event::Kind::end) exchange.request_done = true;
    if (event.kind == http::Event::Kind::malformed) exchange.keep_alive = false;
  }
}

void follow_response(PlainExchange& exchange, const std::vector<http::Event>& events) {
  for (const auto& event : events) {
    if (event.kind == http::Event::Kind::head) {
      if (event.head.status == 101) exchange.upgraded = true;
      if (!event.head.keep_alive || event.head.framing == http::Framing::until_close) {
        exchange.keep_alive = false;
      }
    }
    if (event.kind == http::Event::Kind::end) exchange.response_done = true;
    if (event.kind == http::Event::Kind::malformed) exchange.keep_alive = false;
  }
}

/// How many of `octets` belong to the request under way; `events` keeps only its own. What follows,
/// from a client that does not wait for answers, is for whichever server that request names.
std::size_t of_this_request(std::vector<http::Event>& events, std::uint64_t first_octet,
                            std::size_t octets) {
  for (auto event = events.begin(); event != events.end(); ++event) {
    if (event->kind != http::Event::Kind::end) continue;
    const auto end = static_cast<std::size_t>(event->end_offset - first_octet);
    events.erase(event + 1, events.end());
    return end;
  }
  return octets;
}

/// After the request: a device that resets while it waits takes its answer's connection with it.
asio::awaitable<void> watch_device(PlainExchange& exchange) {
  const auto [error] =
      co_await exchange.device.socket().async_wait(asio::ip::tcp::socket::wait_error, nothrow);
  if (error || exchange.response_done || exchange.upgraded || exchange.broken) co_return;
  int failure = 0;
  socklen_t size = sizeof failure;
  const int handle = exchange.device.socket().native_handle();
  if (::getsockopt(handle, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure == 0) co_return;
  if (exchange.watch != nullptr) exchange.watch->device_closed(now(), true);
  exchange.broken = true;
  exchange.device.reset();
  exchange.server.reset();
}

/// Body of the request, until its framing says that it ended.
asio::awaitable<void> send_body(PlainExchange& exchange) {
  std::vector<http::Event> events;
  while (!exchange.request_done && !exchange.response_done && !exchange.broken) {
    std::vector<std::byte> piece(kPiece);
    // Looked at first, and only what belongs to this request is taken from the socket.
    const ssize_t there =
        ::recv(exchange.device.socket().native_handle(), piece.data(), piece.size(), MSG_PEEK);
    tls::Stream::Amount got;
    if (there > 0) {
      piece.resize(static_cast<std::size_t>(there));
      events.clear();
      const std::uint64_t piece_at = exchange.requests.octets_fed();
      exchange.requests.feed(piece, events);
      piece.resize(of_this_request(events, piece_at, piece.size()));
      follow_request(exchange, events);
      got = exchange.device.read_now(piece);
    } else if (there == 0) {
      got.end = End::fin;
    } else if (errno != EAGAIN && errno != EINTR) {
      got.end = End::reset;
    }
    if (got.octets != 0) {
      exchange.counters.up += got.octets;
      exchange.counters.last_activity = std::chrono::steady_clock::now();
      if (exchange.watch != nullptr) exchange.watch->from_device(piece, now());
      const End end = co_await exchange.server.write_all(piece);
      if (end != End::none) {
        // An answer may still be there to read: a server that refuses a large upload answers and
        // closes.
        exchange.keep_alive = false;
        break;
      }
      continue;
    }
    if (got.end != End::none) {
      if (exchange.watch != nullptr) {
        exchange.watch->device_closed(now(), got.end != End::fin);
      }
      exchange.keep_alive = false;
      if (got.end == End::fin) {
        exchange.server.send_fin();
      } else {
        exchange.broken = true;
        exchange.server.reset();
      }
      break;
    }
    const error_code error = co_await exchange.device.readable();
    if (error) break;
  }
  if (exchange.request_done && !exchange.response_done && !exchange.broken) {
    co_await watch_device(exchange);
  }
}

asio::awaitable<void> receive_answer(PlainExchange& exchange) {
  std::vector<http::Event> events;
  while (!exchange.response_done && !exchange.upgraded && !exchange.broken) {
    std::vector<std::byte> piece(kPiece);
    const auto got = exchange.server.read_now(piece);
    if (got.octets != 0) {
      piece.resize(got.octets);
      events.clear();
      exchange.responses.feed(piece, events);
      follow_response(exchange, events);
      exchange.counters.down += got.octets;
      exchange.counters.last_activity = std::chrono::steady_clock::now();
      if (exchange.watch != nullptr) exchange.watch->from_server(piece, now());
      const End end = co_await exchange.device.write_all(piece);
      exchange.delivered += got.octets;
      if (exchange.watch != nullptr && end == End::none) {
        exchange.watch->delivered_to_device(exchange.delivered, now());
      }
      if (end != End::none) {
        if (exchange.watch != nullptr) exchange.watch->device_closed(now(), true);
        exchange.broken = true;
      }
      continue;
    }
    if (got.end != End::none) {
      if (exchange.watch != nullptr) {
        exchange.watch->server_closed(now(), got.end != End::fin);
      }
      exchange.keep_alive = false;
      if (got.end == End::fin) {
        exchange.device.send_fin();
      } else {
        exchange.device.reset();
      }
      exchange.broken = true;
      break;
    }
    const error_code error = co_await exchange.server.readable();
    if (error) {
      exchange.broken = true;
      break;
    }
  }
  // An answer that is complete before its request ends the exchange (413 to a large upload): the
  // other direction must not wait for the rest, nor for a server that takes no more of it.
  error_code ignored;
  if (exchange.device.is_open()) exchange.device.socket().cancel(ignored);
  if (!exchange.request_done && exchange.server.is_open()) exchange.server.socket().cancel(ignored);
}

}  // namespace

asio::awaitable<void> ClientConnection::serve_plain(Head head) {
  while (!stopping_) {
    const bool readable = co_await can_be_read(head);
    if (!readable) co_return;
    const auto parsed = http::read_head(head.text, http::Direction::request, "", nullptr);
    const std::string target{parsed->target};
    auto form = parse_absolute_form(target);
    if (!form) {
      const std::string method{parsed->method};
      if (target.starts_with('/')) {
        std::string by_host_field;
        co_await answer_own(std::move(head.text), std::move(by_host_field), false);
        co_return;
      }
      const std::string text = "The proxy takes CONNECT host:port and http:// URLs, not \"" +
                               target.substr(0, 80) + "\"";
      event(ConnectionEvent::Kind::malformed, "request_target", text);
      co_await refuse(400, "Bad Request", text);
      co_return;
    }
    note_client(&portal::ClientLog::proxied);
    if (is_own(form->target)) {
      const std::string own = authority(form->target.host, form->target.port);
      co_await answer_own(std::move(head.text), own, true);
      co_return;
    }
    const bool known = co_await may_use_proxy(head.text);
    if (!known) co_return;
    Target where = std::move(form->target);
    std::string origin_form = std::move(form->origin_form);
    const bool again = co_await plain_exchange(head, std::move(where), std::move(origin_form));
    if (!again || stopping_) co_return;
    head = co_await read_head();
    if (head.closed) co_return;
  }
}

asio::awaitable<bool> ClientConnection::plain_exchange(Head& head, Target target,
                                                       std::string origin_form) {
  if (!server_ || server_target_.host != target.host || server_target_.port != target.port) {
    if (assembler_) {
      assembler_->stopped(now(), model::Ending::proxy_failed,
                          "the client went on to another server");
      assembler_.reset();
    }
    watched_.reset();
    if (server_) server_->close();
    server_.reset();
    facts_.host = target.host;
    facts_.port = target.port;
    server_target_ = target;
    auto dialled = co_await policy_->dialler().connect(std::move(target), Purpose::plain_http);
    const bool reached = co_await take_server(std::move(dialled));
    if (!reached) co_return false;
    if (policy_->intercepts(facts_.host)) {
      begin_record();
      plain_delivered_ = 0;
    } else {
      event(ConnectionEvent::Kind::tunnelled, "host_rules",
            "plain HTTP passed on unrecorded; to watch it: --intercept " + facts_.host);
    }
  }

  using namespace asio::experimental::awaitable_operators;
  PlainExchange exchange{.device = device_,
                         .server = *server_,
                         .counters = counters_,
                         .watch = assembler_.get(),
                         .delivered = plain_delivered_};
  std::vector<http::Event> events;
  exchange.requests.feed(as_octets(head.text), events);
  follow_request(exchange, events);
  counters_.up += head.text.size();
  if (assembler_) assembler_->from_device(as_octets(head.text), now());
  const std::string forwarded =
      proxy_authorization_
          ? forwarded_head_for_proxy(head.text, server_target_, origin_form, *proxy_authorization_)
          : forwarded_head(head.text, origin_form);
  const End end = co_await server_->write_all(as_octets(forwarded));
  if (end != End::none) {
    // A kept connection that the server closed meanwhile; the client repeats or reports it.
    if (assembler_) assembler_->server_closed(now(), true);
    device_.reset();
    co_return false;
  }
  auto upward = send_body(exchange);
  auto downward = receive_answer(exchange);
  co_await (std::move(upward) && std::move(downward));
  if (exchange.upgraded) {
    std::vector<std::byte> nothing;
    co_await relay(device_, *server_, counters_, assembler_.get(), std::move(nothing));
    co_return false;
  }
  const bool again =
      exchange.response_done && exchange.request_done && exchange.keep_alive && !exchange.broken;
  if (!again && !exchange.broken) co_await close_gently();
  co_return again;
}

}  // namespace eastap::net
