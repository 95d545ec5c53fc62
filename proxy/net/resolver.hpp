#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "proxy/net/asio.hpp"

namespace eastap::net {

/// RFC 6761 6.3: these names are this machine, whatever a DNS server says. Lower case.
[[nodiscard]] bool is_localhost(const std::string& host);

/// Host names to addresses. Each name that is not cached is looked up on a thread of its own
/// (getaddrinfo cannot be cut short, and one slow name must not delay another); callers of a name
/// already being looked up join it. Thread-safe.
class Resolver {
 public:
  struct Limits {
    std::size_t cached_names = 4'096;  ///< ~200 octets each; a phone asks for a few hundred
    std::size_t threads = 64;          ///< look-ups under way; beyond, callers get "busy"
    std::chrono::seconds keep{60};     ///< at most, and when no TTL is told: follows moved names
    std::chrono::seconds keep_failure{5};
  };

  struct Answer {
    std::vector<asio::ip::address> addresses;  ///< in the system's order (RFC 6724); empty: failed
    std::string error;                         ///< the system's words, or "timed out"
    std::chrono::seconds keep{0};              ///< what the DNS server allows; 0: not known
  };

  Resolver();
  explicit Resolver(Limits limits);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  /// From then on no answer is delivered, so that the executors of callers may go while look-ups
  /// are under way (getaddrinfo ends when it wants to). Callers' threads must have ended.
  void close();

  /// Waits at most `limit` (the look-up itself goes on and is cached). `servers`: DNS servers to
  /// ask as "192.0.2.53:53,[::1]:5353"; empty: getaddrinfo, with all that the system is set to.
  /// A localhost name that these do not know is 127.0.0.1 and ::1: a hosts file may lack it.
  asio::awaitable<Answer> resolve(std::string host, std::chrono::milliseconds limit,
                                  std::string servers = {});

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace eastap::net
