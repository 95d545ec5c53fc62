#include "certs/trust.hpp"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/certs/support.hpp"

namespace eastap::certs {

using namespace test;
using std::chrono::days;

namespace {

/// The verdict of `store` on `peer` for `host`, as a client connection would reach it.
long store_verdict(X509_STORE* store, X509* peer, const std::string& host) {
  const TlsContextHandle context{SSL_CTX_new(TLS_client_method())};
  const TlsHandle connection{SSL_new(context.get())};
  REQUIRE(expect_host(connection.get(), host));
  const StoreContextHandle check{X509_STORE_CTX_new()};
  REQUIRE(X509_STORE_CTX_init(check.get(), store, peer, nullptr) == 1);
  X509_STORE_CTX_set_default(check.get(), "ssl_server");
  X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(check.get()), SSL_get0_param(connection.get()));
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(check.get()),
                             kNow.time_since_epoch().count());
  X509_verify_cert(check.get());
  const long result = X509_STORE_CTX_get_error(check.get());
  static_cast<void>(drain_errors("verify"));
  return result;
}

struct Peer {
  KeyHandle key{EVP_EC_gen("P-256")};
  CertHandle certificate;
  explicit Peer(const Recipe& recipe) : certificate{make_certificate(recipe, key.get())} {}
};

Recipe server(const std::string& names) {
  Recipe recipe;
  recipe.common_name = "mail.example.com";
  recipe.names = names;
  return recipe;
}

TrustFailure explained(const Recipe& recipe, long result) {
  return explain_trust_failure(result, Peer{recipe}.certificate.get(), "mail.example.com", kNow);
}

}  // namespace

