#include "proxy/portal/profile.hpp"

#include <cstring>

#include <doctest/doctest.h>
#include <pugixml.hpp>

#include "decoder/base/text.hpp"

using namespace eastap;
using namespace eastap::portal;

namespace {

const ProfileFacts kFacts{std::string("\x30\x82\x00\x01", 4), "eastap CA <test>", "AB:CD:EF:01:23",
                          "192.168.1.5", 8888};

ProfileWishes wishes(std::string_view query) {
  const auto read = wishes_from(query);
  REQUIRE(read);
  return *read;
}

/// The value beside <key>`key`</key> in a dict.
std::string value(const pugi::xml_node& dict, const char* key) {
  for (const auto& node : dict.children("key")) {
    if (std::strcmp(node.child_value(), key) != 0) continue;
    const auto next = node.next_sibling();
    return next.first_child() ? next.child_value() : next.name();
  }
  return "(absent)";
}

struct Parsed {
  pugi::xml_document document;
  pugi::xml_node outer, ca, second, third;
};

void parse(Parsed& parsed, const std::string& text) {
  REQUIRE(parsed.document.load_string(text.c_str()));
  parsed.outer = parsed.document.child("plist").child("dict");
  parsed.ca = parsed.outer.child("array").child("dict");
  parsed.second = parsed.ca.next_sibling("dict");
  parsed.third = parsed.second.next_sibling("dict");
}

}  // namespace

TEST_SUITE("proxy.portal.profile") {
  TEST_CASE("a plain profile holds the certificate and nothing else") {
    Parsed profile;
    parse(profile, make_profile(kFacts, {}));
    CHECK(value(profile.outer, "PayloadType") == "Configuration");
    CHECK(value(profile.ca, "PayloadType") == "com.apple.security.root");
    CHECK(value(profile.ca, "PayloadDisplayName") == "eastap CA <test>");
    CHECK(from_base64(value(profile.ca, "PayloadContent")) == kFacts.ca_der);
    CHECK_FALSE(profile.second);
  }

  TEST_CASE("identifiers are the same again, so that an installation replaces the earlier one") {
    Parsed first, second;
    parse(first, make_profile(kFacts, {}));
    parse(second,
          make_profile(kFacts, wishes("ssid=Office&mail=mail.contoso.com&address=a@b.test")));
    for (const char* key : {"PayloadIdentifier", "PayloadUUID"}) {
      CHECK(value(first.outer, key) == value(second.outer, key));
      CHECK(value(first.ca, key) == value(second.ca, key));
      CHECK(value(first.ca, key) != value(first.outer, key));
    }
    CHECK(value(first.outer, "PayloadIdentifier") == "test.eastap.ABCDEF01");
    CHECK(value(first.outer, "PayloadUUID")[14] == '5');  // RFC 9562: version 5
    ProfileFacts other = kFacts;
    other.ca_sha256 = "00:00:EF:01:23";
    parse(second, make_profile(other, {}));
    CHECK(value(first.outer, "PayloadUUID") != value(second.outer, "PayloadUUID"));
  }

  TEST_CASE("Wi-Fi gets the proxy by hand or by PAC, the account no password") {
    Parsed profile;
    parse(profile,
          make_profile(kFacts, wishes("ssid=Caf%C3%A9+%26+Co&mail=mail.contoso.com&"
                                      "address=alice%40contoso.com&user=contoso%5Calice")));
    CHECK(value(profile.second, "SSID_STR") == "Café & Co");
    CHECK(value(profile.second, "EncryptionType") == "WPA");
    CHECK(value(profile.second, "ProxyType") == "Manual");
    CHECK(value(profile.second, "ProxyServer") == "192.168.1.5");
    CHECK(value(profile.second, "ProxyServerPort") == "8888");
    CHECK(value(profile.second, "Password") == "(absent)");
    CHECK(value(profile.third, "PayloadType") == "com.apple.eas.account");
    CHECK(value(profile.third, "Host") == "mail.contoso.com");
    CHECK(value(profile.third, "EmailAddress") == "alice@contoso.com");
    CHECK(value(profile.third, "UserName") == "contoso\\alice");
    CHECK(value(profile.third, "SSL") == "true");
    CHECK(value(profile.third, "Password") == "(absent)");
    parse(profile, make_profile(kFacts, wishes("ssid=x&open=1&auto=1")));
    CHECK(value(profile.second, "EncryptionType") == "None");
    CHECK(value(profile.second, "ProxyType") == "Auto");
    CHECK(value(profile.second, "ProxyPACURL") == "http://192.168.1.5:8888/proxy.pac");
    CHECK(value(profile.second, "ProxyPACFallbackAllowed") == "false");
  }

  TEST_CASE("fields that cannot be meant are refused in words") {
    for (const char* query :
         {"ssid=123456789012345678901234567890123", "ssid=a%00b", "ssid=%ff", "address=a@b.test",
          "user=alice", "mail=mail.contoso.com", "mail=http://x/&address=a@b.test",
          "mail=mail.contoso.com&address=alice", "mail=mail.contoso.com&address=@b"}) {
      CAPTURE(query);
      const auto read = wishes_from(query);
      REQUIRE_FALSE(read);
      CHECK_FALSE(read.error().detail.empty());
    }
  }
}
