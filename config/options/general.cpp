#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

void add_general_options(std::vector<Option>& table) {
  Option config = named(
      "--config", "FILE", "", Group::general, in::all, "read settings from this TOML file",
      "Flags and environment variables win over it. Also EASTAP_CONFIG. SIGHUP lets eastap run "
      "read it again: hosts, access, servers, limits, deadlines, rules, mutes, log and the "
      "rotation of captures change for what begins from then on; all else waits for the next "
      "start, and is named. A file with a mistake changes nothing, and log and tail say "
      "why. Hanging up the terminal that eastap was started from ends it, as ever.");
  config.apply = [](Invocation&, const Values&, const std::string&) {
  };  // read before all others, by `parse`
  table.push_back(config);
  table.push_back(word<LogLevel>(
      named("--log-level", "LEVEL", "log_level", Group::general, in::all,
            "debug, info, warning, error ..."),
      [](Config& config_) -> LogLevel& { return config_.log_level; }, log_level_from));
  table.back().words = {"trace", "debug", "info", "warning", "error", "off"};
  Option log_file = optional_text(
      named("--log-file", "FILE", "log_file", Group::general, in::all, "for eastap's own messages",
            "Mode 0600. Never holds passwords, tokens or keys. Opened again on SIGHUP, for "
            "logrotate.",
            "/var/log/eastap.log"),
      [](Config& config_) -> std::optional<std::string>& { return config_.log_file; });
  log_file.default_text = "stderr";
  table.push_back(log_file);
}

}  // namespace eastap::config
