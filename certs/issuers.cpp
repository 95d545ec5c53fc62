#include "certs/issuers.hpp"

#include <algorithm>
#include <utility>

#include "certs/extensions.hpp"
#include "certs/files.hpp"
#include "certs/names.hpp"

namespace eastap::certs {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::days kEndsSoon{30};

std::string subject_of(const X509& certificate) {
  return readable_name(X509_get_subject_name(&certificate));
}

bool signed_by(X509* certificate, X509* issuer) {
  const bool named = X509_check_issued(issuer, certificate) == X509_V_OK;
  const bool good = named && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
  static_cast<void>(drain_errors("look for the issuer"));  // the wrong one is an answer
  return good;
}

NameConstraints constraints_of(const fs::path& file, const X509& certificate) {
  auto constraints = NameConstraints::of(certificate);
  if (constraints) return std::move(*constraints);
  fail(file, "the name constraints of " + subject_of(certificate) + " cannot be read",
       "phones may refuse everything below it; use another CA");
}

}  // namespace

std::vector<std::string> Issuers::warnings_at(SystemTime now) const {
  std::vector<std::string> warnings;
  for (const CertHandle& issuer : certificates) {
    const SystemTime not_after = to_system_time(X509_get0_notAfter(issuer.get()));
    if (not_after - now >= kEndsSoon) continue;
    warnings.push_back("the CA's issuer " + subject_of(*issuer) +
                       (now > not_after ? " expired on " : " expires on ") + date_text(not_after) +
                       (now > not_after ? ": phones refuse what is below it"
                                        : ": phones will refuse what is below it"));
  }
  return warnings;
}

bool is_self_signed(const X509& certificate) {
  // The function only caches what it finds in the certificate.
  return (X509_get_extension_flags(const_cast<X509*>(&certificate)) & EXFLAG_SS) != 0;
}

Issuers issuers_of(const fs::path& file, X509* certificate, std::vector<CertHandle> candidates) {
  Issuers issuers;
  issuers.constraints.push_back(constraints_of(file, *certificate));
  X509* below = certificate;
  // Self-issued CAs are not counted, RFC 5280 4.2.1.9; roots do not get here.
  long cas_below = X509_check_ca(certificate) != 0 ? 1 : 0;
  while (!is_self_signed(*below)) {
    const auto found =
        std::find_if(candidates.begin(), candidates.end(), [&](const CertHandle& candidate) {
          return candidate && signed_by(below, candidate.get());
        });
    if (found == candidates.end()) break;
    X509* const issuer = found->get();
    if (X509_check_ca(issuer) != 1) {
      fail(file, subject_of(*issuer) + " is above the CA and no CA itself",
           "phones refuse such a chain; have the CA signed anew");
    }
    const long most = X509_get_pathlen(issuer);
    if (most >= 0 && most < cas_below) {
      fail(file,
           subject_of(*issuer) + " allows " + std::to_string(most) +
               " CAs below it (pathLenConstraint), and there are " + std::to_string(cas_below),
           "phones refuse such a chain; have the CA signed by one that allows it");
    }
    issuers.constraints.push_back(constraints_of(file, *issuer));
    issuers.certificates.push_back(std::move(*found));
    below = issuer;
    ++cas_below;
  }
  return issuers;
}

void check_signs_servers(const fs::path& file, X509* certificate) {
  const std::string other =
      "put a CA certificate and its key there, or give another folder with --ca-dir";
  if ((X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) == 0) {
    fail(file, "may not sign certificates (its key usage lacks keyCertSign)", other);
  }
  if (X509_check_ca(certificate) != 1)
    fail(file, "is not a CA certificate (basicConstraints CA:TRUE is missing)", other);
  // All ones when there is no such extension. Phones apply a CA's purposes to what is below it.
  if ((X509_get_extended_key_usage(certificate) & (XKU_SSL_SERVER | XKU_ANYEKU)) == 0) {
    fail(file, "may not sign certificates of servers (its extended key usage lacks serverAuth)",
         other);
  }
}

CertHandle renewed_root(const X509& old, EVP_PKEY* key, SystemTime now,
                        const RenewalRequest& request) try {
  CertHandle renewed{X509_dup(&old)};
  X509* const made = renewed.get();
  require(made != nullptr, "copy the CA certificate");
  set_random_serial(made);
  const SystemTime not_before = now - std::chrono::days{1};
  set_validity(made, not_before, not_before + request.lifetime);
  if (request.permit) {
    const int at = X509_get_ext_by_NID(made, NID_name_constraints, -1);
    if (at >= 0) const ExtensionHandle taken{X509_delete_ext(made, at)};
    if (!request.permit->empty()) {
      const ExtensionHandle extension = request.permit->extension();
      require(X509_add_ext(made, extension.get(), -1) == 1, "add the name constraints");
    }
  }
  require(X509_sign(made, key, EVP_sha256()) > 0, "sign the CA certificate");
  return renewed;
} catch (const OpensslFailure& failure) {
  throw CertificateError{"cannot renew the CA: " + failure.error.detail};
}

}  // namespace eastap::certs
