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
  sync_poison_item,
  item_conflict,
  stale_item_command,
  sync_13_loop,
  limit_ignored,
  sync_16_retry,
  state_lost,
  hierarchy_demand_ignored,
  stale_folder_id,
  sync_foldersync_pingpong,
  provision_loop,
  provision_110_loop,
  provision_negative_ack,
  provision_refused,
  provision_abandoned,
  policy_demand_ignored,
  policy_demand_silence,
  policykey_mismatch,
  wipe_command,
  heartbeat_cut,
  heartbeat_short,
  ping_storm,
  ping_changes_ignored,
  ping_phantom_change,
  ping_error_repeat,
  ping_ri_folder,
  parallel_hang,
  identical_commands,
  command_rate,
  daily_volume,
  thirty_second_cycle,
  throttled,
  throttle_ignored,
  throttle_delay,
  auth_401_loop,
  auth_basic_not_offered,
  auth_name_form,
  basic_to_cloud,
  account_blocked_expired,
  credentials_expire,
  oauth_not_offered,
  oauth_token_refused,
  middlebox_5xx,
  http_503_app_pool,
  server_hop,
  redirect_loop,
  redirect_ignored,
  not_eas_answer,
  autodiscover_failed,
  access_blocked,
  access_quarantined,
  ad_access_denied,
  partnership_limit,
  folder_limit,
  device_id_change,
  user_agent_change,
  version_below_161,
  version_too_high,
  version_flap,
  version_not_best,
  tls_ca_untrusted,
  tls_pinned,
  tls_version,
  tls_clock,
  tls_upstream_bad,
  tls_upstream_expiring,
  tls_client_cert,
  undelivered_response,
  ping_acks_lost_sync,
  no_answer,
  organizer_change,
  attendee_cancel,
  meeting_reply_sender,
  meeting_response_repeat,
  meeting_response_loop,
  meeting_forwarded,
  series_change_no_instance,
  instance_uid_date,
  body_truncated,
  body_downgrade,
  timezone_altered,
  change_after_reminder,
  cancel_then_update,
  month_end_recurrence,
  dtstamp_order,
  series_deleted,
  exceptions_dropped,
  all_day_altered,
  duplicate_add,
  reply_all_self,
  more_available_unfollowed,
  more_available_loop,
  item_filtered,
  folder_not_synced,
  body_not_downloaded,
  attachment_failed,
  send_failed,
  send_stuck,
  send_duplicate,
  request_too_big,
  mailbox_full,
  large_folder,
  no_filter,
  window_size_odd,
  bulk_upload,
  server_slow,
  server_exception,
  sync_failed_mail,
  wbxml_broken,
  wbxml_foreign_token,
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

/// Room in sets of rules.
inline constexpr std::size_t kMostRules = 128;

[[nodiscard]] std::span<const Rule> rules();
[[nodiscard]] const Rule& rule(RuleId id);
[[nodiscard]] std::optional<RuleId> rule_from(std::string_view id);
/// The count of its incidents is the largest value that an event had, in the rule's unit
/// (Rule::unit: requests in a minute, folders, items), and not a number of events.
[[nodiscard]] bool counts_a_value(RuleId id);

}  // namespace eastap::findings
