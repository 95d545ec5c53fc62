#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "decoder/eas/values/dates.hpp"
#include "decoder/explain/catalogue.hpp"
#include "decoder/explain/rule_notes.hpp"
#include "decoder/findings/finding.hpp"

namespace eastap::explain {

namespace {

using Shown = Fact::Shown;

void add(Entry& entry, std::string_view name, std::string text, Shown shown = Shown::everywhere) {
  if (!text.empty()) entry.facts.push_back({name, std::move(text), std::nullopt, shown});
}

/// "G1,G6; own words" with the common guards in words.
std::string guards_words(std::string_view guards) {
  const std::size_t end = std::min(guards.find(';'), guards.size());
  std::string own{guards.substr(std::min(end + 1, guards.size()))};
  own.erase(
      0, own.find_first_not_of(' ') == std::string::npos ? own.size() : own.find_first_not_of(' '));
  std::string out;
  std::string_view common = guards.substr(0, end);
  while (!common.empty()) {
    const std::size_t comma = std::min(common.find(','), common.size());
    const std::string_view id = common.substr(0, comma);
    common.remove_prefix(std::min(comma + 1, common.size()));
    const auto* const guard = std::find_if(std::begin(kGuards), std::end(kGuards),
                                           [&](const Guard& one) { return one.id == id; });
    if (guard == std::end(kGuards)) continue;
    if (!out.empty()) out += "; ";
    out += guard->words;
  }
  if (!own.empty()) out = own + (out.empty() ? "" : ". Also: " + out);
  return out;
}

const RuleNote* note_of(std::string_view id) {
  for (const RuleNote& note : kRuleNotes) {
    if (note.id == id) return &note;
  }
  return nullptr;
}

std::string window_words(std::chrono::seconds window) {
  if (window.count() == 0) return "none: counts as long as the incident lives";
  return eas::values::duration_words(static_cast<std::uint64_t>(window.count()));
}

/// Value, default and origin of one setting.
class SettingFact {
 public:
  SettingFact(Entry& entry, const RuleSetting* set) : entry_{entry}, set_{set} {}

  void put(std::string_view name, std::string_view key, std::string value, std::string normal,
           bool changed) {
    std::string text = value;
    if (changed) {
      text += ", set at " + origin(key);
      if (value != normal) text += " (default " + normal + ")";
    }
    add(entry_, name, std::move(text), Shown::as_text);
  }

  void json(std::string_view name, std::int64_t value) {
    entry_.facts.push_back({name, std::to_string(value), value, Shown::as_json});
  }

  void origins() {
    if (set_ == nullptr) return;
    for (const auto& [key, place] : set_->set_at) {
      if (key == "threshold") add(entry_, "threshold set at", place, Shown::as_json);
      if (key == "window_seconds") add(entry_, "window set at", place, Shown::as_json);
      if (key == "escalate_at") add(entry_, "escalate set at", place, Shown::as_json);
      if (key == "severity") add(entry_, "severity set at", place, Shown::as_json);
      if (key == "enabled") add(entry_, "enabled set at", place, Shown::as_json);
    }
  }

 private:
  [[nodiscard]] std::string origin(std::string_view key) const {
    const auto found = set_->set_at.find(key);
    return found != set_->set_at.end() ? found->second : std::string{"a place unknown"};
  }

