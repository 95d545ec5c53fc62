#include <openssl/pkcs12.h>

#include "certs/authority.hpp"
#include "certs/extensions.hpp"
#include "certs/key_material.hpp"

namespace eastap::certs {

namespace {

// Windows, macOS and iOS take some hundred thousand; the file may lie in a mail or on a share.
constexpr int kIterations = 200'000;

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

}  // namespace eastap::certs
