#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "certs/leaf_cache.hpp"
#include "certs/openssl.hpp"
#include "proxy/tls/context.hpp"
#include "proxy/tls/stream.hpp"

/// What stands on both sides of a proxy in tests: plain blocking sockets over loopback, with TLS
/// by OpenSSL or without.
namespace eastap::net::test {

/// Two ends of one TCP connection over loopback: file descriptors, both blocking.
[[nodiscard]] std::pair<int, int> tcp_pair(int receive_buffer = 0);

/// The far end of a connection. Every call waits, 20 s at most.
class Peer {
 public:
  enum class Role : std::uint8_t { plain, tls_client, tls_server };

  Peer(int descriptor, Role role, int tls_version);
  ~Peer();
  Peer(Peer&& other) noexcept;
  Peer& operator=(Peer&&) = delete;

  [[nodiscard]] bool handshake();
  /// False: the connection is gone.
  bool write(std::string_view octets);
  /// At least one octet, at most `most`; "" at the end, which `end` then names.
  [[nodiscard]] std::string read(std::size_t most = 65'536);
  /// Exactly so many, less only at the end.
  [[nodiscard]] std::string read_exactly(std::size_t octets);
  /// Everything up to the end.
  [[nodiscard]] std::string read_all();
  /// "close_notify", "fin", "reset", "tls error: …"; "" as long as there was none.
  [[nodiscard]] const std::string& end() const { return end_; }
  /// After a close_notify: whether the FIN or RST came too.
  [[nodiscard]] std::string tcp_end();

  void close_notify();
  void fin();    ///< without close_notify
  void reset();  ///< closes with an RST
  void close();
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  certs::TlsContextHandle context_;
  certs::TlsHandle ssl_;
  std::string end_;
};

/// The proxy's TLS contexts, for a CA made for the test.
struct Contexts {
  Contexts();
  std::shared_ptr<const certs::Authority> authority;
  certs::LeafCache leaves;
  tls::ServerContext phone;
  certs::StoreHandle store;
  tls::ClientContext upstream;  ///< trusts the same CA
};

/// A leaf's certificate and key on an SSL that was made elsewhere.
void serve_as(SSL* ssl, std::string_view host);

/// The proxy's end of a connection.
[[nodiscard]] tls::Stream stream_on(boost::asio::io_context& context, int descriptor);

/// Octets that repeat only after a long while.
[[nodiscard]] std::string pattern(std::size_t octets, unsigned seed);

}  // namespace eastap::net::test
