#include "proxy/net/server.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <spdlog/sinks/null_sink.h>
#include <unistd.h>

#include "certs/authority.hpp"
#include "proxy/tunnel/host_rules.hpp"

using namespace eastap;
using namespace eastap::net;
namespace ip = boost::asio::ip;

namespace {

class NoOutput final : public pipeline::Output {
 public:
  void take(pipeline::Input&&) override {}
};

/// Addresses that a test gives this machine.
class Addresses {
 public:
  /// `asked` (may be null) counts how often they are asked for from now on.
  void be(std::vector<ip::address> addresses, std::atomic<int>* asked = nullptr) {
    const std::scoped_lock lock{mutex_};
    addresses_ = std::move(addresses);
    asked_ = asked;
  }
  [[nodiscard]] AddressSource source() {
    return [this] {
      const std::scoped_lock lock{mutex_};
      if (asked_ != nullptr) ++*asked_;
      return addresses_;
    };
  }

 private:
  std::mutex mutex_;
  std::vector<ip::address> addresses_;
  std::atomic<int>* asked_ = nullptr;
};

config::Config quiet_config() {
  config::Config config;
  config.ways_in.listeners = {{{"127.0.0.1", 0}, config::ListenMode::proxy},
                              {{"127.0.0.1", 0}, config::ListenMode::socks5}};
  config.threads = 1;
  return config;
}

ServerStart start_with(Addresses& addresses) {
  ServerStart start;
  start.authority = std::make_shared<const certs::Authority>(certs::make_stand_in(
      "tap", std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())));
  start.addresses = addresses.source();
  start.addresses_every = std::chrono::milliseconds{1};
  return start;
}

std::string refusal(const Server& server, const char* address, std::uint16_t port) {
  const auto word =
      server.policy()->addresses().target_refused(to_address(ip::make_address(address)), port);
  return word ? std::string{*word} : std::string{};
}

/// Waits for what another thread does; the harness ends a test that never comes to it.
void wait_until(const std::function<bool()>& done) {
  while (!done()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

}  // namespace

TEST_SUITE("proxy.net.server") {
  TEST_CASE("an address that this machine gets while eastap runs is its own from then on") {
    Addresses addresses;
    addresses.be({ip::make_address("127.0.0.1")});
    NoOutput output;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    Server server{quiet_config(), start_with(addresses), output, log};
    const PolicyPtr before = server.policy();
    const std::uint16_t port = server.port();
    CHECK(refusal(server, "192.0.2.7", port).empty());
    CHECK_FALSE(before->site().is_own("192.0.2.7", port, "127.0.0.1", port));

    addresses.be({ip::make_address("127.0.0.1"), ip::make_address("192.0.2.7")});
    wait_until([&] { return server.policy() != before; });
    CHECK(refusal(server, "192.0.2.7", port) == "self");
    CHECK(refusal(server, "192.0.2.7", 443) == "own_address");
    CHECK(server.policy()->site().is_own("192.0.2.7", port, "127.0.0.1", port));
    // A connection that is open keeps what it began with.
    CHECK_FALSE(before->site().is_own("192.0.2.7", port, "127.0.0.1", port));

    const PolicyPtr with_both = server.policy();
    addresses.be({ip::make_address("127.0.0.1")});
    wait_until([&] { return server.policy() != with_both; });
    CHECK(refusal(server, "192.0.2.7", 443).empty());
    server.stop();
  }

  TEST_CASE("a new address keeps the rules of the last reload") {
    Addresses addresses;
    addresses.be({ip::make_address("127.0.0.1")});
    NoOutput output;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    config::Config config = quiet_config();
    Server server{config, start_with(addresses), output, log};
    CHECK_FALSE(server.policy()->intercepts("tap.fabrikam.test"));
    config.intercept = {"tap.fabrikam.test"};
    server.reload(config);
    const PolicyPtr reloaded = server.policy();
    CHECK(reloaded->intercepts("tap.fabrikam.test"));
    addresses.be({ip::make_address("192.0.2.7")});
    wait_until([&] { return server.policy() != reloaded; });
    CHECK(server.policy()->intercepts("tap.fabrikam.test"));
    CHECK(refusal(server, "192.0.2.7", server.port()) == "self");

    config.allow = {"300.1.1.1"};
    const PolicyPtr kept = server.policy();
    CHECK_THROWS(server.reload(config));
    CHECK(server.policy() == kept);
    server.stop();
  }

  TEST_CASE("an address that could not be taken up at once is taken up later") {
    Addresses addresses;
    addresses.be({ip::make_address("127.0.0.1")});
    NoOutput output;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    const auto users =
        std::filesystem::temp_directory_path() / ("eastap-users-" + std::to_string(::getpid()));
    const auto write_users = [&](const char* text) {
      std::ofstream{users} << text;
      std::filesystem::permissions(
          users, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    };
    write_users("alice:Secret-123\n");
    config::Config config = quiet_config();
    config.ways_in.users = users.string();
    Server server{config, start_with(addresses), output, log};
    const PolicyPtr before = server.policy();
    std::filesystem::remove(users);  // half-way through an editor's save
    std::atomic<int> asked = 0;
    addresses.be({ip::make_address("192.0.2.7")}, &asked);
    wait_until([&] { return asked > 3; });
    CHECK(server.policy() == before);
    write_users("alice:Secret-123\n");
    wait_until([&] { return server.policy() != before; });
    CHECK(refusal(server, "192.0.2.7", server.port()) == "self");
    server.stop();
    std::filesystem::remove(users);
  }

  TEST_CASE("pages name the HTTP listener that answers at the same address") {
    Addresses addresses;
    NoOutput output;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    Server server{quiet_config(), start_with(addresses), output, log};
    CHECK(server.policy()->http_port(ip::make_address("127.0.0.1")) == server.port());
    CHECK(server.policy()->http_port(ip::make_address("::ffff:127.0.0.1")) == server.port());
    CHECK(server.policy()->http_port(ip::make_address("192.0.2.7")) == 0);
    const std::uint16_t socks = server.listeners()[1].port;
    CHECK(server.policy()->site().is_own("127.0.0.1", socks, "127.0.0.1", server.port()));
    server.stop();
  }
}
