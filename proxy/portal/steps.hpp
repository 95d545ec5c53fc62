#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/portal/platform.hpp"

namespace eastap::portal {

/// How a device is set up. Markup of our own, in which {server}, {port}, {url} and {ca} stand for
/// values that the caller fills in, escaped.
struct Steps {
  struct Line {
    std::string_view text;
    bool about_ca = false;  ///< left out where no certificate is to be installed
    // Most lines are a literal.
    constexpr Line(const char* words) : text{words} {}  // NOLINT
    constexpr Line(std::string_view words, bool ca = false)
        : text{words}, about_ca{ca} {}  // NOLINT
  };
  std::vector<Line> steps;
  std::vector<Line> caveats;  ///< what to know before and afterwards
};

[[nodiscard]] const Steps& steps_for(Platform platform);

}  // namespace eastap::portal
