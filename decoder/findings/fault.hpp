#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decoder/findings/facts.hpp"

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

struct Fault {
  Party party = Party::none;
  std::string who;       ///< "Exchange server BE1", "nginx, not Exchange", "the device"
  std::string evidence;  ///< "X-BEServer: BE1", "no Exchange header; Server: nginx"
};

/// Judges by the head of the answer, its error page and how the exchange ended.
[[nodiscard]] Fault fault_of(const Facts& facts);

/// The same from an exchange, for those that show it.
[[nodiscard]] Fault fault_of(const model::Exchange& exchange, const eas::Command& command);

/// `who`, and in parentheses the evidence.
[[nodiscard]] std::string made_by(const Facts& facts);

}  // namespace eastap::findings
