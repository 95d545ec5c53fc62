#pragma once

#include <memory>
#include <vector>

#include "decoder/base/time.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/findings/settings.hpp"
#include "decoder/model/exchange.hpp"

namespace eastap::findings {

class Clients;
class EvidenceClock;
class History;

/// The rules of rule_table.hpp over the history of every device seen. Uses the times of what it is
/// given and no clock; the same inputs in the same order give the same findings, ids from 1.
///
/// A finding is returned when its incident opens, when its severity rises, when its count reaches
/// 10, 20, 50, 100, 200, 500 …, and a last time when it closes or at finish() if it has grown
/// since; so a storm of 2 000 events gives about ten values, and the last one of an id holds.
///
/// Memory is bounded by Settings::limits; what is forgotten is treated as never seen (an absent
/// past is never evidence).
class Analyzer {
 public:
  explicit Analyzer(Settings settings = {});
  Analyzer(Analyzer&&) noexcept;
  Analyzer& operator=(Analyzer&&) noexcept;
  ~Analyzer();

  /// Called when a request is complete (`ending == open`) and when its exchange has ended. An
  /// exchange whose first call is the second one (an import) is taken as both.
  [[nodiscard]] std::vector<Finding> observe(const model::Exchange& exchange,
                                             const eas::Command& command);
  [[nodiscard]] std::vector<Finding> observe(const model::ConnectionEvent& event);

  /// The evidence ends at `end`: deadlines up to it pass, and incidents that grew since they were
  /// returned are returned once more.
  [[nodiscard]] std::vector<Finding> finish(Timestamp end);

  /// Judges by other rules, mutes and watched items from the next input on. What was learned,
  /// counted and opened stays, and so do the limits.
  void change(Settings settings);

  /// What follows was seen by another run, after a pause in which anything may have happened:
  /// everything is forgotten but the numbering of findings. After finish().
  void forget();

  /// What the history holds, for counters and benchmarks.
  struct Size {
    std::size_t devices = 0, device_octets = 0, tallies = 0;
    std::size_t closings = 0;  ///< times at which tallies are looked at again
  };
  [[nodiscard]] Size size() const;

  /// What was learned so far, for a report (decoder/report); until the next call of observe().
  struct Knowledge {
    const History& history;
    const Clients& clients;
    const EvidenceClock& clock;   ///< the history's times are its
    std::vector<FindingId> open;  ///< incidents that have not ended, ascending
  };
  [[nodiscard]] Knowledge knowledge() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace eastap::findings
