#include "proxy/check/url.hpp"

#include <doctest/doctest.h>

namespace eastap::check::test {

TEST_SUITE("proxy.check.url") {
  TEST_CASE("URLs of servers are read, and come out as they went in") {
    const auto url = parse_url(" https://Mail.Contoso.com:8443/Microsoft-Server-ActiveSync?a=b ");
    REQUIRE(url);
    CHECK(url->host == "mail.contoso.com");
    CHECK(url->port == 8'443);
    CHECK(url->text() == "https://mail.contoso.com:8443/Microsoft-Server-ActiveSync?a=b");
    CHECK(parse_url("http://[2001:db8::1]/x")->text() == "http://[2001:db8::1]/x");
    CHECK(parse_url("https://a.test")->target() == "/");
    CHECK(parse_url("https://a.test")->authority() == "a.test");
  }

  TEST_CASE("what a phone must not follow is none") {
    for (const char* text :
         {"", "ftp://a.test/", "file:///etc/passwd", "https://user:secret@a.test/",
          "https://a.test/\r\nX: y", "https://a b.test/", "https://", "a.test", "https://a.test:0/",
          "https://a.test:99999/", "javascript:alert(1)", "https://a..test/"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_url(text));
    }
    CHECK_FALSE(parse_url("https://a.test/" + std::string(kUrlOctets, 'x')));
  }

  TEST_CASE("a redirect may be relative") {
    const Url base = *parse_url("https://a.test/x/y?q=1");
    CHECK(resolve_url(base, "/z")->text() == "https://a.test/z");
    CHECK(resolve_url(base, "http://b.test/z")->text() == "http://b.test/z");
    CHECK(resolve_url(base, "//c.test/z")->text() == "https://c.test/z");
    CHECK_FALSE(resolve_url(base, "ftp://b.test/"));
    CHECK_FALSE(resolve_url(base, ""));
  }
}

}  // namespace eastap::check::test
