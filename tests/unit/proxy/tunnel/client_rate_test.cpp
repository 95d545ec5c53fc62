#include "proxy/tunnel/client_rate.hpp"

#include <doctest/doctest.h>

namespace eastap::tunnel {
namespace {

using namespace std::chrono_literals;

Address address(const char* text) { return parse_address(text).value(); }

const ClientRate::Time kStart{1000s};

TEST_SUITE("proxy.tunnel.client_rate") {
  TEST_CASE("a client has its burst at once, and then as many a second as it may") {
    ClientRate rate;
    const ClientRate::Settings settings{2, 5};
    const auto phone = address("192.168.1.20");
    for (int i = 0; i < 5; ++i) CHECK(rate.admit(phone, settings, kStart));
    CHECK_FALSE(rate.admit(phone, settings, kStart));
    CHECK_FALSE(rate.admit(phone, settings, kStart + 499ms));
    CHECK(rate.admit(phone, settings, kStart + 500ms));
    CHECK_FALSE(rate.admit(phone, settings, kStart + 501ms));
    // A long rest fills the bucket and no more.
    for (int i = 0; i < 5; ++i) CHECK(rate.admit(phone, settings, kStart + 1h));
    CHECK_FALSE(rate.admit(phone, settings, kStart + 1h));
  }

  TEST_CASE("tries that were refused cost nothing: who keeps trying is let in at the same rate") {
    ClientRate rate;
    const ClientRate::Settings settings{10, 1};
    const auto phone = address("192.168.1.20");
    int admitted = 0;
    for (int tick = 0; tick < 1000; ++tick)
      admitted += rate.admit(phone, settings, kStart + tick * 1ms);
    CHECK(admitted >= 9);
    CHECK(admitted <= 10);
  }

  TEST_CASE("one client's flood is not another's, and no limit is none") {
    ClientRate rate;
    const ClientRate::Settings settings{1, 1};
    CHECK(rate.admit(address("10.0.0.1"), settings, kStart));
    CHECK_FALSE(rate.admit(address("10.0.0.1"), settings, kStart));
    CHECK(rate.admit(address("10.0.0.2"), settings, kStart));
    for (int i = 0; i < 100; ++i) CHECK(rate.admit(address("10.0.0.1"), {0, 1}, kStart));
  }

  TEST_CASE("all addresses of an IPv6 /64 are one client, those of IPv4 each their own") {
    ClientRate rate;
    const ClientRate::Settings settings{1, 1};
    CHECK(rate.admit(address("2001:db8:1:2::1"), settings, kStart));
    CHECK_FALSE(rate.admit(address("2001:db8:1:2:ffff::9"), settings, kStart));
    CHECK(rate.admit(address("2001:db8:1:3::1"), settings, kStart));
    CHECK(client_of(address("::ffff:10.1.2.3")) == address("10.1.2.3"));
    CHECK(to_string(client_of(address("fe80::1:2:3:4"))) == "fe80::");
  }

  TEST_CASE("the table is bounded: the client not seen for longest is forgotten") {
    ClientRate rate{2};
    const ClientRate::Settings settings{1, 1};
    CHECK(rate.admit(address("10.0.0.1"), settings, kStart));
    CHECK(rate.admit(address("10.0.0.2"), settings, kStart));
    CHECK_FALSE(rate.admit(address("10.0.0.1"), settings, kStart));
    CHECK(rate.admit(address("10.0.0.3"), settings, kStart));  // 10.0.0.2 gives way
    CHECK_FALSE(rate.admit(address("10.0.0.1"), settings, kStart));
    CHECK(rate.admit(address("10.0.0.2"), settings, kStart));
    RecentTable<int, int> table{3};
    for (int key = 0; key < 1000; ++key) table.at(key) = key;
    CHECK(table.size() == 3);
    CHECK(table.at(999) == 999);
    CHECK(table.at(0) == 0);
  }
}

TEST_SUITE("proxy.tunnel.repeated_notes") {
  TEST_CASE("the first is told, the next are counted until a minute has passed") {
    RepeatedNotes notes;
    const auto stranger = address("203.0.113.9");
    CHECK(notes.tell(stranger, "source", kStart) == 0);
    for (int i = 1; i <= 41; ++i) CHECK_FALSE(notes.tell(stranger, "source", kStart + i * 1s));
    CHECK_FALSE(notes.tell(stranger, "source", kStart + 59s));
    CHECK(notes.tell(stranger, "source", kStart + 60s) == 42);
    CHECK_FALSE(notes.tell(stranger, "source", kStart + 61s));
    CHECK(notes.tell(stranger, "source", kStart + 10min) == 1);
  }

  TEST_CASE("another client and another matter are told on their own") {
    RepeatedNotes notes;
    CHECK(notes.tell(address("203.0.113.9"), "source", kStart) == 0);
    CHECK(notes.tell(address("203.0.113.10"), "source", kStart) == 0);
    CHECK(notes.tell(address("203.0.113.9"), "proxy_user", kStart) == 0);
    CHECK_FALSE(notes.tell(address("203.0.113.9"), "source", kStart));
  }

  TEST_CASE("many strangers do not fill the memory") {
    RepeatedNotes notes{2};
    CHECK(notes.tell(address("203.0.113.1"), "source", kStart) == 0);
    CHECK(notes.tell(address("203.0.113.2"), "source", kStart) == 0);
    CHECK(notes.tell(address("203.0.113.3"), "source", kStart) == 0);
    CHECK_FALSE(notes.tell(address("203.0.113.3"), "source", kStart));
    CHECK(notes.tell(address("203.0.113.1"), "source", kStart) == 0);
  }
}

}  // namespace
}  // namespace eastap::tunnel
