#pragma once

#include <string>
#include <vector>

#include "config/invocation.hpp"

namespace eastap::app {

/// What a reload changed, in one sentence for log and tail: the keys that take effect now, and
/// those that wait for the next start.
[[nodiscard]] std::string reload_words(const std::vector<config::Change>& changes);

}  // namespace eastap::app
