#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decoder/base/result.hpp"

namespace eastap::portal {

/// What a configuration profile of iOS, iPadOS and macOS sets up beside the certificate. Never a
/// password: the device asks for those itself.
struct ProfileWishes {
  std::string ssid;        ///< Wi-Fi network that shall use the proxy; empty: none
  bool open = false;       ///< that network has no password
  bool automatic = false;  ///< proxy by PAC URL instead of server and port
  std::string mail_host;   ///< Exchange account; empty: none
  std::string address;     ///< mail address of the account
  std::string user;        ///< its user name; empty: the device asks
  bool operator==(const ProfileWishes&) const = default;
};

/// Reads the fields `ssid`, `open`, `auto`, `mail`, `address`, `user` of a form. `malformed` with
/// the reason in plain words: too long (802.11: 32 octets of SSID, RFC 5321 4.5.3.1: 254 of an
/// address), control characters, not a host name, not an address, an account without one.
[[nodiscard]] Result<ProfileWishes> wishes_from(std::string_view query);

struct ProfileFacts {
  std::string ca_der;  ///< empty: there is no certificate to install, and no name or fingerprint
  std::string ca_name;
  std::string ca_sha256;  ///< "AB:CD:…": identifiers are made from it
  std::string proxy_address;
  std::uint16_t proxy_port = 0;
};

/// The profile as an XML property list. Identifiers and UUIDs depend on the CA and the kind of
/// payload only, so that a second installation replaces the first.
[[nodiscard]] std::string make_profile(const ProfileFacts& facts, const ProfileWishes& wishes);

}  // namespace eastap::portal
