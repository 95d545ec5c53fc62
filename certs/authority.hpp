#pragma once

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "certs/openssl.hpp"

namespace eastap::certs {

using SystemTime = std::chrono::sys_seconds;

/// A CA or trust file that cannot be used, or a CA folder that cannot be written: the message names
/// the file and the remedy. A start-up error, for `main` to print.
struct CertificateError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What `eastap ca show` tells of a certificate.
struct CertificateFacts {
  std::string subject;  ///< the common name, else the whole name
  std::string issuer;
  std::string key;     ///< "EC P-256", "RSA 2048"
  std::string serial;  ///< lower-case hex
  std::string sha256;  ///< "AB:CD:…", as phones and browsers show it
  SystemTime not_before{}, not_after{};
  bool operator==(const CertificateFacts&) const = default;
};

[[nodiscard]] CertificateFacts facts_of(const X509& certificate);

/// The certificate that the user's phone trusts, and its key. Immutable, shared by all threads.
class Authority {
 public:
  /// `chain`: what a server sends after the leaf; empty below a self-signed CA, which the phone
  /// has.
  Authority(CertHandle certificate, KeyHandle key, std::vector<CertHandle> chain);

  [[nodiscard]] X509* certificate() const { return certificate_.get(); }  ///< borrowed
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }              ///< borrowed
  [[nodiscard]] const std::vector<CertHandle>& chain() const { return chain_; }
  [[nodiscard]] CertificateFacts facts() const { return facts_of(*certificate_); }
  [[nodiscard]] std::string pem() const;  ///< of the certificate, never of the key
  [[nodiscard]] std::string der() const;  ///< the same, as phones like to download it

  bool created = false;  ///< by this call of `load_or_create`
  std::vector<std::string>
      warnings;  ///< for the admin: the key file can be read by others, it ends soon

 private:
  CertHandle certificate_;
  KeyHandle key_;
  std::vector<CertHandle> chain_;
};

inline constexpr std::chrono::days kAuthorityLifetime{3 * 365};

[[nodiscard]] std::filesystem::path certificate_file(
    const std::filesystem::path& ca_dir);                                           ///< ca.pem
[[nodiscard]] std::filesystem::path key_file(const std::filesystem::path& ca_dir);  ///< ca.key

/// A new EC P-256 CA, "eastap CA <host_name> <date> <random>", valid from one day before `now` for
/// three years; nothing is written. `host_name` is cut to fit the 64 characters of a common name.
[[nodiscard]] Authority make_authority(const std::string& host_name, SystemTime now);

/// `make_authority`, written to `ca_dir` (made with mode 0700; ca.key 0600). Each file appears
/// whole and with its mode. Throws `CertificateError`, also when one of the files exists.
[[nodiscard]] Authority create(const std::filesystem::path& ca_dir, const std::string& host_name,
                               SystemTime now);

/// Reads ca.pem (the CA first, then its chain when it is not a root) and ca.key. Throws
/// `CertificateError` when a file is missing or damaged, the key is encrypted, weak (RSA below 2048
/// bit), of another kind than RSA or EC, or not the certificate's, or the certificate is no CA or
/// not valid at `now`.
[[nodiscard]] Authority load(const std::filesystem::path& ca_dir, SystemTime now);

/// `load` when there is a CA, else `create`. Of several processes that start at once, one creates
/// and all return the same CA.
[[nodiscard]] Authority load_or_create(const std::filesystem::path& ca_dir,
                                       const std::string& host_name, SystemTime now);

}  // namespace eastap::certs
