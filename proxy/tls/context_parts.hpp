#pragma once

#include <array>
#include <string>

#include <openssl/ssl.h>

#include "certs/openssl.hpp"

/// What the contexts of both sides have in common. Private to proxy/tls/.
namespace eastap::tls {

inline constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

template <class T>
void free_ex_data(void*, void* data, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<T*>(data);
}

template <class T>
int ex_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_ex_data<T>);
  return index;
}

/// What belongs to one connection and is owned by its SSL.
template <class T>
T* ex_data(const SSL* ssl) {
  return static_cast<T*>(SSL_get_ex_data(ssl, ex_index<T>()));
}

[[nodiscard]] bool is_address(const std::string& host);

/// Throws std::runtime_error with OpenSSL's words unless `success`.
void require(bool success, const char* what);

void common_settings(SSL_CTX* context);

/// TLS 1.0 and 1.1, every suite and key size that OpenSSL has but anonymous ones, and servers
/// without secure renegotiation (RFC 5746). False: OpenSSL refuses.
[[nodiscard]] bool allow_legacy(SSL* ssl);

}  // namespace eastap::tls
