#include "certs/openssl.hpp"

#include <array>

#include <openssl/err.h>

namespace eastap::certs {

CertHandle share(X509* certificate) noexcept {
  if (certificate != nullptr && X509_up_ref(certificate) != 1) return nullptr;
  return CertHandle{certificate};
}

KeyHandle share(EVP_PKEY* key) noexcept {
  if (key != nullptr && EVP_PKEY_up_ref(key) != 1) return nullptr;
  return KeyHandle{key};
}

Error drain_errors(std::string_view action) {
  Error error{Errc::io, 0, std::string{action}};
  const char* data = nullptr;
  int flags = 0;
  bool first = true;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    error.detail += first ? ": " : "; ";
    first = false;
    if (const char* reason = ERR_reason_error_string(code)) {
      error.detail += reason;
    } else {
      std::array<char, 256> text{};
      ERR_error_string_n(code, text.data(), text.size());
      error.detail += text.data();
    }
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      error.detail += " (";
      error.detail += data;
      error.detail += ')';
    }
  }
  return error;
}

}  // namespace eastap::certs
