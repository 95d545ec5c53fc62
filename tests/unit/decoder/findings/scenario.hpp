#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "decoder/findings/finding.hpp"

namespace eastap::findings::testing {

/// A case of a scenario file went another way than written: where, and how.
struct Deviation {
  std::string place;  ///< "resync.txt:12, case name"
  std::string expected, got;
};

struct ScenarioResult {
  int cases = 0, verdicts = 0;
  std::vector<Deviation> deviations;
  std::vector<std::string> errors;  ///< lines that cannot be read
  std::vector<Finding> findings;    ///< everything emitted, for checks of texts
};

/// Runs a file in the notation of tests/data/scenarios/README.md.
[[nodiscard]] ScenarioResult run_scenarios(const std::filesystem::path& file);
/// The same, and each case once more in two parts, cut at up to 24 places: what a part tells and
/// the whole does not, and does not call a matter of cut evidence, is a deviation.
[[nodiscard]] ScenarioResult split_scenarios(const std::filesystem::path& file);
[[nodiscard]] ScenarioResult run_scenario_text(const std::string& name, const std::string& text);

}  // namespace eastap::findings::testing