  Entry& entry_;
  const RuleSetting* set_;
};

std::string amount(std::int64_t number, const findings::Rule& rule) {
  return std::to_string(number) + " " + std::string{rule.unit};
}

void add_settings(Entry& entry, const findings::Rule& rule, const RuleSetting* set, bool watched) {
  const findings::RuleSettings changes = set != nullptr ? set->changes : findings::RuleSettings{};
  SettingFact facts{entry, set};
  const bool enabled = watched && changes.enabled.value_or(true);
  if (watched) {
    facts.put("enabled", "enabled", enabled ? "yes" : "no", "yes", changes.enabled.has_value());
  }
  const std::int64_t threshold = changes.threshold.value_or(rule.threshold);
  facts.put("threshold", "threshold", amount(threshold, rule), std::to_string(rule.threshold),
            changes.threshold.has_value() && *changes.threshold != rule.threshold);
  const auto window = changes.window.value_or(rule.window);
  facts.put("window", "window_seconds", window_words(window), window_words(rule.window),
            changes.window.has_value());
  const auto severity = changes.severity.value_or(rule.severity);
  facts.put("severity", "severity", std::string{findings::to_string(severity)},
            std::string{findings::to_string(rule.severity)}, changes.severity.has_value());
  const std::int64_t escalate = changes.escalate_at.value_or(rule.escalate_at);
  const auto escalate_words = [](std::int64_t at) {
    return at == 0 ? std::string{"never"} : "one step at " + std::to_string(at);
  };
  facts.put("escalates", "escalate_at", escalate_words(escalate), escalate_words(rule.escalate_at),
            changes.escalate_at.has_value());

  add(entry, "enabled", enabled ? "true" : "false", Shown::as_json);
  facts.json("threshold", threshold);
  facts.json("threshold default", rule.threshold);
  add(entry, "unit", std::string{rule.unit}, Shown::as_json);
  facts.json("window seconds", window.count());
  facts.json("escalate at", escalate);
  add(entry, "severity", std::string{findings::to_string(severity)}, Shown::as_json);
  facts.origins();
}

std::string mute_words(const findings::Mute& mute) {
  std::string out;
  const auto part = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    if (!out.empty()) out += ", ";
    out += std::string{name} + " " + value;
  };
  part("host", mute.host);
  part("user", mute.user);
  part("device", mute.device_id);
  part("folder", mute.folder);
  return out.empty() ? "everywhere" : out;
}

}  // namespace

Entry describe_rule(const Topic& topic, const Settings& settings) {
  const findings::Rule& rule = rule_row(topic.row);
  const RuleNote* const note = note_of(rule.id);
  const std::string_view unwatched = unwatched_because(rule.id);
  Entry entry;
  entry.kind = Kind::rule;
  entry.ask = topic.ask;
  entry.title = "Rule " + std::string{rule.id} + ": " + std::string{rule.title};
  entry.summary = rule.consequence;
  add(entry, "next step", std::string{rule.next_step});
  if (note != nullptr) {
    add(entry, "fires on", std::string{note->trigger});
    // The triggers of the rules about resets name their causes by letters.
    if (note->trigger.find("D-01 ") != std::string_view::npos) {
      add(entry, "causes", std::string{kResetCauses});
    }
  }
  add(entry, "silent when", guards_words(rule.guards));
  if (!unwatched.empty()) {
    add(entry, "looked for", "no: " + std::string{unwatched}, Shown::as_text);
    add(entry, "looked for", "false", Shown::as_json);
  }
  const auto set = settings.rules.find(rule.id);
  add_settings(entry, rule, set != settings.rules.end() ? &set->second : nullptr,
               unwatched.empty());
  std::string mutes;
  for (const findings::Mute& mute : settings.mutes) {
    if (mute.rule != rule.id && !(mute.rule.empty() && mute != findings::Mute{})) continue;
    mutes += (mutes.empty() ? "" : "; ") + mute_words(mute);
  }
  add(entry, "muted", std::move(mutes));
  if (unwatched.empty()) {
    add(entry, "to change",
        "--rule " + std::string{rule.id} + ".threshold=N, or [rules." + std::string{rule.id} +
            "] in the config file",
        Shown::as_text);
  }
  add(entry, "id", std::string{rule.id}, Shown::as_json);
  add(entry, "title", std::string{rule.title}, Shown::as_json);
  add(entry, "detection", std::string{rule.detection}, Shown::as_json);
  entry.facts.push_back({"priority", std::to_string(rule.priority), rule.priority, Shown::as_json});
  if (note != nullptr) add(entry, "evidence", std::string{note->evidence}, Shown::as_json);
  add(entry, "source", std::string{rule.source});
  return entry;
}

}  // namespace eastap::explain
