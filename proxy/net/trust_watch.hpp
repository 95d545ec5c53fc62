#pragma once

#include <mutex>
#include <string_view>

#include "proxy/tunnel/refusals.hpp"

namespace eastap::net {

/// `tunnel::Refusals` for all relay threads, by this machine's steady clock.
class TrustWatch {
 public:
  void change(const tunnel::Refusals::Settings& settings) {
    const std::scoped_lock lock{mutex_};
    refusals_.change(settings);
  }

  [[nodiscard]] bool spared(std::string_view client, std::string_view host) {
    const std::scoped_lock lock{mutex_};
    return refusals_.spared(client, host, std::chrono::steady_clock::now());
  }
  bool refused(std::string_view client, std::string_view host) {
    const std::scoped_lock lock{mutex_};
    return refusals_.refused(client, host, std::chrono::steady_clock::now());
  }
  void accepted(std::string_view client, std::string_view host) {
    const std::scoped_lock lock{mutex_};
    refusals_.accepted(client, host);
  }

 private:
  std::mutex mutex_;
  tunnel::Refusals refusals_{tunnel::Refusals::Settings{}};
};

}  // namespace eastap::net
