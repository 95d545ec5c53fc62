#include <string>

#include <doctest/doctest.h>

#include "proxy/tunnel/host_rules.hpp"

namespace eastap::tunnel {
namespace {

Address address(std::string_view text) {
  const auto parsed = parse_address(text);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}
Network network(std::string_view text) {
  const auto parsed = parse_network(text);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}
std::string refusal(const AddressRules& rules, std::string_view target, std::uint16_t port = 443) {
  return std::string{rules.target_refused(address(target), port).value_or("")};
}

}  // namespace

TEST_SUITE("proxy.tunnel.address") {
  TEST_CASE("addresses read and print in their shortest form") {
    CHECK(to_string(address("192.168.1.20")) == "192.168.1.20");
    CHECK(to_string(address("::ffff:10.0.0.1")) == "10.0.0.1");
    CHECK(to_string(address("[2001:DB8:0:0:1:0:0:1]")) == "2001:db8::1:0:0:1");
    CHECK(to_string(address("::")) == "::");
    CHECK(to_string(address("::1")) == "::1");
    CHECK(to_string(address("1::")) == "1::");
    CHECK(to_string(address("1:2:3:4:5:6:7:8")) == "1:2:3:4:5:6:7:8");
    CHECK(to_string(address("64:ff9b::1.2.3.4")) == "64:ff9b::102:304");
    CHECK(address("1.2.3.4").is_v4());
  }

  TEST_CASE("what is no address is none") {
    for (const char* text : {"",
                             "1.2.3",
                             "1.2.3.4.5",
                             "256.1.1.1",
                             "01.2.3.4",
                             "1.2.3.-4",
                             "1.2.3.4 ",
                             ":",
                             ":::",
                             "1::2::3",
                             "1:2:3:4:5:6:7",
                             "1:2:3:4:5:6:7:8:9",
                             "12345::",
                             "1:",
                             ":1",
                             "g::",
                             "fe80::1%eth0",
                             "[::1",
                             "mail.contoso.com",
                             "1.2.3.4::",
                             "::1.2.3",
                             "0x7f.1.1.1",
                             "2130706433"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_address(text));
    }
  }

  TEST_CASE("a range contains what its prefix says, IPv4 also in mapped form") {
    CHECK(network("10.0.0.0/8").contains(address("10.255.0.1")));
    CHECK_FALSE(network("10.0.0.0/8").contains(address("11.0.0.1")));
    CHECK(network("172.16.0.0/12").contains(address("172.31.255.255")));
    CHECK_FALSE(network("172.16.0.0/12").contains(address("172.32.0.0")));
    CHECK(network("::ffff:10.0.0.0/104") == network("10.0.0.0/8"));
    CHECK(network("0.0.0.0/0").contains(address("1.2.3.4")));
    CHECK_FALSE(network("0.0.0.0/0").contains(address("::1")));
    CHECK(network("::/0").contains(address("1.2.3.4")));
    CHECK(network("2001:db8::1").prefix == 128);
    CHECK(to_string(network("192.168.0.0/16")) == "192.168.0.0/16");
    CHECK(to_string(network("fd00::/8")) == "fd00::/8");
  }

  TEST_CASE("a broken range says what is wrong with it") {
    CHECK(parse_network("10.0.0.1/8").error().detail ==
          "\"10.0.0.1/8\" has bits beyond its prefix: 10.0.0.0/8 is meant?");
    for (const char* text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "host/8"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_network(text));
    }
  }

  TEST_CASE("by default private networks may use the proxy, strangers may not") {
    const AddressRules rules;
    for (const char* text : {"127.0.0.1", "10.1.2.3", "172.16.5.5", "192.168.178.20", "::1",
                             "fd12::1", "fe80::1", "169.254.3.4"}) {
      CHECK(rules.source_allowed(address(text)));
    }
    for (const char* text : {"8.8.8.8", "172.32.0.1", "2001:db8::1", "0.0.0.0"}) {
      CHECK_FALSE(rules.source_allowed(address(text)));
    }
    AddressRules::Settings settings;
    settings.sources = {network("203.0.113.0/24")};
    CHECK_FALSE(AddressRules{settings}.source_allowed(address("127.0.0.1")));
    CHECK(AddressRules{settings}.source_allowed(address("203.0.113.9")));
  }

  TEST_CASE("targets that no mail server has are refused, however they are written") {
    const AddressRules rules;
    CHECK(refusal(rules, "127.0.0.1") == "loopback");
    CHECK(refusal(rules, "::1") == "loopback");
    CHECK(refusal(rules, "::ffff:127.0.0.1") == "loopback");
    CHECK(refusal(rules, "64:ff9b::7f00:1") == "loopback");
    CHECK(refusal(rules, "2002:7f00:1::") == "loopback");
    CHECK(refusal(rules, "::127.0.0.1") == "loopback");
    CHECK(refusal(rules, "169.254.169.254") == "link_local");
    CHECK(refusal(rules, "fe80::1") == "link_local");
    CHECK(refusal(rules, "0.0.0.0") == "unspecified");
    CHECK(refusal(rules, "::") == "unspecified");
    CHECK(refusal(rules, "224.0.0.1") == "multicast");
    CHECK(refusal(rules, "ff02::1") == "multicast");
    CHECK(refusal(rules, "255.255.255.255") == "multicast");
    CHECK(refusal(rules, "40.97.1.1") == "");
    CHECK(refusal(rules, "192.168.1.5") == "");
    CHECK(refusal(rules, "2001:db8::5") == "");
  }

  TEST_CASE("a range allows refused targets, but never the proxy's own listener") {
    AddressRules::Settings settings;
    settings.targets = {network("127.0.0.0/8")};
    settings.own_addresses = {address("192.168.1.2")};
    settings.own_ports = {8888, 8443};
    const AddressRules rules{settings};
    CHECK(refusal(rules, "127.0.0.1") == "");
    CHECK(refusal(rules, "127.0.0.1", 8888) == "self");
    CHECK(refusal(rules, "0.0.0.0", 8888) == "self");
    CHECK(refusal(rules, "::1") == "loopback");
    CHECK(refusal(rules, "192.168.1.2") == "own_address");
    CHECK(refusal(rules, "192.168.1.2", 8888) == "self");
    CHECK(refusal(rules, "192.168.1.2", 8443) == "self");
    settings.targets = {network("192.168.1.0/24")};
    CHECK(refusal(AddressRules{settings}, "192.168.1.2") == "");
    CHECK(refusal(AddressRules{settings}, "192.168.1.2", 8888) == "self");
  }
}

}  // namespace eastap::tunnel
