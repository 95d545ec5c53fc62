#include "tests/unit/proxy/net/peers.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <random>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace eastap::net::test {
namespace {

void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error{what};
}

certs::SystemTime today() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::shared_ptr<const certs::Authority> the_authority() {
  static const auto authority =
      std::make_shared<const certs::Authority>(certs::make_authority("test", today()));
  return authority;
}

certs::StoreHandle store_with(X509* certificate) {
  certs::StoreHandle store{X509_STORE_new()};
  require(store && X509_STORE_add_cert(store.get(), certificate) == 1, "store");
  return store;
}

}  // namespace

std::pair<int, int> tcp_pair(int receive_buffer) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener, generic, size) == 0 && ::listen(listener, 1) == 0, "listen");
  require(::getsockname(listener, generic, &size) == 0, "getsockname");
  const int near_end = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer != 0) {
    ::setsockopt(near_end, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  require(::connect(near_end, generic, size) == 0, "connect");
  const int far_end = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  require(far_end >= 0, "accept");
  ::close(listener);
  return {near_end, far_end};
}

Peer::Peer(int descriptor, Role role, int tls_version) : descriptor_{descriptor} {
  const timeval limit{20, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (role == Role::plain) return;
  context_.reset(SSL_CTX_new(role == Role::tls_client ? TLS_client_method() : TLS_server_method()));
  require(SSL_CTX_set_min_proto_version(context_.get(), tls_version) == 1 &&
              SSL_CTX_set_max_proto_version(context_.get(), tls_version) == 1,
          "TLS version");
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), descriptor_);
  if (role == Role::tls_client) {
    SSL_set_connect_state(ssl_.get());
  } else {
    serve_as(ssl_.get(), "mail.contoso.test");
    SSL_set_accept_state(ssl_.get());
  }
}

Peer::Peer(Peer&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)},
      context_{std::move(other.context_)},
      ssl_{std::move(other.ssl_)},
      end_{std::move(other.end_)} {}

Peer::~Peer() { close(); }

bool Peer::handshake() { return !ssl_ || SSL_do_handshake(ssl_.get()) == 1; }

bool Peer::write(std::string_view octets) {
  while (!octets.empty()) {
    std::size_t written = 0;
    if (ssl_) {
      ERR_clear_error();
      if (SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &written) != 1) return false;
    } else {
      const ssize_t sent = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      written = static_cast<std::size_t>(sent);
    }
    octets.remove_prefix(written);
  }
  return true;
}

std::string Peer::read(std::size_t most) {
  std::string piece(most, '\0');
  if (!ssl_) {
    const ssize_t got = ::recv(descriptor_, piece.data(), piece.size(), 0);
    if (got > 0) {
      piece.resize(static_cast<std::size_t>(got));
      return piece;
    }
    end_ = got == 0 ? "fin" : errno == ECONNRESET ? "reset" : "errno " + std::to_string(errno);
    return {};
  }
  std::size_t got = 0;
  ERR_clear_error();
  errno = 0;
  const int result = SSL_read_ex(ssl_.get(), piece.data(), piece.size(), &got);
  if (result == 1) {
    piece.resize(got);
    return piece;
  }
  const int saved = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_ZERO_RETURN: end_ = "close_notify"; break;
    case SSL_ERROR_SYSCALL:
      end_ = saved == ECONNRESET ? "reset" : saved == 0 ? "fin" : "errno " + std::to_string(saved);
      break;
    case SSL_ERROR_SSL:
      end_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
                 ? std::string{"fin"}
                 : std::string{"tls error: "} + ERR_reason_error_string(ERR_peek_error());
      break;
    default: end_ = "timeout";
  }
  return {};
}

std::string Peer::read_exactly(std::size_t octets) {
  std::string all;
  while (all.size() < octets) {
    const std::string piece = read(octets - all.size());
    if (piece.empty()) break;
    all += piece;
  }
  return all;
}

std::string Peer::read_all() {
  std::string all;
  for (std::string piece = read(); !piece.empty(); piece = read()) all += piece;
  return all;
}

std::string Peer::tcp_end() {
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t got = ::recv(descriptor_, piece.data(), piece.size(), 0);
    if (got > 0) continue;
    return got == 0 ? "fin" : errno == ECONNRESET ? "reset" : "none";
  }
}

void Peer::close_notify() { SSL_shutdown(ssl_.get()); }
void Peer::fin() { ::shutdown(descriptor_, SHUT_WR); }

void Peer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void Peer::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Contexts::Contexts()
    : authority{the_authority()},
      leaves{authority},
      phone{leaves, {}},
      store{store_with(authority->certificate())},
      upstream{store.get(), true, {}} {}

void serve_as(SSL* ssl, std::string_view host) {
  static certs::LeafCache leaves{the_authority()};
  const auto leaf = leaves.leaf_for(host, today());
  require(leaf && (*leaf)->apply(ssl).has_value(), "leaf");
}

tls::Stream stream_on(boost::asio::io_context& context, int descriptor) {
  boost::asio::ip::tcp::socket socket{context};
  socket.assign(boost::asio::ip::tcp::v4(), descriptor);
  return tls::Stream{std::move(socket)};
}

std::string pattern(std::size_t octets, unsigned seed) {
  std::mt19937_64 random{seed};
  std::string text(octets, '\0');
  for (auto& octet : text) octet = static_cast<char>(random());
  return text;
}

}  // namespace eastap::net::test
