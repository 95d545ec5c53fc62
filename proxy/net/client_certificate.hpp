#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <openssl/ssl.h>

namespace eastap::net {

/// A server that asks who the client is, and what it got for an answer.
struct ClientCertificateFacts {
  std::string host;
  std::uint16_t port = 0;
  std::vector<std::string> accepted;  ///< issuers that the server named
  std::size_t more = 0;               ///< further ones
  std::string ours;    ///< the certificate configured for the host, and its file; empty: none
  std::string device;  ///< the certificate that the device showed when it was asked; empty: none
};

/// How a server asked, and what came of it.
enum class CertificateAsked : std::uint8_t {
  handshake_failed,  ///< and broke off the handshake
  ended,             ///< and ended the connection before it answered anything
  renegotiation,     ///< by a second handshake, which is refused without a certificate (TLS 1.2)
  told,              ///< no more than that is known yet
};

/// `server`, `device`: the connections' SSL; `device` may be null.
[[nodiscard]] ClientCertificateFacts client_certificate_facts(const SSL* server, const SSL* device,
                                                              std::string host, std::uint16_t port);

/// What it most likely means and what to do, for the admin.
[[nodiscard]] std::string explain_client_certificate(CertificateAsked how,
                                                     const ClientCertificateFacts& facts);

}  // namespace eastap::net
