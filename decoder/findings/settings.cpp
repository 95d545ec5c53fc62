#include "decoder/findings/settings.hpp"

#include <algorithm>

#include "decoder/base/nearest.hpp"
#include "decoder/findings/rule_table.hpp"

namespace eastap::findings {

namespace {

std::string unknown_rule(std::string_view id) {
  id = id.substr(0, 64);
  const auto table = rules();
  const auto best =
      std::min_element(table.begin(), table.end(), [&](const Rule& left, const Rule& right) {
        return edit_distance(id, left.id) < edit_distance(id, right.id);
      });
  std::string out = "there is no rule \"" + std::string{id} + "\"; ";
  if (edit_distance(id, best->id) > std::max<std::size_t>(2, id.size() / 3))
    return out + "eastap explain rule lists them all";
  return out + "did you mean \"" + std::string{best->id} + "\"?";
}

void check_rule(const std::string& id, const RuleSettings& changes, const Limits& limits,
                std::vector<std::string>& out) {
  const auto known = rule_from(id);
  if (!known) {
    out.push_back(unknown_rule(id));
    return;
  }
  const Rule& row = rule(*known);
  const std::int64_t threshold = changes.threshold.value_or(row.threshold);
  const std::int64_t escalate = changes.escalate_at.value_or(row.escalate_at);
  const auto most = static_cast<std::int64_t>(limits.window_events);
  const bool counts_events = !row.unit.starts_with("seconds") && !row.at_most();
  if (threshold < 1) out.push_back("rules." + id + ": threshold must be at least 1");
  if (counts_events && (threshold > most || escalate > most)) {
    out.push_back("rules." + id + ": threshold and escalate_at end at " + std::to_string(most));
  }
  if (escalate < 0)
    out.push_back("rules." + id + ": escalate_at must not be negative (0 switches it off)");
  if (escalate > 0 && !row.at_most() && escalate < threshold) {
    out.push_back("rules." + id + ": escalate_at " + std::to_string(escalate) +
                  " lies below the threshold " + std::to_string(threshold));
  }
  if (escalate > 0 && row.at_most() && escalate > threshold) {
    out.push_back("rules." + id + ": escalate_at " + std::to_string(escalate) +
                  " lies above the threshold " + std::to_string(threshold) +
                  ", which fires at or below it");
  }
  if (changes.window && changes.window->count() < 0)
    out.push_back("rules." + id + ": window must not be negative");
}

}  // namespace

std::vector<std::string> problems(const Settings& settings) {
  std::vector<std::string> out;
  for (const auto& [id, changes] : settings.rules) check_rule(id, changes, settings.limits, out);
  for (const Mute& mute : settings.mutes) {
    if (mute == Mute{})
      out.push_back("mutes: an entry names nothing; it would mute everything and is ignored");
    if (!mute.rule.empty() && !rule_from(mute.rule)) {
      out.push_back("mutes: " + unknown_rule(mute.rule));
    }
  }
  return out;
}

}  // namespace eastap::findings
