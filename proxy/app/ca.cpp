#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <unistd.h>

#include "certs/authority.hpp"
#include "decoder/base/text.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/host_name.hpp"
#include "proxy/app/passphrase.hpp"
#include "proxy/app/wiring.hpp"

namespace eastap::app {
namespace {

certs::SystemTime today() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// RFC 3339 in UTC, to the day for people.
std::string date(certs::SystemTime time) {
  return to_rfc3339(std::chrono::floor<Microseconds>(time)).substr(0, 10);
}

std::int64_t days_left(const certs::CertificateFacts& facts) {
  return std::chrono::floor<std::chrono::days>(facts.not_after - today()).count();
}

std::string joined(const std::vector<std::string>& items, const char* none) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + item;
  return text.empty() ? none : text;
}

/// On a terminal too narrow for the 95 characters, in two lines.
std::string fingerprint(const std::string& sha256) {
  constexpr std::size_t kIndent = 13, kHalf = 48;
  const std::size_t columns = sink::terminal_width(STDOUT_FILENO);
  if (columns == 0 || columns >= kIndent + sha256.size() || sha256.size() <= kHalf) return sha256;
  return sha256.substr(0, kHalf) + '\n' + std::string(kIndent, ' ') + sha256.substr(kHalf);
}

std::string described(const certs::AuthorityReport& report, const std::string& ca_dir) {
  const auto& facts = report.facts;
  const auto days = days_left(facts);
  std::string text;
  text += "name         " + facts.subject + '\n';
  if (facts.issuer != facts.subject) text += "issued by    " + facts.issuer + '\n';
  if (report.issuers.size() > 1) text += "chain        " + joined(report.issuers, "") + '\n';
  text +=
      "signs for    " + joined(report.permitted, "any host") +
      (report.permitted.empty() && !report.excluded.empty() ? " but " + joined(report.excluded, "")
                                                            : "") +
      '\n';
  text += "key          " + facts.key +
          (report.key_encrypted ? ", encrypted with a passphrase" : ", not encrypted") + '\n';
  text += "valid        " + date(facts.not_before) + " to " + date(facts.not_after) +
          (days >= 0 ? " (" + std::to_string(days) + " days left)"
                     : " (expired " + std::to_string(-days) + " days ago)") +
          '\n';
  text += "SHA-256      " + fingerprint(facts.sha256) + '\n';
  text += "serial       " + facts.serial + '\n';
  text += "certificate  " + certs::certificate_file(ca_dir).string() + '\n';
  text += "private key  " + certs::key_file(ca_dir).string() + '\n';
  return text;
}

boost::json::array array_of(const std::vector<std::string>& items) {
  boost::json::array array;
  for (const auto& item : items) array.emplace_back(item);
  return array;
}

std::string as_json(const certs::AuthorityReport& report, const std::string& ca_dir) {
  const auto& facts = report.facts;
  const auto time = [](certs::SystemTime value) {
    return to_rfc3339(std::chrono::floor<Microseconds>(value));
  };
  boost::json::object object;
  object["type"] = "ca";
  object["subject"] = facts.subject;
  object["issuer"] = facts.issuer;
  if (!report.issuers.empty()) object["chain"] = array_of(report.issuers);
  object["permitted"] = array_of(report.permitted);
  object["excluded"] = array_of(report.excluded);
  object["key"] = facts.key;
  object["key_encrypted"] = report.key_encrypted;
  object["not_before"] = time(facts.not_before);
  object["not_after"] = time(facts.not_after);
  object["days_left"] = days_left(facts);
  object["sha256"] = facts.sha256;
  object["serial"] = facts.serial;
  object["certificate_file"] = certs::certificate_file(ca_dir).string();
  object["key_file"] = certs::key_file(ca_dir).string();
  object["warnings"] = array_of(report.warnings);
  return boost::json::serialize(object) + '\n';
}

void show(const std::string& ca_dir) {
  const auto report = certs::inspect(ca_dir, today());
  for (const auto& warning : report.warnings) tell(warning);
  put_out(described(report, ca_dir));
}

/// What was just made, for as long as was asked for: that it expires soon is no news.
void show_new(const std::string& ca_dir) {
  put_out(described(certs::inspect(ca_dir, today()), ca_dir));
}

certs::AskPassphrase key_passphrase(const config::Config& config) {
  return passphrase_source(ca_passphrase_places(config));
}

certs::NameConstraints permitted(const std::vector<std::string>& permit) {
  const std::vector<std::string> any{"any"};
  auto constraints =
      certs::NameConstraints::permitting(permit == any ? std::vector<std::string>{} : permit);
  if (!constraints) throw config::ConfigError{"--permit " + constraints.error().detail};
  for (const std::string& name : constraints->permitted()) {
    if (name.find_first_of(".:") == std::string::npos) {
      tell("'" + name +
           "' is a whole top level: the CA is good for every host whose name ends in ." + name);
    }
  }
  return std::move(*constraints);
}

/// Nothing: the key is not to be encrypted.
std::optional<certs::Secret> passphrase_for_new_key(const config::Invocation& invocation) {
  const PassphrasePlaces places = ca_passphrase_places(invocation.config);
  std::optional<certs::Secret> passphrase = given_passphrase(places);
  if (!passphrase && invocation.ca.encrypt) {
    passphrase =
        new_passphrase(places, "passphrase of the CA key",
                       "give it with --passphrase-file or the variable EASTAP_CA_PASSPHRASE");
  }
  return passphrase;
}

PassphrasePlaces pkcs12_places(const config::Invocation& invocation) {
  return {invocation.ca.pkcs12_password_file, "EASTAP_PKCS12_PASSWORD"};
}

std::string pkcs12(const config::Invocation& invocation, const certs::Authority& authority) {
  const certs::Secret password =
      new_passphrase(pkcs12_places(invocation), "password of the PKCS#12 file",
                     "give it with --pkcs12-password-file or the variable EASTAP_PKCS12_PASSWORD");
  std::string octets = certs::pkcs12_of(authority, password);
  const std::string hosts = authority.permitted_text();
  tell("the file holds the CA's private key: with it and its password anybody can pose as " +
       (hosts.empty() ? "any host" : hosts) +
       " to the phones that trust this CA. Delete it when the CA has arrived; phones get the "
       "certificate without the key (eastap ca export FILE.cer)");
  return octets;
}

}  // namespace

