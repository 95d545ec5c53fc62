#include "proxy/tunnel/host_rules.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace eastap::tunnel {
namespace {

using Action = HostRules::Action;

HostRules rules(const std::vector<std::string>& intercept,
                const std::vector<std::string>& tunnel = {}) {
  const auto made = HostRules::make(intercept, tunnel);
  REQUIRE(made);
  return *made;
}
bool intercepts(const HostRules& host_rules, std::string_view host) {
  return host_rules.decide(host).action == Action::intercept;
}

}  // namespace

TEST_SUITE("proxy.tunnel.host_rules") {
  TEST_CASE("what no pattern matches is tunnelled") {
    CHECK_FALSE(intercepts(HostRules{}, "mail.contoso.com"));
    CHECK(rules({"mail.contoso.com"}).decide("www.contoso.com") == HostRules::Decision{});
  }

  TEST_CASE("exact names ignore case and the trailing dot") {
    const HostRules exact = rules({"Mail.Contoso.com."});
    CHECK(intercepts(exact, "mail.contoso.COM"));
    CHECK(intercepts(exact, "mail.contoso.com."));
    CHECK_FALSE(intercepts(exact, "xmail.contoso.com"));
    CHECK_FALSE(intercepts(exact, "mail.contoso.com.evil.net"));
    CHECK(exact.decide("mail.contoso.com").pattern == "Mail.Contoso.com.");
  }

  TEST_CASE("a star stands for one or more characters, dots included") {
    const HostRules prefix = rules({"mail.*"});
    CHECK(intercepts(prefix, "mail.contoso.com"));
    CHECK(intercepts(prefix, "mail.x"));
    CHECK_FALSE(intercepts(prefix, "mail."));
    CHECK_FALSE(intercepts(prefix, "webmail.contoso.com"));
    const HostRules suffix = rules({"*.contoso.com"});
    CHECK(intercepts(suffix, "a.contoso.com"));
    CHECK(intercepts(suffix, "a.b.contoso.com"));
    CHECK_FALSE(intercepts(suffix, "contoso.com"));
    CHECK_FALSE(intercepts(suffix, "notcontoso.com"));
    CHECK(intercepts(rules({"mail*.contoso.com"}), "mail2.contoso.com"));
    CHECK_FALSE(intercepts(rules({"mail*.contoso.com"}), "mail.contoso.com"));
    CHECK(intercepts(rules({"*"}), "anything"));
    CHECK(intercepts(rules({"*a*b*"}), "xaxxbx"));
    CHECK_FALSE(intercepts(rules({"*a*b*"}), "ab"));
  }

  TEST_CASE("many stars cost no more than their product") {
    std::string pattern;
    for (int i = 0; i < 120; ++i) pattern += "*a";
    CHECK_FALSE(intercepts(rules({pattern + "b"}), std::string(253, 'a')));
  }

  TEST_CASE("the more specific pattern decides, whichever list it is on") {
    const HostRules both =
        rules({"*.contoso.com", "mail.contoso.com"}, {"*.com", "hr.contoso.com"});
    CHECK(intercepts(both, "mail.contoso.com"));
    CHECK(intercepts(both, "eas.contoso.com"));
    CHECK_FALSE(intercepts(both, "hr.contoso.com"));
    CHECK_FALSE(intercepts(both, "fabrikam.com"));
  }

  TEST_CASE("of equally specific patterns the tunnel list wins") {
    CHECK_FALSE(intercepts(rules({"mail.contoso.com"}, {"mail.contoso.com"}), "mail.contoso.com"));
    CHECK_FALSE(intercepts(rules({"mail.*"}, {"*.corp"}), "mail.corp"));
    CHECK(intercepts(rules({"mail.c*"}, {"*.corp"}), "mail.corp"));
  }

  TEST_CASE("addresses and ranges compare as addresses") {
    const HostRules literal = rules({"192.0.2.5", "[2001:db8::1]"}, {"192.0.2.0/24"});
    CHECK(intercepts(literal, "192.0.2.5"));
    CHECK(intercepts(literal, "::ffff:192.0.2.5"));
    CHECK(intercepts(literal, "[2001:DB8:0::1]"));
    CHECK_FALSE(intercepts(literal, "192.0.2.6"));
    CHECK(literal.decide("192.0.2.6").pattern == "192.0.2.0/24");
    CHECK(intercepts(rules({"10.0.0.0/8"}), "10.1.2.3"));
    CHECK_FALSE(intercepts(rules({"10.0.0.0/8"}), "mail.contoso.com"));
    CHECK(intercepts(rules({"10.1.0.0/16"}, {"10.0.0.0/8"}), "10.1.2.3"));
  }

  TEST_CASE("a pattern that cannot match is an error that names it") {
    for (const char* pattern :
         {"", "https://mail.contoso.com", "mail.contoso.com:443", "mail contoso",
          "m\xC3\xBCller.de", "10.0.0.1/8", "mail/x", "a?b"}) {
      CAPTURE(pattern);
      const std::vector<std::string> list{pattern};
      const auto made = HostRules::make(list, {});
      REQUIRE_FALSE(made);
      CHECK(made.error().detail.find(pattern) != std::string::npos);
      CHECK_FALSE(HostRules::make({}, list));
    }
  }
}

}  // namespace eastap::tunnel
