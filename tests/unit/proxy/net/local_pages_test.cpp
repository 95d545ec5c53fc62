#include "proxy/net/local_pages.hpp"

#include <doctest/doctest.h>

using namespace eastap::net;

namespace {

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

bool has(const std::string& answer, const char* part) {
  return answer.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("proxy.net.local_pages") {
  const CaDownload ca{"-----BEGIN CERTIFICATE-----\n", std::string("\x30\x82\x00\x01", 4),
                      "eastap CA test", "AB:CD"};

  TEST_CASE("the front page offers the certificate and names it") {
    const auto page = local_answer("GET", "/", ca);
    CHECK(page.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(has(page, "href=\"/ca.cer\""));
    CHECK(has(page, "eastap CA test"));
    CHECK(has(page, "AB:CD"));
    CHECK(has(page, "Certificate Trust Settings"));
    CHECK(has(page, ("Content-Length: " + std::to_string(body_of(page).size()) + "\r\n").c_str()));
  }

  TEST_CASE("the certificate comes as DER with the type that phones install, and as PEM") {
    const auto der = local_answer("GET", "/ca.cer?x=1", ca);
    CHECK(has(der, "Content-Type: application/x-x509-ca-cert\r\n"));
    CHECK(body_of(der) == ca.der);
    CHECK(body_of(local_answer("GET", "/ca.pem", ca)) == ca.pem);
  }

  TEST_CASE("HEAD has no body, other methods and pages are refused") {
    CHECK(body_of(local_answer("HEAD", "/ca.cer", ca)).empty());
    CHECK(local_answer("POST", "/", ca).starts_with("HTTP/1.1 405 "));
    CHECK(local_answer("GET", "/ca.key", ca).starts_with("HTTP/1.1 404 "));
    CHECK(local_answer("GET", "/../ca.key", ca).starts_with("HTTP/1.1 404 "));
  }
}
