#include "proxy/tls/context.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/proxy/net/peers.hpp"
#include "tests/unit/proxy/tls/pair.hpp"

using namespace eastap;
using net::test::Contexts;
using tls::test::Pair;
using tls::test::PhoneEnd;
using tls::test::ServerEnd;

namespace {

constexpr std::array kVersions{TLS1_2_VERSION, TLS1_3_VERSION};

std::vector<std::string> names_on(const SSL* ssl) {
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  return certificate != nullptr ? certs::names_of(*certificate) : std::vector<std::string>{};
}

std::string alpn_of(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl, &name, &length);
  return {name, name + length};
}

}  // namespace

TEST_SUITE("proxy.tls.context") {
  TEST_CASE("the phone's SNI names the leaf, whatever it asked CONNECT for") {
    Contexts contexts;
    PhoneEnd phone{TLS1_3_VERSION};
    std::string error;
    const auto device = contexts.phone.make("mail.contoso.test", error);
    const auto client = phone.make("autodiscover.contoso.test");
    Pair pair{client.get(), device.get()};
    REQUIRE(pair.handshake());
    CHECK(names_on(client.get()) == std::vector<std::string>{"autodiscover.contoso.test"});
    CHECK(tls::ServerContext::server_name(device.get()) == "autodiscover.contoso.test");
    CHECK(tls::ServerContext::certificate_sent(device.get()));
  }

  TEST_CASE("without SNI the leaf is for the host, or the address, of the CONNECT") {
    Contexts contexts;
    PhoneEnd phone{TLS1_2_VERSION};
    for (const std::string host : {"mail.contoso.test", "192.0.2.7", "2001:db8::7"}) {
      CAPTURE(host);
      std::string error;
      const auto device = contexts.phone.make(host, error);
      const auto client = phone.make("");
      Pair pair{client.get(), device.get()};
      REQUIRE(pair.handshake());
      CHECK(names_on(client.get()) == std::vector<std::string>{host});
      CHECK(tls::ServerContext::server_name(device.get()).empty());
    }
  }

  TEST_CASE("a name that no certificate can carry ends the handshake with the reason") {
    Contexts contexts;
    PhoneEnd phone{TLS1_3_VERSION};
    std::string error;
    const auto device = contexts.phone.make("mail.contoso.test", error);
    const auto client = phone.make("not a name");
    Pair pair{client.get(), device.get()};
    CHECK_FALSE(pair.handshake());
    CHECK_FALSE(tls::ServerContext::leaf_error(device.get()).empty());
    CHECK_FALSE(tls::ServerContext::certificate_sent(device.get()));
  }

  TEST_CASE("a phone's second connection resumes its session, with the ticket's name") {
    for (const int version : kVersions) {
      CAPTURE(version);
      Contexts contexts;
      PhoneEnd phone{version};
      std::string error;
      certs::TlsSessionHandle session;
      for (const bool again : {false, true}) {
        const auto device = contexts.phone.make("mail.contoso.test", error);
        const auto client = phone.make("mail.contoso.test");
        if (session) SSL_set_session(client.get(), session.get());
        Pair pair{client.get(), device.get()};
        REQUIRE(pair.handshake());
        REQUIRE(pair.pass("hello"));
        CHECK((SSL_session_reused(device.get()) == 1) == again);
        CHECK(tls::ServerContext::server_name(device.get()) == "mail.contoso.test");
        session.reset(SSL_get1_session(client.get()));
      }
    }
  }

  TEST_CASE("http/1.1 is chosen when offered; a phone that offers only h2 is not turned away") {
    Contexts contexts;
    const std::vector<std::pair<std::string, std::string>> cases{
        {std::string{"\x02h2\x08http/1.1"}, "http/1.1"}, {std::string{"\x02h2"}, ""}, {"", ""}};
    for (const auto& [offer, chosen] : cases) {
      CAPTURE(offer);
      PhoneEnd phone{TLS1_3_VERSION};
      std::string error;
      const auto device = contexts.phone.make("mail.contoso.test", error);
      const auto client = phone.make("mail.contoso.test");
      std::vector<unsigned char> octets{offer.begin(), offer.end()};
      if (!octets.empty()) {
        REQUIRE(SSL_set_alpn_protos(client.get(), octets.data(),
                                    static_cast<unsigned>(octets.size())) == 0);
      }
      Pair pair{client.get(), device.get()};
      REQUIRE(pair.handshake());
      CHECK(alpn_of(client.get()) == chosen);
    }
  }

  TEST_CASE("TLS 1.1 is refused") {
    Contexts contexts;
    PhoneEnd phone{TLS1_1_VERSION};
    SSL_CTX_set_cipher_list(phone.context.get(), "DEFAULT:@SECLEVEL=0");
    std::string error;
    const auto device = contexts.phone.make("mail.contoso.test", error);
    const auto client = phone.make("mail.contoso.test");
    Pair pair{client.get(), device.get()};
    CHECK_FALSE(pair.handshake());
  }

  TEST_CASE("upstream sessions resume, per host and port") {
    for (const int version : kVersions) {
      CAPTURE(version);
      Contexts contexts;
      ServerEnd far{version};
      std::string error;
      const auto connect = [&](std::uint16_t port) {
        const auto client = contexts.upstream.make("mail.contoso.test", port, error);
        const auto server = far.make();
        Pair pair{client.get(), server.get()};
        REQUIRE(pair.handshake());
        REQUIRE(pair.pass("hello"));
        CHECK(alpn_of(client.get()).empty());
        CHECK(SSL_get_verify_result(client.get()) == X509_V_OK);
        return SSL_session_reused(client.get()) == 1;
      };
      CHECK_FALSE(connect(443));
      CHECK(connect(443));
      CHECK(connect(443));
      CHECK_FALSE(connect(8443));
    }
  }

  TEST_CASE("a certificate for another name does not verify, and is at hand for the explanation") {
    Contexts contexts;
    ServerEnd far{TLS1_3_VERSION};
    std::string error;
    const auto client = contexts.upstream.make("other.contoso.test", 443, error);
    const auto server = far.make();
    Pair pair{client.get(), server.get()};
    CHECK_FALSE(pair.handshake());
    CHECK(SSL_get_verify_result(client.get()) == X509_V_ERR_HOSTNAME_MISMATCH);
    CHECK(tls::ClientContext::rejected_certificate(client.get()) != nullptr);
  }

  TEST_CASE("a server that asks for a client certificate gets none, and it is noted") {
    for (const int version : kVersions) {
      for (const bool required : {false, true}) {
        CAPTURE(version);
        CAPTURE(required);
        Contexts contexts;
        ServerEnd far{version};
        SSL_CTX_set_verify(far.context.get(),
                           SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                           nullptr);
        std::string error;
        const auto client = contexts.upstream.make("mail.contoso.test", 443, error);
        const auto server = far.make();
        Pair pair{client.get(), server.get()};
        CHECK(pair.handshake() == !required);
        CHECK(tls::ClientContext::certificate_request(client.get()) != nullptr);
      }
    }
  }

  TEST_CASE("a server that asks for nothing is not said to have asked") {
    Contexts contexts;
    ServerEnd far{TLS1_2_VERSION};
    std::string error;
    const auto client = contexts.upstream.make("mail.contoso.test", 443, error);
    const auto server = far.make();
    Pair pair{client.get(), server.get()};
    REQUIRE(pair.handshake());
    CHECK(tls::ClientContext::certificate_request(client.get()) == nullptr);
    CHECK_FALSE(tls::ClientContext::renegotiation_requested(client.get()));
    REQUIRE(SSL_renegotiate(server.get()) == 1);
    SSL_do_handshake(server.get());  // sends HelloRequest
    std::size_t written = 0;
    REQUIRE(SSL_write_ex(server.get(), "x", 1, &written) == 1);
    std::array<char, 4> got{};
    std::size_t read = 0;
    CHECK(SSL_read_ex(client.get(), got.data(), got.size(), &read) == 1);
    CHECK(tls::ClientContext::renegotiation_requested(client.get()));
  }

  TEST_CASE("the key log has a line for each secret of both sides") {
    std::vector<std::string> lines;
    Contexts contexts;
    const auto log = [&](std::string_view line) { lines.emplace_back(line); };
    tls::ServerContext server_side{contexts.leaves, log};
    PhoneEnd phone{TLS1_2_VERSION};
    std::string error;
    const auto device = server_side.make("mail.contoso.test", error);
    const auto client = phone.make("mail.contoso.test");
    Pair pair{client.get(), device.get()};
    REQUIRE(pair.handshake());
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("CLIENT_RANDOM "));
  }
}
