#include "proxy/net/connect_race.hpp"

#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <sys/socket.h>

using namespace eastap::net;

namespace {

using asio::ip::tcp;

std::vector<std::string> turns(const std::vector<std::string>& texts) {
  std::vector<asio::ip::address> addresses;
  for (const auto& text : texts) addresses.push_back(asio::ip::make_address(text));
  std::vector<std::string> ordered;
  for (const auto& address : in_turns(addresses)) ordered.push_back(address.to_string());
  return ordered;
}

RaceResult raced(asio::io_context& context, std::vector<tcp::endpoint> endpoints,
                 RaceSettings settings) {
  RaceResult result;
  auto race = connect_first(std::move(endpoints), std::move(settings));
  asio::co_spawn(context, std::move(race), [&](std::exception_ptr failure, RaceResult got) {
    REQUIRE_FALSE(failure);
    result = std::move(got);
  });
  context.run();
  return result;
}

/// A port that answers nobody: its queue of connections is full, so Linux drops further ones.
class SilentPort {
 public:
  explicit SilentPort(asio::io_context& context) : acceptor_{context} {
    acceptor_.open(tcp::v4());
    acceptor_.bind({asio::ip::address_v4::loopback(), 0});
    acceptor_.listen(0);
    for (int i = 0; i < 3; ++i) {
      fillers_.emplace_back(context);
      fillers_.back().open(tcp::v4());
      fillers_.back().native_non_blocking(true);
      // Not by Asio, which would wait for those that are dropped.
      const auto full = acceptor_.local_endpoint();
      (void)::connect(fillers_.back().native_handle(), full.data(),
                      static_cast<socklen_t>(full.size()));
    }
  }
  [[nodiscard]] tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

 private:
  tcp::acceptor acceptor_;
  std::vector<tcp::socket> fillers_;
};

tcp::endpoint nobody(asio::io_context& context) {
  tcp::acceptor gone{context, {asio::ip::address_v4::loopback(), 0}};
  return gone.local_endpoint();
}

}  // namespace

TEST_SUITE("proxy.net.connect_race") {
  TEST_CASE("the families take turns, the first address first") {
    CHECK(turns({"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"}) ==
          std::vector<std::string>{"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2",
                                   "192.0.2.3"});
    CHECK(turns({"192.0.2.1", "2001:db8::1"}) ==
          std::vector<std::string>{"192.0.2.1", "2001:db8::1"});
    CHECK(turns({"192.0.2.1"}) == std::vector<std::string>{"192.0.2.1"});
    CHECK(turns({}).empty());
  }

  TEST_CASE("one that answers nobody is overtaken, long before its own limit") {
    asio::io_context context;
    const SilentPort silent{context};
    tcp::acceptor server{context, {asio::ip::address_v4::loopback(), 0}};
    RaceSettings settings;
    settings.stagger = std::chrono::milliseconds{20};
    settings.limit = std::chrono::hours{1};
    const auto result = raced(context, {silent.endpoint(), server.local_endpoint()}, settings);
    REQUIRE(result.socket);
    CHECK(result.endpoint == server.local_endpoint());
    CHECK(result.socket->remote_endpoint() == server.local_endpoint());
    CHECK(result.errors.empty());
  }

  TEST_CASE("a refusal starts the next attempt at once, not after the stagger") {
    asio::io_context context;
    tcp::acceptor server{context, {asio::ip::address_v4::loopback(), 0}};
    RaceSettings settings;
    settings.stagger = std::chrono::hours{1};
    const auto refused = nobody(context);
    const auto result = raced(context, {refused, server.local_endpoint()}, settings);
    REQUIRE(result.socket);
    CHECK(result.errors.find(std::to_string(refused.port())) != std::string::npos);
    CHECK_FALSE(result.all_refused);
  }

  TEST_CASE("when all fail each is named, and refusals are told from silence") {
    asio::io_context context;
    const auto one = nobody(context), other = nobody(context);
    const auto refused = raced(context, {one, other}, {});
    CHECK_FALSE(refused.socket);
    CHECK(refused.all_refused);
    CHECK(refused.errors.find(std::to_string(one.port())) != std::string::npos);
    CHECK(refused.errors.find(std::to_string(other.port())) != std::string::npos);
    context.restart();
    const SilentPort silent{context};
    RaceSettings settings;
    settings.limit = std::chrono::milliseconds{50};
    const auto late = raced(context, {silent.endpoint()}, settings);
    CHECK_FALSE(late.socket);
    CHECK_FALSE(late.all_refused);
    CHECK_FALSE(late.errors.empty());
    context.restart();
    CHECK_FALSE(raced(context, {}, {}).socket);
  }

  TEST_CASE("the chosen own address is the one that the server sees") {
    asio::io_context context;
    tcp::acceptor server{context, {asio::ip::address_v4::loopback(), 0}};
    RaceSettings settings;
    settings.from = {asio::ip::make_address("127.0.0.9"), asio::ip::make_address("::1")};
    const auto result = raced(context, {server.local_endpoint()}, settings);
    REQUIRE(result.socket);
    CHECK(result.socket->local_endpoint().address().to_string() == "127.0.0.9");
  }
}
