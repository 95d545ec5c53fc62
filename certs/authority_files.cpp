#include <optional>
#include <string_view>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "certs/authority.hpp"
#include "certs/extensions.hpp"
#include "certs/files.hpp"
#include "certs/issuers.hpp"
#include "certs/key_material.hpp"

namespace eastap::certs {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::days kEndsSoon{30};
constexpr ::mode_t kForAll = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
constexpr ::mode_t kForOwner = S_IRUSR | S_IWUSR;

const std::string kRestore =
    "restore it, or move ca.key and ca.pem away and let eastap create a new CA";

std::string key_name(const fs::path& ca_dir) { return "the CA key " + key_file(ca_dir).string(); }

KeyHandle load_key(const fs::path& ca_dir, const AskPassphrase& ask) {
  const fs::path file = key_file(ca_dir);
  const Secret text{read_ca_file(file)};
  KeyHandle key = key_from(file, text.text(), ask, key_name(ca_dir), kRestore);
  require_phone_key(file, key.get());
  return key;
}

bool belong_together(X509* certificate, EVP_PKEY* key) {
  const bool fits = X509_check_private_key(certificate, key) == 1;
  static_cast<void>(drain_errors("compare"));  // a key that does not fit is an answer
  return fits;
}

void require_same_key(const fs::path& ca_dir, X509* certificate, EVP_PKEY* key) {
  if (belong_together(certificate, key)) return;
  fail(key_file(ca_dir), "is not the key of the certificate in ca.pem",
       "restore the one that belongs to it, or move both away and let eastap create a new CA");
}

void check_time(const fs::path& file, const X509* certificate, SystemTime now) {
  const SystemTime not_before = to_system_time(X509_get0_notBefore(certificate));
  const SystemTime not_after = to_system_time(X509_get0_notAfter(certificate));
  if (now > not_after) {
    fail(file, "the CA expired on " + date_text(not_after),
         "renew it with 'eastap ca renew' and install it on the phones again");
  }
  if (now < not_before) {
    fail(file,
         "the CA is valid only from " + date_text(not_before) + ", and this machine's clock says " +
             date_text(now),
         "set the clock, or give another folder with --ca-dir");
  }
}

/// ca.pem, understood.
struct Chain {
  CertHandle certificate;
  Issuers above;
};

Chain load_chain(const fs::path& ca_dir) {
  const fs::path file = certificate_file(ca_dir);
  std::vector<CertHandle> certificates = certificates_from(file, read_ca_file(file), kRestore);
  Chain chain;
  chain.certificate = std::move(certificates.front());
  certificates.erase(certificates.begin());
  chain.above = issuers_of(file, chain.certificate.get(), std::move(certificates));
  return chain;
}

std::vector<std::string> warnings_for(const fs::path& ca_dir, const Chain& chain, SystemTime now) {
  std::vector<std::string> warnings;
  if (auto warning = open_to_others(key_file(ca_dir), "the CA key"); !warning.empty()) {
    warnings.push_back(std::move(warning));
  }
  const bool own = is_self_signed(*chain.certificate);
  const SystemTime not_after = to_system_time(X509_get0_notAfter(chain.certificate.get()));
  if (not_after - now < kEndsSoon) {
    warnings.push_back((now > not_after ? "the CA expired on " : "the CA expires on ") +
                       date_text(not_after) +
                       (own ? "; renew it with 'eastap ca renew' and install it on the phones again"
                            : "; have its issuer renew it"));
  }
  for (const std::string& warning : chain.above.warnings_at(now)) warnings.push_back(warning);
  return warnings;
}

/// A creator that was killed between its two renames left ca.key and the staged certificate:
/// finishes its work.
bool finished_interrupted_creation(const fs::path& staged, const fs::path& ca_dir,
                                   const AskPassphrase& ask) {
  if (presence_of(staged) == Presence::none) return false;
  const std::vector<CertHandle> certificates =
      certificates_from(staged, read_ca_file(staged), kRestore);
  const KeyHandle key = load_key(ca_dir, ask);
  const bool fits = belong_together(certificates.front().get(), key.get());
  if (fits) publish(staged, certificate_file(ca_dir));
  return fits;
}

/// With the lock held, and no CA there. `pem`: of the certificate and its issuers.
void write_ca(const fs::path& ca_dir, const std::string& pem, const Secret& secret) {
  const fs::path staged_certificate = ca_dir / "ca.pem.new";
  const fs::path staged_key = ca_dir / "ca.key.new";
  write_staged(staged_certificate, pem, kForAll);
  try {
    write_staged(staged_key, secret.text(), kForOwner);
    publish(staged_key, key_file(ca_dir));
    publish(staged_certificate, certificate_file(ca_dir));
  } catch (const CertificateError&) {
    // The key may have been published: then the staged certificate is what completes it.
    if (presence_of(key_file(ca_dir)) == Presence::none) ::unlink(staged_certificate.c_str());
    throw;
  }
  sync_folder(ca_dir);
}

[[noreturn]] void fail_for_present(const fs::path& ca_dir) {
  fail(certificate_file(ca_dir), "there is a CA already",
       "use it ('eastap ca show'), or move ca.pem and ca.key away first: phones that trust it "
       "will not trust a new one");
}

/// With the lock held. Nothing when there is a CA by now.
std::optional<Authority> create_unless_present(const fs::path& ca_dir, const std::string& host_name,
                                               SystemTime now, const AuthorityRequest& request,
                                               const AskPassphrase& ask) {
  const fs::path certificate = certificate_file(ca_dir);
  const fs::path key = key_file(ca_dir);
  const bool has_certificate = presence_of(certificate) == Presence::present;
  const bool has_key = presence_of(key) == Presence::present;
  if (has_certificate && has_key) return std::nullopt;
  if (has_certificate) {
    fail(key, "is missing beside ca.pem",
         "restore it, or move ca.pem away and let eastap create a new CA");
  }
  if (has_key) {
    if (finished_interrupted_creation(ca_dir / "ca.pem.new", ca_dir, ask)) return std::nullopt;
    fail(certificate, "is missing beside ca.key",
         "restore it, or move ca.key away and let eastap create a new CA");
  }
  Authority authority = make_authority(host_name, now, request);
  write_ca(ca_dir, authority.pem(), key_pem(authority.key(), request.passphrase));
  authority.created = true;
  return authority;
}

}  // namespace

