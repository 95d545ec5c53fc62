#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "decoder/findings/finding.hpp"

namespace eastap::findings {

/// What a user changed of one rule; absent members keep the row of rule_table.hpp.
struct RuleSettings {
  std::optional<bool> enabled;
  std::optional<std::int64_t> threshold;
  std::optional<std::chrono::seconds> window;  ///< 0: no window
  std::optional<std::int64_t> escalate_at;     ///< 0: never
  std::optional<Severity> severity;
  bool operator==(const RuleSettings&) const = default;
};

/// Findings that fit every non-empty member are not reported. Names compare without regard to ASCII
/// case; `user` as normalised_user() does.
struct Mute {
  std::string rule, host, user, device_id;
  std::string folder;  ///< CollectionId, or the folder's display name
  bool operator==(const Mute&) const = default;
};

/// What grows by a peer's choice, and how far. A device takes about 4.1 KiB, 950 octets more for
/// each folder it synchronises and 160 for each it lists (memory_test.cpp asserts it): 100 000
/// devices of one folder, or 50 000 phones of five, fit into `device_octets`. What was uploaded,
/// sent and answered adds at most 6 KiB a device; appointments, tasks and meeting mails have
/// `item_octets` together. A person takes about 0.5 KiB.
struct Limits {
  std::size_t devices = 100'000;           ///< the longest silent one is forgotten first
  std::size_t device_octets = 512U << 20;  ///< of all devices' histories together, likewise
  std::size_t hosts = 4'096;
  std::size_t people = 100'000;          ///< the longest silent one is forgotten first
  std::size_t item_octets = 128U << 20;  ///< of all remembered items; one takes about 1 KiB
  std::size_t searches = 256;            ///< Autodiscover searches going on at once
  std::size_t steps = 32;                ///< exchanges remembered one by one, a device
  std::size_t collections = 256;         ///< a device; [MS-ASCMD] clients synchronise tens
  std::size_t folders = 1'200;           ///< a device; Exchange ends at 1 000 (status 151)
  std::size_t open_requests = 64;        ///< a device; EasMaxConcurrency is 10
  /// (rule, key) pairs counted or open; the stalest ends first. Two for each device: where all have
  /// the same trouble, fewer would end the incidents of the others at every event. One takes about
  /// 0.7 KiB and 16 octets for each event that its window keeps.
  std::size_t tallies = 200'000;
  std::size_t window_events = 1'024;  ///< of one tally inside its window; thresholds end here
  std::size_t examples = 16;          ///< exchanges named by a finding: the first and the last half
  bool operator==(const Limits&) const = default;
};

struct Settings {
  std::map<std::string, RuleSettings, std::less<>> rules;  ///< by rule id
  std::vector<Mute> mutes;
  std::vector<std::string> watched_items;         ///< ServerIds a user asks about: item-filtered
  std::vector<std::string> sync_failed_subjects;  ///< parts of the subjects of the server's
                                                  ///< "synchronization failed" mails, localised
  Limits limits;
  bool operator==(const Settings&) const = default;
};

/// One sentence for each setting that cannot work: an unknown rule (with the nearest known name), a
/// threshold below one or above `window_events`, an escalation on the wrong side of the threshold.
[[nodiscard]] std::vector<std::string> problems(const Settings& settings);

}  // namespace eastap::findings
