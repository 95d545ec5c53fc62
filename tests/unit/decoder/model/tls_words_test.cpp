#include "decoder/model/tls_words.hpp"

#include <doctest/doctest.h>

using namespace eastap::model;

TEST_SUITE("decoder.model.tls_words") {
  TEST_CASE("an alert's word and number are each other's") {
    CHECK(alert_word(48) == "unknown_ca");  // RFC 8446 6
    for (int alert = 0; alert < 256; ++alert) CHECK(alert_number(alert_word(alert)) == alert);
    CHECK(alert_number("closed_after_certificate") == -1);
    CHECK(alert_number("alert_999") == -1);
    CHECK(alert_number("") == -1);
  }

  TEST_CASE("only words about the certificate speak of distrust") {
    for (const char* word : {"unknown_ca", "certificate_unknown", "closed_after_certificate"}) {
      CHECK(is_distrust(word));
    }
    for (const char* word : {"certificate_expired", "closed_before_hello", "hello_timeout",
                             "protocol_version", "closed_after_handshake", ""}) {
      CHECK_FALSE(is_distrust(word));
    }
  }

  TEST_CASE("the User-Agent of a CONNECT is found again in the words of its event") {
    std::string detail = "The device does not trust the certificate.";
    append_agent(detail, "");
    CHECK(agent_of(detail).empty());
    append_agent(detail, "dataaccessd/1.0 CFNetwork Darwin/23");
    CHECK(agent_of(detail) == "dataaccessd/1.0 CFNetwork Darwin/23");
    append_agent(detail, std::string(10'000, 'x'));
    CHECK(agent_of(detail).size() == 200);
  }
}
