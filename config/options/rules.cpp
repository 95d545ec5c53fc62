#include <algorithm>
#include <cstddef>

#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

namespace {

/// "synckey-zero.threshold=3"
void apply_rule_text(Config& config, const std::string& value, const std::string& place) {
  const std::size_t equals = value.find('=');
  const std::size_t dot = value.substr(0, equals).rfind('.');
  if (equals == std::string::npos || dot == std::string::npos || dot == 0) {
    throw Complaint{in_quotes(value) +
                    " is not NAME.KEY=VALUE; write for example synckey-zero.threshold=3"};
  }
  RuleOverride& rule = config.rules[value.substr(0, dot)];
  const std::string key = value.substr(dot + 1, equals - dot - 1);
  set_rule(rule, key, value.substr(equals + 1));
  rule.origin = place;
  rule.origins[key] = place;
}

/// "rule=heartbeat-cut;device=ABC123"
void apply_mute_text(Config& config, const std::string& value, const std::string& place) {
  MuteRule mute;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(';', at), value.size());
    const std::string part = value.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Complaint{in_quotes(value) +
                      " is not KEY=VALUE;KEY=VALUE; write for example device=ABC123 or "
                      "rule=heartbeat-cut;user=alice"};
    }
    set_mute(mute, part.substr(0, equals), part.substr(equals + 1));
  }
  mute.origin = place;
  config.mutes.push_back(std::move(mute));
}

}  // namespace

void add_rule_options(std::vector<Option>& table) {
  Option rules =
      named("--rule", "NAME.KEY=VALUE", "rules", Group::rules, kWatchers | in::report | in::explain,
            "change a threshold, switch a rule off",
            "Keys: enabled (true or false), severity (info, notice, warning, error), threshold, "
            "window_seconds, escalate_at. In the config file each rule is a table [rules.NAME].",
            "synckey-zero.threshold=3");
  rules.form = Form::rules;
  rules.apply = [](Invocation& to, const Values& values, const std::string& place) {
    for (const std::string& value : values) apply_rule_text(to.config, value, place);
  };
  table.push_back(rules);

  Option mute = named(
      "--mute", "KEY=VALUE;...", "mute", Group::rules, kWatchers | in::report | in::explain,
      "silence findings that fit every key",
      "Keys: rule, host, user, device (the DeviceId), folder (its name or CollectionId). In the "
      "config file each mute is a table [[mute]].",
      "device=ABC123;folder=Calendar");
  mute.form = Form::mutes;
  mute.apply = [](Invocation& to, const Values& values, const std::string& place) {
    for (const std::string& value : values) apply_mute_text(to.config, value, place);
  };
  table.push_back(mute);

  Option watch =
      list(named("--watch-item", "SERVERID", "watch_items", Group::rules, kWatchers | in::report,
                 "tell when this item leaves the device by its period",
                 "The ServerId of an item that a user misses, as a Sync shows it; for "
                 "the rule item-filtered.",
                 "5:60"),
           [](Config& config) -> Values& { return config.watched_items; });
  table.push_back(watch);
  table.push_back(list(
      named("--failed-mail-subject", "TEXT", "failed_mail_subjects", Group::rules,
            kWatchers | in::report, "part of the subject of the server's mails about failed items",
            "They are written in the user's language, so the rule sync-failed-mail is silent "
            "without it.",
            "could not be synchronized"),
      [](Config& config) -> Values& { return config.sync_failed_subjects; }));
}

}  // namespace eastap::config