TEST_SUITE("certs.trust") {
  TEST_CASE("every certificate of an extra file is trusted, also the server's own") {
    const TemporaryFolder folder;
    const Peer one{server("DNS:mail.example.com")};
    const Peer two{server("DNS:owa.example.com,IP:192.0.2.1")};
    write_file(folder / "extra.pem",
               "a comment\n" + pem_of(one.certificate.get()) + pem_of(two.certificate.get()));
    const StoreHandle store = make_trust_store({(folder / "extra.pem").string()});
    CHECK(store_verdict(store.get(), one.certificate.get(), "mail.example.com") == X509_V_OK);
    CHECK(store_verdict(store.get(), two.certificate.get(), "owa.example.com") == X509_V_OK);
    CHECK(store_verdict(store.get(), two.certificate.get(), "192.0.2.1") == X509_V_OK);
    CHECK(store_verdict(store.get(), two.certificate.get(), "192.0.2.2") ==
          X509_V_ERR_IP_ADDRESS_MISMATCH);
    CHECK(store_verdict(store.get(), one.certificate.get(), "owa.example.com") ==
          X509_V_ERR_HOSTNAME_MISMATCH);
    const StoreHandle plain = make_trust_store({});
    CHECK(store_verdict(plain.get(), one.certificate.get(), "mail.example.com") ==
          X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
  }

  TEST_CASE("the common name does not stand in for a subjectAltName, as on phones") {
    const TemporaryFolder folder;
    const Peer peer{server("")};
    write_file(folder / "extra.pem", pem_of(peer.certificate.get()));
    const StoreHandle store = make_trust_store({(folder / "extra.pem").string()});
    CHECK(store_verdict(store.get(), peer.certificate.get(), "mail.example.com") ==
          X509_V_ERR_HOSTNAME_MISMATCH);
  }

  TEST_CASE("a wildcard covers one label") {
    const TemporaryFolder folder;
    const Peer peer{server("DNS:*.example.com")};
    write_file(folder / "extra.pem", pem_of(peer.certificate.get()));
    const StoreHandle store = make_trust_store({(folder / "extra.pem").string()});
    CHECK(store_verdict(store.get(), peer.certificate.get(), "mail.example.com") == X509_V_OK);
    CHECK(store_verdict(store.get(), peer.certificate.get(), "a.mail.example.com") ==
          X509_V_ERR_HOSTNAME_MISMATCH);
  }

  TEST_CASE("a file that is missing, empty, of another format or damaged is named") {
    const TemporaryFolder folder;
    const auto message_for = [&](const std::string& name) {
      return error_of([&] { return make_trust_store({(folder / name).string()}); });
    };
    write_file(folder / "empty.pem", "");
    write_file(folder / "other.pem", std::string("\x30\x82\x01\x00", 4));
    const std::string good = pem_of(Peer{server("DNS:a.test")}.certificate.get());
    write_file(folder / "damaged.pem", good + good.substr(0, good.size() / 2));
    for (const std::string name : {"missing.pem", "empty.pem", "other.pem", "damaged.pem"}) {
      const std::string message = message_for(name);
      CAPTURE(message);
      CHECK(contains(message, (folder / name).string()));
      CHECK(contains(message, "--upstream-ca"));
    }
    CHECK(contains(message_for("missing.pem"), "No such file"));
    CHECK(contains(message_for("damaged.pem"), "certificate 2 is damaged"));
    CHECK(contains(error_of([&] { return make_trust_store({folder.operator/("").string()}); }),
                   "--upstream-ca"));
  }

  TEST_CASE("SNI is sent for names and not for addresses") {
    const TlsContextHandle context{SSL_CTX_new(TLS_client_method())};
    const TlsHandle name{SSL_new(context.get())};
    REQUIRE(expect_host(name.get(), "Mail.Example.com."));
    CHECK(std::string{SSL_get_servername(name.get(), TLSEXT_NAMETYPE_host_name)} ==
          "mail.example.com");
    const TlsHandle address{SSL_new(context.get())};
    REQUIRE(expect_host(address.get(), "[::1]"));
    CHECK(SSL_get_servername(address.get(), TLSEXT_NAMETYPE_host_name) == nullptr);
    CHECK_FALSE(expect_host(address.get(), "not a host"));
  }

  TEST_CASE("an expired certificate is told with its date and the way on") {
    Recipe recipe = server("DNS:mail.example.com");
    recipe.not_after = kNow - days{5};
    recipe.not_before = kNow - days{90};
    const TrustFailure failure = explained(recipe, X509_V_ERR_CERT_HAS_EXPIRED);
    CHECK(failure.summary == "the certificate of mail.example.com expired on 2026-11-15");
    CHECK(contains(failure.next_step, "--upstream-insecure mail.example.com"));
    CHECK(contains(failure.phone, "cannot be verified"));
    CHECK(contains(failure.detail, "valid 2026-08-22 to 2026-11-15"));
  }

  TEST_CASE("an expired issuer is not blamed on the server's certificate") {
    const TrustFailure failure =
        explained(server("DNS:mail.example.com"), X509_V_ERR_CERT_HAS_EXPIRED);
    CHECK(failure.summary == "a CA certificate above mail.example.com has expired");
  }

  TEST_CASE("a certificate of the future points to the clocks") {
    Recipe recipe = server("DNS:mail.example.com");
    recipe.not_before = kNow + days{1};
    const TrustFailure failure = explained(recipe, X509_V_ERR_CERT_NOT_YET_VALID);
    CHECK(contains(failure.summary, "valid only from 2026-11-21"));
    CHECK(contains(failure.next_step, "clock"));
  }

  TEST_CASE("a wrong name lists the names that the certificate is for") {
    const TrustFailure failure =
        explained(server("DNS:owa.example.com,DNS:*.example.net"), X509_V_ERR_HOSTNAME_MISMATCH);
    CHECK(failure.summary ==
          "the certificate of mail.example.com is for owa.example.com, *.example.net");
    CHECK(contains(failure.next_step, "ExternalUrl"));
    CHECK(contains(explained(server(""), X509_V_ERR_HOSTNAME_MISMATCH).summary,
                   "has no subjectAltName"));
  }

  TEST_CASE("an unknown issuer is named, with the option that makes it known") {
    for (const long result :
         {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
          X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN}) {
      const TrustFailure failure = explained(server("DNS:mail.example.com"), result);
      CHECK(contains(failure.summary, "mail.example.com"));
      CHECK(contains(failure.next_step, "--upstream-ca"));
    }
    CHECK(contains(
        explained(server("DNS:mail.example.com"), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT).summary,
        "self-signed"));
  }

  TEST_CASE("every verdict that OpenSSL has gets all the words") {
    const Peer peer{server("DNS:mail.example.com")};
    for (long result = 1; result <= X509_V_ERR_EC_KEY_EXPLICIT_PARAMS + 1; ++result) {
      for (const X509* certificate :
           {static_cast<const X509*>(peer.certificate.get()), static_cast<const X509*>(nullptr)}) {
        const TrustFailure failure =
            explain_trust_failure(result, certificate, "mail.example.com", kNow);
        CHECK_FALSE(failure.summary.empty());
        CHECK_FALSE(failure.phone.empty());
        CHECK_FALSE(failure.next_step.empty());
        CHECK_FALSE(failure.detail.empty());
      }
    }
  }

  TEST_CASE("control sequences in a peer's names do not come through") {
    Recipe recipe = server("DNS:mail.example.com");
    recipe.common_name =
        "evil\x1b]0;title\x07\xC2\x9B"
        "1m";
    const TrustFailure failure = explained(recipe, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    CHECK(contains(failure.detail, "evil?]0;title??1m"));
  }

  TEST_CASE("a certificate with thousands of names is cut") {
    std::string names = "DNS:n0.test";
    for (int count = 1; count < 300; ++count) names += ",DNS:n" + std::to_string(count) + ".test";
    CHECK(names_of(*Peer{server(names)}.certificate).size() == 100);
    CHECK(contains(explained(server(names), X509_V_ERR_HOSTNAME_MISMATCH).summary, "and 92 more"));
  }
}

}  // namespace eastap::certs
