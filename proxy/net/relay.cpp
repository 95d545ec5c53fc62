#include "proxy/net/relay.hpp"

#include <array>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>

#include "decoder/base/time.hpp"

namespace eastap::net {
namespace {

using tls::End;
using tls::Stream;

// Four TLS records: one write call fills four, and a bulk answer needs fewer wake-ups. Borrowed
// from the thread between two suspension points, so a waiting connection holds no buffer at all.
constexpr std::size_t kScratch = 64 * 1024;

std::span<std::byte> scratch() {
  thread_local const auto buffer = std::make_unique<std::array<std::byte, kScratch>>();
  return *buffer;
}

// Full buffers in a row before other connections of the thread get their turn: 1 MiB, about 1 ms.
constexpr int kFullBuffersInARow = 16;

Timestamp now() { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

/// What both directions of one relay share.
struct Relay {
  Stream& device;
  Stream& server;
  RelayCounters& counters;
  pipeline::Assembler* watch;
  RelayEnd end;
  bool ended = false;          // the first end was noted
  std::array<bool, 2> told{};  // the watcher knows that the server's, the device's side has ended
  bool broken = false;         // reset or failure: neither direction goes on
  std::array<bool, 2> reading{true, true};  // from the server, from the device
  std::array<bool, 2> lost{};               // nothing more can be written to the server, the device

  void seen(bool from_device, std::span<const std::byte> octets) {
    (from_device ? counters.up : counters.down) += octets.size();
    counters.last_activity = std::chrono::steady_clock::now();
    if (watch == nullptr) return;
    if (from_device) {
      watch->from_device(octets, now());
    } else {
      watch->from_server(octets, now());
    }
  }

  void note_end(bool of_device, bool reset) {
    if (!ended) {
      ended = true;
      end.device_first = of_device;
      end.reset = reset;
    }
    if (watch == nullptr || std::exchange(told[of_device ? 1 : 0], true)) return;
    if (of_device) {
      watch->device_closed(now(), reset);
    } else {
      watch->server_closed(now(), reset);
    }
  }

  /// The connection to one side is gone: the other side learns it the same way.
  void break_off(bool of_device) {
    note_end(of_device, true);
    broken = true;
    device.reset();
    server.reset();
  }

  /// What was to be written to one side was not taken. What that side sent before it went away (a
  /// server's 413 to an upload that it does not want) has often arrived and is still to be read:
  /// the other direction passes it on, and breaks off when it meets the end.
  void not_taken(bool by_device, End how) {
    const auto side = static_cast<std::size_t>(by_device);
    if (broken) return;
    if (how != End::reset || !reading[side]) {
      break_off(by_device);
    } else {
      lost[side] = true;
    }
  }
};

/// Offers `octets` to `to` until it has taken all.
asio::awaitable<End> write_rest(Stream& to, std::vector<std::byte> octets) {
  const End end = co_await to.write_all(octets);
  co_return end;
}

/// Passes on how a direction ended. True: a FIN may still follow.
asio::awaitable<bool> pass_end(Relay& relay, Stream& to, bool from_device, End end) {
  if (relay.lost[static_cast<std::size_t>(from_device)]) {
    relay.break_off(from_device);
    co_return false;
  }
  switch (end) {
    case End::close_notify: {
      relay.note_end(from_device, false);
      const End told = co_await to.close_notify();
      if (told != End::none) relay.not_taken(!from_device, told);
      co_return told == End::none && !relay.broken;
    }
    case End::fin:
      relay.note_end(from_device, false);
      to.send_fin();
      co_return false;
    default: relay.break_off(from_device); co_return false;
  }
}

asio::awaitable<void> pump(Relay& relay, bool from_device, std::vector<std::byte> early) {
  Stream& from = from_device ? relay.device : relay.server;
  Stream& to = from_device ? relay.server : relay.device;
  std::uint64_t delivered = 0;
  int full_buffers = 0;

  if (!early.empty()) {
    relay.seen(from_device, early);
    const End taken = co_await write_rest(to, std::move(early));
    if (taken != End::none) relay.not_taken(!from_device, taken);
  }
  while (!relay.broken && !relay.lost[static_cast<std::size_t>(!from_device)]) {
    const std::span<std::byte> buffer = scratch();
    const Stream::Amount got = from.read_now(buffer);
    if (got.octets != 0) {
      const std::span<const std::byte> octets = buffer.first(got.octets);
      const Stream::Amount sent = to.write_now(octets);
      relay.seen(from_device, octets);
      delivered += sent.octets;
      if (!from_device && relay.watch != nullptr)
        relay.watch->delivered_to_device(delivered, now());
      if (sent.end != End::none) {
        relay.not_taken(!from_device, sent.end);
        break;
      }
      if (sent.octets < octets.size()) {
        const auto rest = octets.subspan(sent.octets);
        std::vector<std::byte> kept{rest.begin(), rest.end()};
        const std::size_t kept_size = kept.size();
        const End taken = co_await write_rest(to, std::move(kept));
        if (relay.broken) break;
        if (taken != End::none) {
          relay.not_taken(!from_device, taken);
          break;
        }
        delivered += kept_size;
        if (!from_device && relay.watch != nullptr)
          relay.watch->delivered_to_device(delivered, now());
      }
    }
    if (got.end == End::tls_error) {
      relay.end.tls_error = from.last_error();
      relay.end.alert = from.received_alert();
    }
    if (got.end != End::none) {
      const bool goes_on = co_await pass_end(relay, to, from_device, got.end);
      if (!goes_on) break;
    }
    if (got.octets == buffer.size()) {
      if (++full_buffers == kFullBuffersInARow) {
        full_buffers = 0;
        co_await asio::post(nothrow);
      }
      continue;
    }
    full_buffers = 0;
    const error_code error = co_await from.readable();
    if (error) break;  // closed by break_off, a limit or stop
  }
  relay.reading[static_cast<std::size_t>(from_device)] = false;
  // Nobody is left who would meet the end.
  if (relay.lost[static_cast<std::size_t>(from_device)] && !relay.broken) {
    relay.break_off(from_device);
  }
}

}  // namespace

asio::awaitable<RelayEnd> relay(tls::Stream& device, tls::Stream& server, RelayCounters& counters,
                                pipeline::Assembler* watch, std::vector<std::byte> early_device) {
  using namespace asio::experimental::awaitable_operators;
  Relay shared{.device = device, .server = server, .counters = counters, .watch = watch, .end = {}};
  std::vector<std::byte> nothing;
  auto upward = pump(shared, true, std::move(early_device));
  auto downward = pump(shared, false, std::move(nothing));
  co_await (std::move(upward) && std::move(downward));
  co_return std::move(shared.end);
}

}  // namespace eastap::net
