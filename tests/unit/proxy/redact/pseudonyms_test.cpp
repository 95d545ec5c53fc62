#include "proxy/redact/pseudonyms.hpp"

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/eas/request_query.hpp"

namespace eastap::redact {
namespace {

const Pseudonyms kNames{"a key of at least 16 octets"};

}  // namespace

TEST_SUITE("proxy.redact.pseudonyms") {
  TEST_CASE("the same key gives the same pseudonyms, another key others") {
    const Pseudonyms again{"a key of at least 16 octets"}, other{"another key of 16 octets"};
    for (const std::string_view name : {"alice", "alice@contoso.test", "CONTOSO\\alice"}) {
      CHECK(kNames.user(name) == again.user(name));
      CHECK(kNames.user(name) != other.user(name));
    }
    CHECK(kNames.host("mail.contoso.test") != other.host("mail.contoso.test"));
    CHECK(kNames.shaped("ApplF17A9B2C") != other.shaped("ApplF17A9B2C"));
    CHECK(kNames.hidden("Lunch at noon?") != other.hidden("Lunch at noon?"));
    CHECK(kNames.ip("203.0.113.5") != other.ip("203.0.113.5"));
  }

  TEST_CASE("one person stays one person in every spelling") {
    const std::string alice = eas::normalised_user(kNames.user("alice"));
    CHECK(alice.starts_with("user-"));
    for (const std::string_view spelling :
         {"Alice", "alice@contoso.test", "CONTOSO\\alice", "ALICE@CONTOSO.TEST"}) {
      CAPTURE(spelling);
      CHECK(eas::normalised_user(kNames.user(spelling)) == alice);
    }
    CHECK(kNames.user("bob") != kNames.user("alice"));
    CHECK(kNames.user("HealthMailbox12ab").starts_with("HealthMailbox"));
  }

  TEST_CASE("hosts keep the names of services, and their organisation has one name everywhere") {
    const std::string mail = kNames.host("mail.contoso.test");
    CHECK(mail.starts_with("mail.example-"));
    CHECK(mail.ends_with(".invalid"));
    CHECK(kNames.address("bob@contoso.test").ends_with(mail.substr(5)));
    CHECK(kNames.host("EX01.contoso.test").starts_with(kNames.label("ex01") + "."));
    CHECK(kNames.host("outlook.office365.com") == "outlook.office365.com");
    CHECK(kNames.host("contoso.onmicrosoft.com").ends_with(".onmicrosoft.com"));
    CHECK(kNames.host("contoso.onmicrosoft.com").find("contoso") == std::string::npos);
    CHECK(kNames.host("mail.contoso.co.uk").starts_with("mail.example-"));
    CHECK(kNames.host("localhost") == "localhost");
  }

  TEST_CASE("addresses stay addresses of their kind") {
    CHECK(kNames.ip("127.0.0.1") == "127.0.0.1");
    CHECK(kNames.ip("::1") == "::1");
    CHECK(kNames.ip("192.168.1.20").starts_with("10."));
    CHECK(kNames.ip("203.0.113.5").starts_with("198.1"));
    CHECK(kNames.ip("2a02:8109::1").starts_with("2001:db8:"));
    CHECK(kNames.endpoint("[2a02:8109::1]:443").ends_with("]:443"));
    CHECK(kNames.endpoint("203.0.113.5:443").ends_with(":443"));
    CHECK(is_ip(kNames.ip("2a02:8109::1")));
  }

  TEST_CASE("device ids keep length and shape") {
    const std::string hex = kNames.shaped("ABCD1234EF567890");
    CHECK(hex.size() == 16);
    CHECK(from_hex(hex).has_value());
    CHECK(hex != "ABCD1234EF567890");
    const std::string mixed = kNames.shaped("ApplDNPK-91x");
    CHECK(mixed.size() == 12);
    CHECK(mixed[8] == '-');
    CHECK(mixed[11] >= 'a');
    // of 16 octets that are no text: the first stays none
    CHECK(static_cast<unsigned char>(
              from_hex(kNames.shaped("000102030405060708090a0b0c0d0e0f"))->front()) >= 0x80);
  }

  TEST_CASE("hidden text has the same length; white space alone and padding stay") {
    for (const std::string_view text : {"x", "Grüße aus Köln", "a longer text, with commas"}) {
      CAPTURE(text);
      CHECK(kNames.hidden(text).size() == text.size());
      CHECK(kNames.hidden(text) != text);
      CHECK(kNames.hidden(text) == kNames.hidden(text));
    }
    CHECK(kNames.hidden(" \r\n") == " \r\n");
    CHECK(kNames.hidden("QUJD==").ends_with("=="));
    CHECK(kNames.hidden("") == "");
    CHECK(kNames.hidden("subject one") != kNames.hidden("subject two"));
  }
}

}  // namespace eastap::redact
