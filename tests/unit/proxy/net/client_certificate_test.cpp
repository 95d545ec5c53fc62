#include "proxy/net/client_certificate.hpp"

#include <string>

#include <doctest/doctest.h>

#include "proxy/net/tls_failure.hpp"

using namespace eastap::net;

namespace {

ClientCertificateFacts asked() {
  ClientCertificateFacts facts;
  facts.host = "mail.contoso.com";
  facts.port = 443;
  return facts;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("proxy.net.client_certificate") {
  TEST_CASE("without a certificate for the host both ways on are named, and whose is accepted") {
    auto facts = asked();
    facts.accepted = {"Contoso Users", "Contoso Devices"};
    facts.more = 3;
    for (const auto how : {CertificateAsked::handshake_failed, CertificateAsked::ended,
                           CertificateAsked::renegotiation, CertificateAsked::told}) {
      const std::string text = explain_client_certificate(how, facts);
      CHECK(contains(text, "mail.contoso.com:443 ask"));
      CHECK(contains(text, "Contoso Users, Contoso Devices and 3 more"));
      CHECK(contains(text, "--client-certificate mail.contoso.com=FILE"));
      CHECK(contains(text, "--tunnel mail.contoso.com"));
    }
    CHECK(contains(explain_client_certificate(CertificateAsked::renegotiation, facts), "IIS"));
  }

  TEST_CASE("a certificate that the device showed is named, and that it cannot be forwarded") {
    auto facts = asked();
    facts.device = "the certificate of alice (issuer Contoso Users)";
    CHECK(contains(explain_client_certificate(CertificateAsked::told, facts),
                   "The device showed the certificate of alice (issuer Contoso Users), which "
                   "cannot be forwarded"));
  }

  TEST_CASE("with a certificate the admin is not told to give one") {
    auto facts = asked();
    facts.ours = "the certificate of bob (issuer Contoso Users, bob.pfx)";
    for (const auto how : {CertificateAsked::ended, CertificateAsked::told}) {
      const std::string text = explain_client_certificate(how, facts);
      CHECK(contains(text, "bob.pfx"));
      CHECK_FALSE(contains(text, "--client-certificate"));
    }
    CHECK(
        contains(explain_client_certificate(CertificateAsked::ended, facts), "did not accept it"));
    CHECK_FALSE(
        contains(explain_client_certificate(CertificateAsked::told, facts), "did not accept it"));
  }

  TEST_CASE("a handshake that failed for age names the option, unless it is given already") {
    CHECK(looks_old("unsupported protocol", -1));
    CHECK(looks_old("unsafe legacy renegotiation disabled", -1));
    CHECK(looks_old("", 70));  // protocol_version, RFC 8446 6.2
    CHECK_FALSE(looks_old("certificate verify failed", -1));
    CHECK_FALSE(looks_old("tlsv1 alert unknown ca", 48));
    TlsFailureFacts facts;
    facts.end = eastap::tls::End::tls_error;
    facts.host = "mail.contoso.com";
    facts.openssl_reason = "no shared cipher";
    const auto words = explain_client_tls_failure(facts);
    CHECK(words.reason == "old_tls");
    CHECK(contains(words.detail, "--legacy-tls 'mail.contoso.com;side=phone'"));
    facts.legacy = true;
    const auto again = explain_client_tls_failure(facts);
    CHECK_FALSE(contains(again.detail, "--legacy-tls"));
    CHECK(contains(again.detail, "--tunnel mail.contoso.com"));
  }
}
