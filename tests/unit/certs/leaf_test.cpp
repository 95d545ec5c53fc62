#include "certs/leaf.hpp"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "certs/trust.hpp"
#include "tests/unit/certs/support.hpp"

namespace eastap::certs {

using namespace test;

namespace {

using std::chrono::days;
using std::chrono::seconds;

std::string der_of(X509* certificate) {
  unsigned char* encoded = nullptr;
  const int length = i2d_X509(certificate, &encoded);
  const AllocatedHandle<unsigned char> owner{encoded};
  return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length)};
}

CertHandle reread(X509* certificate) {
  const std::string der = der_of(certificate);
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return CertHandle{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
}

/// A whole handshake in memory between a client that trusts `root` and a server that applies `leaf`
/// when it hears the client's name. The verdict and what the server sent.
struct Handshake {
  bool done = false;
  long verify_result = -1;
  int certificates = 0;
  bool resumed = false;
  TlsSessionHandle session;
};

extern "C" int apply_leaf(SSL* connection, int*, void* leaf) noexcept {
  return static_cast<const Leaf*>(leaf)->apply(connection) ? SSL_CLIENT_HELLO_SUCCESS
                                                           : SSL_CLIENT_HELLO_ERROR;
}

struct Ends {
  TlsContextHandle server{SSL_CTX_new(TLS_server_method())};
  TlsContextHandle client{SSL_CTX_new(TLS_client_method())};

  Ends(const Leaf& leaf, X509* root, int version) {
    SSL_CTX_set_client_hello_cb(server.get(), apply_leaf, const_cast<Leaf*>(&leaf));
    SSL_CTX_set_max_proto_version(server.get(), version);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client.get()), root);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(client.get()), kNow.time_since_epoch().count());
    const std::string id = "eastap";
    SSL_CTX_set_session_id_context(server.get(), reinterpret_cast<const unsigned char*>(id.data()),
                                   6);
  }

  Handshake shake(const std::string& host, SSL_SESSION* session = nullptr) const {
    const TlsHandle near{SSL_new(client.get())};
    const TlsHandle far{SSL_new(server.get())};
    BIO* near_end = nullptr;
    BIO* far_end = nullptr;
    BIO_new_bio_pair(&near_end, 0, &far_end, 0);
    SSL_set_bio(near.get(), near_end, near_end);
    SSL_set_bio(far.get(), far_end, far_end);
    SSL_set_connect_state(near.get());
    SSL_set_accept_state(far.get());
    REQUIRE(expect_host(near.get(), host));
    if (session != nullptr) SSL_set_session(near.get(), session);
    for (int turn = 0; turn < 10; ++turn) {
      SSL_do_handshake(near.get());
      SSL_do_handshake(far.get());
    }
    Handshake result;
    result.done = SSL_is_init_finished(near.get()) != 0 && SSL_is_init_finished(far.get()) != 0;
    char octet = 'x';
    if (result.done) {  // brings TLS 1.3 tickets
      SSL_write(far.get(), &octet, 1);
      SSL_read(near.get(), &octet, 1);
    }
    result.verify_result = SSL_get_verify_result(near.get());
    if (STACK_OF(X509)* sent = SSL_get_peer_cert_chain(near.get()))
      result.certificates = sk_X509_num(sent);
    result.resumed = SSL_session_reused(near.get()) == 1;
    result.session.reset(SSL_get1_session(near.get()));
    SSL_shutdown(near.get());
    static_cast<void>(drain_errors("handshake"));
    return result;
  }
};

}  // namespace

