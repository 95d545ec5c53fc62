#include "proxy/net/relay.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <random>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/proxy/net/peers.hpp"

using namespace eastap::net;
using namespace eastap::net::test;
namespace tls = eastap::tls;

namespace {

enum class Kind : std::uint8_t { plain, tls12, tls13 };

std::string name_of(Kind kind) {
  return kind == Kind::plain ? "plain" : kind == Kind::tls12 ? "TLS 1.2" : "TLS 1.3";
}

/// phone ⇄ [device stream · relay · server stream] ⇄ server, the middle on a thread of its own.
class Rig {
 public:
  explicit Rig(Kind kind, int receive_buffer = 0)
      : Rig{kind, tcp_pair(receive_buffer), tcp_pair(receive_buffer)} {}

  ~Rig() {
    phone.close();
    server.close();
    if (thread_.joinable()) thread_.join();
  }

  /// What the relay said at its end.
  RelayEnd ended() {
    thread_.join();
    REQUIRE(end_);
    return *end_;
  }
  /// Closes the proxy's sockets as a stop does.
  void stop() {
    asio::post(context, [this] {
      device_.close();
      upstream_.close();
    });
  }

  asio::io_context context{1};
  Contexts contexts;
  Peer phone;
  Peer server;
  RelayCounters counters;

 private:
  Rig(Kind kind, std::pair<int, int> down, std::pair<int, int> up)
      : phone{down.first, kind == Kind::plain ? Peer::Role::plain : Peer::Role::tls_client,
              kind == Kind::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION},
        server{up.first, kind == Kind::plain ? Peer::Role::plain : Peer::Role::tls_server,
               kind == Kind::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION},
        device_{stream_on(context, down.second)},
        upstream_{stream_on(context, up.second)} {
    if (kind != Kind::plain) {
      std::string error;
      device_.start_tls(contexts.phone.make("mail.contoso.test", error));
      upstream_.start_tls(contexts.upstream.make("mail.contoso.test", 443, error));
    }
    auto whole = serve();
    asio::co_spawn(context, std::move(whole),
                   [](std::exception_ptr failure) { CHECK_FALSE(failure); });
    thread_ = std::thread{[this] { context.run(); }};
    auto far = std::async(std::launch::async, [this] { return server.handshake(); });
    const bool near_done = phone.handshake();
    REQUIRE(far.get());
    REQUIRE(near_done);
  }

  asio::awaitable<void> serve() {
    if (device_.ssl() != nullptr) {
      const tls::End up = co_await upstream_.handshake();
      const tls::End down = co_await device_.handshake();
      if (up != tls::End::none || down != tls::End::none) co_return;
    }
    std::vector<std::byte> nothing;
    RelayEnd end = co_await relay(device_, upstream_, counters, nullptr, std::move(nothing));
    end_ = std::move(end);
    device_.close();
    upstream_.close();
  }

