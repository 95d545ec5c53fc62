#include <algorithm>

#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

namespace {

constexpr std::uint64_t kMostDays = 3650;  // certs::kLongestLifetime

Option permit_option() {
  Option permit = named(
      "--permit", "HOST", "", Group::certificates, in::ca_create | in::ca_renew,
      "hosts that the CA may sign for",
      "A domain with all names below it, an address or a range; may be given several times. The "
      "limit is part of the certificate (critical name constraints, RFC 5280 4.2.1.10): phones "
      "refuse what lies outside, and eastap passes such hosts through. any: no limit.");
  permit.form = Form::list;
  permit.default_text = "any; ca renew: as before";
  permit.shown = [](const Config&) { return Values{"any"}; };
  permit.apply = [](Invocation& to, const Values& values, const std::string&) {
    refuse_empty_items(values);
    if (values.size() > 1 && std::find(values.begin(), values.end(), "any") != values.end()) {
      throw Complaint{"any stands alone"};
    }
    to.ca.permit = values;
  };
  return permit;
}

Option days_option() {
  Option days = named("--days", "N", "", Group::certificates, in::ca_create | in::ca_renew,
                      "how long the CA is valid");
  days.form = Form::number;
  days.apply = [](Invocation& to, const Values& values, const std::string&) {
    const std::uint64_t value = number_from(values.back());
    if (value < 1 || value > kMostDays) {
      throw Complaint{values.back() + " is outside 1 to " + std::to_string(kMostDays)};
    }
    to.ca.days = static_cast<std::uint32_t>(value);
  };
  days.shown = [](const Config&) { return Values{std::to_string(CaSettings{}.days)}; };
  return days;
}

Option key_option() {
  Option key = named("--key", "KIND", "", Group::certificates, in::ca_create, "ec or rsa",
                     "ec is P-256; rsa has 3072 bit, for phones that know no elliptic curves.");
  key.apply = [](Invocation& to, const Values& values, const std::string&) {
    if (values.back() != "ec" && values.back() != "rsa") {
      throw Complaint{in_quotes(values.back()) + " is neither ec nor rsa"};
    }
    to.ca.key = values.back() == "rsa" ? CaKey::rsa : CaKey::ec;
  };
  key.words = {"ec", "rsa"};
  key.shown = [](const Config&) { return Values{"ec"}; };
  return key;
}

Option truth_option(Option option, bool CaSettings::*field) {
  option.form = Form::truth;
  option.apply = [field](Invocation& to, const Values& values, const std::string&) {
    to.ca.*field = truth_from(values.back());
  };
  option.shown = [](const Config&) { return Values{"false"}; };
  return option;
}

}  // namespace

void add_ca_options(std::vector<Option>& table) {
  table.push_back(optional_text(
      named("--passphrase-file", "FILE", "passphrase_file", Group::certificates, in::ca_key,
            "whose first line opens the CA key",
            "For a CA key that is encrypted; with ca create and on the first run the new key is "
            "encrypted with it. Else EASTAP_CA_PASSPHRASE is taken, else the terminal is asked. "
            "The file should be readable by eastap's user alone.",
            "/etc/eastap/ca.passphrase"),
      [](Config& config) -> std::optional<std::string>& { return config.passphrase_file; }));
  table.push_back(list(
      named("--ca-permit", "HOST", "ca_permit", Group::certificates, in::run,
            "limits a CA made on the first run",
            "As --permit of eastap ca create: a domain with all names below it, an address or a "
            "range. Without it the CA may sign for every host, since its limits are part of the "
            "certificate: a host that is added later would need a new one on each phone. A CA that "
            "is there already is not changed: eastap ca renew --permit HOST limits that.",
            "contoso.com"),
      [](Config& config) -> Values& { return config.ca_permit; }));
  table.push_back(permit_option());
  table.push_back(days_option());
  table.push_back(key_option());
  table.push_back(truth_option(
      named("--encrypt", "", "", Group::certificates, in::ca_create | in::ca_import,
            "protect the key",
            "By a passphrase that is asked for, unless a file or EASTAP_CA_PASSPHRASE has it. The "
            "key is then PKCS#8 under AES-256."),
      &CaSettings::encrypt));
  Option format = named("--format", "FORM", "", Group::decode, in::ca_export, "pem or der");
  format.words = {"pem", "der"};
  format.default_text = "der for .cer and .der, else pem";
  format.apply = [](Invocation& to, const Values& values, const std::string&) {
    if (values.back() != "pem" && values.back() != "der")
      throw Complaint{in_quotes(values.back()) + " is neither pem nor der"};
    to.certificate_form = values.back() == "der" ? CertificateForm::der : CertificateForm::pem;
  };
  format.excludes = {"--pkcs12"};
  table.push_back(format);
  Option pkcs12 = truth_option(named("--pkcs12", "", "", Group::decode, in::ca_export,
                                     "certificate and key, encrypted, to move the CA"),
                               &CaSettings::pkcs12);
  pkcs12.excludes = {"--format"};
  table.push_back(pkcs12);
  Option password =
      named("--pkcs12-password-file", "FILE", "", Group::certificates,
            in::ca_import | in::ca_export, "whose first line is the PFX file's password",
            "Else EASTAP_PKCS12_PASSWORD, else the terminal is asked.");
  password.apply = [](Invocation& to, const Values& values, const std::string&) {
    if (values.back().empty()) throw Complaint{"the value is empty"};
    to.ca.pkcs12_password_file = values.back();
  };
  table.push_back(password);
}

const std::vector<SecretVariable>& secret_variables() {
  static const std::vector<SecretVariable> variables{
      {"EASTAP_CA_PASSPHRASE", "opens the CA key, or encrypts the new one"},
      {"EASTAP_CERTIFICATE_PASSWORD",
       "opens the files of --certificate and --client-certificate that have no password_file"},
      {"EASTAP_PKCS12_PASSWORD", "of the file that ca export --pkcs12 writes, or ca import reads"},
      {kPasswordVariable, "the password for check"},
      {kTokenVariable, "an OAuth access token for check, in place of a password"},
  };
  return variables;
}

}  // namespace eastap::config
