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

  TEST_CASE("an expired certificate means the clock, no common version an old device") {
    TlsFailureFacts facts;
    facts.end = eastap::tls::End::tls_error;
    facts.host = "mail.contoso.com";
    facts.alert = 45;  // certificate_expired
    auto words = explain_client_tls_failure(facts);
    CHECK(words.reason == "certificate_expired");
    CHECK(words.detail.find("time zone") != std::string::npos);
    facts.alert = -1;
    facts.openssl_reason = "unsupported protocol";
    words = explain_client_tls_failure(facts);
    CHECK(words.reason == "old_tls");
    CHECK(words.detail.find("--legacy-tls") != std::string::npos);
    facts.openssl_reason = "wrong signature length";
    CHECK(explain_client_tls_failure(facts).reason == "tls_error");
  }

  TEST_CASE("a missing server name and the client's name are told with a refusal") {
    TlsFailureFacts facts;
    facts.end = eastap::tls::End::tls_error;
    facts.alert = 48;
    facts.host = "mail.contoso.com";
    facts.certificate_sent = true;
    facts.no_server_name = true;
    facts.agent = "dataaccessd/1.0";
    const auto words = explain_client_tls_failure(facts);
    CHECK(words.detail.find("no server name (SNI)") != std::string::npos);
    CHECK(words.detail.ends_with("User-Agent of its CONNECT: dataaccessd/1.0"));
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
