#pragma once

#include <span>
#include <string>
#include <string_view>

#include "proxy/tunnel/host_rules.hpp"

namespace eastap::portal {

/// A proxy auto-config file that sends the hosts that `rules` decrypt, and our own two names, to
/// the proxy at `address`:`port`, and all others past it: the rest of the phone never depends on
/// this program. Without a `DIRECT` after the proxy, which would let a phone leave it unnoticed.
///
/// The rules decide as in `HostRules`. Ranges of IPv6 addresses cannot be told in a PAC file; where
/// there are some, every IPv6 literal goes to the proxy, which decides. `socks`: SOCKS5 is spoken
/// there, and no HTTP.
[[nodiscard]] std::string make_pac(std::span<const tunnel::HostRules::Entry> rules,
                                   std::string_view probe, std::string_view address, unsigned port,
                                   bool socks = false);

}  // namespace eastap::portal
