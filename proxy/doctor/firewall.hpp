#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/doctor/facts.hpp"

/// What a packet filter's own listing says about new TCP connections to one port from the local
/// network. Best effort: rules with further conditions (a source, an interface) count as letting
/// the port in. Pure; each reads at most the first MiB.
namespace eastap::doctor {

/// `nft list ruleset`: the base chains of hook input, and the chains they jump to.
[[nodiscard]] FirewallFacts read_nftables(std::string_view listing, std::uint16_t port);

/// `iptables -S`: the chain INPUT, and the chains it jumps to.
[[nodiscard]] FirewallFacts read_iptables(std::string_view listing, std::uint16_t port);

/// `ufw status`.
[[nodiscard]] FirewallFacts read_ufw(std::string_view listing, std::uint16_t port);

}  // namespace eastap::doctor
