#pragma once

#include "proxy/check/answer.hpp"
#include "proxy/check/step.hpp"

namespace eastap::check {

/// After a 451 with X-MS-Location: the server is the one named there, once in a check. True: ask
/// again.
[[nodiscard]] bool follow_move(State& state, const Understood& understood, Report& report);

}  // namespace eastap::check
