#include "certs/identity.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "certs/extensions.hpp"
#include "certs/files.hpp"
#include "certs/issuers.hpp"
#include "certs/key_material.hpp"
#include "certs/names.hpp"
#include "certs/trust.hpp"

namespace eastap::certs {

namespace {

constexpr std::chrono::days kEndsSoon{30};

std::string remedy_of_time(const Identity& identity) {
  return "; put the renewed one into " + identity.file;
}

void add_time_problems(const Identity& identity, SystemTime now,
                       std::vector<std::string>& problems) {
  const CertificateFacts facts = facts_of(*identity.certificate);
  const std::string whose = identity.file + ": the certificate of " + facts.subject;
  if (now > facts.not_after) {
    problems.push_back(whose + " expired on " + date_text(facts.not_after) +
                       remedy_of_time(identity));
  } else if (now < facts.not_before) {
    problems.push_back(whose + " is valid only from " + date_text(facts.not_before) +
                       "; set this machine's clock, or wait");
  } else if (facts.not_after - now < kEndsSoon) {
    problems.push_back(whose + " expires on " + date_text(facts.not_after) +
                       remedy_of_time(identity));
  }
}

/// The end of what the file holds, when nothing that phones may know signed it.
void add_chain_problem(const Identity& identity, X509_STORE* roots, SystemTime now,
                       std::vector<std::string>& problems) {
  const CertStackHandle chain{sk_X509_new_null()};
  const StoreContextHandle check{X509_STORE_CTX_new()};
  bool ready = chain && check;
  for (const CertHandle& issuer : identity.chain) {
    CertHandle shared = share(issuer.get());
    ready = ready && sk_X509_push(chain.get(), shared.get()) > 0;
    if (ready) static_cast<void>(shared.release());  // now in the stack
  }
  if (!ready ||
      X509_STORE_CTX_init(check.get(), roots, identity.certificate.get(), chain.get()) != 1) {
    static_cast<void>(drain_errors("check a chain"));
    return;
  }
  X509_STORE_CTX_set_time(check.get(), 0, now.time_since_epoch().count());
  const bool good = X509_verify_cert(check.get()) == 1;
  const int why = X509_STORE_CTX_get_error(check.get());
  static_cast<void>(drain_errors("check a chain"));
  if (good || why == X509_V_ERR_CERT_HAS_EXPIRED || why == X509_V_ERR_CERT_NOT_YET_VALID) return;
  if (why == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
      why == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
      why == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE) {
    const X509* last =
        identity.chain.empty() ? identity.certificate.get() : identity.chain.back().get();
    const std::string issuer = readable_name(X509_get_issuer_name(last));
    problems.push_back(identity.file + ": " + issuer + ", which signed " +
                       readable_name(X509_get_subject_name(last)) +
                       ", is neither in the file nor a root that this machine knows. If it is an "
                       "intermediate, add its certificate to the file, because phones do not fetch "
                       "it; if it is the organisation's root, all is well where phones have it "
                       "(--upstream-ca FILE lets eastap know it too)");
    return;
  }
  problems.push_back(identity.file +
                     ": phones may refuse the certificate: " + X509_verify_cert_error_string(why));
}

}  // namespace

Identity load_identity(const IdentityFiles& files) {
  const AskPassphrase ask = [&](const std::string&) {
    return given_secret(files.password_file, "EASTAP_CERTIFICATE_PASSWORD");
  };
  Bundle bundle = bundle_from_file(files.file, files.key_file, ask);
  Identity identity;
  Issuers above = issuers_of(files.file, bundle.certificate.get(), std::move(bundle.others));
  for (CertHandle& issuer : above.certificates) {
    if (!is_self_signed(*issuer)) identity.chain.push_back(std::move(issuer));
  }
  identity.certificate = std::move(bundle.certificate);
  identity.key = std::move(bundle.key);
  identity.file = files.file;
  return identity;
}

bool names(const Identity& identity, std::string_view host) {
  X509* const certificate = identity.certificate.get();
  constexpr unsigned kAsPhones =
      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  const auto address = address_from(host);
  const int named =
      address ? X509_check_ip(certificate, address->octets.data(), address->length, 0)
              : X509_check_host(certificate, host.data(), host.size(), kAsPhones, nullptr);
  static_cast<void>(drain_errors("compare names"));
  return named == 1;
}

bool show(SSL* connection, const Identity& identity) {
  return SSL_use_certificate(connection, identity.certificate.get()) == 1 &&
         SSL_use_PrivateKey(connection, identity.key.get()) == 1 &&
         SSL_clear_chain_certs(connection) == 1 &&
         std::all_of(identity.chain.begin(), identity.chain.end(), [&](const CertHandle& issuer) {
           return SSL_add1_chain_cert(connection, issuer.get()) == 1;
         });
}

Leaf leaf_of(const Identity& identity) {
  auto chain = std::make_shared<std::vector<CertHandle>>();
  for (const CertHandle& issuer : identity.chain) chain->push_back(share(issuer.get()));
  return {share(identity.certificate.get()), share(identity.key.get()), std::move(chain),
          to_system_time(X509_get0_notAfter(identity.certificate.get()))};
}

std::vector<std::string> server_problems(const Identity& identity,
                                         std::span<const std::string> hosts, X509_STORE* roots,
                                         SystemTime now) {
  std::vector<std::string> problems;
  add_time_problems(identity, now, problems);
  for (const std::string& host : hosts) {
    if (names(identity, host)) continue;
    std::string named;
    for (const std::string& name : names_of(*identity.certificate)) {
      named += (named.empty() ? "" : ", ") + name;
    }
    problems.push_back(identity.file + ": the certificate is not for " + host + " but for " +
                       named + "; phones will refuse it. Take one with " + host +
                       " in its subjectAltName, or name another host");
  }
  add_chain_problem(identity, roots, now, problems);
  if ((X509_get_extended_key_usage(identity.certificate.get()) & (XKU_SSL_SERVER | XKU_ANYEKU)) ==
      0) {
    problems.push_back(identity.file +
                       ": the certificate is not for servers (extended key usage lacks "
                       "serverAuth); iOS refuses it");
  }
  return problems;
}

std::vector<std::string> client_problems(const Identity& identity, SystemTime now) {
  std::vector<std::string> problems;
  add_time_problems(identity, now, problems);
  if ((X509_get_extended_key_usage(identity.certificate.get()) & (XKU_SSL_CLIENT | XKU_ANYEKU)) ==
      0) {
    problems.push_back(identity.file +
                       ": the certificate is not for clients (extended key usage lacks "
                       "clientAuth); servers may refuse it");
  }
  return problems;
}

}  // namespace eastap::certs
