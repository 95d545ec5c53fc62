#include "proxy/net/plain_http.hpp"

#include <doctest/doctest.h>

using namespace eastap::net;

TEST_SUITE("proxy.net.plain_http") {
  TEST_CASE("an authority is a host and a port, with IPv6 in brackets") {
    const auto name = parse_authority("Mail.Contoso.com:443", 0);
    REQUIRE(name);
    CHECK(name->host == "mail.contoso.com");
    CHECK(name->port == 443);
    const auto literal = parse_authority("[2001:DB8::1]:8443", 0);
    REQUIRE(literal);
    CHECK(literal->host == "2001:db8::1");
    CHECK(literal->port == 8443);
    const auto dotted = parse_authority("mail.contoso.com.:443", 0);
    REQUIRE(dotted);
    CHECK(dotted->host == "mail.contoso.com");
  }

  TEST_CASE("a missing port takes the default, and is refused where there is none") {
    CHECK(parse_authority("contoso.com", 80)->port == 80);
    CHECK(parse_authority("[::1]", 80)->port == 80);
    CHECK_FALSE(parse_authority("contoso.com", 0));
    CHECK_FALSE(parse_authority("contoso.com:", 80));
  }

  TEST_CASE("what is no authority is refused") {
    for (const char* text : {"", ":443", "host:0", "host:65536", "host:-1", "host:+1", "host:4x3",
                             "2001:db8::1:443", "[::1", "[::1]x:1", "a b:443", "host/x:443",
                             "user@host:443", "h\x01st:443", "h\xC3\xA9:443"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_authority(text, 0));
    }
    CHECK_FALSE(parse_authority(std::string(254, 'a') + ":443", 0));
  }

  TEST_CASE("an absolute target is split into server and origin form") {
    const auto form =
        parse_absolute_form("HTTP://user:secret@Autodiscover.contoso.com/autodiscover/x?a=1#f");
    REQUIRE(form);
    CHECK(form->target.host == "autodiscover.contoso.com");
    CHECK(form->target.port == 80);
    CHECK(form->origin_form == "/autodiscover/x?a=1#f");
    CHECK(parse_absolute_form("http://contoso.com:8080")->origin_form == "/");
    CHECK(parse_absolute_form("http://contoso.com:8080")->target.port == 8080);
    CHECK(parse_absolute_form("http://contoso.com?x=1")->origin_form == "/?x=1");
    CHECK_FALSE(parse_absolute_form("https://contoso.com/"));
    CHECK_FALSE(parse_absolute_form("/path"));
    CHECK_FALSE(parse_absolute_form("http:///path"));
  }

  TEST_CASE("a forwarded head differs in its request line and the proxy's own fields only") {
    const std::string head =
        "GET http://contoso.com/x HTTP/1.1\r\nhOST:contoso.com\r\nProxy-Connection: keep-alive\r\n"
        "X-Odd :  kept \r\nproxy-authorization: Basic\r\n c2VjcmV0\r\nAccept: "
        "*/*\r\n\tfolded\r\n\r\n";
    CHECK(
        forwarded_head(head, "/x") ==
        "GET /x HTTP/1.1\r\nhOST:contoso.com\r\nX-Odd :  kept \r\nAccept: */*\r\n\tfolded\r\n\r\n");
  }
}
