#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

namespace {

std::string value_of(const Block& block, std::string_view key) {
  const auto found = block.find(key);
  return found != block.end() ? found->second : std::string{};
}

/// "HOST=FILE" or "FILE": a '=' behind a slash belongs to the path.
CertificateRule certificate_from(const Block& block, const std::string& place) {
  CertificateRule rule;
  rule.hosts = split_list(value_of(block, "host"));
  rule.file = value_of(block, "file");
  if (const std::size_t equals = rule.file.find('=');
      equals != std::string::npos && rule.hosts.empty() && equals < rule.file.find('/')) {
    rule.hosts = {rule.file.substr(0, equals)};
    rule.file.erase(0, equals + 1);
  }
  rule.key_file = value_of(block, "key_file");
  rule.password_file = value_of(block, "password_file");
  rule.origin = place;
  if (rule.file.empty()) throw Complaint{"there is no file; write HOST=FILE, or file = \"...\""};
  refuse_empty_items(rule.hosts);
  return rule;
}

std::vector<BlockKey> certificate_keys(const std::string& host, const std::string& file) {
  return {{"host", host},
          {"file", file},
          {"key_file", ""},
          {"password_file", "/etc/eastap/pfx.password"}};
}

Option certificate_option() {
  Option option = named(
      "--certificate", "[HOST=]FILE", "certificate", Group::certificates, in::run,
      "a real certificate for a host, so no CA",
      "PEM with the chain and the key, or PFX (PKCS#12): phones that ask for the host get it "
      "instead of one that eastap signs, and need no CA installed. Without host it serves the "
      "names in the certificate. Further keys: key_file (PEM) and password_file (first line; else "
      "EASTAP_CERTIFICATE_PASSWORD), as in --certificate mail.pem;key_file=mail.key. The host is "
      "decrypted when the intercept list says so. When it covers every host of the list, no CA is "
      "made.");
  return blocks(std::move(option), certificate_keys("mail.example.com", "/etc/eastap/mail.pfx"),
                "file", [](Invocation& to, const Block& block, const std::string& place) {
                  to.config.certificates.push_back(certificate_from(block, place));
                });
}

Option client_certificate_option() {
  Option option = named(
      "--client-certificate", "HOST=FILE", "client_certificate", Group::certificates,
      in::run | in::check, "shown to a server that asks for one",
      "For servers that know their users by certificate. The one on the phone cannot be "
      "forwarded, as its key never leaves the phone: the server will take every phone for "
      "whom this certificate names; eastap check signs in with it. Keys as with --certificate. "
      "Renegotiation (TLS 1.2, IIS) "
      "and post-handshake authentication (TLS 1.3) are answered for these hosts.");
  return blocks(std::move(option), certificate_keys("mail.example.com", "/etc/eastap/alice.pfx"),
                "file", [](Invocation& to, const Block& block, const std::string& place) {
                  CertificateRule rule = certificate_from(block, place);
                  if (rule.hosts.empty()) {
                    throw Complaint{"a host is wanted: write HOST=FILE, or host = \"...\""};
                  }
                  to.config.client_certificates.push_back(std::move(rule));
                });
}

Option legacy_option() {
  Option option =
      named("--legacy-tls", "HOST", "legacy_tls", Group::certificates, in::run,
            "TLS 1.0 and old ciphers for a host",
            "For old phones or servers: TLS 1.0 and 1.1, every cipher suite and key size that "
            "OpenSSL still has (security level 0), RSA key exchange, and servers without secure "
            "renegotiation. With ;side=phone or ;side=server on that side only. Whoever is "
            "between can break such connections; eastap says when one fails for want of this.");
  return blocks(std::move(option), {{"host", "old.example.com"}, {"side", "server"}}, "host",
                [](Invocation& to, const Block& block, const std::string&) {
                  LegacyTlsRule rule;
                  rule.hosts = split_list(value_of(block, "host"));
                  if (rule.hosts.empty()) throw Complaint{"there is no host"};
                  const std::string side = value_of(block, "side");
                  if (!side.empty() && side != "both" && side != "phone" && side != "server") {
                    throw Complaint{in_quotes(side) + " is none of phone, server and both"};
                  }
                  rule.phone = side != "server";
                  rule.server = side != "phone";
                  to.config.legacy_tls.push_back(std::move(rule));
                });
}

}  // namespace

void add_host_tls_options(std::vector<Option>& table) {
  table.push_back(certificate_option());
  table.back().example = "mail.example.com=/etc/eastap/mail.pfx";
  table.push_back(client_certificate_option());
  table.back().example = "mail.example.com=/etc/eastap/alice.pfx";
  table.push_back(legacy_option());
  table.back().example = "old.example.com";
}

}  // namespace eastap::config
