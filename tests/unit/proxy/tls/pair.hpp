#pragma once

#include <array>
#include <future>
#include <string>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certs/openssl.hpp"
#include "tests/unit/proxy/net/peers.hpp"

/// Both ends of a TLS connection in one process, for tests of the contexts.
namespace eastap::tls::test {

using eastap::net::test::serve_as;
using eastap::net::test::tcp_pair;

/// Two SSLs over one TCP connection, in one thread: each gets its turn until both are done.
struct Pair {
  Pair(SSL* client, SSL* server) : client_{client}, server_{server} {
    const auto [near_end, far_end] = tcp_pair();
    descriptors_ = {near_end, far_end};
    SSL_set_fd(client, near_end);
    SSL_set_fd(server, far_end);
  }
  ~Pair() {
    for (const int descriptor : descriptors_) ::close(descriptor);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  bool handshake() {
    auto far = std::async(std::launch::async, [this] {
      const bool done = SSL_do_handshake(server_) == 1;
      if (!done) ::shutdown(descriptors_[1], SHUT_WR);
      ERR_clear_error();
      return done;
    });
    const bool near_done = SSL_do_handshake(client_) == 1;
    if (!near_done) ::shutdown(descriptors_[0], SHUT_WR);
    ERR_clear_error();
    const bool far_done = far.get();
    return near_done && far_done;
  }
  /// From server to client, which takes session tickets on the way.
  bool pass(const std::string& text) {
    std::size_t written = 0;
    if (SSL_write_ex(server_, text.data(), text.size(), &written) != 1) return false;
    std::string got(text.size(), '\0');
    std::size_t read = 0;
    const bool done = SSL_read_ex(client_, got.data(), got.size(), &read) == 1 && got == text;
    // Both say close_notify: a session of a connection that broke off is not used again.
    SSL_shutdown(server_);
    SSL_shutdown(client_);
    return done;
  }

  /// A second handshake that the server has asked for: the client makes it while it reads.
  bool second_handshake() {
    auto near_end = std::async(std::launch::async, [this] {
      std::array<char, 4> got{};
      std::size_t read = 0;
      return SSL_read_ex(client_, got.data(), got.size(), &read) == 1;
    });
    SSL_clear_mode(server_, SSL_MODE_AUTO_RETRY);  // a read ends with the handshake
    std::array<char, 4> nothing{};
    std::size_t moved = 0;
    SSL_read_ex(server_, nothing.data(), nothing.size(), &moved);
    const bool done = SSL_write_ex(server_, "x", 1, &moved) == 1;
    if (!done) ::shutdown(descriptors_[1], SHUT_WR);
    ERR_clear_error();
    return near_end.get() && done;
  }

 private:
  SSL* client_;
  SSL* server_;
  std::array<int, 2> descriptors_{};
};

struct PhoneEnd {
  explicit PhoneEnd(int version) : context{SSL_CTX_new(TLS_client_method())} {
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT);
  }
  certs::TlsHandle make(const char* sni) const {
    certs::TlsHandle ssl{SSL_new(context.get())};
    std::string name = sni;
    if (!name.empty()) {
      SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    }
    SSL_set_connect_state(ssl.get());
    return ssl;
  }
  certs::TlsContextHandle context;
};

struct ServerEnd {
  explicit ServerEnd(int version) : context{SSL_CTX_new(TLS_server_method())} {
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_session_id_context(context.get(), kName.data(), kName.size());
  }
  certs::TlsHandle make() const {
    certs::TlsHandle ssl{SSL_new(context.get())};
    serve_as(ssl.get(), "mail.contoso.test");
    SSL_set_accept_state(ssl.get());
    return ssl;
  }
  static constexpr std::array<unsigned char, 4> kName{'t', 'e', 's', 't'};
  certs::TlsContextHandle context;
};

}  // namespace eastap::tls::test
