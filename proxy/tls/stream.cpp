#include "proxy/tls/stream.hpp"

#include <cerrno>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/err.h>
#include <sys/socket.h>

#include "certs/extensions.hpp"

namespace eastap::tls {
namespace {

constexpr auto nothrow = net::as_tuple(net::use_awaitable);

constexpr std::size_t kLargestRecord = 16'384;  // RFC 8446 5.1

net::ip::tcp::socket::wait_type wait_for(bool writing) {
  return writing ? net::ip::tcp::socket::wait_write : net::ip::tcp::socket::wait_read;
}

/// OpenSSL numbers the reasons of received alerts 1000 + alert.
int alert_of(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  return ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
                 reason < SSL_AD_REASON_OFFSET + 256
             ? reason - SSL_AD_REASON_OFFSET
             : -1;
}

}  // namespace

Stream::Stream(net::ip::tcp::socket socket) : socket_{std::move(socket)} {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(net::ip::tcp::no_delay{true}, ignored);  // a small answer must not wait 40 ms
}

Stream::~Stream() = default;

void Stream::start_tls(certs::TlsHandle ssl) {
  ssl_ = std::move(ssl);
  SSL_set_fd(ssl_.get(), socket_.native_handle());
}

End Stream::failure(int ssl_result, Want& want) {
  const int kind = SSL_get_error(ssl_.get(), ssl_result);
  switch (kind) {
    case SSL_ERROR_WANT_READ: want = Want::read; return End::none;
    case SSL_ERROR_WANT_WRITE: want = Want::write; return End::none;
    case SSL_ERROR_ZERO_RETURN:
      // SSL_OP_IGNORE_UNEXPECTED_EOF makes a bare FIN look like a close_notify; only at a FIN has
      // the socket told of its end, because nothing is read after a close_notify.
      return BIO_eof(SSL_get_rbio(ssl_.get())) != 0 ? End::fin : End::close_notify;
    case SSL_ERROR_SYSCALL: {
      const End end = errno == 0 ? End::fin : End::reset;
      ERR_clear_error();
      return end;
    }
    default: {
      const unsigned long error = ERR_peek_error();
      received_alert_ = alert_of(error);
      const char* reason = ERR_reason_error_string(error);
      last_error_ = reason != nullptr ? reason : "TLS failed";
      ERR_clear_error();
      return End::tls_error;
    }
  }
}

net::awaitable<End> Stream::handshake() {
  // A closed socket's number may belong to another connection, or to the capture, by now: a wait
  // that was over just before the close must not go on to use it. So in each call below.
  while (socket_.is_open()) {
    errno = 0;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) co_return End::none;
    Want want = Want::nothing;
    const End end = failure(result, want);
    if (end != End::none) co_return end;
    const auto [error] = co_await socket_.async_wait(wait_for(want == Want::write), nothrow);
    if (error) co_return End::reset;
  }
  co_return End::reset;
}

Stream::Amount Stream::read_now(std::span<std::byte> buffer) {
  Amount amount;
  if (!socket_.is_open()) {
    amount.end = End::reset;
    return amount;
  }
  if (!ssl_ || plain_reads_) {
    const ssize_t got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
      amount.octets = plain_reads_ ? 0 : static_cast<std::size_t>(got);
    } else if (got == 0) {
      amount.end = End::fin;
    } else if (errno != EAGAIN && errno != EINTR) {
      amount.end = End::reset;
    }
    return amount;
  }
  read_wants_ = Want::read;
  buffers_held_ = true;
  while (amount.octets < buffer.size()) {
    errno = 0;
    std::size_t got = 0;
    ERR_clear_error();
    const int result =
        SSL_read_ex(ssl_.get(), buffer.data() + amount.octets, buffer.size() - amount.octets, &got);
    if (result != 1) {
      amount.end = failure(result, read_wants_);
      if (amount.end == End::close_notify) plain_reads_ = true;
      break;
    }
    amount.octets += got;
    // A record that is not full is the last one there, most of the time: asking the socket again
    // would cost a system call to learn so.
    if (got < kLargestRecord && SSL_has_pending(ssl_.get()) == 0) break;
  }
  return amount;
}

Stream::Amount Stream::write_now(std::span<const std::byte> octets) {
  Amount amount;
  if (!socket_.is_open()) {
    amount.end = End::reset;
    return amount;
  }
  write_wants_ = Want::write;
  buffers_held_ = true;
  while (amount.octets < octets.size()) {
    errno = 0;
    if (!ssl_) {
      const ssize_t sent = ::send(socket_.native_handle(), octets.data() + amount.octets,
                                  octets.size() - amount.octets, MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) amount.end = End::reset;
        return amount;
      }
      amount.octets += static_cast<std::size_t>(sent);
      continue;
    }
    std::size_t sent = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), octets.data() + amount.octets,
                                    octets.size() - amount.octets, &sent);
    if (result != 1) {
      amount.end = failure(result, write_wants_);
      return amount;
    }
    amount.octets += sent;
  }
  return amount;
}

net::awaitable<error_code> Stream::readable() {
  const auto [error] = co_await socket_.async_wait(wait_for(read_wants_ == Want::write), nothrow);
  co_return error;
}

net::awaitable<error_code> Stream::writable() {
  const auto [error] = co_await socket_.async_wait(wait_for(write_wants_ != Want::read), nothrow);
  co_return error;
}

net::awaitable<End> Stream::write_all(std::span<const std::byte> octets) {
  while (!octets.empty()) {
    const Amount amount = write_now(octets);
    octets = octets.subspan(amount.octets);
    if (amount.end != End::none) co_return amount.end;
    if (octets.empty()) break;
    const error_code error = co_await writable();
    if (error) co_return End::reset;
  }
  co_return End::none;
}

void Stream::release_buffers() {
  if (ssl_ && std::exchange(buffers_held_, false)) SSL_free_buffers(ssl_.get());
}

bool Stream::offer_close_notify(End& end) {
  end = End::none;
  if (!ssl_ || SSL_in_init(ssl_.get()) != 0) return true;
  if (!socket_.is_open()) {
    end = End::reset;
    return true;
  }
  errno = 0;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  if (result >= 0) return true;
  const bool full = SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_WRITE;
  if (!full) end = End::reset;
  ERR_clear_error();
  return !full;
}

void Stream::send_close_notify() {
  End ignored = End::none;
  (void)offer_close_notify(ignored);
}

net::awaitable<End> Stream::close_notify() {
  End end = End::none;
  while (!offer_close_notify(end)) {
    const auto [error] = co_await socket_.async_wait(wait_for(true), nothrow);
    if (error) co_return End::reset;
  }
  co_return end;
}

void Stream::send_fin() {
  error_code ignored;
  socket_.shutdown(net::ip::tcp::socket::shutdown_send, ignored);
}

void Stream::reset() {
  error_code ignored;
  socket_.set_option(net::socket_base::linger{true, 0}, ignored);
  close();
}

void Stream::close() {
  error_code ignored;
  socket_.close(ignored);
}

std::string Stream::tls_description() const {
  if (!ssl_) return {};
  std::string text = SSL_get_version(ssl_.get());
  if (const char* cipher = SSL_get_cipher_name(ssl_.get())) {
    text += ' ';
    text += cipher;
  }
  return text;
}

std::optional<std::chrono::sys_seconds> Stream::peer_certificate_end() const {
  const X509* certificate = ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;  // of the SSL
  if (certificate == nullptr) return std::nullopt;
  return certs::to_system_time(X509_get0_notAfter(certificate));
}

}  // namespace eastap::tls
