#include <string>
#include <vector>

#include "config/invocation.hpp"
#include "config/option_table.hpp"

namespace eastap::config {

namespace {

/// Where a rule or mute was written may change without anything else.
bool same_rules(const Config& before, const Config& after) {
  const auto plain = [](Config config) {
    for (auto& [name, rule] : config.rules) {
      rule.origin.clear();
      rule.origins.clear();
    }
    return config.rules;
  };
  return plain(before) == plain(after);
}

bool same_mutes(const Config& before, const Config& after) {
  const auto plain = [](Config config) {
    for (MuteRule& mute : config.mutes) mute.origin.clear();
    return config.mutes;
  };
  return plain(before) == plain(after);
}

std::string given(const Invocation& invocation, const std::string& key) {
  const auto found = invocation.given.find(key);
  return found == invocation.given.end() ? std::string{} : found->second;
}

}  // namespace

std::vector<Change> changes(const Invocation& before, const Invocation& after) {
  std::vector<Change> found;
  for (const Option& option : option_table()) {
    if (option.key.empty()) continue;
    bool same = given(before, option.key) == given(after, option.key);
    if (option.form == Form::rules) same = same_rules(before.config, after.config);
    if (option.form == Form::mutes) same = same_mutes(before.config, after.config);
    if (!same) found.push_back({option.key, option.reloads});
  }
  return found;
}

}  // namespace eastap::config
