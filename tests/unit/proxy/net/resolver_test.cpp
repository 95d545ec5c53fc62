#include "proxy/net/resolver.hpp"

#include <chrono>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

using namespace eastap::net;

namespace {

Resolver::Answer resolved(Resolver& resolver, const std::string& host) {
  asio::io_context context;
  Resolver::Answer answer;
  asio::co_spawn(
      context,
      [](Resolver& with, std::string name, Resolver::Answer& out) -> asio::awaitable<void> {
        auto got = co_await with.resolve(std::move(name), std::chrono::seconds{20});
        out = std::move(got);
      }(resolver, host, answer),
      [](std::exception_ptr failure) { REQUIRE_FALSE(failure); });
  context.run();
  return answer;
}

}  // namespace

TEST_SUITE("proxy.net.resolver") {
  TEST_CASE("a literal needs no look-up") {
    Resolver resolver;
    const auto answer = resolved(resolver, "2001:db8::1");
    REQUIRE(answer.addresses.size() == 1);
    CHECK(answer.addresses[0].to_string() == "2001:db8::1");
  }

  TEST_CASE("a name of the hosts file resolves, and again from the cache") {
    Resolver resolver;
    CHECK_FALSE(resolved(resolver, "localhost").addresses.empty());
    CHECK_FALSE(resolved(resolver, "localhost").addresses.empty());
  }

  TEST_CASE("a localhost name is this machine even where no hosts file knows it") {
    Resolver resolver;
    const auto answer = resolved(resolver, "no-such-name.localhost");  // RFC 6761 6.3
    REQUIRE_FALSE(answer.addresses.empty());
    for (const auto& address : answer.addresses) CHECK(address.is_loopback());
    CHECK(is_localhost("localhost"));
    CHECK_FALSE(is_localhost("notlocalhost"));
    CHECK_FALSE(is_localhost("localhost.contoso.test"));
  }

  TEST_CASE("a name that does not exist gives the system's words") {
    Resolver resolver;
    const auto answer = resolved(resolver, "no-such-host.invalid");  // RFC 6761 6.4
    CHECK(answer.addresses.empty());
    CHECK_FALSE(answer.error.empty());
  }

  TEST_CASE("a look-up that ends after its callers' threads touches nothing of theirs") {
    Resolver resolver;
    for (int round = 0; round < 20; ++round) {
      Resolver closing;
      {
        asio::io_context context;
        asio::co_spawn(context, closing.resolve("no-such-host.invalid", std::chrono::seconds{20}),
                       [](std::exception_ptr, const Resolver::Answer&) {});
        context.poll();  // the look-up is under way
        closing.close();
      }
    }
    // The threads of those look-ups end meanwhile (asan sees what they touch).
    CHECK(resolved(resolver, "no-such-host.invalid").addresses.empty());
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }

  TEST_CASE("look-ups beyond the limit are refused at once") {
    Resolver::Limits none;
    none.threads = 0;
    Resolver resolver{none};
    CHECK(resolved(resolver, "localhost").error.find("too many") != std::string::npos);
  }
}
