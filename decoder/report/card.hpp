#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/findings/analyzer.hpp"
#include "decoder/findings/clients.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/findings/setup.hpp"

/// What is known of each device at the end: made of the one history that the rules use.
namespace eastap::report {

enum class State : std::uint8_t {
  done,
  half,     ///< Provision: asked and answered, not acknowledged
  waiting,  ///< a request is out and may still be answered
  failed,
  unneeded,  ///< the server never asked for it
  unseen,    ///< later stages were reached: it happened before the capture began
  missing,   ///< not reached
};
[[nodiscard]] std::string_view to_string(State state);

/// "options", "first_sync", …
[[nodiscard]] std::string_view to_string(findings::Stage stage);

struct Step {
  findings::Stage stage = findings::Stage::trusted;
  State state = State::missing;
  Timestamp time{};     ///< of the exchange; the epoch: none
  ExchangeId exchange;  ///< that reached it, or missed it last
  std::string text;     ///< what came of it: "16.1 offered", "4 of 5 folders", or why not
};

/// Where a device got stuck.
struct Stop {
  findings::Stage stage = findings::Stage::trusted;
  std::string reason;     ///< with its evidence
  std::string next_step;  ///< "" when nothing is known to help
};

struct FolderLine {
  std::string id, name, class_name;
  std::string key;           ///< the newest one; "" none
  int http = 0, status = 0;  ///< of the latest answer; 0: none came
  bool delivered = false;
  Timestamp time{};  ///< of that answer
  ExchangeId exchange;
  std::string status_name;  ///< "InvalidSyncKey"
};

struct Incident {
  findings::Finding finding;
  bool open = false;  ///< it has not ended yet
};

/// A device context (host, person, DeviceId, DeviceType), or a client address that never became
/// one.
struct Card {
  std::size_t run = 0;  ///< of the runs that wrote the capture, from 1; 0: the only one
  std::string host, user, device_id, device_type;
  std::string client;  ///< latest address, without port
  Timestamp first{}, last{};
  std::uint64_t exchanges = 0;
  std::string user_agent, agent_words;  ///< as sent; decoded, "" when it says no more
  std::string version, best_version;    ///< used last; best that the server offers
  std::string policy_key, policy;       ///< the latest key; what the policy demands
  std::vector<Step> steps;              ///< one a stage, in their order
  std::optional<Stop> stop;
  std::vector<FolderLine> folders;  ///< synchronised ones, in the order in which they were met
  findings::Waits waits;
  std::uint16_t median = 0;                        ///< of `waits.lasted`
  std::vector<findings::Clients::Failure> failed;  ///< connections of this address that came to
                                                   ///< nothing
  std::vector<Incident> findings;                  ///< gravest first, then latest first

  /// The gravest finding; nothing when there is none.
  [[nodiscard]] std::optional<findings::Severity> worst() const;
};

/// The last value of each finding, at most `limit` of them: beyond it the least grave and oldest
/// go.
class FindingStore {
 public:
  static constexpr std::size_t kLimit = 10'000;
  explicit FindingStore(std::size_t limit = kLimit) : limit_{limit == 0 ? 1 : limit} {}
  void take(const findings::Finding& finding);
  [[nodiscard]] std::span<const findings::Finding> all() const { return findings_; }
  /// Findings that had to go.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  std::size_t limit_;
  std::uint64_t lost_ = 0;
  std::vector<findings::Finding> findings_;  ///< by id
};

/// A card for each device, in the order in which they were first seen, then one for each address
/// that has none and failed before any ActiveSync exchange.
[[nodiscard]] std::vector<Card> cards(const findings::Analyzer::Knowledge& knowledge,
                                      std::span<const findings::Finding> findings);

/// Which cards `wanted` means: a DeviceId or address, whole or the beginning of only one, without
/// regard to case. Nothing: `problem` says whether none or several fit.
[[nodiscard]] std::vector<const Card*> select(std::span<const Card> all, std::string_view wanted,
                                              std::string& problem);

/// The `limit` cards that a reader wants first: stuck ones, then by their gravest finding, then the
/// latest; in the order of `all`.
[[nodiscard]] std::vector<const Card*> most_telling(std::span<const Card> all, std::size_t limit);

}  // namespace eastap::report
