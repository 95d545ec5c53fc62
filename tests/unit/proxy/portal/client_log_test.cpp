#include "proxy/portal/client_log.hpp"

#include <doctest/doctest.h>

using namespace eastap;
using namespace eastap::portal;
using namespace std::chrono_literals;

TEST_SUITE("proxy.portal.client_log") {
  TEST_CASE("what was seen of one client is not told of another") {
    ClientLog log;
    log.probed("192.168.1.20", Timestamp{5s});
    log.refused("192.168.1.20", Timestamp{6s}, "unknown_ca");
    CHECK(log.facts("192.168.1.20").probed == Timestamp{5s});
    CHECK(log.facts("192.168.1.20").reason == "unknown_ca");
    CHECK(log.facts("192.168.1.21") == ClientFacts{});
  }

  TEST_CASE("the longest silent client is forgotten when the log is full") {
    ClientLog log{2};
    log.proxied("a", Timestamp{1s});
    log.proxied("b", Timestamp{2s});
    log.proxied("a", Timestamp{3s});
    log.proxied("c", Timestamp{4s});
    CHECK(log.size() == 2);
    CHECK(log.facts("b") == ClientFacts{});
    CHECK(log.facts("a").proxied == Timestamp{3s});
  }

  TEST_CASE("a verdict is news until it has been told") {
    ClientLog log;
    CHECK(log.tell("a", "no_proxy"));
    CHECK_FALSE(log.tell("a", "no_proxy"));
    CHECK(log.tell("a", "trusted"));
    CHECK(log.tell("a", "no_proxy"));
  }
}
