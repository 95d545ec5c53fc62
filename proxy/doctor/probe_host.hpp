#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "certs/authority.hpp"
#include "config/config.hpp"
#include "proxy/doctor/facts.hpp"

/// What this machine is like. Each probe only looks: it changes nothing, and what it opens it
/// closes.
namespace eastap::doctor {

/// Binds for a moment to see whether it could be listened on.
[[nodiscard]] ListenerFacts probe_listener(const config::Endpoint& listen);

/// nftables, iptables and ufw, as far as this user may look, about each of `ports`.
[[nodiscard]] std::vector<FirewallFacts> probe_firewalls(const std::vector<std::uint16_t>& ports);

/// `ask` gives the passphrase of an encrypted key; null: such a key is not read.
[[nodiscard]] AuthorityFacts probe_authority(const std::string& ca_dir, Timestamp now,
                                             const certs::AskPassphrase& ask);

[[nodiscard]] ClockFacts probe_clock(Timestamp now);

/// The folder in which `capture` (expanded) would lie.
[[nodiscard]] CaptureFacts probe_capture(const std::filesystem::path& capture);

[[nodiscard]] FileLimitFacts probe_files(std::uint32_t connections);

[[nodiscard]] NetworkFacts probe_network();

}  // namespace eastap::doctor
