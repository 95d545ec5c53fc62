#include "proxy/tls/context_parts.hpp"

#include <stdexcept>

#include <arpa/inet.h>

namespace eastap::tls {

bool is_address(const std::string& host) {
  in6_addr octets{};
  return inet_pton(AF_INET, host.c_str(), &octets) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &octets) == 1;
}

void require(bool success, const char* what) {
  if (!success) throw std::runtime_error{certs::drain_errors(what).detail};
}

void common_settings(SSL_CTX* context) {
  require(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1,
          "set the lowest TLS version");
  // Without SSL_MODE_RELEASE_BUFFERS, which would free and allocate four buffers of 17 kB an
  // exchange (3 us): Stream::release_buffers frees them once a connection has been quiet for a
  // moment.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // header and body of a record by one system call
  // Renegotiation has no use on either side, and toward a phone it is a way to burn CPU. A FIN
  // without close_notify ends one direction only: without this option OpenSSL answers it with a
  // fatal alert and refuses to write from then on. Stream tells it from a close_notify.
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
}

bool allow_legacy(SSL* ssl) {
  // The level first: at the default one the old versions and suites do not count.
  SSL_set_security_level(ssl, 0);
  SSL_set_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT);
  return SSL_set_min_proto_version(ssl, TLS1_VERSION) == 1 &&
         SSL_set_cipher_list(ssl, "DEFAULT:ALL:!aNULL:!eNULL:@SECLEVEL=0") == 1 &&
         SSL_set_dh_auto(ssl, 1) == 1;
}

}  // namespace eastap::tls
