#pragma once

#include "certs/openssl.hpp"

namespace eastap::certs {

/// A P-256 key in the form that `X509_set_pubkey` encodes fastest. Private to certs/.
/// Throws `OpensslFailure`.
[[nodiscard]] KeyHandle make_leaf_key();

}  // namespace eastap::certs
