#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "certs/name_constraints.hpp"
#include "certs/openssl.hpp"
#include "certs/secret.hpp"

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
  /// has. `constraints`: of this CA and of those above it; each must permit a host.
  Authority(CertHandle certificate, KeyHandle key, std::vector<CertHandle> chain,
            std::vector<NameConstraints> constraints = {});

  [[nodiscard]] X509* certificate() const { return certificate_.get(); }  ///< borrowed
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }              ///< borrowed
  [[nodiscard]] const std::vector<CertHandle>& chain() const { return chain_; }
  [[nodiscard]] const std::vector<NameConstraints>& constraints() const { return constraints_; }
  [[nodiscard]] CertificateFacts facts() const { return facts_of(*certificate_); }
  [[nodiscard]] std::string pem() const;  ///< of the certificate, never of the key
  [[nodiscard]] std::string der() const;  ///< the same, as phones like to download it

  /// Whether phones would accept a leaf for `host` (as `normalized_host` gives it) of this CA.
  [[nodiscard]] bool permits(std::string_view host) const;
  /// "contoso.com, 192.0.2.0/24", for people; "" when any host is permitted.
  [[nodiscard]] std::string permitted_text() const;
  /// Why it does not sign for a host that it does not permit.
  [[nodiscard]] std::string refusal_text() const;

  bool created = false;  ///< by this call of `load_or_create`
  /// Of `make_stand_in`: permits no host, and no phone needs it.
  bool stand_in = false;
  std::vector<std::string>
      warnings;  ///< for the admin: the key file can be read by others, it ends soon

 private:
  CertHandle certificate_;
  KeyHandle key_;
  std::vector<CertHandle> chain_;
  std::vector<NameConstraints> constraints_;
};

/// As `Authority::permitted_text`.
[[nodiscard]] std::string permitted_text(const std::vector<NameConstraints>& constraints);

/// A key that gets lost with a laptop is of use for no longer.
inline constexpr std::chrono::days kAuthorityLifetime{365};
/// Phones set no limit to a CA that the user installed.
inline constexpr std::chrono::days kLongestLifetime{3650};

enum class KeyKind {
  ec_p256,
  rsa_3072,  ///< for phones so old that they know no elliptic curves
};

/// What a new CA is to be.
struct AuthorityRequest {
  std::chrono::days lifetime = kAuthorityLifetime;  ///< from one day before now
  NameConstraints permit;
  KeyKind key = KeyKind::ec_p256;
  const Secret* passphrase = nullptr;  ///< to encrypt the key file with; borrowed for the call
};

[[nodiscard]] std::filesystem::path certificate_file(
    const std::filesystem::path& ca_dir);                                           ///< ca.pem
[[nodiscard]] std::filesystem::path key_file(const std::filesystem::path& ca_dir);  ///< ca.key

/// A new CA, "eastap CA <host_name> <date> <random>", valid from one day before `now`; nothing is
/// written. `host_name` is cut to fit the 64 characters of a common name.
[[nodiscard]] Authority make_authority(const std::string& host_name, SystemTime now,
                                       const AuthorityRequest& request = {});

/// In the place of a CA when every host has a certificate of the user's own: permits no host, is in
/// no file and ends with the process.
[[nodiscard]] Authority make_stand_in(const std::string& host_name, SystemTime now);

/// `make_authority`, written to `ca_dir` (made with mode 0700; ca.key 0600). Each file appears
/// whole and with its mode. Throws `CertificateError`, also when one of the files exists.
[[nodiscard]] Authority create(const std::filesystem::path& ca_dir, const std::string& host_name,
                               SystemTime now, const AuthorityRequest& request = {});

/// Reads ca.pem (the CA first, then its chain when it is not a root) and ca.key, for which `ask`
/// gives the passphrase when it is encrypted. Throws `CertificateError` when a file is missing or
/// damaged, the key cannot be opened, is weak (RSA below 2048 bit), of another kind than RSA or EC,
/// or not the certificate's, or the certificate is no CA, not valid at `now`, not for TLS servers,
/// or the issuers beside it do not form a chain that phones accept.
[[nodiscard]] Authority load(const std::filesystem::path& ca_dir, SystemTime now,
                             const AskPassphrase& ask = {});

/// `load` when there is a CA, else `create`. Of several processes that start at once, one creates
/// and all return the same CA.
[[nodiscard]] Authority load_or_create(const std::filesystem::path& ca_dir,
                                       const std::string& host_name, SystemTime now,
                                       const AuthorityRequest& request = {},
                                       const AskPassphrase& ask = {});

/// What a renewed CA is to be.
struct RenewalRequest {
  std::chrono::days lifetime = kAuthorityLifetime;
  std::optional<NameConstraints> permit;  ///< absent: as before
};

/// The same name and key with a new validity, in place of ca.pem, also when that has expired.
/// Throws `CertificateError`; also for a CA that somebody else has signed.
[[nodiscard]] Authority renew(const std::filesystem::path& ca_dir, SystemTime now,
                              const RenewalRequest& request, const AskPassphrase& ask);

/// Puts the CA of `file` (PKCS#12 or PEM, with key and issuers) into `ca_dir`, where there must be
/// none; the key is encrypted with `passphrase` if there is one. `ask` opens `file`. Throws
/// `CertificateError` as `load`, before anything is written.
void import_authority(const std::filesystem::path& ca_dir, const std::filesystem::path& file,
                      SystemTime now, const AskPassphrase& ask, const Secret* passphrase);

/// What can be told of a CA without its key.
struct AuthorityReport {
  CertificateFacts facts;
  std::vector<std::string> issuers;  ///< the chain's names, nearest first; empty below a root
  std::vector<std::string> permitted, excluded;  ///< both empty: any host
  bool key_encrypted = false;
  std::string pem, der;               ///< of the certificate
  std::vector<std::string> warnings;  ///< also that it has expired
};
/// Throws `CertificateError` as `load`, but for what needs the key or the present time.
[[nodiscard]] AuthorityReport inspect(const std::filesystem::path& ca_dir, SystemTime now);

/// PKCS#12 with key, certificate and chain, encrypted by AES-256. Throws `CertificateError`.
[[nodiscard]] std::string pkcs12_of(const Authority& authority, const Secret& password);

}  // namespace eastap::certs
