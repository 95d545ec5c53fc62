#include "proxy/net/machine.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/resource.h>
#include <unistd.h>

#include "decoder/base/text.hpp"

namespace eastap::net {
namespace {

namespace ip = boost::asio::ip;

std::vector<ip::address> interface_addresses(bool only_reachable) {
  std::vector<ip::address> result;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return result;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    if (only_reachable &&
        ((entry->ifa_flags & IFF_LOOPBACK) != 0 || (entry->ifa_flags & IFF_UP) == 0)) {
      continue;
    }
    if (entry->ifa_addr->sa_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
      result.push_back(ip::make_address_v4(ntohl(v4->sin_addr.s_addr)));
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr);
      ip::address_v6::bytes_type octets{};
      std::copy(std::begin(v6->sin6_addr.s6_addr), std::end(v6->sin6_addr.s6_addr), octets.begin());
      const ip::address_v6 address{octets};
      if (only_reachable && address.is_link_local()) continue;
      result.push_back(address);
    }
  }
  freeifaddrs(list);
  return result;
}

}  // namespace

std::vector<ip::address> machine_addresses() { return interface_addresses(false); }

std::vector<std::string> machine_names() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return {};
  const std::string whole = to_lower(name.data());
  const std::string first = whole.substr(0, whole.find('.'));
  return {whole, first, first + ".local"};
}

std::vector<std::string> lan_addresses() {
  std::vector<std::string> v4;
  std::vector<std::string> v6;
  for (const auto& address : interface_addresses(true)) {
    (address.is_v4() ? v4 : v6).push_back(address.to_string());
  }
  v4.insert(v4.end(), v6.begin(), v6.end());
  return v4;
}

void raise_file_limit(std::uint32_t connections, spdlog::logger& log) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = static_cast<rlim_t>(connections) * 2 + 256;
  if (limit.rlim_cur >= wanted) return;
  rlimit raised = limit;
  raised.rlim_cur = std::min(wanted, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  if (limit.rlim_cur < wanted) {
    const rlim_t left = limit.rlim_cur > 32 ? limit.rlim_cur - 32 : 0;  // capture, log, look-ups
    log.warn("only {} files may be open at once, so about {} connections; raise it with ulimit -n",
             limit.rlim_cur, left / 2);
  }
}

}  // namespace eastap::net
