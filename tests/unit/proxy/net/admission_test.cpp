#include "proxy/net/admission.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace eastap;
using net::Admission;

namespace {

struct Events final : pipeline::Output {
  void take(pipeline::Input&& input) override {
    if (auto* event = std::get_if<model::ConnectionEvent>(&input)) events.push_back(*event);
  }
  std::vector<model::ConnectionEvent> events;
};

boost::asio::ip::address address(const char* text) { return boost::asio::ip::make_address(text); }

}  // namespace

TEST_SUITE("proxy.net.admission") {
  TEST_CASE("a client has as many connections as it may, and again when one ends") {
    Events output;
    Admission admission{output};
    config::Limits limits;
    limits.connections_per_client = 2;
    CHECK(admission.admit(address("10.0.0.1"), limits));
    CHECK(admission.admit(address("10.0.0.1"), limits));
    CHECK_FALSE(admission.admit(address("10.0.0.1"), limits));
    CHECK(admission.admit(address("10.0.0.2"), limits));
    admission.release(address("10.0.0.1"));
    CHECK(admission.admit(address("10.0.0.1"), limits));
    CHECK(admission.counts().accepted == 5);
    CHECK(admission.counts().refused == 1);
    CHECK(admission.counts().open == 3);
    REQUIRE(output.events.size() == 1);
    CHECK(output.events[0].reason == "connection_limit");
    CHECK(output.events[0].detail.find("10.0.0.1") != std::string::npos);
  }

  TEST_CASE("the addresses of one IPv6 network are one client") {
    Events output;
    Admission admission{output};
    config::Limits limits;
    limits.connections_per_client = 2;
    CHECK(admission.admit(address("2001:db8::1"), limits));
    CHECK(admission.admit(address("2001:db8::2"), limits));
    CHECK_FALSE(admission.admit(address("2001:db8::3"), limits));
    CHECK(admission.admit(address("2001:db8:0:1::1"), limits));
    admission.release(address("2001:db8::2"));
    CHECK(admission.admit(address("2001:db8::4"), limits));
  }

  TEST_CASE("too many new ones a second are closed, and it is said once") {
    Events output;
    Admission admission{output};
    config::Limits limits;
    limits.connection_rate = 1;
    for (int i = 0; i < 5; ++i) {
      CHECK(admission.admit(address("10.0.0.1"), limits));
      admission.release(address("10.0.0.1"));
    }
    int refused = 0;
    for (int i = 0; i < 20; ++i) refused += admission.admit(address("10.0.0.1"), limits) ? 0 : 1;
    CHECK(refused >= 19);  // a second may have passed
    REQUIRE(output.events.size() == 1);
    CHECK(output.events[0].reason == "connection_rate");
    CHECK(output.events[0].detail.find("--limit-connection-rate") != std::string::npos);
    CHECK(admission.admit(address("10.0.0.2"), limits));
    limits.connection_rate = 0;
    for (int i = 0; i < 100; ++i) CHECK(admission.admit(address("10.0.0.1"), limits));
  }

  TEST_CASE("guesses of passwords are slowed, each client's on its own") {
    Events output;
    Admission admission{output};
    int tried = 0;
    for (int i = 0; i < 100; ++i) tried += admission.password_attempt(address("10.0.0.1")) ? 1 : 0;
    CHECK(tried >= 10);
    CHECK(tried < 50);
    CHECK(admission.password_attempt(address("10.0.0.2")));
  }
}
