#pragma once

#include <string>
#include <string_view>

#include "decoder/eas/command.hpp"
#include "decoder/eas/limits.hpp"
#include "decoder/model/exchange.hpp"

namespace eastap::eas {

/// The bound that a server answered instead of waiting or serving: "at least 60 s" (Ping status 5,
/// Sync status 14), "at most 200 folders" (Ping 6, Sync 15); "" when it named none.
[[nodiscard]] std::string limit_words(const Command& command);

/// Completes `command.outcome` and `command.detail` with what HTTP and the connection have to say,
/// and settles where the answer came from. `authorization`: the request's, masked.
void describe(Command& command, const model::Exchange& exchange, std::string_view authorization,
              const Limits& limits);

}  // namespace eastap::eas
