#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "certs/authority.hpp"
#include "certs/openssl.hpp"

namespace eastap::certs::test {

/// 2026-11-20 12:00:00 UTC.
inline constexpr SystemTime kNow{std::chrono::seconds{1'795'176'000}};

/// A folder of its own that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& file, std::string_view text);
[[nodiscard]] std::string read_file(const std::filesystem::path& file);
[[nodiscard]] unsigned mode_of(const std::filesystem::path& file);

/// With three years before it, so that leaves have their full time.
[[nodiscard]] std::shared_ptr<const Authority> new_authority(SystemTime now = kNow);

/// A self-made certificate with the chosen faults, for what eastap itself never issues.
struct Recipe {
  std::string common_name = "test";
  std::string names;                     ///< in OpenSSL's text form: "DNS:a.test,IP:127.0.0.1"
  std::string constraints;               ///< "critical,CA:TRUE"
  std::string usage;                     ///< "critical,keyCertSign"
  std::string extended_usage;            ///< "clientAuth"
  std::string name_constraints{};        ///< "critical,permitted;DNS:contoso.com"
  std::string permitted_organization{};  ///< a permitted directory name O=…
  std::string raw_name_constraints{};    ///< the extension's octets, good or bad
  SystemTime not_before = kNow - std::chrono::days{1};
  SystemTime not_after = kNow + std::chrono::days{30};
};
[[nodiscard]] CertHandle make_certificate(const Recipe& recipe, EVP_PKEY* key,
                                          X509* issuer = nullptr, EVP_PKEY* issuer_key = nullptr);
[[nodiscard]] std::string pem_of(X509* certificate);
[[nodiscard]] std::string pem_of(EVP_PKEY* key, const char* passphrase = nullptr);

/// OpenSSL's verdict on `leaf` below `root` at `now`, for a TLS server named `host`. Not `strict`:
/// key identifiers may be missing, as in what `make_certificate` makes.
[[nodiscard]] int verdict(X509* leaf, X509* root, const std::string& host, SystemTime now,
                          bool strict = true);

/// The message of the CertificateError that `action` throws; "no error" when it throws none.
template <class Action>
std::string error_of(Action action) {
  try {
    static_cast<void>(action());
  } catch (const CertificateError& error) {
    return error.what();
  }
  return "no error";
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace eastap::certs::test
