#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.hpp"
#include "certs/openssl.hpp"
#include "certs/secret.hpp"

/// Certificates and keys in PEM and PKCS#12. Private to certs/.
namespace eastap::certs {

/// A file may hold so many certificates: the longest chains in use have five.
inline constexpr std::size_t kChainLimit = 10;

[[nodiscard]] BioHandle bio_of(std::string_view text);
[[nodiscard]] std::string octets_of(BIO* memory);

/// All certificates of `text`, at most `kChainLimit`; other blocks are skipped. Throws
/// `CertificateError` naming `file`, with `remedy`, when there is none or one is damaged.
[[nodiscard]] std::vector<CertHandle> certificates_from(const std::filesystem::path& file,
                                                        std::string_view text,
                                                        const std::string& remedy);

/// The first private key of `text`. `ask` is called when it is encrypted. Throws
/// `CertificateError` naming `file`: no key, damaged, no or the wrong passphrase.
[[nodiscard]] KeyHandle key_from(const std::filesystem::path& file, std::string_view text,
                                 const AskPassphrase& ask, const std::string& what,
                                 const std::string& remedy);
/// Throws `CertificateError` when phones do not accept such a key: other than RSA from 2048 bit and
/// EC.
void require_phone_key(const std::filesystem::path& file, const EVP_PKEY* key);

/// What a PFX file holds.
struct Bundle {
  CertHandle certificate;
  KeyHandle key;
  std::vector<CertHandle> others;
};
/// From `file`, PEM or PKCS#12, and the key from `key_file` (PEM) unless that is empty. In PEM the
/// certificate of the key may stand anywhere. Throws as `certificates_from` and `key_from`, and
/// when the two do not belong together.
[[nodiscard]] Bundle bundle_from_file(const std::filesystem::path& file,
                                      const std::filesystem::path& key_file,
                                      const AskPassphrase& ask);

/// From PKCS#12, also with the ciphers of old Windows; `ask` is called unless it has no password.
/// Throws as `key_from`.
[[nodiscard]] Bundle bundle_from(const std::filesystem::path& file, std::string_view octets,
                                 const AskPassphrase& ask, const std::string& what);

[[nodiscard]] bool is_encrypted_key(std::string_view pem);

/// PKCS#8; with `passphrase` encrypted by AES-256 and PBKDF2. Throws `CertificateError`.
[[nodiscard]] Secret key_pem(EVP_PKEY* key, const Secret* passphrase);
[[nodiscard]] std::string certificate_pem(X509* certificate);
[[nodiscard]] std::string certificate_der(X509* certificate);

/// "EC P-256", "RSA 2048", or what else OpenSSL calls it.
[[nodiscard]] std::string key_kind(const EVP_PKEY* key);

}  // namespace eastap::certs
