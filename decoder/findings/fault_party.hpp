#pragma once

#include <cstdint>
#include <string_view>

namespace eastap::findings {

/// Who made an answer of 4xx or 5xx.
enum class Party : std::uint8_t {
  none,       ///< no such answer
  device,     ///< the request deserved it
  front_end,  ///< Exchange's front end, or the web server it runs in
  back_end,
  middlebox,  ///< something between this proxy and Exchange
  proxy,      ///< this proxy itself: it could not reach or trust the server
  unknown,
};

[[nodiscard]] std::string_view to_string(Party party);

}  // namespace eastap::findings
