#include <array>

#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr Verbs kActiveSync = kAllVerbs & ~only(Verb::autodiscover);
constexpr Verbs kNoOptions = kActiveSync & ~only(Verb::options);
constexpr Verbs kWaits = only(Verb::sync) | only(Verb::ping);

constexpr std::array kDetectors{
    // Causes before what they cause.
    Detector{Phase::request, kActiveSync, detect_cut_judged},
    Detector{Phase::request, kNoOptions, detect_user_agent},
    Detector{Phase::request, kNoOptions, detect_new_device_id},
    Detector{Phase::request, kNoOptions, detect_redirect_ignored},
    Detector{Phase::request, kNoOptions, detect_retry_after_ignored},
    Detector{Phase::request, only(Verb::provision), detect_policy_obeyed},
    Detector{Phase::request, only(Verb::folder_sync), detect_hierarchy_obeyed},
    Detector{Phase::request, only(Verb::sync), detect_key_zero},
    Detector{Phase::request, only(Verb::folder_sync), detect_hierarchy_zero},
    Detector{Phase::request, only(Verb::sync), detect_key_again},
    Detector{Phase::request, only(Verb::sync), detect_bulk_upload},
    Detector{Phase::request, only(Verb::ping), detect_lost_sync_acknowledged},
    Detector{Phase::request, only(Verb::ping), detect_ping_request},
    Detector{Phase::request, kWaits, detect_heartbeats},
    Detector{Phase::request, kNoOptions, detect_give_up_cycle},
    Detector{Phase::request, kNoOptions, detect_identical},
    Detector{Phase::request, kNoOptions, detect_rate},
    Detector{Phase::request, kActiveSync, detect_daily_volume},
    Detector{Phase::request, kActiveSync, detect_certificate_end},
    Detector{Phase::request, kNoOptions, detect_old_version},
    Detector{Phase::request, kNoOptions, detect_version_use},

    Detector{Phase::answer, only(Verb::provision), detect_provision_loop},
    Detector{Phase::answer, kWaits, detect_stale_folder},
    Detector{Phase::answer, kActiveSync, detect_resync_announced},
    Detector{Phase::answer, kAllVerbs, detect_auth},
    Detector{Phase::answer, kAllVerbs, detect_token},
    Detector{Phase::answer, kAllVerbs, detect_name_form},
    Detector{Phase::answer, kActiveSync, detect_credentials_expire},
    Detector{Phase::answer, kNoOptions, detect_throttled},
    Detector{Phase::answer, kAllVerbs, detect_app_pool},
    Detector{Phase::answer, kAllVerbs, detect_middlebox},
    Detector{Phase::answer, kActiveSync, detect_redirect},
    Detector{Phase::answer, kActiveSync, detect_cut},
    Detector{Phase::answer, kNoOptions, detect_failure_burst},
    Detector{Phase::answer, kNoOptions, detect_node},
    Detector{Phase::answer, kActiveSync, detect_undelivered},
    Detector{Phase::answer, kNoOptions, detect_give_up},
    Detector{Phase::answer, kNoOptions, detect_delay},
    Detector{Phase::answer, kActiveSync, detect_broken_bodies},
    Detector{Phase::answer, only(Verb::provision), detect_provision_answer},
    Detector{Phase::answer, kNoOptions, detect_provision_refused},
    Detector{Phase::answer, kNoOptions, detect_policy_key},
    Detector{Phase::answer, kNoOptions & ~only(Verb::provision), detect_policy_demand},
    Detector{Phase::answer, kNoOptions, detect_wipe},
    Detector{Phase::answer, kActiveSync, detect_not_activesync},
    Detector{Phase::answer, kActiveSync, detect_client_certificate},
    Detector{Phase::answer, kNoOptions, detect_access_blocked},
    Detector{Phase::answer, kNoOptions, detect_limits},
    Detector{Phase::answer, only(Verb::folder_sync), detect_first_sync_failure},
    Detector{Phase::answer, kNoOptions, detect_mailbox_full},
    Detector{Phase::answer, kNoOptions, detect_too_big},
    Detector{Phase::answer, kMails, detect_stale_source},
    Detector{Phase::answer, kMails, detect_send},
    Detector{Phase::answer, kMails, detect_meeting_mail},
    Detector{Phase::answer, kMails, detect_forward},
    Detector{Phase::answer, only(Verb::smart_reply), detect_reply_to_self},
    Detector{Phase::answer, only(Verb::meeting_response), detect_meeting_answer},
    Detector{Phase::answer, only(Verb::item_operations) | only(Verb::get_attachment), detect_fetch},
    Detector{Phase::answer, only(Verb::item_operations), apply_fetched},
    Detector{Phase::answer, kNoOptions, detect_state_lost},
    Detector{Phase::answer, kWaits, detect_limit_ignored},
    Detector{Phase::answer, kNoOptions, detect_malformed},
    Detector{Phase::answer, only(Verb::sync), detect_pingpong},
    Detector{Phase::answer, kWaits | only(Verb::get_item_estimate), detect_hierarchy_demand},
    Detector{Phase::answer, kWaits, detect_whole_request_demand},
    Detector{Phase::answer, only(Verb::sync), detect_retry_demand},
    Detector{Phase::answer, only(Verb::sync), detect_sync_statuses},
    Detector{Phase::answer, only(Verb::sync), detect_item_statuses},
    Detector{Phase::answer, only(Verb::sync), detect_sync_fetch},
    Detector{Phase::answer, only(Verb::sync), detect_items},
    Detector{Phase::answer, only(Verb::sync), detect_key_zero_answers},
    Detector{Phase::answer, only(Verb::sync), detect_change_fetched},
    Detector{Phase::answer, only(Verb::sync), detect_more_available},
    Detector{Phase::answer, only(Verb::sync), detect_empty_batches},
    Detector{Phase::answer, only(Verb::sync), detect_load},
    Detector{Phase::answer, only(Verb::sync), detect_window_size},
    Detector{Phase::answer, only(Verb::folder_sync), detect_hierarchy_answer},
    Detector{Phase::answer, only(Verb::folder_sync), watch_folders},
    Detector{Phase::answer, only(Verb::folder_sync) | only(Verb::sync), detect_quarantine_signs},
    Detector{Phase::answer, only(Verb::ping), detect_ping_answer},
    Detector{Phase::answer, kNoOptions, detect_server_exception},
    Detector{Phase::answer, kNoOptions, detect_error_status},
};

}  // namespace

std::span<const Detector> detectors() { return kDetectors; }

}  // namespace eastap::findings
