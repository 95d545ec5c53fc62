#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decoder/base/ids.hpp"
#include "decoder/base/time.hpp"
#include "decoder/findings/settings.hpp"

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
  [[nodiscard]] const T& operator[](std::size_t index) const {
    return values_[(first_ + index) % values_.size()];
  }
  [[nodiscard]] T& operator[](std::size_t index) {
    return values_[(first_ + index) % values_.size()];
  }
  [[nodiscard]] const T& newest() const { return (*this)[size() - 1]; }
  void clear() {
    values_.clear();
    first_ = 0;
  }

 private:
  std::vector<T> values_;
  std::size_t first_ = 0;
};

/// One ended exchange, as short as rules can do with.
struct Step {
  ExchangeId id;
  Timestamp began{}, ended{};
  std::uint64_t fingerprint = 0;  ///< of command, collections, keys and body
  Verb verb = Verb::other;
  bool delivered = false;
  bool success = false;
  bool brought_items = false;
  bool had_items = false;
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
  std::vector<std::string> last_items;  ///< ServerIds of the latest answer with server commands
  Mark undelivered;                     ///< latest answer with server commands that did not arrive
  Mark more_available;                  ///< delivered, and not followed yet
  std::vector<std::string> suspects;    ///< ServerIds in every answer to a repeated key
  Mark changed;  ///< latest Ping answer that named it, until a rule has judged it
  bool ping_ignored = false, ping_phantom = false;  ///< such an answer was judged so
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
  Mark state_lost;                                            ///< common 132, 134, 135, 136

  std::string hierarchy_key;
  bool hierarchy_restarting = false;
  Mark hierarchy_demand;  ///< a FolderSync from key 0 obeys it: status 9, 132 …
  Mark hierarchy_reset;

  std::string policy_key, temporary_policy_key;
  Mark policy_demand;                  ///< 142, 143, 144 or 449, no Provision since
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
  Ring<Step> steps;
  Ring<std::int64_t> cut_after;  ///< seconds of the latest cuts
  std::vector<OpenRequest> open;
  std::vector<CollectionHistory> collections;
  std::map<std::string, Folder, std::less<>> folders;
  bool answer_deadline = false;  ///< a deadline for `open` is set

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

  [[nodiscard]] std::size_t devices() const { return order_.size(); }
  [[nodiscard]] std::size_t octets() const { return octets_; }

 private:
  Limits limits_;
  std::uint64_t serials_ = 0;
  std::size_t octets_ = 0;
  std::string key_;                           ///< scratch
  std::list<std::shared_ptr<Device>> order_;  ///< latest first
  std::unordered_map<std::string_view, std::list<std::shared_ptr<Device>>::iterator>
      index_;  ///< views: Device::key
  std::list<Host> host_order_;
  std::unordered_map<std::string_view, std::list<Host>::iterator>
      host_index_;  ///< views: Host::name
};

}  // namespace eastap::findings
