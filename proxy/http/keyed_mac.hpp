#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "certs/openssl.hpp"

namespace eastap::http {

/// HMAC-SHA256 under one key, which is set up once: looking the algorithm up and keying it costs
/// several times what a credential's octets do. For every thread.
class KeyedMac {
 public:
  explicit KeyedMac(const std::array<std::uint8_t, 32>& key);

  /// The first 4 octets as 8 hexadecimal digits; empty when OpenSSL is out of memory, for no digest
  /// is better than a wrong one.
  [[nodiscard]] std::string digest(std::string_view secret);

 private:
  std::mutex mutex_;
  certs::MacContextHandle context_;
};

}  // namespace eastap::http
