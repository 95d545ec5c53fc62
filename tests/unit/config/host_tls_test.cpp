#include <string>

#include <doctest/doctest.h>

#include "tests/unit/config/support.hpp"

namespace eastap::config {

using namespace test;

TEST_SUITE("config.host_tls") {
  TEST_CASE("a certificate is HOST=FILE or FILE, with further keys behind semicolons") {
    const auto rules = parsed({"run", "--certificate", "mail.pem;key_file=~/mail.key",
                               "--certificate", "*.contoso.com=/etc/a=b/mail.pfx;password_file=pw",
                               "--certificate", "/etc/a=b/mail.pem"})
                           .config.certificates;
    REQUIRE(rules.size() == 3);
    CHECK(rules[0].hosts.empty());
    CHECK(rules[0].file == "mail.pem");
    CHECK(rules[0].key_file == "/home/alice/mail.key");
    CHECK(rules[1].hosts == std::vector<std::string>{"*.contoso.com"});
    CHECK(rules[1].file == "/etc/a=b/mail.pfx");
    CHECK(rules[1].password_file == "pw");
    CHECK(rules[2].hosts.empty());
    CHECK(rules[2].file == "/etc/a=b/mail.pem");
  }

  TEST_CASE("in the config file they are tables, and hosts may be a list") {
    const ConfigFile file{
        "[[certificate]]\nhost = [\"mail.contoso.com\", \"owa.contoso.com\"]\nfile = \"a.pem\"\n"
        "[[certificate]]\nfile = \"b.pem\"\n"
        "[[client_certificate]]\nhost = \"mail.contoso.com\"\nfile = \"c.pfx\"\n"
        "[[legacy_tls]]\nhost = \"old.contoso.com\"\nside = \"phone\"\n"};
    const Config config =
        parsed({"run", "--config", file.path(), "--legacy-tls", "older.test"}).config;
    REQUIRE(config.certificates.size() == 2);
    CHECK(config.certificates[0].hosts ==
          std::vector<std::string>{"mail.contoso.com", "owa.contoso.com"});
    REQUIRE(config.client_certificates.size() == 1);
    CHECK(contains(config.client_certificates[0].origin, ":6"));
    REQUIRE(config.legacy_tls.size() == 2);
    CHECK(config.legacy_tls[0].phone);
    CHECK_FALSE(config.legacy_tls[0].server);
    CHECK(config.legacy_tls[1].phone);
    CHECK(config.legacy_tls[1].server);
  }

  TEST_CASE("what is missing or mistyped is told with its place") {
    CHECK(contains(error_of({"run", "--client-certificate", "c.pfx"}), "a host is wanted"));
    CHECK(contains(error_of({"run", "--certificate", "host=mail.test"}), "there is no file"));
    CHECK(contains(error_of({"run", "--certificate", "a.pem;pasword_file=x"}), "pasword_file=x"));
    CHECK(contains(error_of({"run", "--legacy-tls", "old.test;side=left"}), "\"left\" is none"));
    CHECK(contains(error_of({"run", "--legacy-tls", ""}), "--legacy-tls"));
    const auto in_file = [](const std::string& text) {
      const ConfigFile file{text};
      return error_of({"run", "--config", file.path()});
    };
    CHECK(contains(in_file("[[certificate]]\nfile = \"a\"\npasword_file = \"x\"\n"),
                   ":3: certificate.pasword_file: there is no such key; did you mean "
                   "\"password_file\"?"));
    CHECK(contains(in_file("[certificate]\nfile = \"a\"\n"), "write [[certificate]]"));
    CHECK(contains(in_file("[[certificate]]\nfile = 7\n"), "a string is wanted"));
    CHECK(contains(in_file("\n[[client_certificate]]\nfile = \"a\"\n"), ":2: client_certificate"));
  }

  TEST_CASE("secrets have variables, which are not taken for mistyped ones") {
    Environment environment = kHome;
    environment["EASTAP_CA_PASSPHRASE"] = "x";
    environment["EASTAP_CERTIFICATE_PASSWORD"] = "x";
    CHECK(parsed({"run"}, environment).warnings.empty());
    environment["EASTAP_CA_PASSPHRAS"] = "x";
    const auto warnings = parsed({"run"}, environment).warnings;
    REQUIRE(warnings.size() == 1);
    CHECK(contains(warnings[0], "did you mean EASTAP_CA_PASSPHRASE?"));
  }
}

}  // namespace eastap::config
