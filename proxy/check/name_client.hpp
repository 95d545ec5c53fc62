#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "proxy/check/observation.hpp"

namespace eastap::check {

/// Looks names up by c-ares: A and AAAA with their aliases, and SRV. The hosts file counts, as it
/// does for everything else on this machine.
class NameClient {
 public:
  /// `server`: "192.0.2.53:53,[2001:db8::53]:53"; empty: those of the system. Throws
  /// std::runtime_error for one that is no address.
  explicit NameClient(const std::string& server);
  ~NameClient();
  NameClient(const NameClient&) = delete;
  NameClient& operator=(const NameClient&) = delete;

  /// Blocks for `limit` at most.
  [[nodiscard]] LookedUp look_up(const LookUp& asked,
                                 std::chrono::milliseconds limit = std::chrono::seconds{10});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eastap::check
