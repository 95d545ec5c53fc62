#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/findings/analyzer.hpp"
#include "decoder/findings/finding.hpp"

namespace eastap::findings::testing {

/// A case of a scenario file went another way than written: where, and how.
struct Deviation {
  std::string place;  ///< "resync.txt:12, case name"
  std::string expected, got;
};

/// What a case was about, and what it gave.
struct CaseFacts {
  std::string name;
  std::vector<std::string> rules;  ///< patterns of its verdicts
  std::set<std::string> fired;
};

struct ScenarioResult {
  int cases = 0, verdicts = 0;
  std::vector<CaseFacts> told;
  std::shared_ptr<Analyzer> analyzer;  ///< of the last case, as it is at its end
  std::vector<Deviation> deviations;
  std::vector<std::string> errors;  ///< lines that cannot be read
  std::vector<Finding> findings;    ///< everything emitted, for checks of texts
};

/// Runs a file in the notation of tests/data/scenarios/README.md.
[[nodiscard]] ScenarioResult run_scenarios(const std::filesystem::path& file);
/// The same, and each case once more in two parts, cut at up to 64 places. Deviations: what the
/// first part tells otherwise than the whole did so far; what a part tells and the whole does not,
/// and does not call a matter of cut evidence; what the parts tell otherwise when one analyzer gets
/// both as runs of one capture.
[[nodiscard]] ScenarioResult split_scenarios(const std::filesystem::path& file);
/// Whether `rule` is one of `patterns` ("all", "synckey-*", "throttled").
[[nodiscard]] bool fits(std::string_view rule, const std::vector<std::string>& patterns);
[[nodiscard]] ScenarioResult run_scenario_text(const std::string& name, const std::string& text);

}  // namespace eastap::findings::testing
