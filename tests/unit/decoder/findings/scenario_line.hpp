#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "decoder/base/time.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/findings/settings.hpp"
#include "decoder/model/exchange.hpp"

/// One line of a timeline: what happens in it.
namespace eastap::findings::testing {

struct Verdict {
  std::string text;
  std::set<std::string> wanted;  ///< "rule severity" or "rule severity xN"
};

struct Happening {
  Timestamp at{};
  std::size_t order = 0;
  std::optional<model::Exchange> exchange;
  eas::Command command;
  std::optional<model::ConnectionEvent> event;
  bool end = false;
  Timestamp shown_end{};  ///< of `end`, when the clock was set
  std::optional<Verdict> verdict;
  std::size_t line = 0;
};

struct Step {
  model::Exchange exchange;
  eas::Command command;
  Timestamp began{}, ended{};
};

struct Case {
  std::string name;
  std::size_t line = 0;
  std::vector<std::string> rules;
  Settings settings;
  std::vector<Happening> happenings;
  std::uint64_t exchanges = 0;
  std::map<std::string, std::shared_ptr<const model::Connection>> connections;
  struct ClockStep {
    Timestamp at{};
    std::chrono::seconds by{};
  };
  std::vector<ClockStep> clock_steps;

  /// What the clock shows at that moment.
  [[nodiscard]] Timestamp shown(Timestamp time) const {
    for (const ClockStep& step : clock_steps) {
      if (time != Timestamp{} && step.at <= time) time += step.by;
    }
    return time;
  }
};

/// What the words of one line say, as steps behind `out`: more than one where it repeats. An error
/// text, or "" when the line was understood.
[[nodiscard]] std::string read_words(Case& owner, std::vector<std::string> words, Timestamp at,
                                     std::vector<Step>& out);

}  // namespace eastap::findings::testing
