#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eastap::check {

/// An http or https URL without user, password and fragment.
struct Url {
  bool tls = true;
  std::string host;  ///< lower case; an IPv6 literal without brackets
  std::uint16_t port = 443;
  std::string path = "/";
  std::string query;  ///< without '?'

  /// "https://mail.contoso.com:8443/path?query"; the port only where it is not the scheme's own.
  [[nodiscard]] std::string text() const;
  /// "mail.contoso.com", ":8443" after it where the port is not the scheme's own.
  [[nodiscard]] std::string authority() const;
  /// Path and query, as a request line has them.
  [[nodiscard]] std::string target() const;
  bool operator==(const Url&) const = default;
};

/// Octets of a URL that are looked at: servers' redirects are below 500.
inline constexpr std::size_t kUrlOctets = 2'048;

/// Reads an absolute URL. Nothing for another scheme, a URL with user or password in it, a host
/// that no certificate could name, and everything above `kUrlOctets`.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

/// `location` as a server's redirect from `base` means it; relative ones too.
[[nodiscard]] std::optional<Url> resolve_url(const Url& base, std::string_view location);

}  // namespace eastap::check
