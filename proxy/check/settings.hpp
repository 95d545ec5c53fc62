#pragma once

#include <string>

#include "certs/authority.hpp"
#include "proxy/check/chain.hpp"
#include "proxy/check/url.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::check {

/// What is checked, and as whom. Passwords and tokens are not in here: the shell adds them.
struct Settings {
  std::string address;  ///< "alice@contoso.com"; empty when only a server was named
  Url server;           ///< when `address` is empty
  std::string user;     ///< to sign in with, also the User of the query; empty: do not sign in
  bool has_password = false, has_token = false;
  std::string device_id, device_type, user_agent;
  std::string protocol;             ///< "16.1"; empty: the best that both have
  unsigned heartbeat_seconds = 10;  ///< of the Ping that is waited for
  bool through_proxy = false;
  bool dials_elsewhere = false;  ///< some hosts are reached at another address (`--connect-to`)
  tunnel::HostRules certified;   ///< hosts for which there is a client certificate (likewise)
  tunnel::HostRules insecure;    ///< hosts whose certificate need not be good (action `intercept`)
  Roots roots;
  certs::SystemTime now{};
};

/// The versions that this program speaks, best first: 2.5 and 12.0 have other policies and no Inbox
/// options, and no server has only those.
inline constexpr std::string_view kVersions[] = {"16.1", "16.0", "14.1", "14.0", "12.1"};

/// DeviceId for the query, [MS-ASHTTP] 2.2.1.1.2.3: 1 to 32 letters and digits.
[[nodiscard]] bool is_device_id(std::string_view text);

}  // namespace eastap::check
