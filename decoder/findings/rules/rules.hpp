#pragma once

#include <cstdint>
#include <span>

#include "decoder/findings/clients.hpp"
#include "decoder/findings/context.hpp"

namespace eastap::findings {

/// When a detector is called.
enum class Phase : std::uint8_t { request, answer };

/// The commands a detector wants to see, as bits of Verb.
using Verbs = std::uint32_t;
[[nodiscard]] constexpr Verbs only(Verb verb) { return Verbs{1} << static_cast<unsigned>(verb); }
inline constexpr Verbs kAllVerbs = ~Verbs{0};
inline constexpr Verbs kMails =
    only(Verb::send_mail) | only(Verb::smart_reply) | only(Verb::smart_forward);

/// One small function over the shared history. To add a rule: its row in rule_table, its function
/// in the file of its family, and its line in detectors.cpp.
struct Detector {
  Phase phase;
  Verbs verbs;
  void (*run)(Context&);
};

/// In the order they run: the more specific before what yields to it.
[[nodiscard]] std::span<const Detector> detectors();

// Resets, D-01 (resync.cpp)
void detect_key_zero(Context& context);
void detect_hierarchy_zero(Context& context);
void detect_key_zero_answers(Context& context);
void detect_hierarchy_answer(Context& context);
void detect_resync_announced(Context& context);

// Keys, D-02 (sync.cpp) and statuses, D-03
void detect_key_again(Context& context);
void detect_sync_statuses(Context& context);
void detect_state_lost(Context& context);
void detect_malformed(Context& context);
void detect_error_status(Context& context);
void detect_mailbox_full(Context& context);

// Items, D-03, D-15 to D-27, D-30, D-32 (uploads.cpp, items.cpp, fetch.cpp)
void detect_item_statuses(Context& context);
void detect_stale_source(Context& context);
void detect_bulk_upload(Context& context);
void detect_items(Context& context);
void detect_fetch(Context& context);
void detect_sync_fetch(Context& context);
void apply_fetched(Context& context);
/// The server deleted that item before.
[[nodiscard]] bool was_deleted(const Device& device, std::string_view folder,
                               std::string_view item);
/// A mail that the account sent itself.
[[nodiscard]] bool is_own_mail(const Device& device, std::string_view folder,
                               std::string_view item);

// Mails and meeting answers, D-14, D-15, D-18, D-28, D-31 (mail.cpp)
void detect_send(Context& context);
void detect_too_big(Context& context);
void detect_reply_to_self(Context& context);
void detect_meeting_mail(Context& context);
void detect_forward(Context& context);
void detect_meeting_answer(Context& context);

// Folders, D-03, D-04, D-29, D-32 (folders.cpp)
void detect_hierarchy_demand(Context& context);
void detect_hierarchy_obeyed(Context& context);
void detect_stale_folder(Context& context);
void detect_pingpong(Context& context);
void detect_whole_request_demand(Context& context);
void detect_retry_demand(Context& context);
void detect_limit_ignored(Context& context);
void detect_empty_batches(Context& context);
void detect_load(Context& context);
void detect_window_size(Context& context);
void watch_folders(Context& context);
void folders_unused_passed(Moment& moment, const Deadline& deadline);

// Volume and slowness, D-08, D-09, D-10, D-37 (volume.cpp)
void detect_rate(Context& context);
void detect_daily_volume(Context& context);
void detect_give_up_cycle(Context& context);
void detect_give_up(Context& context);
void detect_retry_after_ignored(Context& context);
void detect_delay(Context& context);
void detect_heartbeats(Context& context);

// Servers that send on, nodes, quarantine, D-12, D-13, D-35, D-36 (routes.cpp)
void detect_redirect(Context& context);
void detect_redirect_ignored(Context& context);
void detect_node(Context& context);
void detect_client_certificate(Context& context);
void detect_certificate_end(Context& context);
void detect_first_sync_failure(Context& context);
void detect_quarantine_signs(Context& context);
void quarantine_passed(Moment& moment, const Deadline& deadline);

// Bodies, D-47 (bodies.cpp)
void detect_broken_bodies(Context& context);

// Provision, policy, wipe: D-05, D-06, D-40 (provision.cpp)
void detect_provision_loop(Context& context);
void detect_provision_answer(Context& context);
void detect_policy_demand(Context& context);
void detect_policy_obeyed(Context& context);
void detect_provision_refused(Context& context);
void detect_wipe(Context& context);
void policy_silence_passed(Moment& moment, const Deadline& deadline);
void provision_finish_passed(Moment& moment, const Deadline& deadline);

// Servers and gateways, D-10, D-12, D-13, D-36, D-38, D-39 (server.cpp)
void detect_throttled(Context& context);
void detect_app_pool(Context& context);
void detect_middlebox(Context& context);
void detect_failure_burst(Context& context);
void detect_server_exception(Context& context);
void detect_not_activesync(Context& context);
void detect_access_blocked(Context& context);
void detect_limits(Context& context);

// Waiting and delivery, D-08, D-41, D-42, D-43 (waiting.cpp)
void detect_cut(Context& context);
void detect_cut_judged(Context& context);
void detect_undelivered(Context& context);
void detect_lost_sync_acknowledged(Context& context);
void detect_ping_request(Context& context);
void detect_ping_answer(Context& context);
void detect_change_fetched(Context& context);
void detect_more_available(Context& context);
void detect_identical(Context& context);
void answer_passed(Moment& moment, const Deadline& deadline);
void more_items_passed(Moment& moment, const Deadline& deadline);

// Who signs in, with what, D-07, D-11, D-33, D-34, D-44 (access.cpp)
void detect_auth(Context& context);
void detect_token(Context& context);
void detect_name_form(Context& context);
void detect_credentials_expire(Context& context);
void detect_old_version(Context& context);
void detect_version_use(Context& context);
void detect_policy_key(Context& context);
void detect_user_agent(Context& context);
void detect_new_device_id(Context& context);
[[nodiscard]] bool is_cloud(std::string_view host);
/// "16.1" is 161; 0 when it is none.
[[nodiscard]] int version_tenths(std::string_view version);

/// TLS and upstream trouble, D-35: events without a device.
void detect_connection(const model::ConnectionEvent& event, Incidents& incidents, Clients& clients);
/// A client that refused to have a host decrypted lets it be decrypted now: its incidents are over.
void detect_trust(std::string_view client, std::string_view host, Timestamp at,
                  Incidents& incidents);

}  // namespace eastap::findings
