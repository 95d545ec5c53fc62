#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <spdlog/logger.h>

namespace eastap::net {

/// Every address of this machine, loopback and link-local included.
[[nodiscard]] std::vector<boost::asio::ip::address> machine_addresses();

/// How this machine is called: its host name, that without its domain, and that of multicast DNS;
/// lower case.
[[nodiscard]] std::vector<std::string> machine_names();

/// This machine's own addresses that a phone on the local network can reach, best guess first.
[[nodiscard]] std::vector<std::string> lan_addresses();

/// Raises the limit on open files to what `connections` need (two sockets each, and some for
/// capture, log and look-ups), as far as the system lets it; says so when that is not far enough.
void raise_file_limit(std::uint32_t connections, spdlog::logger& log);

}  // namespace eastap::net
