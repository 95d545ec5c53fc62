#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "decoder/base/ids.hpp"
#include "decoder/base/lru_map.hpp"
#include "decoder/base/time.hpp"
#include "decoder/findings/rule_table.hpp"
#include "decoder/findings/settings.hpp"
#include "decoder/findings/setup.hpp"

namespace eastap::findings {

/// The commands that rules tell apart.
enum class Verb : std::uint8_t {
  other,
  options,
  autodiscover,
  sync,
  folder_sync,
  ping,
  provision,
  settings,
  send_mail,
  smart_reply,
  smart_forward,
  get_item_estimate,
  meeting_response,
  move_items,
  search,
  item_operations,
  get_attachment,
};
[[nodiscard]] Verb verb_from(std::string_view command_name);

/// `dom\user`, `user@dom` and `user` can be one person: the bare name in lower case.
[[nodiscard]] std::string normalised_user(std::string_view user);

/// Something that happened to a device at an exchange; `time` at the epoch: never.
struct Mark {
  Timestamp time{};
  ExchangeId exchange;
  int code = 0;  ///< status or HTTP number, where it has one
  [[nodiscard]] explicit operator bool() const { return time != Timestamp{}; }
};

/// What counts as a failure that may make a device start over, D-01 g.
enum class Failure : std::uint8_t { none, http_5xx, sync_5, status_110, undelivered, hang_cut };

struct FailureMark {
  Failure kind = Failure::none;
  Mark mark;
};

/// The last `capacity` values pushed, oldest first; grows as it fills.
template <class T>
class Ring {
 public:
  void push(T value, std::size_t capacity) {
    if (values_.size() < capacity) {
      values_.push_back(std::move(value));
      return;
    }
    values_[first_] = std::move(value);
    first_ = (first_ + 1) % values_.size();
  }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] bool empty() const { return values_.empty(); }
  /// 0 is the oldest.
  [[nodiscard]] const T& operator[](std::size_t index) const { return values_[place(index)]; }
  [[nodiscard]] T& operator[](std::size_t index) { return values_[place(index)]; }
  [[nodiscard]] const T& newest() const { return (*this)[size() - 1]; }
  void clear() {
    values_.clear();
    first_ = 0;
  }

 private:
  /// A division would be most of the cost of a look.
  [[nodiscard]] std::size_t place(std::size_t index) const {
    const std::size_t at = first_ + index;
    return at < values_.size() ? at : at - values_.size();
  }

  std::vector<T> values_;
  std::size_t first_ = 0;
};

/// One ended exchange, as short as rules can do with.
struct Step {
  ExchangeId id;
  Timestamp began{}, ended{};
  Verb verb = Verb::other;
  bool delivered = false;
  bool challenged = false;  ///< answered 401: a leg of a sign-in, or of none
};

/// The latest ended exchanges of a device, oldest first. The fingerprints (of command, collections,
/// keys and body) lie apart: each request is compared with all of them and hardly ever meets its
/// like.
class Steps {
 public:
  void push(const Step& step, std::uint64_t fingerprint, std::size_t capacity) {
    steps_.push(step, capacity);
    fingerprints_.push(fingerprint, capacity);
  }
  [[nodiscard]] std::size_t size() const { return steps_.size(); }
  [[nodiscard]] bool empty() const { return steps_.empty(); }
  [[nodiscard]] const Step& operator[](std::size_t index) const { return steps_[index]; }
  [[nodiscard]] const Step& newest() const { return steps_.newest(); }
  [[nodiscard]] std::uint64_t fingerprint(std::size_t index) const { return fingerprints_[index]; }
  [[nodiscard]] std::size_t octets() const {
    return size() * (sizeof(Step) + sizeof(std::uint64_t));
  }

 private:
  Ring<Step> steps_;
  Ring<std::uint64_t> fingerprints_;
};

/// A request without an end yet.
struct OpenRequest {
  ExchangeId id;
  ConnectionId connection;
  Timestamp began{}, sent{};  ///< first and last octet of the request
  std::uint64_t fingerprint = 0;
  Verb verb = Verb::other;
  bool hangs = false;
};

