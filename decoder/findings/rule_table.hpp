#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "decoder/findings/finding.hpp"

namespace eastap::findings {

/// Each rule once; the order is the order of the rows in rule_table.cpp.
enum class RuleId : std::uint8_t {
  synckey_zero,
  synckey_zero_repeat,
  synckey_zero_storm,
  synckey_zero_loop,
  synckey_zero_explained,
  http500_then_reset,
  http_500_burst,
  foldersync_reset,
  full_resync_announced,
  synckey_repeat,
  synckey_rollback,
  eas_error_status,
  sync_status3,
  request_malformed,
  sync_status5,
  state_lost,
  provision_loop,
  provision_110_loop,
  provision_negative_ack,
  provision_refused,
  provision_abandoned,
  policy_demand_ignored,
  policy_demand_silence,
  wipe_command,
  heartbeat_cut,
  ping_storm,
  ping_changes_ignored,
  ping_phantom_change,
  ping_error_repeat,
  ping_ri_folder,
  identical_commands,
  throttled,
  auth_401_loop,
  auth_basic_not_offered,
  basic_to_cloud,
  account_blocked_expired,
  middlebox_5xx,
  http_503_app_pool,
  not_eas_answer,
  access_blocked,
  ad_access_denied,
  partnership_limit,
  folder_limit,
  version_below_161,
  tls_ca_untrusted,
  tls_pinned,
  tls_upstream_bad,
  undelivered_response,
  ping_acks_lost_sync,
  no_answer,
  more_available_unfollowed,
  mailbox_full,
  server_exception,
};

/// One rule as the user reads it and as the engine counts it.
struct Rule {
  std::string_view id, detection;
  int priority = 1;
  std::string_view title;
  std::int64_t threshold = 1;
  std::string_view unit;          ///< of the threshold
  std::chrono::seconds window{};  ///< 0: none, the count lives as long as its incident
  std::int64_t escalate_at = 0;   ///< 0: never
  Severity severity = Severity::info;
  std::string_view guards;  ///< "G1,G6,…; …" of the common guards, and the rule's own exceptions
  std::string_view consequence, next_step, source;
  /// Fires at or below the threshold.
  [[nodiscard]] bool at_most() const { return unit.ends_with("(at most)"); }
};

[[nodiscard]] std::span<const Rule> rules();
[[nodiscard]] const Rule& rule(RuleId id);
[[nodiscard]] std::optional<RuleId> rule_from(std::string_view id);

}  // namespace eastap::findings
