#include "proxy/net/target.hpp"

#include <utility>

namespace eastap::net {

using boost::asio::ip::tcp;
namespace ip = boost::asio::ip;

DialFailure dial_failure(std::string reason, std::string summary, std::string detail) {
  DialFailure result;
  result.reason = std::move(reason);
  result.summary = std::move(summary);
  result.detail = std::move(detail);
  return result;
}

std::string authority(const std::string& host, std::uint16_t port) {
  const bool literal6 = host.find(':') != std::string::npos;
  return (literal6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::string authority(const tcp::endpoint& endpoint) {
  return authority(unmapped(endpoint.address()).to_string(), endpoint.port());
}

ip::address unmapped(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

tunnel::Address to_address(const ip::address& address) {
  const auto v6 =
      address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4());
  tunnel::Address result;
  result.octets = v6.to_bytes();
  return result;
}

}  // namespace eastap::net
