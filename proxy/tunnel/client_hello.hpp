#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoder/base/result.hpp"

namespace eastap::tunnel {

/// What a TLS ClientHello says in the clear. RFC 8446 4.1.2, RFC 6066 3, RFC 7301 3.1.
struct ClientHello {
  std::uint16_t legacy_version = 0;          ///< 0x0303 is TLS 1.2
  std::string sni;                           ///< lower case, no trailing dot; empty: not sent
  std::vector<std::string> alpn;             ///< in the client's order
  std::vector<std::uint16_t> versions;       ///< supported_versions without GREASE; empty: not sent
  std::vector<std::uint16_t> cipher_suites;  ///< without GREASE
  bool encrypted_client_hello = false;       ///< the SNI is the public name only (RFC 9849)
  bool operator==(const ClientHello&) const = default;
};

/// The highest version the client offers, e.g. 0x0304 for TLS 1.3.
[[nodiscard]] std::uint16_t highest_version(const ClientHello& hello);
/// "TLS 1.2"; "0x7f1c" for what has no name.
[[nodiscard]] std::string version_name(std::uint16_t version);

/// Reads a ClientHello from the first octets of a connection, cut over pieces, records and
/// fragments as they come. Holds at most `kLimit` octets twice. Feeding in any pieces gives the
/// same result.
class ClientHelloReader {
 public:
  /// Real ones are 0.2 to 2.5 kB (post-quantum key shares); OpenSSL refuses more than 16 KiB.
  static constexpr std::size_t kLimit = 16 * 1024;

  enum class State : std::uint8_t {
    need_more,
    done,       ///< `hello()` is complete
    not_tls,    ///< `protocol()` says what it looks like
    malformed,  ///< TLS, but not a ClientHello that can be read; `error()` says where and why
  };

  /// Once the state is not `need_more`, further octets are ignored.
  State feed(std::span<const std::byte> input);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const ClientHello& hello() const { return hello_; }
  /// "http", "http2", "ssh", "smtp", "imap", "pop3", "sslv2", "text" or "binary"
  [[nodiscard]] std::string_view protocol() const { return protocol_; }
  /// `offset` counts from the first octet of the connection.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  State recognise();
  State read_records();
  State read_message(std::size_t record_body);
  State read_hello(std::string_view handshake);
  State fail(Errc code, std::uint64_t offset, std::string detail);

  /// What was read of the records.
  struct Records {
    std::size_t at = 0;     ///< of the record that is not whole, in `buffer_`
    std::size_t taken = 0;  ///< octets of its body in `handshake`
    std::string handshake;
    /// A record each: (offset in `handshake`, offset in the stream).
    std::vector<std::pair<std::size_t, std::size_t>> places;
  };

  State state_ = State::need_more;
  std::string buffer_;
  Records records_;
  ClientHello hello_;
  std::string_view protocol_;
  Error error_;
};

}  // namespace eastap::tunnel