/// A key that was asked, and its answer when that was delivered whole.
struct KeyStep {
  std::uint64_t asked = 0;  ///< hash of the key
  Timestamp delivered{};
  ExchangeId exchange;
};

/// A folder as FolderSync told it.
struct Folder {
  std::string name;
  int type = 0;
  Timestamp added{};    ///< by a FolderSync other than one from key 0
  Timestamp removed{};  ///< the epoch while it exists
};

/// A folder as the device synchronises it.
struct CollectionHistory {
  std::string id, class_name;
  std::string key;  ///< the newest non-zero key asked or delivered since the last restart; "" none
  std::optional<int> filter_type, conversation_mode;
  bool used_key = false;    ///< a non-zero key was asked: only then key 0 means "again" (G1)
  bool restarting = false;  ///< key 0 was asked and no other key since
  std::uint32_t answered_zeros = 0;  ///< of the current restart, delivered with a key
  Mark last_zero;                    ///< begin of the latest restart
  Mark reset;          ///< begin of the latest restart that no cause but failures explains
  Mark last_sync;      ///< latest request that names it
  Mark demand;         ///< status 3, 4 or 12 of the latest answer
  Ring<KeyStep> keys;  ///< since the last restart
  std::vector<std::string> last_items;   ///< ServerIds of the latest answer with server commands
  Mark undelivered;                      ///< latest answer with server commands that did not arrive
  Mark asked_again;                      ///< the same, while a Sync that asks again is on its way
  Mark more_available;                   ///< delivered, and not followed yet
  std::vector<std::string> suspects;     ///< ServerIds in every answer to a repeated key
  std::uint32_t loaded = 0, rounds = 0;  ///< server Adds and MoreAvailable answers since key 0
  std::uint16_t window_size_told = 0;
  bool empty_batch = false;  ///< the latest answer was MoreAvailable with nothing in it
  Mark changed;              ///< latest Ping answer that named it, until a rule has judged it
  bool ping_ignored = false, ping_phantom = false;  ///< such an answer was judged so
  Milestone first_answer;                           ///< delivered with a key
  struct {
    Milestone at;
    std::uint16_t http = 0, status = 0;  ///< 0: none came
    bool delivered = false;
  } last_answer;  ///< of a Sync
};

/// What the device uploaded, sent and answered: hashes, each list with its own small bound.
struct Uploads {
  struct Added {
    std::uint64_t content = 0, client_id = 0, server_id = 0;
    Mark mark;
    bool delivered = false;
  };
  struct Sent {
    std::uint64_t id = 0;  ///< ClientId or Message-ID
    int successes = 0;
    ExchangeId undelivered;  ///< a success whose answer did not arrive
  };
  struct Answered {
    std::uint64_t meeting = 0;  ///< request and instance
    int response = 0, successes = 0;
  };
  Ring<Added> added;
  Ring<Sent> sent;
  Ring<Answered> answered;
  Ring<std::uint64_t> gone;       ///< items that the server deleted
  Ring<std::uint64_t> own_mails;  ///< items that the account sent itself
  [[nodiscard]] std::size_t octets() const {
    return sizeof(Uploads) + added.size() * sizeof(Added) + sent.size() * sizeof(Sent) +
           answered.size() * sizeof(Answered) + (gone.size() + own_mails.size()) * 8;
  }
};

/// Requests in a sliding window, in twelfths of it.
struct RateCounter {
  static constexpr std::size_t kParts = 12;
  Timestamp newest{};  ///< begin of the newest part
  std::array<std::uint16_t, kParts> counts{};
  std::uint8_t at = 0;

  /// Counts one and gives the number inside the window.
  std::uint32_t add(Timestamp time, std::chrono::seconds window);
  void take_back() {
    if (counts[at] > 0) --counts[at];
  }
};

