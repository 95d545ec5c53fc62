#include "proxy/portal/site.hpp"

#include <doctest/doctest.h>

using namespace eastap;
using namespace eastap::portal;

namespace {

constexpr std::string_view kOrigin = "https://probe.eastap.test";

Site make_site(SiteRules rules = {}) {
  rules.names = {"Tap.Contoso.Test"};
  rules.addresses = {*tunnel::parse_address("10.0.0.7")};
  Site site{std::move(rules)};
  site.add({"/", [](const Request&) { return plain(200, "front"); }});
  return site;
}

Request request(std::string host, std::uint16_t port = 8888) {
  Request made;
  made.method = "GET";
  made.path = "/";
  made.host = std::move(host);
  made.host_port = port;
  made.client = "192.168.1.20";
  made.proxy_address = "192.168.1.5";
  made.proxy_port = 8888;
  return made;
}

std::uint16_t status(const Site& site, const Request& asked) { return site.answer(asked).status; }

}  // namespace

TEST_SUITE("proxy.portal.site") {
  TEST_CASE("pages are answered under our own addresses and names only") {
    const Site site = make_site();
    for (const char* host :
         {"192.168.1.5", "10.0.0.7", "localhost", "eastap.test", "tap.contoso.test"}) {
      CAPTURE(host);
      CHECK(status(site, request(host)) == 200);
    }
    for (const char* host :
         {"attacker.test", "8.8.8.8", "eastap.test.attacker.test", "192.168.1.6"}) {
      CAPTURE(host);
      CHECK(status(site, request(host)) == 421);
    }
    CHECK(status(site, request("192.168.1.5", 80)) == 421);  // another server of this machine
    CHECK(status(site, request("eastap.test", 80)) == 200);
    CHECK(status(site, request("")) == 400);
  }

  TEST_CASE("a foreign name is shown without its control characters") {
    const Reply reply = make_site().answer(request("a\x1b[2J.test"));
    CHECK(reply.body.find('\x1b') == std::string::npos);
    CHECK(reply.body.find("--page-host") != std::string::npos);
  }

  TEST_CASE("clients outside the allowed ranges get no page, whatever they ask for") {
    SiteRules rules;
    rules.allowed = {*tunnel::parse_network("192.168.2.0/24")};
    const Site site = make_site(rules);
    CHECK(status(site, request("192.168.1.5")) == 403);
    Request other = request("192.168.1.5");
    other.client = "192.168.2.9";
    CHECK(status(site, other) == 200);
    other.client = "not an address";
    CHECK(status(site, other) == 403);
  }

  TEST_CASE("switched off, there is no page") {
    SiteRules rules;
    rules.enabled = false;
    CHECK(status(make_site(rules), request("192.168.1.5")) == 403);
  }

  TEST_CASE("only GET and HEAD, only known paths") {
    const Site site = make_site();
    Request asked = request("192.168.1.5");
    asked.method = "POST";
    const Reply refused = site.answer(asked);
    CHECK(refused.status == 405);
    CHECK(to_octets(refused, true, kOrigin).find("Allow: GET, HEAD\r\n") != std::string::npos);
    asked.method = "HEAD";
    CHECK(status(site, asked) == 200);
    asked.path = "/../ca.key";
    CHECK(status(site, asked) == 404);
  }

  TEST_CASE("through the proxy, our names are ours on the web's ports and addresses on our port") {
    const Site site = make_site();
    const auto own = [&](const char* host, std::uint16_t port) {
      return site.is_own(host, port, "192.168.1.5", 8888);
    };
    CHECK(own("eastap.test", 80));
    CHECK(own("EASTAP.test.", 443));
    CHECK(own("probe.eastap.test", 443));
    CHECK(own("192.168.1.5", 8888));
    CHECK(own("10.0.0.7", 8888));
    CHECK_FALSE(own("10.0.0.7", 80));
    CHECK_FALSE(own("tap.contoso.test", 443));
    CHECK_FALSE(own("mail.contoso.com", 443));
    CHECK_FALSE(own("x.eastap.test", 443));
  }

  TEST_CASE("the ports of our other listeners are ours, with our own names and addresses only") {
    SiteRules rules;
    rules.ports = {8888, 1080};
    const Site site = make_site(rules);
    for (const std::uint16_t port : rules.ports) {
      CAPTURE(port);
      CHECK(site.is_own("10.0.0.7", port, "192.168.1.5", 1080));
      CHECK(site.is_own("192.168.1.5", port, "192.168.1.5", 1080));
      CHECK(site.is_own("tap.contoso.test", port, "192.168.1.5", 1080));
      CHECK_FALSE(site.is_own("192.168.1.6", port, "192.168.1.5", 1080));
      CHECK_FALSE(site.is_own("attacker.test", port, "192.168.1.5", 1080));
      CHECK(status(site, request("192.168.1.5", port)) == 200);
      CHECK(status(site, request("attacker.test", port)) == 421);
    }
    CHECK_FALSE(site.is_own("10.0.0.7", 22, "192.168.1.5", 1080));
    CHECK(status(site, request("192.168.1.5", 22)) == 421);
  }

  TEST_CASE("only our two names are pages on the web's ports") {
    const Site site = make_site();
    CHECK(site.is_page("EASTAP.test.", 80));
    CHECK(site.is_page("probe.eastap.test", 443));
    CHECK_FALSE(site.is_page("eastap.test", 8888));
    CHECK_FALSE(site.is_page("192.168.1.5", 80));
    CHECK_FALSE(site.is_page("tap.contoso.test", 443));
  }

  TEST_CASE("the probe is called over HTTP where no device has to trust a CA") {
    SiteRules rules;
    CHECK(make_site(rules).probe_origin() == "https://probe.eastap.test");
    rules.no_ca = true;
    CHECK(make_site(rules).probe_origin() == "http://probe.eastap.test");
  }

  TEST_CASE("every answer carries the fields that keep a page to itself") {
    const std::string octets = to_octets(make_site().answer(request("localhost")), true, kOrigin);
    for (const char* field :
         {"Cache-Control: no-store\r\n", "X-Content-Type-Options: nosniff\r\n",
          "Referrer-Policy: no-referrer\r\n", "Content-Security-Policy: default-src 'none';",
          "connect-src 'self' https://probe.eastap.test;", "frame-ancestors 'none'",
          "Connection: close\r\n", "Content-Length: 14\r\n"}) {
      CAPTURE(field);
      CHECK(octets.find(field) != std::string::npos);
    }
    CHECK(octets.ends_with("\r\n\r\neastap: front\n"));
    CHECK(to_octets(plain(404, "x"), false, kOrigin).ends_with("\r\n\r\n"));
  }

  TEST_CASE("a value of a query is decoded, and absent is not empty") {
    CHECK(query_value("a=1&ssid=My+Wi%2dFi&b", "ssid") == "My Wi-Fi");
    CHECK(query_value("a=1&b", "b") == "");
    CHECK(query_value("ab=1", "a") == std::nullopt);
    CHECK(query_value("", "a") == std::nullopt);
  }
}
