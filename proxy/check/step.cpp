#include "proxy/check/step.hpp"

#include <algorithm>

namespace eastap::check {

bool is_device_id(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

Move Step::skipped(std::string because) {
  report_.verdict = Verdict::skipped;
  report_.because = std::move(because);
  return done();
}

Move Step::stopped(State& state, std::string why) {
  state.stop = std::move(why);
  return done();
}

const Answered& answer_of(const Observation& observation) {
  static const Answered none{};
  const auto* found = std::get_if<Answered>(&observation);
  return found != nullptr ? *found : none;
}

const LookedUp& look_up_of(const Observation& observation) {
  static const LookedUp none{};
  const auto* found = std::get_if<LookedUp>(&observation);
  return found != nullptr ? *found : none;
}

}  // namespace eastap::check
