#pragma once

#include "certs/openssl.hpp"

namespace eastap::certs {

/// A P-256 key in the form that `X509_set_pubkey` encodes fastest. Private to certs/.
/// Throws `OpensslFailure`.
[[nodiscard]] KeyHandle make_leaf_key();

/// RSA 2048, which takes some tenths of a second to make. Throws `OpensslFailure`.
[[nodiscard]] KeyHandle make_rsa_leaf_key();

}  // namespace eastap::certs
