#include "certs/name_constraints.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "certs/authority.hpp"
#include "certs/leaf.hpp"
#include "tests/unit/certs/support.hpp"

namespace eastap::certs {

using namespace test;

namespace {

using Texts = std::vector<std::string>;

NameConstraints permitting(const Texts& texts) {
  auto made = NameConstraints::permitting(texts);
  REQUIRE_MESSAGE(made, (made ? "" : made.error().detail));
  return *made;
}

const Texts kHosts{"contoso.com",     "mail.contoso.com", "a.b.contoso.com",
                   "evilcontoso.com", "contoso.com.evil", "com",
                   "fabrikam.com",    "10.1.2.3",         "10.2.0.1",
                   "192.0.2.7",       "2001:db8::1",      "2001:db9::1"};

/// A CA with constraints in OpenSSL's text form.
CertHandle constrained(EVP_PKEY* key, const std::string& constraints) {
  Recipe recipe;
  recipe.constraints = "critical,CA:TRUE";
  recipe.usage = "critical,keyCertSign";
  recipe.name_constraints = constraints;
  return make_certificate(recipe, key);
}

}  // namespace

TEST_SUITE("certs.name_constraints") {
  TEST_CASE("a permitted domain is itself and everything below it, and nothing else") {
    const NameConstraints one = permitting({"Contoso.com"});
    CHECK(one.permits("contoso.com"));
    CHECK(one.permits("mail.contoso.com"));
    CHECK(one.permits("a.b.contoso.com"));
    CHECK_FALSE(one.permits("evilcontoso.com"));
    CHECK_FALSE(one.permits("contoso.com.evil"));
    CHECK_FALSE(one.permits("com"));
    CHECK(one.permitted() == Texts{"contoso.com"});
  }

  TEST_CASE("a CA for names signs no address, and one for addresses no name") {
    const NameConstraints names = permitting({"contoso.com"});
    CHECK_FALSE(names.permits("10.1.2.3"));
    CHECK_FALSE(names.permits("2001:db8::1"));
    const NameConstraints addresses = permitting({"10.1.0.0/16"});
    CHECK(addresses.permits("10.1.255.255"));
    CHECK_FALSE(addresses.permits("10.2.0.0"));
    CHECK_FALSE(addresses.permits("contoso.com"));
    CHECK_FALSE(addresses.permits("2001:db8::1"));
  }

  TEST_CASE("ranges, single addresses, names and a leading star may stand together") {
    const NameConstraints mixed =
        permitting({"*.contoso.com", "10.1.0.0/16", "2001:db8::/32", "192.0.2.7"});
    CHECK(mixed.permitted() == Texts{"contoso.com", "10.1.0.0/16", "2001:db8::/32", "192.0.2.7"});
    CHECK(mixed.excluded().empty());
    CHECK(mixed.permits("192.0.2.7"));
    CHECK_FALSE(mixed.permits("192.0.2.8"));
    CHECK(mixed.permits("2001:db8:ffff::1"));
  }

  TEST_CASE("no text permits any host") {
    const NameConstraints any = permitting({});
    CHECK(any.empty());
    for (const std::string& host : kHosts) CHECK(any.permits(host));
  }

  TEST_CASE("what cannot be permitted is refused with its reason") {
    for (const std::string text :
         {"", "con toso.com", "https://contoso.com", "10.1.2.3/16", "10.0.0.0/33", "2001:db8::/129",
          "contoso.com/8", "10.0.0.0/", "*", "a..b", "mail.*.com"}) {
      CAPTURE(text);
      const auto made = NameConstraints::permitting(Texts{text});
      REQUIRE_FALSE(made);
      CHECK(made.error().code == Errc::malformed);
      CHECK(contains(made.error().detail, "\"" + text + "\""));
    }
    const auto many = NameConstraints::permitting(Texts(101, "contoso.com"));
    REQUIRE_FALSE(many);
    CHECK(many.error().code == Errc::too_large);
  }

  TEST_CASE("the certificate says it critically, and reads back as it was meant") {
    for (const Texts& texts : {Texts{"contoso.com"}, Texts{"10.1.0.0/16", "2001:db8::/32"},
                               Texts{"contoso.com", "192.0.2.7"}}) {
      AuthorityRequest request;
      request.permit = permitting(texts);
      const Authority ca = make_authority("laptop", kNow, request);
      const int at = X509_get_ext_by_NID(ca.certificate(), NID_name_constraints, -1);
      REQUIRE(at >= 0);
      CHECK(X509_EXTENSION_get_critical(X509_get_ext(ca.certificate(), at)) == 1);
      const auto read = NameConstraints::of(*ca.certificate());
      REQUIRE(read);
      CHECK(*read == request.permit);
    }
  }

  TEST_CASE("OpenSSL accepts a leaf exactly when the constraints permit its host") {
    const Texts forms{
        "critical,permitted;DNS:contoso.com",
        "critical,permitted;DNS:.contoso.com",
        "critical,permitted;DNS:contoso.com,excluded;DNS:b.contoso.com",
        "critical,permitted;IP:10.1.0.0/255.255.0.0",
        "critical,excluded;IP:0.0.0.0/0.0.0.0",
        "critical,permitted;IP:2001:db8::/ffff:ffff::,permitted;DNS:com",
        "critical,permitted;email:contoso.com",
        "permitted;DNS:CONTOSO.com",
    };
    const KeyHandle key{EVP_EC_gen("P-256")};
    for (const std::string& form : forms) {
      const CertHandle root = constrained(key.get(), form);
      const auto constraints = NameConstraints::of(*root);
      REQUIRE(constraints);
      for (const std::string& host : kHosts) {
        CAPTURE(form);
        CAPTURE(host);
        Recipe recipe;
        recipe.common_name = "leaf";
        recipe.names =
            (host.find_first_of(":") != std::string::npos || host[0] < 'A' ? "IP:" : "DNS:") + host;
        const CertHandle leaf = make_certificate(recipe, key.get(), root.get(), key.get());
        const int result = verdict(leaf.get(), root.get(), host, kNow, false);
        CHECK_MESSAGE(constraints->permits(host) == (result == X509_V_OK),
                      X509_verify_cert_error_string(result));
      }
    }
  }

  TEST_CASE(
      "every leaf that is minted verifies, and every other is refused with the permitted hosts") {
    for (const Texts& texts : {Texts{"contoso.com"}, Texts{"10.1.0.0/16"}, Texts{"2001:db8::/32"},
                               Texts{"fabrikam.com", "192.0.2.7"}, Texts{}}) {
      AuthorityRequest request;
      request.permit = permitting(texts);
      const auto ca = std::make_shared<const Authority>(make_authority("laptop", kNow, request));
      const LeafMinter minter{ca};
      for (const std::string& host : kHosts) {
        CAPTURE(host);
        const auto leaf = minter.mint(host, kNow);
        CHECK(leaf.has_value() == request.permit.permits(host));
        if (leaf) {
          CHECK(verdict(leaf->certificate(), ca->certificate(), host, kNow) == X509_V_OK);
        } else {
          CHECK(leaf.error().code == Errc::unsupported);
          CHECK(contains(leaf.error().detail, texts.front()));
        }
      }
    }
  }

  TEST_CASE("a leaf takes its subject from the directory name that the CA permits") {
    const KeyHandle key{EVP_EC_gen("P-256")};
    Recipe recipe;
    recipe.constraints = "critical,CA:TRUE";
    recipe.usage = "critical,keyCertSign";
    recipe.permitted_organization = "Contoso";
    CertHandle root = make_certificate(recipe, key.get());
    auto constraints = NameConstraints::of(*root);
    REQUIRE(constraints);
    REQUIRE(constraints->subject());
    CHECK(constraints->permits("mail.contoso.com"));
    const auto ca = std::make_shared<const Authority>(
        std::move(root), share(key.get()), std::vector<CertHandle>{}, std::vector{*constraints});
    const auto leaf = LeafMinter{ca}.mint("mail.contoso.com", kNow);
    REQUIRE(leaf);
    CHECK(verdict(leaf->certificate(), ca->certificate(), "mail.contoso.com", kNow, false) ==
          X509_V_OK);
    CHECK(facts_of(*leaf->certificate()).subject == "mail.contoso.com");
  }

  TEST_CASE("constraints that cannot be read are told from none") {
    const KeyHandle key{EVP_EC_gen("P-256")};
    CHECK(NameConstraints::of(*make_certificate(Recipe{}, key.get()))->empty());
    // A NULL where a SEQUENCE belongs; then an IP range of five octets, RFC 5280 4.2.1.10.
    for (const std::string& octets :
         {std::string{"\x05\x00", 2},
          std::string{"\x30\x0b\xa0\x09\x30\x07\x87\x05\x01\x02\x03\x04\x05", 13}}) {
      Recipe recipe;
      recipe.raw_name_constraints = octets;
      CHECK_FALSE(NameConstraints::of(*make_certificate(recipe, key.get())));
    }
  }
}

}  // namespace eastap::certs
