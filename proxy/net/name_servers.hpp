#pragma once

#include <string>

#include "proxy/net/resolver.hpp"

namespace eastap::net {

/// Looks `host` up at the DNS servers "192.0.2.53:53,[::1]:5353", A and AAAA, without the system's
/// hosts file and search list. Takes as long as the servers do, 10 s at most.
[[nodiscard]] Resolver::Answer ask_name_servers(const std::string& host,
                                                const std::string& servers);

}  // namespace eastap::net
