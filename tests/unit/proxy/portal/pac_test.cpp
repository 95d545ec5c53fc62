#include "proxy/portal/pac.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "proxy/portal/web.hpp"

using namespace eastap;
using namespace eastap::portal;

namespace {

std::string pac_of(std::vector<std::string> intercept, std::vector<std::string> tunnel,
                   std::string_view address = "192.168.1.5") {
  const auto rules = tunnel::HostRules::make(intercept, tunnel);
  REQUIRE(rules);
  return make_pac(rules->entries(), kProbeName, address, 8888);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("proxy.portal.pac") {
  TEST_CASE("only decrypted hosts and our own names take the proxy, without a way around it") {
    const std::string pac = pac_of({"mail.contoso.com"}, {});
    CHECK(has(pac, "var proxy = \"PROXY 192.168.1.5:8888\";"));
    CHECK(has(pac, "if (host == \"mail.contoso.com\") return proxy;"));
    CHECK(has(pac, "host == \"eastap.test\" || host == \"probe.eastap.test\""));
    CHECK(has(pac, "return \"DIRECT\";\n}"));
    CHECK_FALSE(has(pac, "; DIRECT"));
  }

  TEST_CASE("rules stand in the order in which they decide") {
    const std::string pac = pac_of({"*.contoso.com", "mail.contoso.com"}, {"owa.contoso.com"});
    const auto exact = pac.find("mail.contoso.com");
    const auto excepted = pac.find("if (host == \"owa.contoso.com\") return \"DIRECT\";");
    const auto wide = pac.find("shExpMatch(host, \"?*.contoso.com\")) return proxy;");
    REQUIRE(exact != std::string::npos);
    REQUIRE(excepted != std::string::npos);
    REQUIRE(wide != std::string::npos);
    CHECK(exact < wide);
    CHECK(excepted < wide);
  }

  TEST_CASE("ranges hold for address literals only, so that no name is looked up") {
    const std::string pac = pac_of({"10.1.0.0/16", "192.0.2.7"}, {});
    CHECK(has(pac, "if (literal && isInNet(host, \"10.1.0.0\", \"255.255.0.0\")) return proxy;"));
    CHECK(has(pac, "if (host == \"192.0.2.7\") return proxy;"));
    CHECK_FALSE(has(pac, "indexOf"));
    CHECK(has(pac_of({"2001:db8::/32"}, {}), "if (host.indexOf(\":\") >= 0) return proxy;"));
  }

  TEST_CASE("an IPv6 address of the proxy stands in brackets") {
    CHECK(has(pac_of({}, {}, "2001:db8::5"), "PROXY [2001:db8::5]:8888"));
  }
}