fs::path certificate_file(const fs::path& ca_dir) { return ca_dir / "ca.pem"; }
fs::path key_file(const fs::path& ca_dir) { return ca_dir / "ca.key"; }

Authority create(const fs::path& ca_dir, const std::string& host_name, SystemTime now,
                 const AuthorityRequest& request) {
  make_folder(ca_dir);
  const FolderLock lock{ca_dir};
  std::optional<Authority> authority = create_unless_present(ca_dir, host_name, now, request, {});
  if (!authority) fail_for_present(ca_dir);
  return std::move(*authority);
}

Authority load(const fs::path& ca_dir, SystemTime now, const AskPassphrase& ask) {
  const fs::path file = certificate_file(ca_dir);
  Chain chain = load_chain(ca_dir);
  // Before the key, so that nobody is asked for the passphrase of a CA that is of no use.
  check_signs_servers(file, chain.certificate.get());
  check_time(file, chain.certificate.get(), now);
  KeyHandle key = load_key(ca_dir, ask);
  require_same_key(ca_dir, chain.certificate.get(), key.get());
  std::vector<std::string> warnings = warnings_for(ca_dir, chain, now);
  std::vector<CertHandle> sent;
  if (!is_self_signed(*chain.certificate)) {
    sent.push_back(share(chain.certificate.get()));
    for (CertHandle& issuer : chain.above.certificates) {
      if (!is_self_signed(*issuer)) sent.push_back(std::move(issuer));
    }
  }
  Authority authority{std::move(chain.certificate), std::move(key), std::move(sent),
                      std::move(chain.above.constraints)};
  authority.warnings = std::move(warnings);
  return authority;
}