/// One device context: server host, person, DeviceId and DeviceType. Two accounts of a phone are
/// two.
struct Device {
  std::uint64_t serial = 0;
  std::string key;                                 ///< of the index
  std::string host, user, device_id, device_type;  ///< user as first seen
  std::string person;                              ///< normalised
  std::string client;                              ///< address of the latest connection, no port
  bool monitoring = false;                         ///< a server's own probe (G6)
  /// By RuleId: the rules that have ever counted an event of this context (Incidents). Most never
  /// do, and need not be looked for then.
  mutable std::bitset<kMostRules> tallied;

  Timestamp first_seen{}, last_began{}, last_ended{};
  std::uint64_t exchanges = 0;
  Timestamp load_began{};  ///< new profile or full resync: volume rules are patient (G11)
  std::size_t octets = 0;  ///< estimate of this history's memory

  std::string version;  ///< MS-ASProtocolVersion of the latest request
  std::string version_before;
  Mark version_changed;
  Mark resync_announced;                                      ///< X-MS-RP
  Mark options, provision, provision_from_zero, folder_sync;  ///< latest requests
  Mark new_profile;                                           ///< D-01 cause c
  Timestamp heartbeat_cut{};                                  ///< latest event of that incident
  FindingId heartbeat_cut_incident;
  Mark state_lost;  ///< common 132, 134, 135, 136

  std::string hierarchy_key;
  bool hierarchy_restarting = false;
  std::string hierarchy_answered;  ///< the key that a restart was answered with; not yet used
  Mark hierarchy_demand;           ///< a FolderSync from key 0 obeys it: status 9, 132 …
  Mark hierarchy_reset;

  std::string policy_key, temporary_policy_key;
  Mark policy_demand;                  ///< 142, 143, 144 or 449, no Provision since
  Mark policy_demand_tried;            ///< the same, while a Provision is on its way
  Mark policy_delivered;               ///< a temporary key was delivered and not acknowledged yet
  bool provision_undelivered = false;  ///< the latest Provision answer did not arrive (G3)
  int provisions = 0;                  ///< requests since the last data command that worked
  int provision_110 = 0;               ///< answers 110 in a row
  int failures_in_a_row = 0;
  struct {
    Mark mark;  ///< a hanging request the device closed; the next request tells why
    ConnectionId connection;
    std::string client;
    std::int64_t after_seconds = 0, of_seconds = 0;
  } closed_wait;
  Mark ping_unproven;              ///< a Ping answer with changes, no Sync has brought any since
  std::uint64_t ping_refused = 0;  ///< fingerprint of the latest Ping answered 3, 4 or 8
  bool password_refused = false;
  std::string policy_text;  ///< what the latest policy demands, for people
  Ring<FailureMark> failures;
  Steps steps;
  Ring<std::int64_t> cut_after;  ///< seconds of the latest cuts
  std::vector<OpenRequest> open;
  std::vector<CollectionHistory> collections;
  std::map<std::string, Folder, std::less<>> folders;
  bool answer_deadline = false;  ///< a deadline for `open` is set

