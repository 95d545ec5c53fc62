#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "decoder/base/result.hpp"

namespace eastap::tunnel {

/// The ports of servers that clients may reach.
class PortRules {
 public:
  /// Each of `texts` a port ("443") or a range ("1024-65535"). `malformed` with it in `detail`.
  [[nodiscard]] static Result<PortRules> make(std::span<const std::string> texts);

  PortRules() = default;  ///< none

  [[nodiscard]] bool allowed(std::uint16_t port) const;

 private:
  std::vector<std::pair<std::uint16_t, std::uint16_t>> ranges_;  // first and last
};

}  // namespace eastap::tunnel
