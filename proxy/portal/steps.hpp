#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/portal/platform.hpp"

namespace eastap::portal {

/// How a device is set up. Markup of our own, in which {server}, {port}, {url} and {ca} stand for
/// values that the caller fills in, escaped.
struct Steps {
  std::vector<std::string_view> steps;
  std::vector<std::string_view> caveats;  ///< what to know before and afterwards
};

[[nodiscard]] const Steps& steps_for(Platform platform);

}  // namespace eastap::portal