  Mark policy_final;                      ///< the final key was delivered
  int policy_refusals = 0;                ///< answers with a policy demand since it was first made
  Mark dropped;                           ///< its side ended a waiting request and sent none since
  Mark folder_demand;                     ///< 12, Ping 7 …: FolderSync is due
  Mark folder_demand_tried;               ///< the same, while a FolderSync is on its way
  Verb folder_demand_verb = Verb::other;  ///< what was answered so
  std::uint64_t folder_demand_of = 0;     ///< hash of the folder; 0: of no single one
  Mark folders_unchanged;                 ///< latest FolderSync that brought nothing
  Mark folders_changed;                   ///< latest FolderSync that brought something
  Timestamp folders_listed{};             ///< the whole list is known since
  Mark whole_request_demand;              ///< status 13 or 149
  int refused_limit = 0;                  ///< value that the server called out of range
  Timestamp equal_seen{};                 ///< as many equal commands as identical-commands tells
  Timestamp equal_told{};                 ///< identical-commands reported
  RateCounter rate;
  std::int32_t day = 0;  ///< of `day_count`
  std::uint32_t day_count = 0;
  struct {
    Verb verb = Verb::other;
    Timestamp began{}, ended{};
  } aborted;  ///< latest request that the device gave up without an answer
  Timestamp asked_to_wait{}, wait_until{};  ///< Retry-After
  int slow_in_row = 0;
  std::uint16_t heartbeats = 0;  ///< hanging requests in `heartbeat_mean`
  float heartbeat_mean = 0;
  std::uint64_t agent = 0;  ///< hash of the User-Agent
  struct Agent {
    std::uint64_t hash = 0;
    Timestamp seen{};
  };
  std::vector<Agent> agents;    ///< distinct ones; at most 8
  std::uint64_t good_node = 0;  ///< hash of the back end that answered well
  Mark redirected;              ///< 451 with a place
  std::string version_told;     ///< that is lower than possible: reported
  Timestamp version_used{};     ///< last time of `version`
  bool ever_succeeded = false;  ///< a data command worked
  bool uploaded = false;        ///< … that carried something of the user
  int first_sync_failures = 0;  ///< FolderSync from key 0 that failed before
  struct {
    Timestamp began{};
    Mark mail;
    std::uint32_t adds = 0, later_syncs = 0;
  } limbo;  ///< the signs of quarantine
  std::uint64_t refused_token = 0;
  Timestamp refused_token_at{};
  std::unique_ptr<Uploads> uploads_made;
  Setup setup;

  Uploads& uploads() {
    if (!uploads_made) uploads_made = std::make_unique<Uploads>();
    return *uploads_made;
  }

  /// A request of that command waits for its answer.
  [[nodiscard]] bool awaits(Verb verb) const;
  [[nodiscard]] CollectionHistory* find(std::string_view collection_id);
  /// Makes room by forgetting the collection that was synchronised longest ago.
  CollectionHistory& collection(std::string_view collection_id, const Limits& limits);
  /// "Inbox(5)", or "folder 5" while its name is unknown.
  [[nodiscard]] std::string folder_label(std::string_view collection_id) const;
  /// A new profile or full resync began less than 15 minutes before.
  [[nodiscard]] bool loading(Timestamp now) const;
};

struct Host {
  std::string name;
  bool activesync_seen = false;  ///< it has sent MS-Server-ActiveSync (G8)
  int best_version = 0;          ///< offered in OPTIONS, tenths
  Timestamp offered{};
  std::uint64_t served = 0;  ///< hash of the person whose command worked last
  Timestamp served_at{};
  Timestamp certificate_judged{};
  Ring<std::uint16_t> delays;  ///< to the first octet of the latest answers, tenths of a second
};

/// Every device and host seen, within Limits.
class History {
 public:
  explicit History(const Limits& limits) : limits_{limits} {}

  /// The context of that device, made when new and put in front of the others.
  std::shared_ptr<Device> device(std::string_view host, std::string_view user,
                                 std::string_view device_id, std::string_view device_type,
                                 std::string_view user_agent);
  Host& host(std::string_view name);
  /// Takes note that `device.octets` may have changed, and forgets the longest silent devices.
  void settle(Device& device);

  [[nodiscard]] std::size_t devices() const { return devices_.size(); }
  [[nodiscard]] std::size_t octets() const { return octets_; }
  /// Devices that Limits made it forget.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  /// All devices, in the order in which they were first seen.
  [[nodiscard]] std::vector<const Device*> all() const;
  /// Null when nothing is known of it.
  [[nodiscard]] const Host* find_host(std::string_view name) const;

 private:
  Limits limits_;
  std::uint64_t serials_ = 0, forgotten_ = 0;
  std::size_t octets_ = 0;
  std::string key_;                          ///< scratch
  LruMap<std::shared_ptr<Device>> devices_;  ///< by Device::key
  std::list<Host> host_order_;
  boost::unordered_flat_map<std::string_view, std::list<Host>::iterator>
      host_index_;  ///< views: Host::name
};

}  // namespace eastap::findings
