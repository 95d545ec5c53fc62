#include "certs/authority.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <openssl/rand.h>

#include "certs/extensions.hpp"
#include "certs/key_material.hpp"
#include "certs/names.hpp"
#include "decoder/base/text.hpp"

namespace eastap::certs {

namespace {

constexpr std::size_t kCommonNameLimit = 64;  // ub-common-name, RFC 5280 appendix A.1

std::string common_name_for(const std::string& host_name, SystemTime now) {
  std::array<char, 3> random{};
  require(RAND_bytes(reinterpret_cast<unsigned char*>(random.data()),
                     static_cast<int>(random.size())) == 1,
          "draw a name suffix");
  const std::string prefix = "eastap CA ";
  const std::string suffix =
      " " + date_text(now) + " " + to_hex(std::string_view{random.data(), random.size()});
  std::string host;
  for (const char letter : host_name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '-' ||
                       letter == '.' || letter == '_';
    host += plain && static_cast<unsigned char>(letter) < 0x80U ? letter : '-';
  }
  if (host.empty()) host = "localhost";
  host.resize(std::min(host.size(), kCommonNameLimit - prefix.size() - suffix.size()));
  return prefix + host + suffix;
}

ExtensionHandle ca_extension() {
  const BasicConstraintsHandle constraints{BASIC_CONSTRAINTS_new()};
  const IntegerHandle path_length{ASN1_INTEGER_new()};
  require(constraints && path_length && ASN1_INTEGER_set(path_length.get(), 0) == 1,
          "make constraints");
  constraints->ca = 0xff;
  constraints->pathlen = ASN1_INTEGER_dup(path_length.get());
  require(constraints->pathlen != nullptr, "make constraints");
  return make_extension(NID_basic_constraints, true, constraints.get());
}

KeyHandle new_key(KeyKind kind) {
  KeyHandle key{kind == KeyKind::rsa_3072 ? EVP_RSA_gen(3072) : EVP_EC_gen("P-256")};
  require(key != nullptr, "generate a key");
  return key;
}

}  // namespace

Authority::Authority(CertHandle certificate, KeyHandle key, std::vector<CertHandle> chain,
                     std::vector<NameConstraints> constraints)
    : certificate_{std::move(certificate)},
      key_{std::move(key)},
      chain_{std::move(chain)},
      constraints_{std::move(constraints)} {
  std::erase_if(constraints_, [](const NameConstraints& one) { return one.empty(); });
}

bool Authority::permits(std::string_view host) const {
  return std::all_of(constraints_.begin(), constraints_.end(),
                     [&](const NameConstraints& one) { return one.permits(host); });
}

std::string Authority::permitted_text() const { return certs::permitted_text(constraints_); }

std::string Authority::refusal_text() const {
  if (stand_in) return "no --certificate is for it, and there is no CA to make one";
  return "the CA may sign only for " + permitted_text();
}

std::string permitted_text(const std::vector<NameConstraints>& constraints) {
  std::string text;
  const auto add = [&](const std::string& word, const std::vector<std::string>& items) {
    for (const std::string& item : items) text += (text.empty() ? "" : ", ") + word + item;
  };
  for (const NameConstraints& one : constraints) add("", one.permitted());
  if (!text.empty()) return text;
  for (const NameConstraints& one : constraints) add("not ", one.excluded());
  return text;
}

std::string Authority::pem() const { return certificate_pem(certificate_.get()); }

std::string Authority::der() const { return certificate_der(certificate_.get()); }

CertificateFacts facts_of(const X509& certificate) {
  CertificateFacts facts;
  facts.subject = readable_name(X509_get_subject_name(&certificate));
  facts.issuer = readable_name(X509_get_issuer_name(&certificate));
  facts.key = key_kind(X509_get0_pubkey(&certificate));
  const ASN1_INTEGER* serial = X509_get0_serialNumber(&certificate);
  facts.serial = to_hex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                         static_cast<std::size_t>(ASN1_STRING_length(serial))});
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &length) == 1) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (unsigned int at = 0; at < length; ++at) {
      if (at > 0) facts.sha256 += ':';
      facts.sha256 += kDigits[digest[at] >> 4U];
      facts.sha256 += kDigits[digest[at] & 15U];
    }
  }
  facts.not_before = to_system_time(X509_get0_notBefore(&certificate));
  facts.not_after = to_system_time(X509_get0_notAfter(&certificate));
  static_cast<void>(drain_errors("describe a certificate"));  // an unreadable key is told above
  return facts;
}

Authority make_authority(const std::string& host_name, SystemTime now,
                         const AuthorityRequest& request) try {
  KeyHandle key = new_key(request.key);
  CertHandle certificate{X509_new()};
  X509* const made = certificate.get();
  require(made != nullptr && X509_set_version(made, X509_VERSION_3) == 1, "make a certificate");
  set_random_serial(made);
  const SystemTime not_before = now - std::chrono::days{1};
  set_validity(made, not_before, not_before + request.lifetime);
  // Filled in place: the name is the certificate's own.
  add_name_entry(X509_get_subject_name(made), NID_organizationName, "eastap");
  add_name_entry(X509_get_subject_name(made), NID_commonName, common_name_for(host_name, now));
  require(X509_set_issuer_name(made, X509_get_subject_name(made)) == 1, "set the issuer");
  require(X509_set_pubkey(made, key.get()) == 1, "set the public key");

  constexpr int kKeyCertSign = 5;  // bit numbers of RFC 5280 4.2.1.3
  constexpr int kCrlSign = 6;
  std::vector<ExtensionHandle> extensions;
  extensions.push_back(ca_extension());
  extensions.push_back(key_usage_extension({kKeyCertSign, kCrlSign}));
  extensions.push_back(subject_key_extension(*made));
  if (!request.permit.empty()) extensions.push_back(request.permit.extension());
  for (const ExtensionHandle& extension : extensions) {
    require(X509_add_ext(made, extension.get(), -1) == 1, "add an extension");
  }
  require(X509_sign(made, key.get(), EVP_sha256()) > 0, "sign the CA certificate");
  return {std::move(certificate), std::move(key), {}, {request.permit}};
} catch (const OpensslFailure& failure) {
  throw CertificateError{"cannot make a CA: " + failure.error.detail};
}

Authority make_stand_in(const std::string& host_name, SystemTime now) {
  AuthorityRequest request;
  request.permit = NameConstraints::nothing();
  Authority authority = make_authority(host_name, now, request);
  authority.stand_in = true;
  return authority;
}

}  // namespace eastap::certs