  tls::Stream device_;
  tls::Stream upstream_;
  std::optional<RelayEnd> end_;
  std::thread thread_;
};

/// Writes `octets` in pieces of random size, some after a pause.
void write_in_pieces(Peer& peer, const std::string& octets, unsigned seed) {
  std::mt19937 random{seed};
  std::size_t at = 0;
  while (at < octets.size()) {
    const std::size_t most = random() % 4 == 0 ? 17 : 60'000;
    const std::size_t size = std::min<std::size_t>(1 + random() % most, octets.size() - at);
    REQUIRE(peer.write(std::string_view{octets}.substr(at, size)));
    at += size;
    if (random() % 16 == 0) std::this_thread::sleep_for(std::chrono::microseconds{300});
  }
}

/// Reads in pieces of random size with pauses, so that the proxy meets a full socket.
std::string read_slowly(Peer& peer, std::size_t octets, unsigned seed) {
  std::mt19937 random{seed};
  std::string all;
  while (all.size() < octets) {
    const std::string piece =
        peer.read(std::min<std::size_t>(1 + random() % 50'000, octets - all.size()));
    if (piece.empty()) break;
    all += piece;
    if (random() % 32 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return all;
}

constexpr std::array kAll{Kind::plain, Kind::tls12, Kind::tls13};
constexpr std::array kTls{Kind::tls12, Kind::tls13};

}  // namespace

TEST_SUITE("proxy.net.relay") {
  TEST_CASE("8 MiB pass both ways at once, cut at random, past slow readers and full sockets") {
    for (const Kind kind : kAll) {
      CAPTURE(name_of(kind));
      Rig rig{kind, 16 * 1024};
      const std::string up = pattern(8 << 20, 1);
      const std::string down = pattern(8 << 20, 2);
      if (kind == Kind::plain) {
        auto from_phone =
            std::async(std::launch::async, [&] { write_in_pieces(rig.phone, up, 3); });
        auto from_server =
            std::async(std::launch::async, [&] { write_in_pieces(rig.server, down, 4); });
        auto at_server =
            std::async(std::launch::async, [&] { return read_slowly(rig.server, up.size(), 5); });
        CHECK(read_slowly(rig.phone, down.size(), 6) == down);
        CHECK(at_server.get() == up);
        from_phone.get();
        from_server.get();
      } else {
        // One SSL belongs to one thread: each side writes a piece, then reads one.
        const auto both = [](Peer& peer, const std::string& mine, const std::string& theirs,
                             unsigned seed) {
          std::mt19937 random{seed};
          std::string got;
          std::size_t at = 0;
          while (at < mine.size() || got.size() < theirs.size()) {
            if (at < mine.size()) {
              const std::size_t size =
                  std::min<std::size_t>(1 + random() % 40'000, mine.size() - at);
              REQUIRE(peer.write(std::string_view{mine}.substr(at, size)));
              at += size;
            }
            const std::size_t ahead = std::min(at, theirs.size());
            while (got.size() + 30'000 < ahead ||
                   (at == mine.size() && got.size() < theirs.size())) {
              const std::string piece = peer.read(1 + random() % 30'000);
              if (piece.empty()) return got;
              got += piece;
            }
          }
          return got;
        };
        auto at_server =
            std::async(std::launch::async, [&] { return both(rig.server, down, up, 7); });
        CHECK(both(rig.phone, up, down, 8) == down);
        CHECK(at_server.get() == up);
      }
      rig.phone.close();
      CHECK(rig.server.read_all().empty());
    }
  }

  TEST_CASE("16 MiB one way wait for a reader that begins late") {
    for (const Kind kind : kTls) {
      CAPTURE(name_of(kind));
      Rig rig{kind, 16 * 1024};
      const std::string down = pattern(16 << 20, 9);
      auto writing = std::async(std::launch::async, [&] {
        const bool done = rig.server.write(down);
        rig.server.close_notify();
        rig.server.fin();
        return done;
      });
      CHECK(writing.wait_for(std::chrono::milliseconds{300}) == std::future_status::timeout);
      CHECK(rig.phone.read_all() == down);
      CHECK(writing.get());
      CHECK(rig.phone.end() == "close_notify");  // not lost at the full socket before it
      CHECK(rig.phone.tcp_end() == "fin");
    }
  }

  TEST_CASE("a FIN of one side is a FIN for the other, which may still send") {
    for (const Kind kind : kAll) {
      for (const bool by_phone : {true, false}) {
        CAPTURE(name_of(kind));
        CAPTURE(by_phone);
        Rig rig{kind};
        Peer& first = by_phone ? rig.phone : rig.server;
        Peer& second = by_phone ? rig.server : rig.phone;
        REQUIRE(first.write("last words"));
        first.fin();
        CHECK(second.read_all() == "last words");
        CHECK(second.end() == "fin");
        if (kind != Kind::plain) {
          // The reader's own OpenSSL gives up writing after a bare FIN: only TCP's half can be
          // seen.
          second.close();
          (void)first.read_all();
          continue;
        }
        REQUIRE(second.write("an answer"));
        second.fin();
        CHECK(first.read_all() == "an answer");
        CHECK(first.end() == "fin");
        const RelayEnd end = rig.ended();
        CHECK(end.device_first == by_phone);
        CHECK_FALSE(end.reset);
      }
    }
  }

  TEST_CASE("after a FIN without close_notify the answer still comes, and no alert before it") {
    for (const Kind kind : kTls) {
      for (const bool by_phone : {true, false}) {
        CAPTURE(name_of(kind));
        CAPTURE(by_phone);
        Rig rig{kind};
        Peer& first = by_phone ? rig.phone : rig.server;
        Peer& second = by_phone ? rig.server : rig.phone;
        SSL_set_options(second.ssl(), SSL_OP_IGNORE_UNEXPECTED_EOF);  // so that it can answer
        REQUIRE(first.write("request"));
        first.fin();
        CHECK(second.read_all() == "request");
        REQUIRE(second.write(std::string(100'000, 'a')));
        second.close_notify();
        second.fin();
        CHECK(first.read_all() == std::string(100'000, 'a'));
        CHECK(first.end() == "close_notify");
        CHECK(first.tcp_end() == "fin");
        CHECK_FALSE(rig.ended().reset);
      }
    }
  }

  TEST_CASE("close_notify passes without a FIN, and the other direction goes on") {
    for (const Kind kind : kTls) {
      for (const bool by_phone : {true, false}) {
        CAPTURE(name_of(kind));
        CAPTURE(by_phone);
        Rig rig{kind};
        Peer& first = by_phone ? rig.phone : rig.server;
        Peer& second = by_phone ? rig.server : rig.phone;
        REQUIRE(first.write("request"));
        first.close_notify();
        CHECK(second.read_all() == "request");
        CHECK(second.end() == "close_notify");
        const timeval moment{0, 200'000};
        ::setsockopt(second.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
        CHECK(second.tcp_end() == "none");
        REQUIRE(second.write("answer"));
        CHECK(first.read_exactly(6) == "answer");
        first.fin();
        const timeval long_enough{20, 0};
        ::setsockopt(second.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &long_enough,
                     sizeof long_enough);
        CHECK(second.tcp_end() == "fin");
        second.close_notify();
        second.fin();
        (void)first.read_all();
        CHECK(first.end() == "close_notify");
        CHECK(rig.ended().device_first == by_phone);
      }
    }
  }

  TEST_CASE("a reset of one side is a reset for the other") {
    for (const Kind kind : kAll) {
      for (const bool by_phone : {true, false}) {
        CAPTURE(name_of(kind));
        CAPTURE(by_phone);
        Rig rig{kind};
        Peer& first = by_phone ? rig.phone : rig.server;
        Peer& second = by_phone ? rig.server : rig.phone;
        REQUIRE(first.write("hello"));
        CHECK(second.read_exactly(5) == "hello");
        first.reset();
        (void)second.read_all();
        CHECK(second.end() == "reset");
        const RelayEnd end = rig.ended();
        CHECK(end.reset);
        CHECK(end.device_first == by_phone);
      }
    }
  }

  TEST_CASE("what a server said before it refused the rest of an upload reaches the phone") {
    for (const Kind kind : kAll) {
      for (int round = 0; round < 20; ++round) {
        CAPTURE(name_of(kind));
        CAPTURE(round);
        Rig rig{kind};
        auto uploading = std::async(std::launch::async, [&] {
          // As a phone: the upload goes on until the connection is gone.
          while (rig.phone.write(std::string(30'000, 'u'))) continue;
        });
        CHECK(rig.server.read_exactly(10'000).size() == 10'000);
        REQUIRE(rig.server.write("413 too large"));
        rig.server.close();  // with octets unread: an RST
        uploading.get();
        CHECK(rig.phone.read_all() == "413 too large");
      }
    }
  }

  TEST_CASE("a key update of TLS 1.3 in the middle passes unnoticed") {
    Rig rig{Kind::tls13};
    for (Peer* peer : {&rig.phone, &rig.server}) {
      Peer& other = peer == &rig.phone ? rig.server : rig.phone;
      REQUIRE(SSL_key_update(peer->ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
      REQUIRE(peer->write("after"));
      CHECK(other.read_exactly(5) == "after");
      REQUIRE(other.write("back"));
      CHECK(peer->read_exactly(4) == "back");
    }
  }

  TEST_CASE("octets that are no TLS record end both connections, and are told as such") {
    Rig rig{Kind::tls13};
    const std::string garbage = std::string{"\x17\x03\x03\x00\x20", 5} + std::string(32, 'x');
    REQUIRE(::send(rig.server.descriptor(), garbage.data(), garbage.size(), MSG_NOSIGNAL) > 0);
    (void)rig.phone.read_all();
    CHECK(rig.phone.end() == "reset");
    const RelayEnd end = rig.ended();
    CHECK_FALSE(end.device_first);
    CHECK_FALSE(end.tls_error.empty());
    CHECK(end.alert == -1);
  }

  TEST_CASE("a wait that was over just before the close touches no descriptor any more") {
    // The descriptor's number goes to somebody else between the close and the coroutine's turn.
    for (const Kind kind : kAll) {
      CAPTURE(name_of(kind));
      asio::io_context context{1};
      Contexts contexts;
      auto [far, near] = tcp_pair();
      tls::Stream stream = stream_on(context, near);
      Peer peer{far, kind == Kind::plain ? Peer::Role::plain : Peer::Role::tls_client,
                kind == Kind::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION};
      if (kind != Kind::plain) {
        std::string error;
        stream.start_tls(contexts.phone.make("mail.contoso.test", error));
        auto shaking = std::async(std::launch::async, [&] { return peer.handshake(); });
        asio::co_spawn(context, stream.handshake(),
                       [](std::exception_ptr, tls::End end) { CHECK(end == tls::End::none); });
        context.run();
        context.restart();
        REQUIRE(shaking.get());
      }
      const int number = stream.socket().native_handle();
      stream.close();
      auto [other_near, other_far] = tcp_pair();
      REQUIRE(::dup2(other_near, number) == number);  // as an accept or open would
      const std::string text = "for nobody";
      const auto octets = std::as_bytes(std::span{text});
      std::array<std::byte, 64> buffer{};
      CHECK(::send(other_far, "foreign", 7, 0) == 7);
      CHECK(stream.write_now(octets).end == tls::End::reset);
      CHECK(stream.read_now(buffer).end == tls::End::reset);
      stream.send_close_notify();
      std::array<char, 64> seen{};
      CHECK(::recv(other_far, seen.data(), seen.size(), MSG_DONTWAIT) < 0);  // nothing was written
      CHECK(::recv(other_near, seen.data(), seen.size(), MSG_DONTWAIT) == 7);  // nothing was read
      for (const int descriptor : {number, other_near, other_far}) ::close(descriptor);
    }
  }

  TEST_CASE("a connection that never pauses lets others of its thread have their turn") {
    Rig rig{Kind::plain};
    std::atomic<bool> done = false;
    std::uint64_t longest = 0;
    std::uint64_t before = 0;
    std::function<void()> look = [&] {
      longest = std::max(longest, rig.counters.down - before);
      before = rig.counters.down;
      if (!done) asio::post(rig.context, look);
    };
    asio::post(rig.context, look);
    auto writing = std::async(std::launch::async, [&] {
      const std::string piece = pattern(1 << 20, 1);
      for (int i = 0; i < 400; ++i) REQUIRE(rig.server.write(piece));
      rig.server.fin();
    });
    while (!rig.phone.read(1 << 20).empty()) continue;
    writing.get();
    done = true;
    rig.phone.close();
    (void)rig.ended();
    CHECK(longest <= 2 << 20);
  }

  TEST_CASE("a stop ends a relay that waits") {
    for (const Kind kind : kAll) {
      CAPTURE(name_of(kind));
      Rig rig{kind};
      REQUIRE(rig.phone.write("x"));
      CHECK(rig.server.read_exactly(1) == "x");
      rig.stop();
      (void)rig.ended();
      (void)rig.phone.read_all();
      CHECK_FALSE(rig.phone.end().empty());
    }
  }
}
