#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/pem.h>

#include "certs/authority.hpp"
#include "certs/leaf.hpp"
#include "tests/unit/certs/support.hpp"

// What a CA folder may hold beyond a plain CA of our own: an encrypted key, limits, a renewed
// certificate, the chain of an organisation.
namespace eastap::certs {

using namespace test;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::days kYear{365};

AskPassphrase answering(const std::string& passphrase, int* asked = nullptr) {
  return [=](const std::string& what) -> std::optional<Secret> {
    CHECK(contains(what, "ca.key"));
    if (asked != nullptr) ++*asked;
    return Secret{passphrase};
  };
}

AuthorityRequest permitting(const std::vector<std::string>& texts) {
  AuthorityRequest request;
  request.permit = *NameConstraints::permitting(texts);
  return request;
}

Recipe ca_recipe(const std::string& name, const std::string& constraints = "critical,CA:TRUE") {
  Recipe recipe;
  recipe.common_name = name;
  recipe.constraints = constraints;
  recipe.usage = "critical,keyCertSign,cRLSign";
  return recipe;
}

/// A root, a CA below it, and one below that which is ours.
struct Organisation {
  explicit Organisation(Recipe root_recipe = ca_recipe("Root"),
                        Recipe middle_recipe = ca_recipe("Middle"),
                        Recipe own_recipe = ca_recipe("Own"))
      : root{make_certificate(root_recipe, root_key.get())},
        middle{make_certificate(middle_recipe, middle_key.get(), root.get(), root_key.get())},
        own{make_certificate(own_recipe, own_key.get(), middle.get(), middle_key.get())} {}

  void put(const fs::path& folder, const std::vector<X509*>& order) const {
    std::string pem;
    for (X509* one : order) pem += pem_of(one);
    write_file(certificate_file(folder), pem);
    write_file(key_file(folder), pem_of(own_key.get()));
    fs::permissions(key_file(folder), fs::perms::owner_read | fs::perms::owner_write);
  }

  KeyHandle root_key{EVP_EC_gen("P-256")}, middle_key{EVP_EC_gen("P-256")},
      own_key{EVP_EC_gen("P-256")};
  CertHandle root, middle, own;
};

}  // namespace

