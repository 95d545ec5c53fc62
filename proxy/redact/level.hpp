#pragma once

#include <cstdint>
#include <string_view>

namespace eastap::redact {

/// How much of the traffic is hidden. Credentials, passwords and cookies are masked before, at
/// every level (proxy/http/mask.hpp).
enum class Level : std::uint8_t {
  none,
  content,   ///< what Exchange's own mailbox log hides: texts, names, addresses in items, files
  identity,  ///< also who and where: users, addresses, device ids, hosts, IP addresses
};

[[nodiscard]] constexpr std::string_view to_string(Level level) {
  switch (level) {
    case Level::none: return "none";
    case Level::content: return "content";
    case Level::identity: return "identity";
  }
  return "none";
}

}  // namespace eastap::redact
