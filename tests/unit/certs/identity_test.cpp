#include "certs/identity.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/pkcs12.h>
#include <stdlib.h>

#include "certs/trust.hpp"
#include "tests/unit/certs/support.hpp"

namespace eastap::certs {

using namespace test;
namespace fs = std::filesystem;

namespace {

Recipe ca_recipe(const std::string& name) {
  Recipe recipe;
  recipe.common_name = name;
  recipe.constraints = "critical,CA:TRUE";
  recipe.usage = "critical,keyCertSign";
  return recipe;
}

Recipe server_recipe() {
  Recipe recipe;
  recipe.common_name = "Contoso mail";
  recipe.names = "DNS:mail.contoso.com,DNS:*.contoso.org,IP:192.0.2.7";
  recipe.extended_usage = "serverAuth";
  recipe.not_after = kNow + std::chrono::days{200};
  return recipe;
}

/// A root, an intermediate, and a server's certificate below it.
struct Chain {
  explicit Chain(const Recipe& recipe = server_recipe())
      : root{make_certificate(ca_recipe("Root"), root_key.get())},
        middle{make_certificate(ca_recipe("Middle"), middle_key.get(), root.get(), root_key.get())},
        leaf{make_certificate(recipe, key.get(), middle.get(), middle_key.get())} {}

  [[nodiscard]] std::string certificates() const {
    return pem_of(leaf.get()) + pem_of(middle.get()) + pem_of(root.get());
  }
  [[nodiscard]] std::string pfx(const char* password, int key_cipher, int other_cipher) const {
    const CertStackHandle others{sk_X509_new_null()};
    sk_X509_push(others.get(), share(middle.get()).release());
    sk_X509_push(others.get(), share(root.get()).release());
    const Pkcs12Handle made{PKCS12_create(password, "mail", key.get(), leaf.get(), others.get(),
                                          key_cipher, other_cipher, 2048, 2048, 0)};
    REQUIRE(made);
    unsigned char* encoded = nullptr;
    const int length = i2d_PKCS12(made.get(), &encoded);
    REQUIRE(length > 0);
    const AllocatedHandle<unsigned char> owner{encoded};
    return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length)};
  }

  KeyHandle root_key{EVP_EC_gen("P-256")}, middle_key{EVP_EC_gen("P-256")},
      key{EVP_EC_gen("P-256")};
  CertHandle root, middle, leaf;
};

/// Roots that phones know: this one, if any.
StoreHandle roots(X509* root = nullptr) {
  StoreHandle store{X509_STORE_new()};
  if (root != nullptr) REQUIRE(X509_STORE_add_cert(store.get(), root) == 1);
  return store;
}

}  // namespace