TEST_SUITE("certs.authority_files") {
  TEST_CASE("a key with a passphrase is PKCS#8, opens with it, and with nothing else") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    const Secret passphrase{"correct horse"};
    AuthorityRequest request;
    request.passphrase = &passphrase;
    const Authority made = create(ca_dir, "laptop", kNow, request);
    CHECK(read_file(key_file(ca_dir)).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    CHECK(mode_of(key_file(ca_dir)) == 0600);
    int asked = 0;
    const Authority opened = load(ca_dir, kNow, answering("correct horse", &asked));
    CHECK(EVP_PKEY_eq(opened.key(), made.key()) == 1);
    CHECK(asked == 1);
    asked = 0;
    const std::string wrong =
        error_of([&] { return load(ca_dir, kNow, answering("battery", &asked)); });
    CHECK(asked == 1);
    CHECK(contains(wrong, "does not open the key"));
    CHECK_FALSE(contains(wrong, "battery"));
    CHECK(contains(error_of([&] { return load(ca_dir, kNow); }), "there is no passphrase"));
    int refused = 0;
    const AskPassphrase refusing = [&](const std::string&) -> std::optional<Secret> {
      ++refused;
      throw std::runtime_error{"the user pressed Ctrl-C"};
    };
    CHECK(
        contains(error_of([&] { return load(ca_dir, kNow, refusing); }), "there is no passphrase"));
    CHECK(refused == 1);
    CHECK(inspect(ca_dir, kNow).key_encrypted);
  }

  TEST_CASE("an expired CA is told before anybody is asked for its passphrase") {
    const TemporaryFolder folder;
    const Secret passphrase{"secret"};
    AuthorityRequest request;
    request.passphrase = &passphrase;
    static_cast<void>(create(folder / "ca", "laptop", kNow, request));
    int asked = 0;
    CHECK(contains(error_of([&] {
                     return load(folder / "ca", kNow + 2 * kYear, answering("secret", &asked));
                   }),
                   "eastap ca renew"));
    CHECK(asked == 0);
  }

  TEST_CASE("a creation with a passphrase that was killed half-way is finished with it") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    const Secret passphrase{"secret"};
    AuthorityRequest request;
    request.passphrase = &passphrase;
    const Authority first = create(ca_dir, "laptop", kNow, request);
    fs::rename(certificate_file(ca_dir), ca_dir / "ca.pem.new");
    CHECK(load_or_create(ca_dir, "laptop", kNow, request, answering("secret")).facts() ==
          first.facts());
  }

  TEST_CASE("the lifetime and the kind of key are those asked for") {
    AuthorityRequest request;
    request.lifetime = std::chrono::days{30};
    request.key = KeyKind::rsa_3072;
    const Authority ca = make_authority("laptop", kNow, request);
    CHECK(ca.facts().not_after == kNow + std::chrono::days{29});
    CHECK(ca.facts().key == "RSA 3072");
  }

  TEST_CASE("limits survive the file, and what is told of them needs no key") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    static_cast<void>(create(ca_dir, "laptop", kNow, permitting({"contoso.com"})));
    const Authority ca = load(ca_dir, kNow);
    CHECK(ca.permits("mail.contoso.com"));
    CHECK_FALSE(ca.permits("fabrikam.com"));
    CHECK(ca.permitted_text() == "contoso.com");
    const AuthorityReport report = inspect(ca_dir, kNow);
    CHECK(report.permitted == std::vector<std::string>{"contoso.com"});
    CHECK_FALSE(report.key_encrypted);
    CHECK(report.pem == ca.pem());
    CHECK(report.der == ca.der());
  }

  TEST_CASE("renewing keeps name, key and limits, also of a CA that has expired") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    const Authority before = create(ca_dir, "laptop", kNow, permitting({"contoso.com"}));
    const SystemTime later = kNow + 2 * kYear;
    const Authority renewed = renew(ca_dir, later, {}, {});
    CHECK(renewed.facts().subject == before.facts().subject);
    CHECK(renewed.facts().serial != before.facts().serial);
    CHECK(renewed.facts().not_after == later - std::chrono::days{1} + kYear);
    CHECK(EVP_PKEY_eq(renewed.key(), before.key()) == 1);
    const Authority loaded = load(ca_dir, later);
    CHECK(loaded.facts() == renewed.facts());
    CHECK(loaded.permitted_text() == "contoso.com");
    CHECK(X509_verify(loaded.certificate(), loaded.key()) == 1);
    CHECK_FALSE(fs::exists(ca_dir / "ca.pem.new"));
  }

  TEST_CASE("renewing can change the limits, and lift them") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    static_cast<void>(create(ca_dir, "laptop", kNow));
    RenewalRequest request;
    request.permit = *NameConstraints::permitting(std::vector<std::string>{"fabrikam.com"});
    CHECK(renew(ca_dir, kNow, request, {}).permitted_text() == "fabrikam.com");
    CHECK(load(ca_dir, kNow).permitted_text() == "fabrikam.com");
    request.permit = NameConstraints{};
    CHECK(renew(ca_dir, kNow, request, {}).permitted_text().empty());
    CHECK(X509_get_ext_by_NID(load(ca_dir, kNow).certificate(), NID_name_constraints, -1) < 0);
  }

  TEST_CASE("a CA that somebody else signed is not renewed here, and nothing is written") {
    const TemporaryFolder folder;
    const Organisation contoso;
    contoso.put(folder / "ca", {contoso.own.get(), contoso.middle.get()});
    const std::string before = read_file(certificate_file(folder / "ca"));
    CHECK(contains(error_of([&] { return renew(folder / "ca", kNow, {}, {}); }),
                   "was signed by Middle"));
    CHECK(read_file(certificate_file(folder / "ca")) == before);
    CHECK(contains(error_of([&] { return renew(folder / "none", kNow, {}, {}); }), "ca.pem"));
    CHECK_FALSE(fs::exists(folder / "none"));
  }

  TEST_CASE("PKCS#12 holds key, certificate and chain, and opens with its password only") {
    const TemporaryFolder folder;
    const Organisation contoso;
    contoso.put(folder / "ca", {contoso.own.get(), contoso.middle.get(), contoso.root.get()});
    const Authority ca = load(folder / "ca", kNow);
    const std::string octets = pkcs12_of(ca, Secret{"moving"});
    const auto* at = reinterpret_cast<const unsigned char*>(octets.data());
    const Pkcs12Handle read{d2i_PKCS12(nullptr, &at, static_cast<long>(octets.size()))};
    REQUIRE(read);
    CHECK(PKCS12_verify_mac(read.get(), "moving", -1) == 1);
    CHECK(PKCS12_verify_mac(read.get(), "", 0) == 0);
    static_cast<void>(drain_errors("the wrong password"));
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    STACK_OF(X509)* chain = nullptr;
    REQUIRE(PKCS12_parse(read.get(), "moving", &key, &certificate, &chain) == 1);
    const KeyHandle key_owner{key};
    const CertHandle certificate_owner{certificate};
    const CertStackHandle chain_owner{chain};
    CHECK(EVP_PKEY_eq(key, ca.key()) == 1);
    CHECK(X509_cmp(certificate, ca.certificate()) == 0);
    CHECK(sk_X509_num(chain) == 1);
  }

  TEST_CASE("a CA is taken over from PKCS#12 or PEM with its chain, and only where there is none") {
    const TemporaryFolder folder;
    const Organisation contoso;
    contoso.put(folder / "ca", {contoso.own.get(), contoso.middle.get(), contoso.root.get()});
    const Authority ca = load(folder / "ca", kNow);
    write_file(folder / "moved.p12", pkcs12_of(ca, Secret{"moving"}));
    write_file(folder / "own.pem", pem_of(contoso.middle.get()) + pem_of(contoso.own_key.get()) +
                                       pem_of(contoso.own.get()));
    const AskPassphrase moving = [](const std::string&) { return std::optional{Secret{"moving"}}; };
    const Secret passphrase{"secret"};
    import_authority(folder / "a", folder / "moved.p12", kNow, moving, &passphrase);
    import_authority(folder / "b", folder / "own.pem", kNow, {}, nullptr);
    for (const char* const to : {"a", "b"}) {
      const Authority there = load(folder / to, kNow, answering("secret"));
      CHECK(there.facts() == ca.facts());
      CHECK(there.chain().size() == 2);
      CHECK(EVP_PKEY_eq(there.key(), ca.key()) == 1);
    }
    CHECK(mode_of(key_file(folder / "b")) == 0600);
    CHECK(inspect(folder / "a", kNow).key_encrypted);
    const auto message = [&](const char* to, const char* from, SystemTime now) {
      return error_of([&] {
        import_authority(folder / to, folder / from, now, {}, nullptr);
        return 0;
      });
    };
    CHECK(contains(message("b", "own.pem", kNow), "there is a CA already"));
    CHECK(contains(message("c", "own.pem", kNow + kYear), "expired"));
    CHECK(contains(message("c", "moved.p12", kNow), "needs a password"));
    write_file(folder / "leaf.pem",
               pem_of(make_certificate(Recipe{}, contoso.own_key.get()).get()) +
                   pem_of(contoso.own_key.get()));
    CHECK(contains(message("c", "leaf.pem", kNow), "leaf.pem"));
    CHECK_FALSE(fs::exists(folder / "c"));
  }

  TEST_CASE("the issuers are sent in their order, whatever the file's, but not the root") {
    const TemporaryFolder folder;
    const Organisation contoso;
    const KeyHandle stray_key{EVP_EC_gen("P-256")};
    const CertHandle stray = make_certificate(ca_recipe("Stray"), stray_key.get());
    contoso.put(folder / "ca",
                {contoso.own.get(), contoso.root.get(), stray.get(), contoso.middle.get()});
    const Authority ca = load(folder / "ca", kNow);
    REQUIRE(ca.chain().size() == 2);
    CHECK(X509_cmp(ca.chain()[0].get(), contoso.own.get()) == 0);
    CHECK(X509_cmp(ca.chain()[1].get(), contoso.middle.get()) == 0);
    CHECK(inspect(folder / "ca", kNow).issuers == std::vector<std::string>{"Middle", "Root"});
  }

  TEST_CASE("an issuer that permits no CA so far below it, or is none, is refused") {
    const TemporaryFolder folder;
    const Organisation shallow{ca_recipe("Root", "critical,CA:TRUE,pathlen:1")};
    shallow.put(folder / "a", {shallow.own.get(), shallow.middle.get(), shallow.root.get()});
    CHECK(contains(error_of([&] { return load(folder / "a", kNow); }), "pathLenConstraint"));
    const Organisation deep{ca_recipe("Root", "critical,CA:TRUE,pathlen:2")};
    deep.put(folder / "b", {deep.own.get(), deep.middle.get(), deep.root.get()});
    CHECK(error_of([&] { return load(folder / "b", kNow); }) == "no error");
    const Organisation below_leaf{ca_recipe("Root"), ca_recipe("Middle", "critical,CA:FALSE")};
    below_leaf.put(folder / "c", {below_leaf.own.get(), below_leaf.middle.get()});
    CHECK(contains(error_of([&] { return load(folder / "c", kNow); }), "no CA itself"));
  }

  TEST_CASE("the limits of every issuer are obeyed") {
    const TemporaryFolder folder;
    Recipe root = ca_recipe("Root");
    root.name_constraints = "critical,permitted;DNS:contoso.com";
    Recipe own = ca_recipe("Own");
    own.name_constraints = "critical,excluded;DNS:secret.contoso.com";
    const Organisation contoso{root, ca_recipe("Middle"), own};
    contoso.put(folder / "ca", {contoso.own.get(), contoso.middle.get(), contoso.root.get()});
    const Authority ca = load(folder / "ca", kNow);
    CHECK(ca.permits("mail.contoso.com"));
    CHECK_FALSE(ca.permits("secret.contoso.com"));
    CHECK_FALSE(ca.permits("fabrikam.com"));
    CHECK(ca.permitted_text() == "contoso.com");
  }

  TEST_CASE("a CA for other purposes than TLS servers is refused") {
    const TemporaryFolder folder;
    Recipe own = ca_recipe("Own");
    own.extended_usage = "clientAuth";
    const Organisation contoso{ca_recipe("Root"), ca_recipe("Middle"), own};
    contoso.put(folder / "ca", {contoso.own.get(), contoso.middle.get()});
    CHECK(contains(error_of([&] { return load(folder / "ca", kNow); }), "serverAuth"));
  }

  TEST_CASE("an issuer that has expired, or soon will, is told as a warning") {
    const TemporaryFolder folder;
    Recipe middle = ca_recipe("Middle");
    middle.not_after = kNow + std::chrono::days{10};
    Recipe own = ca_recipe("Own");
    own.not_after = kNow + std::chrono::days{300};
    const Organisation contoso{ca_recipe("Root"), middle, own};
    contoso.put(folder / "ca", {contoso.own.get(), contoso.middle.get()});
    const auto soon = load(folder / "ca", kNow).warnings;
    REQUIRE(soon.size() == 1);
    CHECK(contains(soon[0], "issuer Middle expires on 2026-11-30"));
    const auto over = load(folder / "ca", kNow + std::chrono::days{20}).warnings;
    REQUIRE(over.size() == 1);
    CHECK(contains(over[0], "issuer Middle expired on"));
  }
}

}  // namespace eastap::certs