int ca_create(const config::Invocation& invocation) {
  const auto& config = invocation.config;
  certs::AuthorityRequest request;
  request.lifetime = std::chrono::days{invocation.ca.days};
  request.permit = permitted(invocation.ca.permit);
  request.key =
      invocation.ca.key == config::CaKey::rsa ? certs::KeyKind::rsa_3072 : certs::KeyKind::ec_p256;
  const std::optional<certs::Secret> passphrase = passphrase_for_new_key(invocation);
  if (passphrase) request.passphrase = &*passphrase;
  static_cast<void>(certs::create(config.ca_dir, host_name(), today(), request));
  show_new(config.ca_dir);
  return kDone;
}

int ca_show(const config::Invocation& invocation) {
  const auto& ca_dir = invocation.config.ca_dir;
  if (!invocation.config.json) {
    show(ca_dir);
    return kDone;
  }
  put_out(as_json(certs::inspect(ca_dir, today()), ca_dir));
  return kDone;
}

int ca_renew(const config::Invocation& invocation) {
  const auto& config = invocation.config;
  certs::RenewalRequest request;
  request.lifetime = std::chrono::days{invocation.ca.days};
  if (!invocation.ca.permit.empty()) request.permit = permitted(invocation.ca.permit);
  static_cast<void>(certs::renew(config.ca_dir, today(), request, key_passphrase(config)));
  show_new(config.ca_dir);
  tell(
      "the certificate is new, so every phone needs it: remove the old profile or "
      "certificate, open the proxy's page again, install it, and on iOS switch it on under "
      "Certificate Trust Settings. Start eastap again to use it");
  return kDone;
}

int ca_import(const config::Invocation& invocation) {
  const auto& ca_dir = invocation.config.ca_dir;
  if (invocation.file == "-") {
    throw config::ConfigError{"eastap ca import: reads a file, not stdin; name the file"};
  }
  const std::optional<certs::Secret> passphrase = passphrase_for_new_key(invocation);
  certs::import_authority(ca_dir, invocation.file, today(),
                          passphrase_source(pkcs12_places(invocation)),
                          passphrase ? &*passphrase : nullptr);
  show(ca_dir);
  return kDone;
}

int ca_export(const config::Invocation& invocation) {
  if (!invocation.ca.pkcs12 &&
      (invocation.file.ends_with(".p12") || invocation.file.ends_with(".pfx"))) {
    throw config::ConfigError{
        invocation.file +
        ": a PKCS#12 file holds the private key; say so with --pkcs12, or export the certificate "
        "alone as FILE.cer or FILE.pem"};
  }
  if (!invocation.ca.pkcs12) {
    // Without the key, so that nobody is asked for its passphrase.
    const auto report = certs::inspect(invocation.config.ca_dir, today());
    const bool der = invocation.certificate_form == config::CertificateForm::der;
    const std::string octets = der ? report.der : report.pem;
    if (invocation.file == "-") {
      put_out(octets);
    } else {
      write_new_file(invocation.file, octets);
    }
    return kDone;
  }
  const auto authority =
      certs::load(invocation.config.ca_dir, today(), key_passphrase(invocation.config));
  const std::string octets = pkcs12(invocation, authority);
  if (invocation.file == "-") {
    if (::isatty(STDOUT_FILENO) != 0) {
      throw config::ConfigError{"a PKCS#12 file is no text for a terminal; name a FILE"};
    }
    put_out(octets);
  } else {
    write_private_file(invocation.file, octets);
  }
  return kDone;
}

}  // namespace eastap::app
