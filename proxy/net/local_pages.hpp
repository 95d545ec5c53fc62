#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace eastap::net {

/// What the proxy's own pages offer.
struct CaDownload {
  std::string pem;
  std::string der;
  std::string name;    ///< common name, to find it on the phone
  std::string sha256;  ///< "AB:CD:…"
};

/// A whole HTTP/1.1 answer with `Connection: close`.
[[nodiscard]] std::string plain_answer(std::uint16_t status, std::string_view reason,
                                       std::string_view text);

/// 407, RFC 9110 15.5.8: asks for user and password.
[[nodiscard]] std::string proxy_authentication_answer();

/// The answer to a request for the proxy itself (`GET /`, `/ca.cer`, `/ca.pem`): how to set up the
/// phone, and the CA to download.
[[nodiscard]] std::string local_answer(std::string_view method, std::string_view target,
                                       const CaDownload& ca);

}  // namespace eastap::net
