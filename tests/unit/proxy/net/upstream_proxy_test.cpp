#include "proxy/net/upstream_proxy.hpp"

#include <doctest/doctest.h>

#include "proxy/net/plain_http.hpp"

using namespace eastap::net;

namespace {

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("proxy.net.upstream_proxy") {
  const Target target{"mail.contoso.com", 443};
  UpstreamProxy proxy{{"proxy.contoso.com", 3128}, "", {}};

  TEST_CASE("CONNECT names the server, and carries the credentials when there are any") {
    CHECK(connect_request(target, "") ==
          "CONNECT mail.contoso.com:443 HTTP/1.1\r\nHost: mail.contoso.com:443\r\n\r\n");
    CHECK(connect_request({"2001:db8::5", 443}, "Basic eDp5") ==
          "CONNECT [2001:db8::5]:443 HTTP/1.1\r\nHost: [2001:db8::5]:443\r\n"
          "Proxy-Authorization: Basic eDp5\r\n\r\n");
  }

  TEST_CASE("any 2xx opens the tunnel") {
    CHECK_FALSE(connect_refusal(proxy, target, "HTTP/1.1 200 Connection established\r\n\r\n"));
    CHECK_FALSE(connect_refusal(proxy, target, "HTTP/1.0 200 OK\r\nVia: x\r\n\r\n"));
  }

  TEST_CASE("each refusal says that it was the proxy, and what to do") {
    const auto refused = [&](const char* head) {
      const auto failure = connect_refusal(proxy, target, head);
      REQUIRE(failure);
      CHECK(failure->reason == "upstream_proxy");
      CHECK_FALSE(failure->refused_by_rule);
      return failure->summary + ". " + failure->detail;
    };
    CHECK(contains(refused("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
                   "wants a user and password"));
    CHECK(contains(refused("HTTP/1.1 403 Forbidden by policy\r\n\r\n"),
                   "refuses mail.contoso.com:443: 403 Forbidden by policy"));
    CHECK(contains(refused("HTTP/1.1 403\r\n\r\n"), "--no-upstream-proxy mail.contoso.com"));
    CHECK(contains(refused("HTTP/1.1 503 x\r\n\r\n"), "cannot reach mail.contoso.com:443"));
    CHECK(contains(refused(""), "gave no answer"));
    CHECK(contains(refused("SSH-2.0-OpenSSH\r\n\r\n"), "does not speak HTTP"));
    proxy.authorization = "Basic eDp5";
    const std::string wrong = refused("HTTP/1.1 407 No\r\n\r\n");
    CHECK(contains(wrong, "does not take our user and password"));
    CHECK_FALSE(contains(wrong, "eDp5"));
    proxy.authorization.clear();
  }

  TEST_CASE(
      "plain requests go to a proxy in absolute form with our credentials, not the client's") {
    const std::string head =
        "GET http://mail.contoso.com/x HTTP/1.1\r\nHost: mail.contoso.com\r\n"
        "Proxy-Authorization: Basic b3du\r\nAccept: */*\r\n\r\n";
    CHECK(forwarded_head_for_proxy(head, {"mail.contoso.com", 80}, "/x", "Basic eDp5") ==
          "GET http://mail.contoso.com:80/x HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n"
          "Host: mail.contoso.com\r\nAccept: */*\r\n\r\n");
    CHECK(forwarded_head_for_proxy(head, {"mail.contoso.com", 80}, "/x", "") ==
          "GET http://mail.contoso.com:80/x HTTP/1.1\r\nHost: mail.contoso.com\r\n"
          "Accept: */*\r\n\r\n");
  }
}