TEST_SUITE("certs.identity") {
  TEST_CASE("PEM with chain and key in one file, or the key apart, in any order") {
    const TemporaryFolder folder;
    const Chain chain;
    write_file(folder / "all.pem", pem_of(chain.root.get()) + pem_of(chain.key.get()) +
                                       pem_of(chain.leaf.get()) + pem_of(chain.middle.get()));
    write_file(folder / "chain.pem", chain.certificates());
    write_file(folder / "mail.key", pem_of(chain.key.get()));
    for (const IdentityFiles& files :
         {IdentityFiles{folder / "all.pem", "", ""},
          IdentityFiles{folder / "chain.pem", folder / "mail.key", ""}}) {
      CAPTURE(files.file);
      const Identity identity = load_identity(files);
      CHECK(X509_cmp(identity.certificate.get(), chain.leaf.get()) == 0);
      CHECK(EVP_PKEY_eq(identity.key.get(), chain.key.get()) == 1);
      REQUIRE(identity.chain.size() == 1);  // the root stays at home
      CHECK(X509_cmp(identity.chain[0].get(), chain.middle.get()) == 0);
    }
  }

  TEST_CASE("PFX of today and of old Windows, with its password from a file or the environment") {
    const TemporaryFolder folder;
    const Chain chain;
    write_file(folder / "password", "pfx secret\n");
    // RC2 with 40 bit is what Windows used for certificates, RFC 7292 appendix C.
    for (const auto& [key_cipher, other_cipher] :
         {std::pair{NID_aes_256_cbc, NID_aes_256_cbc},
          std::pair{NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And40BitRC2_CBC}}) {
      {
        const ProviderHandle legacy{OSSL_PROVIDER_try_load(nullptr, "legacy", 1)};  // to write one
        REQUIRE(legacy);
        write_file(folder / "mail.pfx", chain.pfx("pfx secret", key_cipher, other_cipher));
      }
      const Identity identity = load_identity({folder / "mail.pfx", "", folder / "password"});
      CHECK(X509_cmp(identity.certificate.get(), chain.leaf.get()) == 0);
      CHECK(identity.chain.size() == 1);
    }
    ::setenv("EASTAP_CERTIFICATE_PASSWORD", "pfx secret", 1);
    CHECK(error_of([&] { return load_identity({folder / "mail.pfx", "", ""}); }) == "no error");
    ::setenv("EASTAP_CERTIFICATE_PASSWORD", "wrong", 1);
    const std::string wrong = error_of([&] {
      return load_identity({folder / "mail.pfx", "", ""});
    });
    ::unsetenv("EASTAP_CERTIFICATE_PASSWORD");
    CHECK(contains(wrong, "the password does not open it"));
    CHECK_FALSE(contains(wrong, "wrong"));
    CHECK(contains(error_of([&] {
                     return load_identity({folder / "mail.pfx", "", ""});
                   }),
                   "needs a password"));
    write_file(folder / "open.pfx", chain.pfx("", NID_aes_256_cbc, NID_aes_256_cbc));
    CHECK(error_of([&] { return load_identity({folder / "open.pfx", "", ""}); }) == "no error");
  }

  TEST_CASE("what cannot be used is refused with its file and reason") {
    const TemporaryFolder folder;
    const Chain chain;
    const Chain other;
    write_file(folder / "no-key.pem", chain.certificates());
    write_file(folder / "other.key", pem_of(other.key.get()));
    write_file(folder / "only.key", pem_of(chain.key.get()));
    write_file(folder / "nonsense", "this is no certificate");
    write_file(folder / "empty", "");
    const auto message = [&](const IdentityFiles& files) {
      return error_of([&] { return load_identity(files); });
    };
    CHECK(contains(message({folder / "no-key.pem", "", ""}), "key_file"));
    CHECK(contains(message({folder / "no-key.pem", folder / "other.key", ""}), "is not the key"));
    CHECK(contains(message({folder / "only.key", "", ""}), "only.key"));
    CHECK(contains(message({folder / "nonsense", "", ""}), "neither PEM nor PKCS#12"));
    CHECK(contains(message({folder / "empty", "", ""}), "neither PEM nor PKCS#12"));
    CHECK(contains(message({folder / "missing", "", ""}), "missing"));
    CHECK(contains(message({folder / "no-key.pem", "", folder / "missing"}), "no-key.pem"));
    const std::string pfx = chain.pfx("x", NID_aes_256_cbc, NID_aes_256_cbc);
    for (std::size_t kept = 0; kept < pfx.size(); kept += 97) {
      write_file(folder / "cut.pfx", pfx.substr(0, kept));
      CHECK(contains(message({folder / "cut.pfx", "", ""}), "cut.pfx"));
    }
  }

  TEST_CASE("a certificate is for its names as phones read them") {
    const TemporaryFolder folder;
    const Chain chain;
    write_file(folder / "mail.pem", chain.certificates() + pem_of(chain.key.get()));
    const Identity identity = load_identity({folder / "mail.pem", "", ""});
    CHECK(names(identity, "mail.contoso.com"));
    CHECK(names(identity, "any.contoso.org"));
    CHECK_FALSE(names(identity, "a.b.contoso.org"));
    CHECK_FALSE(names(identity, "contoso.org"));
    CHECK(names(identity, "192.0.2.7"));
    CHECK_FALSE(names(identity, "192.0.2.8"));
    CHECK_FALSE(names(identity, "Contoso mail"));
    const Leaf leaf = leaf_of(identity);
    CHECK(leaf.not_after() == kNow + std::chrono::days{200});
  }

  TEST_CASE("what phones will hold against a certificate is told, and nothing against a good one") {
    const TemporaryFolder folder;
    const Chain chain;
    write_file(folder / "good.pem", chain.certificates() + pem_of(chain.key.get()));
    const Identity good = load_identity({folder / "good.pem", "", ""});
    const std::vector<std::string> host{"mail.contoso.com"};
    const StoreHandle known = roots(chain.root.get());
    CHECK(server_problems(good, host, known.get(), kNow).empty());
    const auto only = [](const std::vector<std::string>& problems) {
      REQUIRE(problems.size() == 1);
      return problems[0];
    };
    CHECK(contains(
        only(server_problems(good, std::vector<std::string>{"owa.contoso.com"}, known.get(), kNow)),
        "not for owa.contoso.com but for mail.contoso.com, *.contoso.org, 192.0.2.7"));
    CHECK(contains(only(server_problems(good, host, known.get(), kNow + std::chrono::days{190})),
                   "expires on"));
    const StoreHandle nobody = roots();
    const std::string unknown = only(server_problems(good, host, nobody.get(), kNow));
    CHECK(contains(unknown, "Root, which signed Middle, is neither in the file"));

    write_file(folder / "cut.pem", pem_of(chain.leaf.get()) + pem_of(chain.key.get()));
    const Identity cut = load_identity({folder / "cut.pem", "", ""});
    CHECK(contains(only(server_problems(cut, host, known.get(), kNow)),
                   "Middle, which signed Contoso mail, is neither in the file"));

    Recipe wrong = server_recipe();
    wrong.extended_usage = "clientAuth";
    const Chain client{wrong};
    write_file(folder / "client.pem", client.certificates() + pem_of(client.key.get()));
    const Identity user = load_identity({folder / "client.pem", "", ""});
    const StoreHandle theirs = roots(client.root.get());
    CHECK(contains(only(server_problems(user, host, theirs.get(), kNow)), "serverAuth"));
    CHECK(client_problems(user, kNow).empty());
    CHECK(contains(only(client_problems(good, kNow)), "clientAuth"));
    CHECK(contains(only(client_problems(user, kNow + std::chrono::days{300})), "expired on"));
  }
}

}  // namespace eastap::certs
