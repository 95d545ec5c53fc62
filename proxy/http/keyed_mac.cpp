#include "proxy/http/keyed_mac.hpp"

#include <cstddef>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "decoder/base/text.hpp"

namespace eastap::http {

KeyedMac::KeyedMac(const std::array<std::uint8_t, 32>& key) {
  const certs::MacHandle hmac{EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr)};
  certs::MacContextHandle context{EVP_MAC_CTX_new(hmac.get())};
  std::string hash = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash.data(), hash.size()),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_init(context.get(), key.data(), key.size(), parameters.data()) == 1) {
    context_ = std::move(context);
  }
}

std::string KeyedMac::digest(std::string_view secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  std::size_t size = 0;
  const auto* octets = reinterpret_cast<const unsigned char*>(secret.data());
  {
    const std::lock_guard lock{mutex_};
    // Without a key it begins anew with the one that it has.
    if (context_ == nullptr || EVP_MAC_init(context_.get(), nullptr, 0, nullptr) != 1 ||
        EVP_MAC_update(context_.get(), octets, secret.size()) != 1 ||
        EVP_MAC_final(context_.get(), mac.data(), &size, mac.size()) != 1) {
      return {};
    }
  }
  return to_hex({reinterpret_cast<const char*>(mac.data()), 4});
}

}  // namespace eastap::http
