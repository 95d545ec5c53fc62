#include "certs/key_material.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "certs/extensions.hpp"
#include "certs/files.hpp"

namespace eastap::certs {

namespace fs = std::filesystem;

namespace {

constexpr int kWeakRsaBits = 2048;  // iOS 13 refuses less, Apple 103769
// Some tenths of a second for us, once a start; years for who tries passphrases (OWASP's figure for
// PBKDF2 with HMAC-SHA-256).
constexpr int kKeyIterations = 600'000;

/// What OpenSSL's passphrase callback needs and learns.
struct Asking {
  const AskPassphrase& ask;
  const std::string& what;
  bool encrypted = false;
  std::optional<Secret> answer;
};

extern "C" int eastap_give_passphrase(char* buffer, int size, int, void* data) noexcept {
  auto& asking = *static_cast<Asking*>(data);
  try {
    // OpenSSL asks again, by way of its older decoders, when there is no answer or a wrong one.
    const bool first = !std::exchange(asking.encrypted, true);
    if (first && asking.ask) asking.answer = asking.ask(asking.what);
    if (!asking.answer || asking.answer->text().size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(buffer, asking.answer->text().data(), asking.answer->text().size());
    return static_cast<int>(asking.answer->text().size());
  } catch (const std::exception&) {
    return -1;
  }
}

}  // namespace

BioHandle bio_of(std::string_view text) {
  BioHandle source{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!source) throw CertificateError{drain_errors("read PEM").detail};
  return source;
}

std::string octets_of(BIO* memory) {
  const char* data = nullptr;
  const long length = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(length)};
}

std::vector<CertHandle> certificates_from(const fs::path& file, std::string_view text,
                                          const std::string& remedy) {
  const BioHandle source = bio_of(text);
  std::vector<CertHandle> certificates;
  while (certificates.size() < kChainLimit) {
    CertHandle certificate{PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)};
    if (!certificate) break;
    certificates.push_back(std::move(certificate));
  }
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string why = drain_errors("no certificate in PEM").detail;
  if (certificates.empty() || (!end && certificates.size() < kChainLimit)) {
    fail(file, "is damaged or of another format (" + why + ")", remedy);
  }
  return certificates;
}

KeyHandle key_from(const fs::path& file, std::string_view text, const AskPassphrase& ask,
                   const std::string& what, const std::string& remedy) {
  const BioHandle source = bio_of(text);
  Asking asking{ask, what, false, std::nullopt};
  KeyHandle key{PEM_read_bio_PrivateKey(source.get(), nullptr, eastap_give_passphrase, &asking)};
  if (!key) {
    const std::string why = drain_errors("no private key in PEM").detail;
    if (asking.encrypted && !asking.answer) {
      fail(
          file, "the key is encrypted and there is no passphrase",
          "give it in a file or variable (eastap --man names them), or start eastap in a terminal, "
          "where it asks");
    }
    if (asking.encrypted) {
      fail(file, "the passphrase does not open the key",
           "give the one that " + what + " was encrypted with");
    }
    fail(file, "is damaged or of another format (" + why + ")", remedy);
  }
  return key;
}

bool is_encrypted_key(std::string_view pem) {
  return pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos ||
         pem.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

void require_phone_key(const fs::path& file, const EVP_PKEY* key) {
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < kWeakRsaBits) {
    fail(file,
         "an RSA key of " + std::to_string(EVP_PKEY_get_bits(key)) + " bit, which phones refuse",
         "use RSA of at least 2048 bit or EC P-256");
  }
  if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC) {
    fail(file, "a key of a kind that phones do not accept", "use EC P-256 or RSA");
  }
}

Secret key_pem(EVP_PKEY* key, const Secret* passphrase) try {
  const BioHandle out{BIO_new(BIO_s_secmem())};
  if (passphrase == nullptr) {
    require(
        out && PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "write the key");
    return Secret{octets_of(out.get())};
  }
  const KeyInfoHandle plain{EVP_PKEY2PKCS8(key)};
  AlgorithmHandle method{PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), kKeyIterations, nullptr, 0, nullptr,
                                           NID_hmacWithSHA256)};
  require(out && plain && method, "prepare to encrypt the key");
  const EncryptedKeyHandle encrypted{PKCS8_set0_pbe(passphrase->text().data(),
                                                    static_cast<int>(passphrase->text().size()),
                                                    plain.get(), method.get())};
  require(encrypted != nullptr, "encrypt the key");
  static_cast<void>(method.release());  // now of `encrypted`
  require(PEM_write_bio_PKCS8(out.get(), encrypted.get()) == 1, "write the encrypted key");
  return Secret{octets_of(out.get())};
} catch (const OpensslFailure& failure) {
  throw CertificateError{failure.error.detail};
}

std::string certificate_pem(X509* certificate) {
  const BioHandle out{BIO_new(BIO_s_mem())};
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1) {
    throw CertificateError{drain_errors("write a certificate as PEM").detail};
  }
  return octets_of(out.get());
}

std::string certificate_der(X509* certificate) {
  unsigned char* encoded = nullptr;
  const int length = i2d_X509(certificate, &encoded);
  if (length < 0) throw CertificateError{drain_errors("write a certificate as DER").detail};
  const AllocatedHandle<unsigned char> owner{encoded};
  return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length)};
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

}  // namespace eastap::certs
