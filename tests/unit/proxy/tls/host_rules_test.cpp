#include <array>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "certs/trust.hpp"
#include "proxy/tls/context.hpp"
#include "tests/unit/proxy/tls/pair.hpp"

// What depends on the host: certificates of the user's own, client certificates, legacy versions.
using namespace eastap;
using namespace eastap::tls::test;
using net::test::Contexts;

namespace {

/// A certificate that stands for one of the user's own: of another CA, for `host`.
std::shared_ptr<const certs::Identity> identity_for(const std::string& host) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto authority =
      std::make_shared<const certs::Authority>(certs::make_authority("organisation", now));
  const auto leaf = certs::LeafMinter{authority}.mint(host, now);
  REQUIRE(leaf);
  auto identity = std::make_shared<certs::Identity>();
  identity->certificate = certs::share(leaf->certificate());
  identity->key = certs::share(leaf->key());
  identity->chain.push_back(certs::share(authority->certificate()));
  identity->file = "alice.pfx";
  return identity;
}

tls::ServerRules answering(std::shared_ptr<const certs::Identity> identity) {
  tls::ServerRules rules;
  rules.identity = [identity](std::string_view host) {
    return host == "mail.contoso.test" ? identity : nullptr;
  };
  return rules;
}

int accept_any(int, X509_STORE_CTX*) { return 1; }

std::string subject_at(const SSL* ssl) {
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  return certificate != nullptr ? certs::facts_of(*certificate).subject : "none";
}

/// Lets both sides do what is under way: the server may be waiting for an answer of the client.
void exchange_octet(SSL* server, SSL* client) {
  std::size_t moved = 0;
  REQUIRE(SSL_write_ex(server, "x", 1, &moved) == 1);
  std::array<char, 4> got{};
  REQUIRE(SSL_read_ex(client, got.data(), got.size(), &moved) == 1);
  REQUIRE(SSL_write_ex(client, "y", 1, &moved) == 1);
  REQUIRE(SSL_read_ex(server, got.data(), got.size(), &moved) == 1);
}

bool allow_old(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, 0);
  return SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1;
}

}  // namespace

