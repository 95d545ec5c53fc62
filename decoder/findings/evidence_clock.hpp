#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "decoder/base/time.hpp"

namespace eastap::findings {

/// A time that only moves on, made of the capture's times in the order of arrival. Where the
/// machine's clock was set back, later times get what it lost added: an hour that the clock shows
/// twice is no storm of requests. A clock set forward cannot be told from silence.
class EvidenceClock {
 public:
  /// Arrivals of several threads, or of two joined logs, may be this much out of order.
  static constexpr std::chrono::seconds kOutOfOrder{60};

  /// Something arrived when the clock showed `shown`. What to add to it.
  Microseconds arrive(Timestamp shown) {
    Timestamp time = shown + offset();
    if (latest_ != Timestamp{} && time + kOutOfOrder < latest_) {
      const Microseconds lost = latest_ - time;
      if (steps_.size() >= kSteps) steps_.erase(steps_.begin());
      steps_.push_back({latest_, offset() + lost});
      time = latest_;
    }
    latest_ = std::max(latest_, time);
    return offset();
  }
  [[nodiscard]] Microseconds offset() const {
    return steps_.empty() ? Microseconds{} : steps_.back().offset;
  }
  /// What the clock showed then.
  [[nodiscard]] Timestamp shown(Timestamp evidence) const {
    for (std::size_t index = steps_.size(); index-- > 0;) {
      if (evidence >= steps_[index].from) return evidence - steps_[index].offset;
    }
    return evidence;
  }
  [[nodiscard]] bool stepped() const { return !steps_.empty(); }

 private:
  static constexpr std::size_t kSteps = 64;  // beyond it the oldest times are shown as they count
  struct Step {
    Timestamp from{};
    Microseconds offset{};
  };
  std::vector<Step> steps_;
  Timestamp latest_{};
};

}  // namespace eastap::findings
