#include "proxy/net/name_servers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include <ares.h>
#include <boost/asio/ip/tcp.hpp>
#include <poll.h>
#include <sys/time.h>

namespace eastap::net {
namespace {

struct DestroyChannel {
  void operator()(ares_channel channel) const noexcept { ares_destroy(channel); }
};
using Channel = std::unique_ptr<std::remove_pointer_t<ares_channel>, DestroyChannel>;

struct Asked {
  Resolver::Answer answer;
  bool done = false;
};

void take_answer(void* context, int status, int, ares_addrinfo* found) noexcept {
  auto& asked = *static_cast<Asked*>(context);
  asked.done = true;
  if (status != ARES_SUCCESS) {
    asked.answer.error = ares_strerror(status);
    if (status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED) {
      asked.answer.error = "the DNS server does not answer (" + asked.answer.error + ")";
    }
    return;
  }
  int shortest = 0;
  for (const ares_addrinfo_node* node = found->nodes; node != nullptr; node = node->ai_next) {
    boost::asio::ip::tcp::endpoint endpoint;
    if (node->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), node->ai_addr, node->ai_addrlen);
    endpoint.resize(node->ai_addrlen);
    asked.answer.addresses.push_back(endpoint.address());
    if (shortest == 0 || node->ai_ttl < shortest) shortest = node->ai_ttl;
  }
  // A server with TTL 0 is asked again every second at most.
  asked.answer.keep = std::chrono::seconds{std::max(1, shortest)};
  ares_freeaddrinfo(found);
  if (asked.answer.addresses.empty()) asked.answer.error = "the name has no address";
}

/// Waits for the channel's sockets or its next timeout, and lets it go on.
void advance(ares_channel channel) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int wanted = ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size()));
  std::array<pollfd, ARES_GETSOCK_MAXNUM> waits{};
  nfds_t count = 0;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const bool readable = (wanted & (1 << i)) != 0;
    const bool writable = (wanted & (1 << (i + ARES_GETSOCK_MAXNUM))) != 0;
    if (!readable && !writable) continue;
    pollfd& wait = waits[count++];
    wait.fd = sockets[i];
    wait.events = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
  }
  timeval most{1, 0}, next{};
  const timeval* limit = ares_timeout(channel, &most, &next);
  const int milliseconds = static_cast<int>(limit->tv_sec * 1000 + limit->tv_usec / 1000 + 1);
  const int ready = ::poll(waits.data(), count, milliseconds);
  if (ready <= 0) {
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    return;
  }
  for (nfds_t i = 0; i < count; ++i) {
    const bool readable = (waits[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool writable = (waits[i].revents & POLLOUT) != 0;
    if (!readable && !writable) continue;
    ares_process_fd(channel, readable ? waits[i].fd : ARES_SOCKET_BAD,
                    writable ? waits[i].fd : ARES_SOCKET_BAD);
  }
}

}  // namespace

Resolver::Answer ask_name_servers(const std::string& host, const std::string& servers) {
  Resolver::Answer failed;
  const auto failure = [&](int status) {
    failed.error = ares_strerror(status);
    return failed;
  };
  // Does nothing after the first time; the library counts its users under a lock of its own.
  if (const int status = ares_library_init(ARES_LIB_INIT_ALL); status != ARES_SUCCESS) {
    return failure(status);
  }
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH;
  options.timeout = 2'000;  // the first try; c-ares doubles it for the next
  options.tries = 2;
  std::string dns_only = "b";
  options.lookups = dns_only.data();
  ares_channel made = nullptr;
  const int status = ares_init_options(
      &made, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS);
  if (status != ARES_SUCCESS) return failure(status);
  Asked asked;  // outlives the channel, which may call back when it goes
  const Channel channel{made};
  if (const int set = ares_set_servers_ports_csv(channel.get(), servers.c_str());
      set != ARES_SUCCESS) {
    return failure(set);
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel.get(), host.c_str(), nullptr, &hints, &take_answer, &asked);
  while (!asked.done) advance(channel.get());
  return std::move(asked.answer);
}

}  // namespace eastap::net
