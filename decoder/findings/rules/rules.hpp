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

// Who signs in, D-11, D-33 (access.cpp)
void detect_auth(Context& context);
void detect_old_version(Context& context);

/// TLS and upstream trouble, D-35: events without a device.
void detect_connection(const model::ConnectionEvent& event, Incidents& incidents,
                       const Clients& clients);

}  // namespace eastap::findings
