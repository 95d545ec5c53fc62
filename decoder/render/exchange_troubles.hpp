#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decoder/eas/command.hpp"
#include "decoder/model/exchange.hpp"

/// What went wrong with an exchange, in sentences; for this folder only. Every text is printable.
namespace eastap::render {

/// Something that went wrong.
struct Trouble {
  std::string brief;      ///< for a narrow column
  std::string full;       ///< one sentence
  std::string next_step;  ///< "" when nothing is known to help
  bool serious = true;    ///< else part of normal life: a 401, a Ping that the device gave up
};

/// The gravest kinds first, at most five: the last one then counts the rest. `status`: HTTP.
[[nodiscard]] std::vector<Trouble> troubles_of(const model::Exchange& exchange,
                                               const eas::Command& command,
                                               std::optional<int> status);

}  // namespace eastap::render