TEST_SUITE("proxy.tls.host_rules") {
  TEST_CASE(
      "a host with a certificate of its own gets it with its chain, all others a minted one") {
    Contexts contexts;
    const auto own =
        std::make_shared<const certs::Leaf>(certs::leaf_of(*identity_for("mail.contoso.test")));
    tls::PhoneRules rules;
    rules.own_leaf = [own](std::string_view host) {
      return host == "mail.contoso.test" ? own : nullptr;
    };
    const tls::ServerContext context{contexts.leaves, {}, rules};
    PhoneEnd phone{TLS1_3_VERSION};
    for (const std::string host : {"mail.contoso.test", "other.contoso.test"}) {
      CAPTURE(host);
      std::string error;
      const auto device = context.make("connect.test", error);
      const auto client = phone.make(host.c_str());
      Pair pair{client.get(), device.get()};
      REQUIRE(pair.handshake());
      const bool is_own =
          X509_cmp(SSL_get0_peer_certificate(client.get()), own->certificate()) == 0;
      CHECK(is_own == (host == "mail.contoso.test"));
      CHECK(sk_X509_num(SSL_get_peer_cert_chain(client.get())) == (is_own ? 2 : 1));
    }
    CHECK_FALSE(context.refusal("mail.contoso.test"));
  }

  TEST_CASE("a server that asks gets the certificate of its host, and no other server does") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      for (const std::string host : {"mail.contoso.test", "other.contoso.test"}) {
        CAPTURE(version);
        CAPTURE(host);
        Contexts contexts;
        tls::ClientContext context{
            contexts.store.get(), false, {}, answering(identity_for("alice"))};
        ServerEnd far{version};
        SSL_CTX_set_verify(far.context.get(), SSL_VERIFY_PEER, &accept_any);
        std::string error;
        const auto client = context.make(host, 443, error);
        const auto server = far.make();
        Pair pair{client.get(), server.get()};
        REQUIRE(pair.handshake());
        const bool has = host == "mail.contoso.test";
        CHECK(subject_at(server.get()) == (has ? "alice" : "none"));
        REQUIRE(tls::ClientContext::certificate_request(client.get()) != nullptr);
        CHECK(tls::ClientContext::certificate_request(client.get())->answered == has);
        CHECK((tls::ClientContext::identity(client.get()) != nullptr) == has);
      }
    }
  }

  TEST_CASE(
      "the issuers that a server accepts are told, and the phone is asked in the same words") {
    Contexts contexts;
    ServerEnd far{TLS1_3_VERSION};
    SSL_CTX_set_verify(far.context.get(), SSL_VERIFY_PEER, &accept_any);
    SSL_CTX_add_client_CA(far.context.get(), contexts.authority->certificate());
    std::string error;
    const auto client = contexts.upstream.make("mail.contoso.test", 443, error);
    const auto server = far.make();
    Pair pair{client.get(), server.get()};
    REQUIRE(pair.handshake());
    const auto* asked = tls::ClientContext::certificate_request(client.get());
    REQUIRE(asked != nullptr);
    CHECK(asked->issuers == std::vector<std::string>{contexts.authority->facts().subject});
    CHECK(asked->more == 0);

    const auto alice = identity_for("alice");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      for (const bool has : {true, false}) {
        CAPTURE(version);
        CAPTURE(has);
        PhoneEnd phone{version};
        const auto device = contexts.phone.make("mail.contoso.test", error, asked);
        const auto near_end = phone.make("mail.contoso.test");
        if (has) {
          REQUIRE(SSL_use_certificate(near_end.get(), alice->certificate.get()) == 1);
          REQUIRE(SSL_use_PrivateKey(near_end.get(), alice->key.get()) == 1);
        }
        Pair phone_pair{near_end.get(), device.get()};
        REQUIRE(phone_pair.handshake());
        CHECK(subject_at(device.get()) == (has ? "alice" : "none"));
        CHECK(sk_X509_NAME_num(SSL_get0_peer_CA_list(near_end.get())) == 1);
      }
    }
  }

  TEST_CASE("TLS 1.2: a renegotiation that asks for the certificate is answered") {
    Contexts contexts;
    tls::ClientContext context{contexts.store.get(), false, {}, answering(identity_for("alice"))};
    ServerEnd far{TLS1_2_VERSION};
    std::string error;
    const auto client = context.make("mail.contoso.test", 443, error);
    const auto server = far.make();
    Pair pair{client.get(), server.get()};
    REQUIRE(pair.handshake());
    CHECK(subject_at(server.get()) == "none");
    // A resumed session has no client certificate either.
    SSL_set_options(server.get(), SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
    SSL_set_verify(server.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &accept_any);
    REQUIRE(SSL_renegotiate(server.get()) == 1);
    REQUIRE(SSL_do_handshake(server.get()) == 1);  // sends HelloRequest
    REQUIRE(pair.second_handshake());
    CHECK(subject_at(server.get()) == "alice");
    exchange_octet(server.get(), client.get());
    CHECK_FALSE(tls::ClientContext::renegotiation_requested(client.get()));
  }

  TEST_CASE("TLS 1.3: a request after the handshake is answered") {
    Contexts contexts;
    tls::ClientContext context{contexts.store.get(), false, {}, answering(identity_for("alice"))};
    ServerEnd far{TLS1_3_VERSION};
    std::string error;
    const auto client = context.make("mail.contoso.test", 443, error);
    const auto server = far.make();
    Pair pair{client.get(), server.get()};
    REQUIRE(pair.handshake());
    exchange_octet(server.get(), client.get());
    SSL_set_verify(server.get(), SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, &accept_any);
    REQUIRE(SSL_verify_client_post_handshake(server.get()) == 1);
    REQUIRE(SSL_do_handshake(server.get()) == 1);  // sends CertificateRequest
    exchange_octet(server.get(), client.get());
    CHECK(subject_at(server.get()) == "alice");
    CHECK(tls::ClientContext::certificate_request(client.get())->answered);
  }

  TEST_CASE("without a certificate for the host nothing is offered after the handshake") {
    Contexts contexts;
    ServerEnd far{TLS1_3_VERSION};
    std::string error;
    const auto client = contexts.upstream.make("mail.contoso.test", 443, error);
    const auto server = far.make();
    Pair pair{client.get(), server.get()};
    REQUIRE(pair.handshake());
    SSL_set_verify(server.get(), SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, &accept_any);
    CHECK(SSL_verify_client_post_handshake(server.get()) == 0);
    ERR_clear_error();
  }

  TEST_CASE("an old server is refused, unless its host may be old") {
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
      for (const bool allowed : {false, true}) {
        CAPTURE(version);
        CAPTURE(allowed);
        Contexts contexts;
        tls::ServerRules rules;
        rules.legacy = [allowed](std::string_view host) {
          return allowed && host == "mail.contoso.test";
        };
        tls::ClientContext context{contexts.store.get(), true, {}, rules};
        ServerEnd far{version};
        REQUIRE(allow_old(far.context.get()));
        std::string error;
        const auto client = context.make("mail.contoso.test", 443, error);
        const auto server = far.make();
        Pair pair{client.get(), server.get()};
        CHECK(pair.handshake() == allowed);
        CHECK(tls::ClientContext::legacy(client.get()) == allowed);
        // Servers without RFC 5746; OpenSSL cannot play one.
        CHECK(((SSL_get_options(client.get()) & SSL_OP_LEGACY_SERVER_CONNECT) != 0) == allowed);
        if (allowed) CHECK(SSL_version(client.get()) == version);
      }
    }
  }

  TEST_CASE(
      "an old phone is refused, unless the host it asks for may be old; then RSA will do too") {
    Contexts contexts;
    contexts.leaves.prepare_rsa();
    tls::PhoneRules rules;
    rules.legacy = [](std::string_view host) { return host == "old.contoso.test"; };
    const tls::ServerContext context{contexts.leaves, {}, rules};
    for (const std::string host : {"old.contoso.test", "mail.contoso.test"}) {
      for (const char* ciphers : {"DEFAULT:@SECLEVEL=0", "AES128-SHA:@SECLEVEL=0"}) {
        for (const int version : {TLS1_VERSION, TLS1_2_VERSION}) {
          CAPTURE(host);
          CAPTURE(ciphers);
          CAPTURE(version);
          PhoneEnd phone{version};
          SSL_CTX_set_security_level(phone.context.get(), 0);
          REQUIRE(SSL_CTX_set_cipher_list(phone.context.get(), ciphers) == 1);
          std::string error;
          const auto device = context.make(host, error);
          const auto client = phone.make(host.c_str());
          Pair pair{client.get(), device.get()};
          const bool old = host == "old.contoso.test";
          const bool modern = version == TLS1_2_VERSION && ciphers[0] == 'D';
          CHECK(pair.handshake() == (old || modern));
          CHECK(tls::ServerContext::legacy(device.get()) == old);
        }
      }
    }
  }
}
