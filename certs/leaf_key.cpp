// OpenSSL 3 encodes a provider's key for a certificate through OSSL_ENCODER and parses the result
// again: 137 of the 170 us that minting would take. A key that holds an EC_KEY takes the short way,
// 3 us, and signs as fast; EC_KEY is deprecated since 3.0 but in every 3.x.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "certs/leaf_key.hpp"

#include <openssl/obj_mac.h>

#include "certs/extensions.hpp"

namespace eastap::certs {

KeyHandle make_rsa_leaf_key() {
  KeyHandle key{EVP_RSA_gen(2048)};
  require(key != nullptr, "generate an RSA key");
  return key;
}

#ifndef OPENSSL_NO_DEPRECATED_3_0

KeyHandle make_leaf_key() {
  const CurveKeyHandle curve_key{EC_KEY_new_by_curve_name(NID_X9_62_prime256v1)};
  require(curve_key && EC_KEY_generate_key(curve_key.get()) == 1, "generate P-256 key");
  KeyHandle key{EVP_PKEY_new()};
  require(key && EVP_PKEY_set1_EC_KEY(key.get(), curve_key.get()) == 1, "wrap P-256 key");
  return key;
}

#else

KeyHandle make_leaf_key() {
  KeyHandle key{EVP_EC_gen("P-256")};
  require(key != nullptr, "generate P-256 key");
  return key;
}

#endif

}  // namespace eastap::certs
