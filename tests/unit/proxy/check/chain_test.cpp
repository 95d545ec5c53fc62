#include "proxy/check/chain.hpp"

#include <doctest/doctest.h>

#include "tests/unit/certs/support.hpp"
#include "tests/unit/proxy/check/world.hpp"

namespace eastap::check::test {
namespace {

using certs::CertHandle;
using certs::KeyHandle;
using certs::test::make_certificate;
using certs::test::Recipe;
using std::chrono::days;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Root, intermediate and server, with what a test changes.
class Hierarchy {
 public:
  Recipe leaf{.common_name = "mail.contoso.test",
              .names = "DNS:mail.contoso.test",
              .constraints = {},
              .usage = {},
              .extended_usage = "serverAuth"};
  KeyHandle leaf_key{EVP_EC_gen("P-256")};
  CertHandle root, middle, server;
  certs::StoreHandle trusted{X509_STORE_new()}, empty{X509_STORE_new()};

  Hierarchy() {
    const Recipe top{.common_name = "Contoso Root",
                     .names = {},
                     .constraints = "critical,CA:TRUE",
                     .usage = "critical,keyCertSign",
                     .extended_usage = {},
                     .not_before = certs::test::kNow - days{1'000},
                     .not_after = certs::test::kNow + days{1'000}};
    Recipe below = top;
    below.common_name = "Contoso Issuing";
    root = make_certificate(top, root_key_.get());
    middle = make_certificate(below, middle_key_.get(), root.get(), root_key_.get());
    X509_STORE_add_cert(trusted.get(), root.get());
    make();
  }

  void make() { server = make_certificate(leaf, leaf_key.get(), middle.get(), middle_key_.get()); }
  void sign_with(const EVP_MD* digest) { X509_sign(server.get(), middle_key_.get(), digest); }

  [[nodiscard]] std::vector<std::string> chain() const {
    return {der_of(server.get()), der_of(middle.get())};
  }
  [[nodiscard]] ChainFacts judge(const std::vector<std::string>& sent,
                                 std::string_view host = "mail.contoso.test") const {
    return judge_chain(sent, host, {trusted.get(), trusted.get()}, certs::test::kNow);
  }
  [[nodiscard]] ChainFacts judge() const { return judge(chain()); }

 private:
  KeyHandle root_key_{EVP_EC_gen("P-256")}, middle_key_{EVP_EC_gen("P-256")};
};

std::string words(const ChainFacts& facts) {
  std::string text;
  for (const Remark& remark : facts.remarks) text += remark.text + " → " + remark.next_step + '\n';
  return text;
}

}  // namespace

TEST_SUITE("proxy.check.chain") {
  TEST_CASE("a complete chain of a good certificate is trusted without a remark") {
    const Hierarchy made;
    const ChainFacts facts = made.judge();
    CHECK(words(facts) == "");
    CHECK(facts.trusted);
    CHECK(facts.issuer == "Contoso Issuing");
    REQUIRE(facts.evidence.size() == 3);
    CHECK(has(facts.evidence.back(), "trusted by \"Contoso Root\""));
  }

  TEST_CASE("a root of --upstream-ca is told as one that phones must have") {
    const Hierarchy made;
    const ChainFacts facts = judge_chain(made.chain(), "mail.contoso.test",
                                         {made.empty.get(), made.trusted.get()}, certs::test::kNow);
    CHECK(facts.trusted);
    CHECK(has(facts.evidence.back(), "every phone must have it installed"));
  }

  TEST_CASE("a missing intermediate is a failure that names the issuer") {
    const Hierarchy made;
    const ChainFacts facts = made.judge({der_of(made.server.get())});
    CHECK_FALSE(facts.trusted);
    CHECK(has(words(facts),
              "the chain is not complete: the issuer of \"mail.contoso.test\", "
              "\"Contoso Issuing\""));
    CHECK(has(words(facts), "let the server send its intermediate"));
  }

  TEST_CASE("wrong names, and none") {
    Hierarchy made;
    CHECK(has(words(made.judge(made.chain(), "owa.contoso.test")),
              "is for mail.contoso.test, not for owa.contoso.test"));
    CHECK(has(words(made.judge(made.chain(), "192.0.2.1")), "not for 192.0.2.1"));
    made.leaf.names = "DNS:*.contoso.test,IP:192.0.2.1";
    made.make();
    CHECK(made.judge(made.chain(), "owa.contoso.test").trusted);
    CHECK(made.judge(made.chain(), "192.0.2.1").trusted);
    CHECK_FALSE(made.judge(made.chain(), "a.b.contoso.test").trusted);
    made.leaf.names = "";
    made.make();
    CHECK(has(words(made.judge()), "no subjectAltName"));
  }

  TEST_CASE("validity: past, future, soon, too long") {
    Hierarchy made;
    const auto with = [&made](int from, int to) {
      made.leaf.not_before = certs::test::kNow + days{from};
      made.leaf.not_after = certs::test::kNow + days{to};
      made.make();
      return made.judge();
    };
    CHECK(has(words(with(-30, -1)), "the certificate expired on 2026-11-19"));
    CHECK(has(words(with(1, 30)), "is valid only from 2026-11-21"));
    CHECK(has(words(with(-30, 5)), "expires in 5 days"));
    CHECK(with(-30, 5).trusted);
    CHECK(words(with(-1, 396)) == "");
    CHECK(has(words(with(-1, 398)), "399 days; iOS refuses more than 398"));
    CHECK(with(-1, 398).trusted);
    CHECK(has(words(with(-1, 900)), "901 days; iOS 13 and later refuse more than 825"));
    CHECK_FALSE(with(-1, 900).trusted);
  }

  TEST_CASE("weak keys and signatures are failures") {
    Hierarchy made;
    made.leaf_key.reset(EVP_RSA_gen(1'024));
    made.make();
    CHECK(has(words(made.judge()), "an RSA key of 1024 bit"));
    made.leaf_key.reset(EVP_RSA_gen(2'048));
    made.make();
    CHECK(words(made.judge()) == "");
    made.sign_with(EVP_sha1());
    CHECK(has(words(made.judge()), "is signed with sha1"));
    made.leaf_key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    made.make();
    CHECK(has(words(made.judge()), "a key that phones do not know"));
  }

  TEST_CASE("the extended key usage must hold serverAuth") {
    Hierarchy made;
    made.leaf.extended_usage = "clientAuth";
    made.make();
    CHECK(has(words(made.judge()), "lacks serverAuth"));
    made.leaf.extended_usage = "";
    made.make();
    CHECK(has(words(made.judge()), "has no extended key usage"));
    made.leaf.extended_usage = "clientAuth,serverAuth";
    made.make();
    CHECK(words(made.judge()) == "");
  }

  TEST_CASE("self-signed and private roots are told apart") {
    Hierarchy made;
    const CertHandle alone = make_certificate(made.leaf, made.leaf_key.get());
    CHECK(has(words(made.judge({der_of(alone.get())})), "is self-signed"));
    std::vector<std::string> sent = made.chain();
    sent.push_back(der_of(made.root.get()));
    const ChainFacts facts = judge_chain(sent, "mail.contoso.test",
                                         {made.empty.get(), made.empty.get()}, certs::test::kNow);
    CHECK(has(words(facts), "the root \"Contoso Root\" is not known here"));
    CHECK(has(words(facts), "--upstream-ca"));
  }

  TEST_CASE("a chain out of order, or with strangers in it, is a warning") {
    const Hierarchy made, other;
    const ChainFacts mixed =
        made.judge({der_of(made.server.get()), der_of(made.root.get()), der_of(made.middle.get())});
    CHECK(mixed.trusted);
    CHECK(has(words(mixed), "the chain is not in order"));
    std::vector<std::string> sent = made.chain();
    sent.push_back(der_of(other.server.get()));
    CHECK(has(words(made.judge(sent)), "does not belong to it: \"mail.contoso.test\""));
    CHECK(made.judge(sent).trusted);
  }

  TEST_CASE("a CA certificate of the same name that did not sign is a failure") {
    const Hierarchy made, other;
    const ChainFacts facts = made.judge({der_of(made.server.get()), der_of(other.middle.get())});
    CHECK_FALSE(facts.trusted);
    CHECK(facts.remarks.size() >= 1);
  }

  TEST_CASE("every cut of a chain is a failure with words, never a crash") {
    const Hierarchy made;
    const std::string whole = made.chain().front();
    for (std::size_t kept = 0; kept < whole.size(); kept += 7) {
      const ChainFacts facts = made.judge({whole.substr(0, kept)});
      CHECK_FALSE(facts.trusted);
      CHECK(has(words(facts), "cannot be read"));
    }
    CHECK(has(words(made.judge({})), "sent no certificate"));
  }
}

}  // namespace eastap::check::test
