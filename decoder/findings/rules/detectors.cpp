#include <array>

#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr Verbs kNoOptions = kAllVerbs & ~only(Verb::options);

constexpr std::array kDetectors{
    // Causes before what they cause.
    Detector{Phase::request, kAllVerbs, detect_cut_judged},
    Detector{Phase::request, only(Verb::provision), detect_policy_obeyed},
    Detector{Phase::request, only(Verb::provision), detect_provision_loop},
    Detector{Phase::request, only(Verb::sync), detect_key_zero},
    Detector{Phase::request, only(Verb::folder_sync), detect_hierarchy_zero},
    Detector{Phase::request, only(Verb::sync), detect_key_again},
    Detector{Phase::request, only(Verb::ping), detect_lost_sync_acknowledged},
    Detector{Phase::request, only(Verb::ping), detect_ping_request},
    Detector{Phase::request, kNoOptions, detect_identical},
    Detector{Phase::request, kNoOptions, detect_old_version},

    Detector{Phase::answer, kAllVerbs, detect_resync_announced},
    Detector{Phase::answer, kAllVerbs, detect_auth},
    Detector{Phase::answer, kNoOptions, detect_throttled},
    Detector{Phase::answer, kAllVerbs, detect_app_pool},
    Detector{Phase::answer, kAllVerbs, detect_middlebox},
    Detector{Phase::answer, kAllVerbs, detect_cut},
    Detector{Phase::answer, kNoOptions, detect_failure_burst},
    Detector{Phase::answer, kAllVerbs, detect_undelivered},
    Detector{Phase::answer, only(Verb::provision), detect_provision_answer},
    Detector{Phase::answer, kNoOptions, detect_provision_refused},
    Detector{Phase::answer, kNoOptions & ~only(Verb::provision), detect_policy_demand},
    Detector{Phase::answer, kNoOptions, detect_wipe},
    Detector{Phase::answer, kAllVerbs, detect_not_activesync},
    Detector{Phase::answer, kNoOptions, detect_access_blocked},
    Detector{Phase::answer, kNoOptions, detect_limits},
    Detector{Phase::answer, kNoOptions, detect_mailbox_full},
    Detector{Phase::answer, kNoOptions, detect_state_lost},
    Detector{Phase::answer, kNoOptions, detect_malformed},
    Detector{Phase::answer, only(Verb::sync), detect_sync_statuses},
    Detector{Phase::answer, only(Verb::sync), detect_key_zero_answers},
    Detector{Phase::answer, only(Verb::sync), detect_change_fetched},
    Detector{Phase::answer, only(Verb::sync), detect_more_available},
    Detector{Phase::answer, only(Verb::folder_sync), detect_hierarchy_answer},
    Detector{Phase::answer, only(Verb::ping), detect_ping_answer},
    Detector{Phase::answer, kNoOptions, detect_server_exception},
    Detector{Phase::answer, kNoOptions, detect_error_status},
};

}  // namespace

std::span<const Detector> detectors() { return kDetectors; }

}  // namespace eastap::findings
