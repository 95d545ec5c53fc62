#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "certs/authority.hpp"
#include "certs/extensions.hpp"
#include "certs/files.hpp"
#include "certs/key_material.hpp"

namespace eastap::certs {

namespace {

// Windows, macOS and iOS take some hundred thousand; the file may lie in a mail or on a share.
constexpr int kIterations = 200'000;

enum class Opened { yes, wrong_password, unsupported, damaged };

Opened open_bundle(PKCS12* from, const char* password, Bundle& bundle) {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  const bool done = PKCS12_parse(from, password, &key, &certificate, &others) == 1;
  bundle.key.reset(key);
  bundle.certificate.reset(certificate);
  const CertStackHandle stack{others};
  const unsigned long first = ERR_peek_error();
  const int last = ERR_GET_REASON(ERR_peek_last_error());
  static_cast<void>(drain_errors("open PKCS#12"));
  if (!done) {
    if (last == PKCS12_R_MAC_VERIFY_FAILURE) return Opened::wrong_password;
    const bool unknown = ERR_GET_REASON(first) == ERR_R_UNSUPPORTED ||
                         ERR_GET_REASON(first) == EVP_R_UNSUPPORTED_ALGORITHM;
    return unknown ? Opened::unsupported : Opened::damaged;
  }
  for (int at = 0; stack && at < sk_X509_num(stack.get()); ++at) {
    bundle.others.push_back(share(sk_X509_value(stack.get(), at)));
  }
  return Opened::yes;
}

/// RC2 and single DES, which Windows still writes, are in a provider of their own since 3.0.
Opened open_any_bundle(PKCS12* from, const char* password, Bundle& bundle) {
  const Opened opened = open_bundle(from, password, bundle);
  if (opened != Opened::unsupported) return opened;
  constexpr int kKeepDefault = 1;
  const ProviderHandle legacy{OSSL_PROVIDER_try_load(nullptr, "legacy", kKeepDefault)};
  if (!legacy) {
    static_cast<void>(drain_errors("load the legacy provider"));
    return opened;
  }
  return open_bundle(from, password, bundle);
}

}  // namespace

std::string pkcs12_of(const Authority& authority, const Secret& password) try {
  const CertStackHandle chain{sk_X509_new_null()};
  require(chain != nullptr, "make a chain");
  for (const CertHandle& issuer : authority.chain()) {
    if (X509_cmp(issuer.get(), authority.certificate()) == 0) continue;
    CertHandle shared = share(issuer.get());
    require(shared && sk_X509_push(chain.get(), shared.get()) > 0, "add to a chain");
    static_cast<void>(shared.release());  // now in the stack
  }
  const std::string name = authority.facts().subject;
  const Pkcs12Handle made{PKCS12_create(password.c_str(), name.c_str(), authority.key(),
                                        authority.certificate(), chain.get(), NID_aes_256_cbc,
                                        NID_aes_256_cbc, kIterations, kIterations, 0)};
  require(made != nullptr, "make the PKCS#12 file");
  const BioHandle out{BIO_new(BIO_s_mem())};
  require(out && i2d_PKCS12_bio(out.get(), made.get()) == 1, "write the PKCS#12 file");
  return octets_of(out.get());
} catch (const OpensslFailure& failure) {
  throw CertificateError{"cannot export the CA: " + failure.error.detail};
}

Bundle bundle_from(const std::filesystem::path& file, std::string_view octets,
                   const AskPassphrase& ask, const std::string& what) {
  const auto* at = reinterpret_cast<const unsigned char*>(octets.data());
  const Pkcs12Handle read{d2i_PKCS12(nullptr, &at, static_cast<long>(octets.size()))};
  if (!read) {
    fail(file, "is neither PEM nor PKCS#12 (" + drain_errors("read PKCS#12").detail + ")",
         "give PEM (-----BEGIN CERTIFICATE-----) or a PFX file");
  }
  Bundle bundle;
  Opened opened = open_any_bundle(read.get(), "", bundle);
  std::optional<Secret> password;
  if (opened == Opened::wrong_password) {
    password = ask ? ask(what) : std::nullopt;
    if (!password) {
      fail(file, "needs a password", "give it in a file or variable (eastap --man names them)");
    }
    opened = open_any_bundle(read.get(), password->c_str(), bundle);
  }
  if (opened == Opened::wrong_password) {
    fail(file, "the password does not open it", "give the one that it was exported with");
  }
  if (opened != Opened::yes) {
    fail(file,
         opened == Opened::unsupported ? "is encrypted in a way that OpenSSL does not know here"
                                       : "is damaged",
         "export it anew, with AES-256");
  }
  if (!bundle.certificate || !bundle.key) {
    fail(file, std::string{"holds no "} + (bundle.key ? "certificate" : "private key"),
         "export it with the private key and all certificates of the path");
  }
  return bundle;
}

}  // namespace eastap::certs
