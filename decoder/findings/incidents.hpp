#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/lru_map.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/findings/history.hpp"
#include "decoder/findings/rule_table.hpp"
#include "decoder/findings/settings.hpp"

namespace eastap::findings {

/// A rule with the user's changes applied.
struct EffectiveRule {
  bool enabled = true;
  std::int64_t threshold = 1;
  std::chrono::seconds window{};
  std::int64_t escalate_at = 0;  ///< 0: never
  Severity severity = Severity::info;
  bool unknown_server_lowers = false;  ///< G8
  bool patient_while_loading = false;  ///< G11
};

/// Whose events count together: of one device context, of a person on any host and device, of a
/// person on one host.
enum class Scope : std::uint8_t { device, person, person_on_host };

/// Whom an event is about: what a finding shows, and what mutes compare with.
struct Subject {
  const Device* device = nullptr;  ///< null: of a host or client only
  Scope scope = Scope::device;
  std::string_view host;  ///< of an event without device
  std::string_view folder_id, folder_name;
  bool unknown_server = false;  ///< G8 applies
  bool loading = false;         ///< G11 applies
  bool harmless = false;        ///< KB 10047 says to ignore it: no number makes it louder
};

/// One (rule, key): its events inside the window, and the incident when there is one.
struct Incident {
  RuleId rule{};
  std::string key;
  FindingId id;  ///< none: not open
  Severity severity = Severity::info;
  std::string host, user, device_id, device_type;
  std::uint64_t count = 0;
  Timestamp first{}, last{};
  std::vector<ExchangeId> first_examples;
  Ring<ExchangeId> last_examples;
  std::vector<FindingId> because_of;
  std::string summary;
  std::string next_step;              ///< instead of the rule's own; empty: that one
  Timestamp evidence_from{};          ///< when the device was first seen
  std::chrono::seconds looks_back{};  ///< what would explain its events may lie so far back

  struct Event {
    Timestamp time{};
    ExchangeId exchange;
  };
  Ring<Event> events;          ///< of the window
  std::size_t unreported = 0;  ///< newest events that the incident does not count
  bool restarted = false;      ///< "in a row" was interrupted: the threshold must be met anew
  bool escalated = false;
  std::uint64_t emitted_count = 0;
  Severity emitted_severity = Severity::info;
  bool dirty = false;
  bool news = false;  ///< worth a line whatever its count

  void because(const Incident* cause);
  void because(FindingId cause);  ///< also one that has ended
};

/// Counts events per (rule, key), opens, grows, escalates and closes incidents, and says when a
/// finding is worth a line.
class Incidents {
 public:
  /// Findings are numbered from the one after `last`.
  explicit Incidents(const Settings& settings, FindingId last = {});

  /// Other rules and mutes from now on; limits, counts and open incidents stay.
  void change(const Settings& settings);

  [[nodiscard]] const EffectiveRule& rule(RuleId id) const {
    return rules_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] bool enabled(RuleId id) const { return rule(id).enabled; }

  /// One event of a rule. The incident when it is open now, else null. `base` replaces the rule's
  /// severity where an event is known to matter less or more.
  Incident* count(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
                  ExchangeId exchange, std::optional<Severity> base = {});
  /// An event that counts toward the threshold and does not open an incident: another rule reports
  /// it.
  void note(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
            ExchangeId exchange);
  /// For rules whose value the history already holds: opens at the threshold, escalates by `value`;
  /// `count` becomes the largest value seen.
  Incident* measure(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
                    ExchangeId exchange, std::int64_t value, std::optional<Severity> base = {});
  /// For a value that one event has (seconds, octets, days): opens at the threshold, escalates by
  /// `value`; `count` is the number of such events.
  Incident* gauge(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
                  ExchangeId exchange, std::int64_t value, std::optional<Severity> base = {});
  /// A success in between: the events so far do not count any more.
  void restart(RuleId id, const Subject& subject, std::string_view key);
  /// The incident when it is open.
  [[nodiscard]] Incident* open(RuleId id, const Subject& subject, std::string_view key);
  /// The open incident of that rule and device touched last, whatever its key; looks at the 512
  /// latest tallies.
  [[nodiscard]] Incident* latest(RuleId id, const Device& device);
  /// Events in the window so far, reported or not.
  [[nodiscard]] std::size_t counted(RuleId id, const Subject& subject, std::string_view key);
  /// More evidence for an open incident: an exchange to be named.
  void add_example(Incident& incident, ExchangeId exchange);
  /// An open incident took a turn that the user must hear of now.
  void announce(Incident& incident, Timestamp at);
  /// The trouble is over: the incident is told a last time, and what follows is a new one.
  void close(Incident& incident, Timestamp at);

  /// Closes what has been quiet long enough at `now`.
  void advance(Timestamp now);
  /// What is worth a line since the last call, in order of events.
  void take(std::vector<Finding>& out);
  /// Everything that grew since its last line.
  void take_rest(std::vector<Finding>& out);

  [[nodiscard]] std::size_t size() const { return tallies_.size(); }
  [[nodiscard]] std::size_t closings() const { return closings_.size(); }
  [[nodiscard]] FindingId last() const { return FindingId{ids_}; }
  /// The incidents that have not ended, in the order of their ids.
  [[nodiscard]] std::vector<FindingId> open_ids() const;

 private:
  struct Closing {
    Timestamp at{};
    std::uint64_t order = 0;
    std::weak_ptr<Incident> incident;
    bool operator>(const Closing& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  Incident* find(RuleId id, const Subject& subject, std::string_view key);
  Incident& get(RuleId id, const Subject& subject, std::string_view key, Timestamp at);
  void forget_closings_of_the_forgotten();
  std::string_view make_key(RuleId id, const Subject& subject, std::string_view key);
  void add_event(Incident& incident, Timestamp at, ExchangeId exchange);
  bool muted(const Rule& row, const Subject& subject) const;
  Incident* report(Incident& incident, const Subject& subject, Timestamp at, std::int64_t windowed,
                   std::optional<Severity> base);
  Incident* reach(RuleId id, const Subject& subject, std::string_view key, Timestamp at,
                  std::int64_t value);
  void mark(Incident& incident);
  void forget(Incident& incident);
  [[nodiscard]] Timestamp closes_at(const Incident& incident) const;
  [[nodiscard]] Finding finding(const Incident& incident) const;

  Limits limits_;
  std::vector<Mute> mutes_;
  std::vector<EffectiveRule> rules_;
  std::uint64_t ids_ = 0, closing_order_ = 0;
  std::string key_;                            ///< scratch
  LruMap<std::shared_ptr<Incident>> tallies_;  ///< by Incident::key
  std::priority_queue<Closing, std::vector<Closing>, std::greater<>> closings_;
  std::vector<std::shared_ptr<Incident>> dirty_;
  std::vector<Finding> closed_;  ///< last words of incidents that ended
};

}  // namespace eastap::findings
