#include "proxy/tunnel/port_rules.hpp"

#include <doctest/doctest.h>

namespace eastap::tunnel {
namespace {

TEST_SUITE("proxy.tunnel.port_rules") {
  TEST_CASE("ports and ranges include their ends, and nothing else") {
    const std::vector<std::string> texts{"443", " 80 ", "1024-2000"};
    const auto rules = PortRules::make(texts);
    REQUIRE(rules);
    for (const int port : {443, 80, 1024, 1500, 2000}) {
      CHECK(rules->allowed(static_cast<std::uint16_t>(port)));
    }
    for (const int port : {0, 22, 81, 442, 444, 1023, 2001, 65535}) {
      CHECK_FALSE(rules->allowed(static_cast<std::uint16_t>(port)));
    }
    CHECK_FALSE(PortRules{}.allowed(443));
    const std::vector<std::string> all{"1-65535"};
    CHECK(PortRules::make(all)->allowed(65535));
  }

  TEST_CASE("what is no port is an error that shows it") {
    for (const char* text :
         {"", "0", "65536", "-1", "https", "80-", "-80", "90-80", "1-2-3", "1 - 2", "4 43"}) {
      CAPTURE(text);
      const std::vector<std::string> texts{text};
      const auto rules = PortRules::make(texts);
      REQUIRE_FALSE(rules);
      CHECK(rules.error().detail.find(text) != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace eastap::tunnel
