#include "certs/authority.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "certs/extensions.hpp"
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

std::string memory_of(BIO* memory) {
  const char* data = nullptr;
  const long length = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(length)};
}

std::string key_kind(const EVP_PKEY* key) {
  if (key == nullptr) return "unreadable";
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
    return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
    return "EC P-" + std::to_string(EVP_PKEY_get_bits(key));
  }
  const char* name = EVP_PKEY_get0_type_name(key);
  return name != nullptr ? name : "unknown";
}

}  // namespace

Authority::Authority(CertHandle certificate, KeyHandle key, std::vector<CertHandle> chain)
    : certificate_{std::move(certificate)}, key_{std::move(key)}, chain_{std::move(chain)} {}

std::string Authority::pem() const {
  const BioHandle out{BIO_new(BIO_s_mem())};
  if (!out || PEM_write_bio_X509(out.get(), certificate_.get()) != 1) {
    throw CertificateError{drain_errors("write the CA certificate as PEM").detail};
  }
  return memory_of(out.get());
}

std::string Authority::der() const {
  unsigned char* encoded = nullptr;
  const int length = i2d_X509(certificate_.get(), &encoded);
  if (length < 0) throw CertificateError{drain_errors("write the CA certificate as DER").detail};
  const AllocatedHandle<unsigned char> owner{encoded};
  return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length)};
}

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

Authority make_authority(const std::string& host_name, SystemTime now) try {
  KeyHandle key{EVP_EC_gen("P-256")};
  require(key != nullptr, "generate P-256 key");
  CertHandle certificate{X509_new()};
  X509* const made = certificate.get();
  require(made != nullptr && X509_set_version(made, X509_VERSION_3) == 1, "make a certificate");
  set_random_serial(made);
  const SystemTime not_before = now - std::chrono::days{1};
  set_validity(made, not_before, not_before + kAuthorityLifetime);
  // Filled in place: the name is the certificate's own.
  add_name_entry(X509_get_subject_name(made), NID_organizationName, "eastap");
  add_name_entry(X509_get_subject_name(made), NID_commonName, common_name_for(host_name, now));
  require(X509_set_issuer_name(made, X509_get_subject_name(made)) == 1, "set the issuer");
  require(X509_set_pubkey(made, key.get()) == 1, "set the public key");

  const BasicConstraintsHandle constraints{BASIC_CONSTRAINTS_new()};
  const IntegerHandle path_length{ASN1_INTEGER_new()};
  require(constraints && path_length && ASN1_INTEGER_set(path_length.get(), 0) == 1,
          "make constraints");
  constraints->ca = 0xff;
  constraints->pathlen = ASN1_INTEGER_dup(path_length.get());
  require(constraints->pathlen != nullptr, "make constraints");
  constexpr int kKeyCertSign = 5;  // bit numbers of RFC 5280 4.2.1.3
  constexpr int kCrlSign = 6;
  const std::array<ExtensionHandle, 3> extensions{
      make_extension(NID_basic_constraints, true, constraints.get()),
      key_usage_extension({kKeyCertSign, kCrlSign}),
      subject_key_extension(*made),
  };
  for (const ExtensionHandle& extension : extensions) {
    require(X509_add_ext(made, extension.get(), -1) == 1, "add an extension");
  }
  require(X509_sign(made, key.get(), EVP_sha256()) > 0, "sign the CA certificate");
  return {std::move(certificate), std::move(key), {}};
} catch (const OpensslFailure& failure) {
  throw CertificateError{"cannot make a CA: " + failure.error.detail};
}

}  // namespace eastap::certs