Authority load_or_create(const fs::path& ca_dir, const std::string& host_name, SystemTime now,
                         const AuthorityRequest& request, const AskPassphrase& ask) {
  // A CA in a folder that we may only read needs no lock.
  if (presence_of(certificate_file(ca_dir)) == Presence::present &&
      presence_of(key_file(ca_dir)) == Presence::present) {
    return load(ca_dir, now, ask);
  }
  make_folder(ca_dir);
  {
    const FolderLock lock{ca_dir};
    if (std::optional<Authority> authority =
            create_unless_present(ca_dir, host_name, now, request, ask)) {
      return std::move(*authority);
    }
  }
  return load(ca_dir, now, ask);
}

Authority renew(const fs::path& ca_dir, SystemTime now, const RenewalRequest& request,
                const AskPassphrase& ask) {
  const fs::path file = certificate_file(ca_dir);
  static_cast<void>(read_ca_file(file));  // says what is missing before the folder is written
  const FolderLock lock{ca_dir};
  const Chain chain = load_chain(ca_dir);
  if (!is_self_signed(*chain.certificate)) {
    fail(file, "was signed by " + facts_of(*chain.certificate).issuer,
         "only that CA can renew it: ask who runs it, and put the new certificate here");
  }
  check_signs_servers(file, chain.certificate.get());
  KeyHandle key = load_key(ca_dir, ask);
  require_same_key(ca_dir, chain.certificate.get(), key.get());
  CertHandle renewed = renewed_root(*chain.certificate, key.get(), now, request);
  const fs::path staged = ca_dir / "ca.pem.new";
  write_staged(staged, certificate_pem(renewed.get()), kForAll);
  publish(staged, file);
  sync_folder(ca_dir);
  std::vector<NameConstraints> constraints = issuers_of(file, renewed.get(), {}).constraints;
  return {std::move(renewed), std::move(key), {}, std::move(constraints)};
}

void import_authority(const fs::path& ca_dir, const fs::path& file, SystemTime now,
                      const AskPassphrase& ask, const Secret* passphrase) {
  Bundle bundle = bundle_from_file(file, {}, ask);
  require_phone_key(file, bundle.key.get());
  check_signs_servers(file, bundle.certificate.get());
  check_time(file, bundle.certificate.get(), now);
  std::string pem = certificate_pem(bundle.certificate.get());
  const Issuers above = issuers_of(file, bundle.certificate.get(), std::move(bundle.others));
  for (const CertHandle& issuer : above.certificates) pem += certificate_pem(issuer.get());
  make_folder(ca_dir);
  const FolderLock lock{ca_dir};
  for (const fs::path& present : {certificate_file(ca_dir), key_file(ca_dir)}) {
    if (presence_of(present) == Presence::present) fail_for_present(ca_dir);
  }
  write_ca(ca_dir, pem, key_pem(bundle.key.get(), passphrase));
}

AuthorityReport inspect(const fs::path& ca_dir, SystemTime now) {
  const Chain chain = load_chain(ca_dir);
  check_signs_servers(certificate_file(ca_dir), chain.certificate.get());
  AuthorityReport report;
  report.facts = facts_of(*chain.certificate);
  for (const CertHandle& issuer : chain.above.certificates) {
    report.issuers.push_back(facts_of(*issuer).subject);
  }
  for (const NameConstraints& constraints : chain.above.constraints) {
    for (std::string& text : constraints.permitted()) report.permitted.push_back(std::move(text));
    for (std::string& text : constraints.excluded()) report.excluded.push_back(std::move(text));
  }
  const Secret key{read_ca_file(key_file(ca_dir))};
  report.key_encrypted = is_encrypted_key(key.text());
  report.pem = certificate_pem(chain.certificate.get());
  report.der = certificate_der(chain.certificate.get());
  report.warnings = warnings_for(ca_dir, chain, now);
  return report;
}

}  // namespace eastap::certs
