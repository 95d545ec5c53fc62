#include "proxy/net/original_destination.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include "proxy/net/target.hpp"

namespace eastap::net {
namespace {

using boost::asio::ip::tcp;

// SO_ORIGINAL_DST of <linux/netfilter_ipv4.h> and IP6T_SO_ORIGINAL_DST of
// <linux/netfilter_ipv6/ip6_tables.h>, neither of which can be included beside <netinet/in.h>.
constexpr int kOriginalDestination = 80;

std::optional<tcp::endpoint> tracked(int handle, bool v6) {
  tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (::getsockopt(handle, level, kOriginalDestination, endpoint.data(), &size) != 0) {
    return std::nullopt;
  }
  endpoint.resize(size);
  return endpoint;
}

}  // namespace

std::optional<tcp::endpoint> original_destination(tcp::socket& socket) {
  boost::system::error_code error;
  tcp::endpoint own = socket.local_endpoint(error);
  if (error) return std::nullopt;
  // An IPv4 client of an IPv6 listener is tracked as IPv4.
  own.address(unmapped(own.address()));
  const auto before = tracked(socket.native_handle(), own.address().is_v6());
  return before && before->port() != 0 ? before : own;
}

}  // namespace eastap::net
