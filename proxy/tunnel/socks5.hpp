#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eastap::tunnel {

/// REP, RFC 1928 6.
enum class SocksReply : std::uint8_t {
  succeeded = 0,
  general_failure = 1,
  not_allowed = 2,
  network_unreachable = 3,
  host_unreachable = 4,
  connection_refused = 5,
  command_not_supported = 7,
  address_type_not_supported = 8,
};

/// The answer to a request. BND.ADDR is 0.0.0.0:0: no client uses it after CONNECT, and our own
/// address toward the server is nobody's business.
[[nodiscard]] std::string socks_reply(SocksReply reply);

/// The server's side of the opening of a SOCKS5 connection: the choice of a method (RFC 1928 3),
/// user and password (RFC 1929), the request (RFC 1928 4). Only CONNECT is served.
///
/// Octets are fed as they come. Each call takes those of one message at most, so what follows the
/// request is left to the caller. Holds at most 515 octets, the longest message there is.
class Socks5 {
 public:
  enum class Need : std::uint8_t {
    more,         ///< feed further octets, after `reply()` was sent when it is not empty
    credentials,  ///< look at `user()` and `password()`, then call `verdict`
    connect,      ///< `host()` and `port()` are wanted; answer with `socks_reply`
    close,        ///< send `reply()` when it is not empty, and close; `problem()` says why
  };

  /// `want_credentials`: without user and password nobody gets in. A client that offers nothing but
  /// these is let in with any when they are not wanted.
  explicit Socks5(bool want_credentials) : want_credentials_{want_credentials} {}

  /// How many octets of `input` were taken; `need()` says what comes next.
  std::size_t feed(std::string_view input);
  /// After `Need::credentials`: forgets them, and `reply()` is the answer.
  void verdict(bool good);

  [[nodiscard]] Need need() const { return need_; }
  /// To be sent before anything else; valid until the next call.
  [[nodiscard]] const std::string& reply() const { return reply_; }
  [[nodiscard]] const std::string& user() const { return user_; }
  [[nodiscard]] const std::string& password() const { return password_; }
  /// A name in lower case, or an address literal without brackets.
  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// One word ("socks_version", "socks_method", "socks_command", "socks_address",
  /// "proxy_user") and a sentence for the admin.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  enum class Stage : std::uint8_t { methods, credentials, request, ended };

  [[nodiscard]] std::size_t message_size() const;
  [[nodiscard]] std::size_t request_size() const;
  [[nodiscard]] bool wrong_start();
  void message();
  void choose_method();
  void read_credentials();
  void read_request();
  void fail(std::string reply, std::string_view reason, std::string problem);

  bool want_credentials_;
  Stage stage_ = Stage::methods;
  Need need_ = Need::more;
  std::string buffer_;
  std::string reply_, user_, password_, host_, reason_, problem_;
  std::uint16_t port_ = 0;
};

}  // namespace eastap::tunnel
