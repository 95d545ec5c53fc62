#include "decoder/findings/finding.hpp"

#include <array>

namespace eastap::findings {

namespace {
constexpr std::array<std::string_view, 4> kWords{"info", "notice", "warning", "error"};
}

std::string_view to_string(Severity severity) { return kWords[static_cast<std::size_t>(severity)]; }

std::optional<Severity> severity_from(std::string_view word) {
  for (std::size_t index = 0; index < kWords.size(); ++index) {
    if (kWords[index] == word) return static_cast<Severity>(index);
  }
  return std::nullopt;
}

}  // namespace eastap::findings
