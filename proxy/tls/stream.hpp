#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <openssl/ssl.h>

#include "certs/openssl.hpp"

namespace eastap::tls {

namespace net = boost::asio;
using error_code = boost::system::error_code;

/// How a read or write attempt ended.
enum class End : std::uint8_t {
  none,          ///< more may follow: wait for readiness
  close_notify,  ///< the peer ended its direction with TLS' own word
  fin,           ///< the peer ended its direction with a TCP FIN (for TLS: without close_notify)
  reset,         ///< RST, or the connection is otherwise gone
  tls_error,     ///< what came is not valid TLS; `Stream::last_error()` has OpenSSL's words
};

/// One side of a relayed connection: a TCP socket, with TLS on it or without. Calls SSL_read and
/// SSL_write on the non-blocking socket itself, so there is neither a BIO pair nor a buffer of our
/// own; OpenSSL's are given back by `release_buffers` when the stream is quiet.
class Stream {
 public:
  /// Plain TCP. Sets the socket non-blocking and TCP_NODELAY.
  explicit Stream(net::ip::tcp::socket socket);

  Stream(Stream&&) = default;
  Stream& operator=(Stream&&) = delete;
  ~Stream();

  /// Starts TLS on the socket; `ssl` has its role (accept or connect state) and callbacks set.
  void start_tls(certs::TlsHandle ssl);

  /// Runs the handshake to its end. `end` is none on success.
  net::awaitable<End> handshake();

  struct Amount {
    std::size_t octets = 0;
    End end = End::none;
  };
  /// Takes what is there, up to `buffer.size()`, without waiting. After `close()` the end is
  /// `reset`, here as in all calls below.
  [[nodiscard]] Amount read_now(std::span<std::byte> buffer);
  /// Hands over what the socket takes, without waiting. What it did not take must be offered again
  /// first (from any address).
  [[nodiscard]] Amount write_now(std::span<const std::byte> octets);
  /// Waits until a read may succeed; `operation_aborted` after `close()`.
  net::awaitable<error_code> readable();
  net::awaitable<error_code> writable();
  /// Writes everything, waiting as needed.
  net::awaitable<End> write_all(std::span<const std::byte> octets);

  /// Sends close_notify (nothing on plain TCP) if the socket takes it at once.
  void send_close_notify();
  /// The same, waiting for room in the socket. `reset`: the connection is gone.
  net::awaitable<End> close_notify();
  /// Ends our direction with a FIN.
  void send_fin();
  /// Closes at once, with an RST to the peer.
  void reset();
  /// Gives back OpenSSL's buffers (twice 17 kB) unless octets wait in them; the next read or write
  /// makes new ones. For streams that have been quiet for a moment.
  void release_buffers();

  /// Closes; pending waits end with `operation_aborted`.
  void close();

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] net::ip::tcp::socket& socket() { return socket_; }
  /// OpenSSL's reason for the last tls_error, e.g. "tlsv1 alert unknown ca"; "" when none.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }
  /// The TLS alert the peer sent (RFC 8446 6), or -1.
  [[nodiscard]] int received_alert() const { return received_alert_; }
  /// "TLSv1.3 TLS_AES_128_GCM_SHA256"; "" without TLS.
  [[nodiscard]] std::string tls_description() const;
  /// Until when the peer's certificate is valid; nothing when it sent none.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> peer_certificate_end() const;

 private:
  enum class Want : std::uint8_t { nothing, read, write };
  /// One attempt at close_notify. False: the socket is full.
  [[nodiscard]] bool offer_close_notify(End& end);
  /// What a failed SSL call means; `want` is set when it only has to wait.
  [[nodiscard]] End failure(int ssl_result, Want& want);

  net::ip::tcp::socket socket_;
  certs::TlsHandle ssl_;
  std::string last_error_;
  int received_alert_ = -1;
  // What the last call of each direction waits for: TLS may need the other one first (key update).
  Want read_wants_ = Want::read;
  Want write_wants_ = Want::write;
  bool buffers_held_ = true;
  bool plain_reads_ = false;  // after close_notify: only the FIN is still awaited
};

}  // namespace eastap::tls
