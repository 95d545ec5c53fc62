#include "certs/authority.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/certs/support.hpp"

namespace eastap::certs {

using namespace test;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::days kYear{365};

/// A CA folder with files of the test's own making.
void put_ca(const fs::path& folder, const std::string& certificate, const std::string& key) {
  write_file(certificate_file(folder), certificate);
  write_file(key_file(folder), key);
  fs::permissions(key_file(folder), fs::perms::owner_read | fs::perms::owner_write);
}

Recipe ca_recipe() {
  Recipe recipe;
  recipe.common_name = "Own CA";
  recipe.constraints = "critical,CA:TRUE";
  recipe.usage = "critical,keyCertSign,cRLSign";
  return recipe;
}

}  // namespace

TEST_SUITE("certs.authority") {
  TEST_CASE("a new CA is what phones accept as a root") {
    const Authority ca = make_authority("laptop", kNow);
    X509* const certificate = ca.certificate();
    CHECK(X509_get_version(certificate) == X509_VERSION_3);
    CHECK(X509_check_ca(certificate) == 1);
    CHECK(X509_get_pathlen(certificate) == 0);
    CHECK(X509_get_key_usage(certificate) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN));
    for (const int nid : {NID_basic_constraints, NID_key_usage}) {
      const int at = X509_get_ext_by_NID(certificate, nid, -1);
      REQUIRE(at >= 0);
      CHECK(X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) == 1);
    }
    CHECK(X509_get0_subject_key_id(certificate) != nullptr);
    CHECK(X509_get_signature_nid(certificate) == NID_ecdsa_with_SHA256);
    CHECK((X509_get_extension_flags(certificate) & EXFLAG_SS) != 0);
    CHECK(X509_verify(certificate, ca.key()) == 1);
    const CertificateFacts facts = ca.facts();
    CHECK(facts.key == "EC P-256");
    CHECK(facts.not_before == kNow - std::chrono::days{1});
    CHECK(facts.not_after == facts.not_before + kYear);
    CHECK(facts.serial.size() == 32);
    CHECK(facts.sha256.size() == 95);
  }

  TEST_CASE("the name tells machine and date, and differs with each installation") {
    const CertificateFacts one = make_authority("laptop.example.com", kNow).facts();
    const CertificateFacts two = make_authority("laptop.example.com", kNow).facts();
    CHECK(one.subject.starts_with("eastap CA laptop.example.com 2026-11-20 "));
    CHECK(one.subject != two.subject);
    CHECK(one.serial != two.serial);
    CHECK(one.sha256 != two.sha256);
  }

  TEST_CASE("a long or odd machine name still makes a common name within 64 characters") {
    for (const std::string& host :
         {std::string(300, 'x'), std::string{"b\xC3\xBCro\n\x1b[31m"}, std::string{}}) {
      const CertificateFacts facts = make_authority(host, kNow).facts();
      CHECK(facts.subject.size() <= 64);
      CHECK(facts.subject.find('\n') == std::string::npos);
      CHECK(contains(facts.subject, " 2026-11-20 "));
    }
  }

  TEST_CASE("PEM and DER are the same certificate, and never the key") {
    const Authority ca = make_authority("laptop", kNow);
    CHECK_FALSE(contains(ca.pem(), "PRIVATE"));
    const std::string der = ca.der();
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const CertHandle read{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    REQUIRE(read);
    CHECK(pem_of(read.get()) == ca.pem());
  }

  TEST_CASE("the first run creates folder and files for the owner alone, the second loads them") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "share/eastap";
    const ::mode_t old_mask = ::umask(0);
    const Authority first = load_or_create(ca_dir, "laptop", kNow);
    ::umask(old_mask);
    CHECK(first.created);
    CHECK(mode_of(ca_dir) == 0700);
    CHECK(mode_of(key_file(ca_dir)) == 0600);
    CHECK((mode_of(certificate_file(ca_dir)) & 0022U) == 0);
    CHECK_FALSE(fs::exists(ca_dir / "ca.key.new"));
    CHECK_FALSE(fs::exists(ca_dir / "ca.pem.new"));

    const Authority second = load_or_create(ca_dir, "laptop", kNow + std::chrono::hours{1});
    CHECK_FALSE(second.created);
    CHECK(second.facts() == first.facts());
    CHECK(second.warnings.empty());
    CHECK(second.chain().empty());
    CHECK(EVP_PKEY_eq(second.key(), first.key()) == 1);
  }

  TEST_CASE("create refuses to replace a CA") {
    const TemporaryFolder folder;
    const Authority first = create(folder / "ca", "laptop", kNow);
    const std::string message = error_of([&] { return create(folder / "ca", "laptop", kNow); });
    CHECK(contains(message, "there is a CA already"));
    CHECK(contains(message, "ca.pem"));
    CHECK(load(folder / "ca", kNow).facts() == first.facts());
  }

  TEST_CASE("processes that start at once end with one CA whose files belong together") {
    for (int round = 0; round < 5; ++round) {
      const TemporaryFolder folder;
      const fs::path ca_dir = folder / "ca";
      std::vector<::pid_t> children;
      for (int child = 0; child < 8; ++child) {
        const ::pid_t pid = ::fork();
        if (pid == 0) {
          int result = 1;
          try {
            const Authority ca = load_or_create(ca_dir, "laptop", kNow);
            write_file(folder / ("seen" + std::to_string(child)), ca.pem());
            result = X509_check_private_key(ca.certificate(), ca.key()) == 1 ? 0 : 2;
          } catch (const std::exception&) {
            result = 3;
          }
          ::_exit(result);
        }
        REQUIRE(pid > 0);
        children.push_back(pid);
      }
      for (const ::pid_t pid : children) {
        int status = -1;
        REQUIRE(::waitpid(pid, &status, 0) == pid);
        CHECK(status == 0);
      }
      const std::string kept = load(ca_dir, kNow).pem();
      for (int child = 0; child < 8; ++child)
        CHECK(read_file(folder / ("seen" + std::to_string(child))) == kept);
    }
  }

  TEST_CASE("a creation that was killed between its two files is finished by the next start") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    const Authority first = create(ca_dir, "laptop", kNow);
    fs::rename(certificate_file(ca_dir), ca_dir / "ca.pem.new");
    CHECK(load_or_create(ca_dir, "laptop", kNow).facts() == first.facts());
    CHECK(fs::exists(certificate_file(ca_dir)));
  }

  TEST_CASE("leavings of a creation that was killed earlier do not disturb") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    write_file(ca_dir / "ca.pem.new", "half a certifi");
    write_file(ca_dir / "ca.key.new", "half a k");
    fs::permissions(ca_dir / "ca.key.new", fs::perms::all);
    CHECK(load_or_create(ca_dir, "laptop", kNow).created);
    CHECK(mode_of(key_file(ca_dir)) == 0600);
  }

  TEST_CASE(
      "one file without the other is an error naming the missing one, and nothing is replaced") {
    const TemporaryFolder folder;
    static_cast<void>(create(folder / "a", "laptop", kNow));
    fs::remove(key_file(folder / "a"));
    CHECK(contains(error_of([&] { return load_or_create(folder / "a", "laptop", kNow); }),
                   "ca.key: is missing"));
    CHECK_FALSE(fs::exists(key_file(folder / "a")));

    static_cast<void>(create(folder / "b", "laptop", kNow));
    fs::remove(certificate_file(folder / "b"));
    CHECK(contains(error_of([&] { return load_or_create(folder / "b", "laptop", kNow); }),
                   "ca.pem: is missing"));
  }

  TEST_CASE("load without a CA says how to get one") {
    const TemporaryFolder folder;
    const std::string message = error_of([&] { return load(folder / "none", kNow); });
    CHECK(contains(message, "ca.pem"));
    CHECK(contains(message, "eastap ca create"));
    CHECK(contains(message, "--ca-dir"));
  }

  TEST_CASE("a folder that cannot be made or written is named with the remedy") {
    const TemporaryFolder folder;
    write_file(folder / "file", "");
    for (const fs::path& ca_dir :
         {folder / "file", folder / "file/below", folder / "file/below/deeper"}) {
      const std::string message = error_of([&] { return load_or_create(ca_dir, "laptop", kNow); });
      CAPTURE(message);
      CHECK(contains(message, "file"));
      CHECK(contains(message, "--ca-dir"));
    }
  }

  TEST_CASE("a folder in the place of a file is an error, not a crash") {
    const TemporaryFolder folder;
    static_cast<void>(create(folder / "ca", "laptop", kNow));
    fs::remove(certificate_file(folder / "ca"));
    fs::create_directory(certificate_file(folder / "ca"));
    CHECK(contains(error_of([&] { return load(folder / "ca", kNow); }), "ca.pem"));
  }

  TEST_CASE("every cut of certificate or key is an error naming the file, or still the whole") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    static_cast<void>(create(ca_dir, "laptop", kNow));
    for (const fs::path& file : {certificate_file(ca_dir), key_file(ca_dir)}) {
      const std::string whole = read_file(file);
      for (std::size_t kept = 0; kept + 1 < whole.size(); kept += 7) {
        write_file(file, whole.substr(0, kept));
        const std::string message = error_of([&] { return load(ca_dir, kNow); });
        CAPTURE(kept);
        CHECK(contains(message, file.string()));
      }
      write_file(file, whole);
    }
    CHECK(error_of([&] { return load(ca_dir, kNow); }) == "no error");
  }

  TEST_CASE("every flipped octet gives an error or a CA that verifies") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    static_cast<void>(create(ca_dir, "laptop", kNow));
    const std::string whole = read_file(certificate_file(ca_dir));
    for (std::size_t at = 0; at < whole.size(); at += 5) {
      std::string damaged = whole;
      damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
      write_file(certificate_file(ca_dir), damaged);
      CAPTURE(at);
      CHECK_NOTHROW(static_cast<void>(error_of([&] { return load(ca_dir, kNow); })));
    }
  }

  TEST_CASE("a huge file is refused before it is parsed") {
    const TemporaryFolder folder;
    static_cast<void>(create(folder / "ca", "laptop", kNow));
    write_file(certificate_file(folder / "ca"), std::string(2U << 20U, 'x'));
    CHECK(contains(error_of([&] { return load(folder / "ca", kNow); }), "larger than 1 MiB"));
  }

  TEST_CASE("a key of another certificate is refused") {
    const TemporaryFolder folder;
    static_cast<void>(create(folder / "one", "laptop", kNow));
    static_cast<void>(create(folder / "two", "laptop", kNow));
    fs::copy_file(key_file(folder / "two"), key_file(folder / "one"),
                  fs::copy_options::overwrite_existing);
    const std::string message = error_of([&] { return load(folder / "one", kNow); });
    CHECK(contains(message, key_file(folder / "one").string()));
    CHECK(contains(message, "not the key of the certificate"));
  }

  TEST_CASE("an expired CA, and one from the future, are told with their date") {
    const TemporaryFolder folder;
    static_cast<void>(create(folder / "ca", "laptop", kNow));
    CHECK(contains(error_of([&] { return load(folder / "ca", kNow + kYear); }),
                   "expired on 2027-11-19"));
    CHECK(contains(error_of([&] { return load(folder / "ca", kNow - kYear); }),
                   "valid only from 2026-11-19"));
  }

  TEST_CASE("the last thirty days of a CA are told as a warning") {
    const TemporaryFolder folder;
    static_cast<void>(create(folder / "ca", "laptop", kNow));
    CHECK(load(folder / "ca", kNow + kYear - std::chrono::days{32}).warnings.empty());
    const auto warnings = load(folder / "ca", kNow + kYear - std::chrono::days{20}).warnings;
    REQUIRE(warnings.size() == 1);
    CHECK(contains(warnings[0], "expires on 2027-11-19"));
  }

  TEST_CASE("a key that others can read is told as a warning") {
    const TemporaryFolder folder;
    static_cast<void>(create(folder / "ca", "laptop", kNow));
    fs::permissions(key_file(folder / "ca"), fs::perms::group_read, fs::perm_options::add);
    const auto warnings = load(folder / "ca", kNow).warnings;
    REQUIRE(warnings.size() == 1);
    CHECK(contains(warnings[0], "chmod 600"));
  }

  TEST_CASE("an RSA CA of the user's own is used") {
    const TemporaryFolder folder;
    const KeyHandle key{EVP_RSA_gen(2048)};
    const CertHandle certificate = make_certificate(ca_recipe(), key.get());
    put_ca(folder / "ca", pem_of(certificate.get()), pem_of(key.get()));
    const Authority ca = load(folder / "ca", kNow);
    CHECK(ca.facts().key == "RSA 2048");
    CHECK(ca.facts().subject == "Own CA");
    CHECK(ca.chain().empty());
  }

  TEST_CASE("a CA below the organisation's root sends itself along, but not the root") {
    const TemporaryFolder folder;
    const KeyHandle root_key{EVP_EC_gen("P-256")};
    const CertHandle root = make_certificate(ca_recipe(), root_key.get());
    const KeyHandle key{EVP_EC_gen("P-384")};
    Recipe below = ca_recipe();
    below.common_name = "Below";
    const CertHandle certificate = make_certificate(below, key.get(), root.get(), root_key.get());
    put_ca(folder / "ca", pem_of(certificate.get()) + pem_of(root.get()), pem_of(key.get()));
    const Authority ca = load(folder / "ca", kNow);
    CHECK(ca.facts().key == "EC P-384");
    REQUIRE(ca.chain().size() == 1);
    CHECK(X509_cmp(ca.chain()[0].get(), ca.certificate()) == 0);
  }

  TEST_CASE("what is no usable CA is refused with its reason") {
    const TemporaryFolder folder;
    const fs::path ca_dir = folder / "ca";
    const KeyHandle key{EVP_EC_gen("P-256")};
    const auto message_for = [&](const Recipe& recipe, EVP_PKEY* with) {
      put_ca(ca_dir, pem_of(make_certificate(recipe, with).get()), pem_of(with));
      return error_of([&] { return load(ca_dir, kNow); });
    };
    Recipe no_ca = ca_recipe();
    no_ca.constraints = "critical,CA:FALSE";
    CHECK(contains(message_for(no_ca, key.get()), "not a CA certificate"));
    Recipe no_signing = ca_recipe();
    no_signing.usage = "critical,cRLSign";
    CHECK(contains(message_for(no_signing, key.get()), "keyCertSign"));
    const KeyHandle weak{EVP_RSA_gen(1024)};
    CHECK(contains(message_for(ca_recipe(), weak.get()), "RSA key of 1024 bit"));

    put_ca(ca_dir, pem_of(make_certificate(ca_recipe(), key.get()).get()),
           pem_of(key.get(), "secret"));
    const std::string encrypted = error_of([&] { return load(ca_dir, kNow); });
    CHECK(contains(encrypted, "encrypted"));
    CHECK(contains(encrypted, "no passphrase"));
  }

  TEST_CASE("a key without key usage restriction may sign") {
    const TemporaryFolder folder;
    const KeyHandle key{EVP_EC_gen("P-256")};
    Recipe recipe = ca_recipe();
    recipe.usage.clear();
    put_ca(folder / "ca", pem_of(make_certificate(recipe, key.get()).get()), pem_of(key.get()));
    CHECK(error_of([&] { return load(folder / "ca", kNow); }) == "no error");
  }
}

}  // namespace eastap::certs
