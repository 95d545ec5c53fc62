#pragma once

#include <string_view>

#include "decoder/eas/command.hpp"
#include "decoder/eas/limits.hpp"
#include "decoder/model/exchange.hpp"

namespace eastap::eas {

/// Completes `command.outcome` and `command.detail` with what HTTP and the connection have to say,
/// and settles where the answer came from. `authorization`: the request's, masked.
void describe(Command& command, const model::Exchange& exchange, std::string_view authorization,
              const Limits& limits);

}  // namespace eastap::eas
