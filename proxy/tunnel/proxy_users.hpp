#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/base/result.hpp"

namespace eastap::tunnel {

struct Credentials {
  std::string user;
  std::string password;
};

/// Of a Proxy-Authorization field, RFC 7617 2. Nothing when it is not Basic, or cannot be read.
[[nodiscard]] std::optional<Credentials> basic_credentials(std::string_view field_value);

/// The value of an Authorization field for `user` and `password`.
[[nodiscard]] std::string basic_authorization(std::string_view user, std::string_view password);

/// Who may use the proxy by user and password. Holds no password: those of the file are kept as
/// keyed digests, under a key of this object alone. Comparisons take the same time wherever a
/// difference is. Thread-safe.
class ProxyUsers {
 public:
  static constexpr std::size_t kMost = 10'000;  ///< of one office, with room to spare
  static constexpr std::size_t kLongest = 255;  ///< user or password: what RFC 1929 can carry

  /// Lines of `user:password` or `user:HASH`, HASH as crypt(3) knows it ("$y$…", "$6$…", "$2b$…");
  /// empty lines and those that begin with # do not count. Errors: `malformed` with the line's
  /// number in `detail`, never its text; `too_large` above `kMost`.
  [[nodiscard]] static Result<ProxyUsers> parse(std::string_view file);

  ProxyUsers();  ///< nobody: no user is asked for
  ProxyUsers(ProxyUsers&&) noexcept;
  ProxyUsers& operator=(ProxyUsers&&) noexcept;
  ~ProxyUsers();

  [[nodiscard]] bool empty() const;

  /// Costs what the hash wants (5 to 200 ms) the first time a hashed password is right, and each
  /// time it is wrong: `known` first, and limit the rest.
  [[nodiscard]] bool check(std::string_view user, std::string_view password) const;

  /// The pair has been found right before, or its user's password is not hashed: `check` is cheap.
  [[nodiscard]] bool is_cheap(std::string_view user, std::string_view password) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eastap::tunnel
