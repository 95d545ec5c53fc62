#include "proxy/net/tls_failure.hpp"

#include <doctest/doctest.h>

using namespace eastap::net;

TEST_SUITE("proxy.net.tls_failure") {
  TEST_CASE("an alert about the certificate names the CA and both steps of iOS") {
    TlsFailureFacts facts;
    facts.end = eastap::tls::End::tls_error;
    facts.host = "mail.contoso.com";
    facts.alert = 48;  // unknown_ca, RFC 8446 6.2
    const auto words = explain_client_tls_failure(facts);
    CHECK(words.reason == "unknown_ca");
    CHECK(words.detail.find("Certificate Trust Settings") != std::string::npos);
    CHECK(words.detail.find("--tunnel mail.contoso.com") != std::string::npos);
  }

  TEST_CASE("a close counts as distrust only after the certificate was sent") {
    TlsFailureFacts facts;
    facts.end = eastap::tls::End::fin;
    facts.host = "mail.contoso.com";
    CHECK(explain_client_tls_failure(facts).reason == "closed_in_hello");
    facts.certificate_sent = true;
    CHECK(explain_client_tls_failure(facts).reason == "closed_after_certificate");
  }

  TEST_CASE("an alert that is not about trust does not blame the CA") {
    TlsFailureFacts facts;
    facts.end = eastap::tls::End::tls_error;
    facts.alert = 70;  // protocol_version
    const auto words = explain_client_tls_failure(facts);
    CHECK(words.reason == "protocol_version");
    CHECK(words.detail.find("CA") == std::string::npos);
    facts.alert = 200;
    CHECK(explain_client_tls_failure(facts).reason == "alert_200");
  }

  TEST_CASE(
      "a certificate that could not be made is the proxy's failure, whatever the device did") {
    TlsFailureFacts facts;
    facts.alert = 48;
    facts.leaf_error = "host name has an empty label";
    CHECK(explain_client_tls_failure(facts).reason == "no_certificate");
  }

  TEST_CASE("an unfinished handshake is a time-out") {
    TlsFailureFacts facts;
    facts.timed_out = true;
    CHECK(explain_client_tls_failure(facts).reason == "handshake_timeout");
  }
}
