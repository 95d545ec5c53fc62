#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/check/observation.hpp"
#include "proxy/check/report.hpp"
#include "proxy/check/settings.hpp"

namespace eastap::check {

class Step;
struct State;

/// The check as a state machine: what it wants from the network goes out, what was seen comes in,
/// reports of finished steps go out. No I/O, no clock; the same observations give the same reports.
class Checker {
 public:
  explicit Checker(Settings settings);
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  struct Turn {
    std::vector<Report> finished;  ///< in order
    std::optional<Action> next;    ///< nothing: all is done
    std::string running;           ///< title of the step that wants it
  };

  /// First call.
  [[nodiscard]] Turn begin();
  /// `took`: how long the action lasted; becomes part of the step's duration. At most
  /// `kMostActions` are asked for, whatever servers answer.
  [[nodiscard]] Turn take(const Observation& observation, Microseconds took);

 private:
  Turn go_on(Turn turn);

  std::unique_ptr<State> state_;
  std::deque<std::unique_ptr<Step>> steps_;
  Microseconds spent_{};
  bool running_ = false;
  unsigned actions_ = 0;
};

/// Of a whole check: twenty steps, `kRedirects` rounds of four Autodiscover ways.
inline constexpr unsigned kMostActions = 120;

}  // namespace eastap::check
