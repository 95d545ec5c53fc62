#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decoder/findings/history.hpp"
#include "decoder/findings/item_facts.hpp"

namespace eastap::findings {

/// The server's copy of an appointment, task or meeting mail, as far as the evidence has shown it.
struct KnownItem {
  std::uint64_t key = 0, uid_key = 0, masked_key = 0;  ///< of the store's indexes
  std::string folder, server_id, uid, organizer;       ///< each at most 160 octets
  bool made_by_client = false;
  bool server_seen = false;  ///< the server sent it, or took all of it from the device
  bool gone = false;         ///< deleted; kept because an update may follow
  bool meeting_request = false;
  bool task = false;
  std::optional<int> meeting_status, reminder;
  std::optional<bool> all_day;
  std::optional<Timestamp> start, end, stamp;
  Timestamp stamp_seen{};
  std::uint64_t content = 0;
  bool recurring = false, has_attendees = false;
  std::vector<std::uint64_t> attendees;
  std::vector<ExceptionFacts> exceptions;
  std::size_t exception_count = 0;
  bool has_exceptions = false;
  std::optional<TimeZone> time_zone;
  bool has_body = false, body_truncated = false, body_fetched = false, downgraded = false;
  int body_type = 0, native_body_type = 0;
  std::uint64_t body_octets = 0, body_estimate = 0, body_hash = 0;
  std::vector<ItemFacts::Property> properties;
  Mark cancelled;           ///< by the device
  Mark instance_cancelled;  ///< by the server
  Mark series_changed;      ///< by the device, without an instance
  Mark forwarded;

  /// The organizer's copy: meeting, not received.
  [[nodiscard]] bool organized() const { return meeting_status && (*meeting_status & 0x3) == 0x1; }
  [[nodiscard]] bool meeting() const {
    return has_attendees || (meeting_status && (*meeting_status & 0x1) != 0);
  }
  /// Takes over what `facts` says; absent members stay as they are.
  void merge(const ItemFacts& facts);
  [[nodiscard]] std::size_t octets() const;
};

/// The items of all devices in `limit` octets; the longest untouched are forgotten first.
class ItemStore {
 public:
  explicit ItemStore(std::size_t limit) : limit_{limit} {}

  [[nodiscard]] KnownItem* find(const Device& device, std::string_view folder,
                                std::string_view server_id);
  /// The latest item of the person with that UID.
  [[nodiscard]] KnownItem* find_uid(const Device& device, std::string_view uid);
  /// Another item of the person whose UID differs in the instance date only.
  [[nodiscard]] KnownItem* find_sibling(const Device& device, const KnownItem& item);
  KnownItem& get(const Device& device, std::string_view folder, std::string_view server_id);
  /// After a change of `item`: its UID may be new and its size another.
  void settle(const Device& device, KnownItem& item);
  [[nodiscard]] std::size_t size() const { return order_.size(); }
  [[nodiscard]] std::size_t octets() const { return octets_; }

 private:
  struct Entry {
    KnownItem item;
    std::size_t octets = 0;
  };
  using Place = std::list<Entry>::iterator;
  static void unlink(std::unordered_map<std::uint64_t, Place>& index, std::uint64_t key,
                     const KnownItem& item);

  std::size_t limit_, octets_ = 0;
  std::list<Entry> order_;  ///< latest first
  std::unordered_map<std::uint64_t, Place> index_, by_uid_, by_masked_uid_;
};

/// Octets 17 to 20 of the UID, hexadecimal: the date of an instance; "" when it has none.
[[nodiscard]] std::string_view instance_date_of(std::string_view uid);

}  // namespace eastap::findings
