#include "certs/leaf.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "certs/extensions.hpp"
#include "certs/leaf_key.hpp"
#include "certs/names.hpp"

namespace eastap::certs {

namespace {

constexpr std::chrono::days kBackdated{2};  // phones whose clock is behind
// 397 days, both ends included: below the strictest limit of any client (398 days, Apple 103214).
constexpr std::chrono::seconds kLifetime = std::chrono::days{397} - std::chrono::seconds{1};
constexpr std::size_t kCommonNameLimit = 64;

ExtensionHandle alternative_name(const std::string& host) {
  const GeneralNamesHandle names{GENERAL_NAMES_new()};
  GeneralNameHandle name{GENERAL_NAME_new()};
  OctetStringHandle value{ASN1_STRING_new()};
  require(names && name && value, "make a subjectAltName");
  const auto address = address_from(host);
  const void* octets = address ? static_cast<const void*>(address->octets.data()) : host.data();
  const std::size_t length = address ? address->length : host.size();
  require(ASN1_STRING_set(value.get(), octets, static_cast<int>(length)) == 1,
          "set a subjectAltName");
  GENERAL_NAME_set0_value(name.get(), address ? GEN_IPADD : GEN_DNS, value.release());  // owns it
  require(sk_GENERAL_NAME_push(names.get(), name.get()) > 0, "add a subjectAltName");
  static_cast<void>(name.release());  // now in `names`
  return make_extension(NID_subject_alt_name, false, names.get());
}

ExtensionHandle server_use_extension() {
  const ObjectStackHandle purposes{sk_ASN1_OBJECT_new_null()};
  ASN1_OBJECT* const server_auth = OBJ_nid2obj(NID_server_auth);  // of OpenSSL's static table
  require(purposes && sk_ASN1_OBJECT_push(purposes.get(), server_auth) > 0,
          "make extended key usage");
  return make_extension(NID_ext_key_usage, false, purposes.get());
}

ExtensionHandle issuer_key_extension(X509* authority) {
  const ASN1_OCTET_STRING* id = X509_get0_subject_key_id(authority);  // borrowed from the CA
  if (id == nullptr)
    return nullptr;  // a CA of the user's own may lack it; then nothing must name it
  const AuthorityKeyIdHandle value{AUTHORITY_KEYID_new()};
  require(value != nullptr, "make an authority key identifier");
  value->keyid = ASN1_OCTET_STRING_dup(id);
  require(value->keyid != nullptr, "make an authority key identifier");
  return make_extension(NID_authority_key_identifier, false, value.get());
}

ExtensionHandle end_entity_extension() {
  const BasicConstraintsHandle constraints{BASIC_CONSTRAINTS_new()};
  require(constraints != nullptr, "make constraints");
  return make_extension(NID_basic_constraints, true, constraints.get());
}

}  // namespace

/// What all leaves have in common, encoded once.
struct LeafMinter::Parts {
  std::shared_ptr<const Authority> authority;
  SharedChain chain;  // the authority's
  KeyHandle key;
  std::vector<ExtensionHandle> extensions;
  SystemTime authority_not_before{}, authority_not_after{};
  NameHandle subject;  // that the CA's constraints want a leaf's to begin with; or null
  bool constrained = false;
};

Leaf::Leaf(CertHandle certificate, KeyHandle key, SharedChain chain, SystemTime not_after)
    : certificate_{std::move(certificate)},
      key_{std::move(key)},
      chain_{std::move(chain)},
      not_after_{not_after} {}

Result<void> Leaf::apply(SSL* connection) const {
  if (SSL_use_certificate(connection, certificate_.get()) != 1 ||
      SSL_use_PrivateKey(connection, key_.get()) != 1) {
    return tl::unexpected(drain_errors("use the leaf certificate"));
  }
  for (const CertHandle& issuer : *chain_) {
    if (SSL_add1_chain_cert(connection, issuer.get()) != 1) {
      return tl::unexpected(drain_errors("use the CA's chain"));
    }
  }
  return {};
}

LeafMinter::LeafMinter(std::shared_ptr<const Authority> authority, Key key) try {
  auto parts = std::make_unique<Parts>();
  X509* const issuer = authority->certificate();
  parts->key = key == Key::rsa_2048 ? make_rsa_leaf_key() : make_leaf_key();
  const CertHandle sample{X509_new()};
  require(sample && X509_set_pubkey(sample.get(), parts->key.get()) == 1, "set the public key");
  constexpr int kDigitalSignature = 0;  // RFC 5280 4.2.1.3
  constexpr int kKeyEncipherment = 2;
  parts->extensions.push_back(end_entity_extension());
  parts->extensions.push_back(key == Key::rsa_2048
                                  ? key_usage_extension({kDigitalSignature, kKeyEncipherment})
                                  : key_usage_extension({kDigitalSignature}));
  parts->extensions.push_back(server_use_extension());
  parts->extensions.push_back(subject_key_extension(*sample));
  if (ExtensionHandle issuer_key = issuer_key_extension(issuer)) {
    parts->extensions.push_back(std::move(issuer_key));
  }
  parts->constrained = !authority->constraints().empty();
  for (const NameConstraints& constraints : authority->constraints()) {
    if (!parts->subject) parts->subject = constraints.subject();
  }
  parts->authority_not_before = to_system_time(X509_get0_notBefore(issuer));
  parts->authority_not_after = to_system_time(X509_get0_notAfter(issuer));
  parts->chain = SharedChain{authority, &authority->chain()};
  parts->authority = std::move(authority);
  parts_ = std::move(parts);
} catch (const OpensslFailure& failure) {
  throw CertificateError{"cannot prepare leaf certificates: " + failure.error.detail};
}

LeafMinter::~LeafMinter() = default;

SystemTime LeafMinter::end_if_minted(SystemTime now) const {
  return std::min(now - kBackdated + kLifetime, parts_->authority_not_after);
}

Result<Leaf> LeafMinter::mint(std::string_view host, SystemTime now) const try {
  const Result<std::string> name = normalized_host(host);
  if (!name) return tl::unexpected(name.error());
  const SystemTime not_before = std::max(now - kBackdated, parts_->authority_not_before);
  const SystemTime not_after = end_if_minted(now);
  if (now > not_after) {
    return tl::unexpected(Error{Errc::io, 0,
                                "the CA expired on " + date_text(parts_->authority_not_after) +
                                    "; renew it with 'eastap ca renew'"});
  }
  if (!parts_->authority->permits(*name)) {
    return tl::unexpected(Error{Errc::unsupported, 0, parts_->authority->refusal_text()});
  }
  X509* const issuer = parts_->authority->certificate();
  CertHandle certificate{X509_new()};
  X509* const made = certificate.get();
  require(made != nullptr && X509_set_version(made, X509_VERSION_3) == 1, "make a certificate");
  set_random_serial(made);
  set_validity(made, not_before, not_after);
  require(X509_set_issuer_name(made, X509_get_subject_name(issuer)) == 1, "set the issuer");
  if (parts_->subject) {
    require(X509_set_subject_name(made, parts_->subject.get()) == 1, "set the subject");
  }
  X509_NAME* const subject = X509_get_subject_name(made);  // borrowed from `made`, filled in place
  if (!parts_->subject) add_name_entry(subject, NID_organizationName, "eastap interception");
  // Clients match the subjectAltName; the common name is for people, who see it in certificate
  // viewers. Below a constrained CA verifiers take an address there for a DNS name.
  if (name->size() <= kCommonNameLimit && !(parts_->constrained && address_from(*name))) {
    add_name_entry(subject, NID_commonName, *name);
  }
  require(X509_set_pubkey(made, parts_->key.get()) == 1, "set the public key");
  for (const ExtensionHandle& extension : parts_->extensions) {
    require(X509_add_ext(made, extension.get(), -1) == 1, "add an extension");
  }
  const ExtensionHandle alternative = alternative_name(*name);
  require(X509_add_ext(made, alternative.get(), -1) == 1, "add the subjectAltName");
  require(X509_sign(made, parts_->authority->key(), EVP_sha256()) > 0, "sign the leaf certificate");
  return Leaf{std::move(certificate), share(parts_->key.get()), parts_->chain, not_after};
} catch (const OpensslFailure& failure) {
  return tl::unexpected(failure.error);
}

}  // namespace eastap::certs