TEST_SUITE("certs.leaf") {
  TEST_CASE("a leaf verifies below its CA for its host and for no other") {
    const auto ca = new_authority();
    const LeafMinter minter{ca};
    const auto leaf = minter.mint("Mail.Example.com", kNow);
    REQUIRE(leaf);
    const CertHandle read = reread(leaf->certificate());
    REQUIRE(read);
    CHECK(verdict(read.get(), ca->certificate(), "mail.example.com", kNow) == X509_V_OK);
    CHECK(verdict(read.get(), ca->certificate(), "owa.example.com", kNow) ==
          X509_V_ERR_HOSTNAME_MISMATCH);
    CHECK(verdict(read.get(), new_authority()->certificate(), "mail.example.com", kNow) !=
          X509_V_OK);
    CHECK(X509_check_private_key(read.get(), leaf->key()) == 1);
  }

  // Apple 103769, "Requirements for trusted certificates in iOS 13 and macOS 10.15", one by one.
  TEST_CASE("iOS: the key is EC P-256 and the signature SHA-256") {
    const auto leaf = LeafMinter{new_authority()}.mint("mail.example.com", kNow);
    REQUIRE(leaf);
    CHECK(facts_of(*leaf->certificate()).key == "EC P-256");
    CHECK(X509_get_signature_nid(leaf->certificate()) == NID_ecdsa_with_SHA256);
  }
  TEST_CASE("iOS: the name is in subjectAltName, once") {
    const auto leaf = LeafMinter{new_authority()}.mint("mail.example.com", kNow);
    REQUIRE(leaf);
    CHECK(X509_get_ext_by_NID(leaf->certificate(), NID_subject_alt_name, -1) >= 0);
    CHECK(names_of(*leaf->certificate()) == std::vector<std::string>{"mail.example.com"});
  }
  TEST_CASE("iOS: the extended key usage is serverAuth, the key usage digitalSignature") {
    const auto leaf = LeafMinter{new_authority()}.mint("mail.example.com", kNow);
    REQUIRE(leaf);
    CHECK(X509_get_extended_key_usage(leaf->certificate()) == XKU_SSL_SERVER);
    CHECK(X509_get_key_usage(leaf->certificate()) == KU_DIGITAL_SIGNATURE);
  }
  TEST_CASE("iOS: the validity is at most 397 days and begins two days back") {
    // A CA that is older than the leaf.
    const auto leaf = LeafMinter{new_authority(kNow - days{30})}.mint("mail.example.com", kNow);
    REQUIRE(leaf);
    const CertificateFacts facts = facts_of(*leaf->certificate());
    CHECK(facts.not_before == kNow - days{2});
    CHECK(facts.not_after - facts.not_before + seconds{1} == days{397});
    CHECK(leaf->not_after() == facts.not_after);
  }
  TEST_CASE("iOS: a leaf is no CA") {
    const auto leaf = LeafMinter{new_authority()}.mint("mail.example.com", kNow);
    REQUIRE(leaf);
    CHECK(X509_check_ca(leaf->certificate()) == 0);
  }

  TEST_CASE("the authority key identifier is the CA's subject key identifier") {
    const auto ca = new_authority();
    const auto leaf = LeafMinter{ca}.mint("mail.example.com", kNow);
    REQUIRE(leaf);
    REQUIRE(X509_get0_authority_key_id(leaf->certificate()) != nullptr);
    CHECK(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf->certificate()),
                                X509_get0_subject_key_id(ca->certificate())) == 0);
  }

  TEST_CASE("a leaf never outlives its CA, nor is older") {
    const auto ca = new_authority();
    const LeafMinter minter{ca};
    const auto young = minter.mint("mail.example.com", kNow);
    REQUIRE(young);
    CHECK(facts_of(*young->certificate()).not_before == ca->facts().not_before);
    const auto late = minter.mint("mail.example.com", ca->facts().not_after - days{3});
    REQUIRE(late);
    CHECK(late->not_after() == ca->facts().not_after);
    const auto too_late = minter.mint("mail.example.com", ca->facts().not_after + seconds{1});
    REQUIRE_FALSE(too_late);
    CHECK(contains(too_late.error().detail, "the CA expired on 2029-11-18"));
  }

  TEST_CASE("address literals are named as addresses") {
    const auto ca = new_authority();
    const LeafMinter minter{ca};
    for (const auto& [host, name] : {std::pair<std::string, std::string>{"192.0.2.7", "192.0.2.7"},
                                     {"[2001:DB8::1]", "2001:db8::1"},
                                     {"2001:db8:0:0::1", "2001:db8::1"}}) {
      const auto leaf = minter.mint(host, kNow);
      REQUIRE(leaf);
      CHECK(names_of(*leaf->certificate()) == std::vector<std::string>{name});
      CHECK(verdict(leaf->certificate(), ca->certificate(), name, kNow) == X509_V_OK);
    }
  }

  TEST_CASE("a name too long for a common name is in subjectAltName alone") {
    const auto ca = new_authority();
    const std::string host = std::string(60, 'a') + "." + std::string(60, 'b') + ".example.com";
    const auto leaf = LeafMinter{ca}.mint(host, kNow);
    REQUIRE(leaf);
    CHECK(verdict(leaf->certificate(), ca->certificate(), host, kNow) == X509_V_OK);
  }

  TEST_CASE("serial numbers are positive, of 16 octets, and all different") {
    const LeafMinter minter{new_authority()};
    std::set<std::string> serials;
    for (int count = 0; count < 200; ++count) {
      const auto leaf = minter.mint("mail.example.com", kNow);
      REQUIRE(leaf);
      CHECK(ASN1_STRING_length(X509_get0_serialNumber(leaf->certificate())) == 16);
      CHECK(ASN1_STRING_type(X509_get0_serialNumber(leaf->certificate())) == V_ASN1_INTEGER);
      serials.insert(facts_of(*leaf->certificate()).serial);
    }
    CHECK(serials.size() == 200);
  }

  TEST_CASE("an RSA CA signs leaves too") {
    const KeyHandle key{EVP_RSA_gen(2048)};
    Recipe recipe;
    recipe.constraints = "critical,CA:TRUE";
    recipe.usage = "critical,keyCertSign";
    const auto ca = std::make_shared<const Authority>(make_certificate(recipe, key.get()),
                                                      share(key.get()), std::vector<CertHandle>{});
    const auto leaf = LeafMinter{ca}.mint("mail.example.com", kNow);
    REQUIRE(leaf);
    CHECK(X509_verify(leaf->certificate(), key.get()) == 1);
    // This CA has no subject key identifier, so nothing can name it.
    CHECK(X509_get0_authority_key_id(leaf->certificate()) == nullptr);
  }

  TEST_CASE("threads mint at the same time") {
    const auto ca = new_authority();
    const LeafMinter minter{ca};
    std::vector<int> good(4, 0);
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < good.size(); ++thread) {
      threads.emplace_back([&, thread] {
        for (int count = 0; count < 25; ++count) {
          const auto leaf = minter.mint("h" + std::to_string(count) + ".example.com", kNow);
          if (leaf && X509_verify(leaf->certificate(), ca->key()) == 1) ++good[thread];
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(good == std::vector<int>(4, 25));
  }

  TEST_CASE("one server context serves any host through the client-hello callback") {
    const auto ca = new_authority();
    const LeafMinter minter{ca};
    const auto leaf = minter.mint("mail.example.com", kNow);
    REQUIRE(leaf);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const Ends ends{*leaf, ca->certificate(), version};
      const Handshake good = ends.shake("mail.example.com");
      CHECK(good.done);
      CHECK(good.verify_result == X509_V_OK);
      CHECK(good.certificates == 1);
      CHECK_FALSE(ends.shake("other.example.com").done);
      const Handshake again = ends.shake("mail.example.com", good.session.get());
      CHECK(again.done);
      CHECK(again.resumed);
    }
  }

  TEST_CASE("below an intermediate CA the chain is sent") {
    Recipe recipe;
    recipe.constraints = "critical,CA:TRUE";
    recipe.usage = "critical,keyCertSign";
    const KeyHandle root_key{EVP_EC_gen("P-256")};
    recipe.common_name = "Root";
    const CertHandle root = make_certificate(recipe, root_key.get());
    const KeyHandle key{EVP_EC_gen("P-256")};
    recipe.common_name = "Below";
    CertHandle below = make_certificate(recipe, key.get(), root.get(), root_key.get());
    std::vector<CertHandle> chain;
    chain.push_back(share(below.get()));
    const auto ca =
        std::make_shared<const Authority>(std::move(below), share(key.get()), std::move(chain));
    const auto leaf = LeafMinter{ca}.mint("mail.example.com", kNow);
    REQUIRE(leaf);
    const Handshake result = Ends{*leaf, root.get(), TLS1_3_VERSION}.shake("mail.example.com");
    CHECK(result.done);
    CHECK(result.certificates == 2);
  }
}

TEST_SUITE("certs.host") {
  TEST_CASE("hosts have one form") {
    CHECK(normalized_host("MAIL.Example.COM.") == Result<std::string>{"mail.example.com"});
    CHECK(normalized_host("localhost") == Result<std::string>{"localhost"});
    CHECK(normalized_host("_sip.example-1.com") == Result<std::string>{"_sip.example-1.com"});
    CHECK(normalized_host("[::1]") == Result<std::string>{"::1"});
    CHECK(normalized_host("0:0:0:0:0:0:0:1") == Result<std::string>{"::1"});
    CHECK(normalized_host("10.0.0.1") == Result<std::string>{"10.0.0.1"});
    CHECK(normalized_host(std::string(63, 'a')) == Result<std::string>{std::string(63, 'a')});
  }

  TEST_CASE("what is no host is refused with a place") {
    for (const std::string& host :
         {std::string{}, std::string{"."}, std::string{"a..b"}, std::string{".a"},
          std::string{"*.example.com"}, std::string{"a b"}, std::string{"a/b"},
          std::string{"b\xC3\xBCro.de"}, std::string("a\0b", 3),
          std::string{"mail.example.com\r\nX: y"}, std::string{"[10.0.0.1]"}, std::string{"[::1"},
          std::string{"fe80::1%eth0"}, std::string(64, 'a')}) {
      CAPTURE(host);
      const auto result = normalized_host(host);
      REQUIRE_FALSE(result);
      CHECK(result.error().code == Errc::malformed);
      CHECK(result.error().offset <= host.size());
      CHECK_FALSE(LeafMinter{new_authority()}.mint(host, kNow));
    }
    std::string longest;
    while (longest.size() < 254) longest += "abc.";
    CHECK(normalized_host(longest + "x").error().code == Errc::too_large);
  }
}

}  // namespace eastap::certs
