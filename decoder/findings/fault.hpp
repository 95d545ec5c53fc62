#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decoder/findings/facts.hpp"
#include "decoder/findings/fault_party.hpp"

namespace eastap::findings {

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
