#pragma once

#include <optional>

#include <boost/asio/ip/tcp.hpp>

namespace eastap::net {

/// Where a connection was on its way to before the firewall led it here: by REDIRECT (the kernel's
/// connection tracking knows, SO_ORIGINAL_DST) or by TPROXY (the socket's own address is it).
/// Nothing when the socket is gone. A connection that came here by itself has our own address.
[[nodiscard]] std::optional<boost::asio::ip::tcp::endpoint> original_destination(
    boost::asio::ip::tcp::socket& socket);

}  // namespace eastap::net
