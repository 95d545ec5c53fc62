#include "decoder/findings/item_store.hpp"

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/findings/facts.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kText = 160;
constexpr std::size_t kOverhead = 200;  // list and index nodes

std::uint64_t combined(std::uint64_t left, std::uint64_t right) {
  return (left ^ (right + 0x9E3779B97F4A7C15U + (left << 6) + (left >> 2))) * 0x100000001B3U;
}

std::uint64_t key_of(const Device& device, std::string_view folder, std::string_view server_id) {
  return combined(combined(device.serial, hash_of(folder)), hash_of(server_id));
}

std::uint64_t uid_key_of(const Device& device, std::string_view uid) {
  return combined(combined(hash_of(device.host), hash_of(device.person)), hash_of(to_lower(uid)));
}

std::uint64_t masked_key_of(const Device& device, std::string_view uid) {
  std::string masked = to_lower(uid);
  masked.replace(32, 8, "00000000");
  return combined(combined(hash_of(device.host), hash_of(device.person)), hash_of(masked));
}

}  // namespace

std::string_view instance_date_of(std::string_view uid) {
  // GlobalObjectId, [MS-OXOCAL] 2.2.1.27: 16 octets of class, then year, month and day.
  constexpr std::string_view kClass = "040000008200e00074c5b7101a82e008";
  if (uid.size() < 40 || !equals_ignoring_case(uid.substr(0, kClass.size()), kClass)) return {};
  return uid.substr(32, 8);
}

void KnownItem::merge(const ItemFacts& facts) {
  if (!facts.uid.empty()) uid = facts.uid.substr(0, kText);
  if (!facts.organizer.empty()) organizer = facts.organizer.substr(0, kText);
  task = task || facts.task;
  meeting_request = meeting_request || facts.meeting_request;
  if (facts.meeting_status) meeting_status = facts.meeting_status;
  if (facts.reminder) reminder = facts.reminder;
  if (facts.all_day) all_day = facts.all_day;
  if (facts.start) start = facts.start;
  if (facts.end) end = facts.end;
  if (facts.time_zone) time_zone = facts.time_zone;
  if (facts.property({4, 0x1B}) != nullptr) recurring = facts.recurring;  // Calendar:Recurrence
  if (facts.property({4, 0x07}) != nullptr) {                             // Calendar:Attendees
    has_attendees = facts.has_attendees;
    attendees = facts.attendees;
  }
  if (facts.has_exceptions) {
    has_exceptions = true;
    exception_count = facts.exception_count;
    exceptions = facts.exceptions;
  }
  if (facts.has_body) {
    has_body = true;
    body_type = facts.body_type;
    body_octets = facts.body_octets;
    body_hash = facts.body_hash;
    body_truncated = facts.body_truncated;
    body_estimate = facts.body_estimate;
    body_fetched = false;
  }
  if (facts.native_body_type != 0) native_body_type = facts.native_body_type;
  for (const ItemFacts::Property& one : facts.properties) {
    const auto known = std::find_if(properties.begin(), properties.end(),
                                    [&](const auto& other) { return other.tag == one.tag; });
    if (known != properties.end()) {
      known->hash = one.hash;
    } else {
      properties.push_back(one);
    }
  }
}

std::size_t KnownItem::octets() const {
  return sizeof(KnownItem) + kOverhead + folder.capacity() + server_id.capacity() + uid.capacity() +
         organizer.capacity() + attendees.capacity() * sizeof(std::uint64_t) +
         exceptions.capacity() * sizeof(ExceptionFacts) +
         properties.capacity() * sizeof(ItemFacts::Property);
}

KnownItem* ItemStore::find(const Device& device, std::string_view folder,
                           std::string_view server_id) {
  const auto found = index_.find(key_of(device, folder, server_id));
  if (found == index_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return &found->second->item;
}

KnownItem* ItemStore::find_uid(const Device& device, std::string_view uid) {
  if (uid.empty()) return nullptr;
  const auto found = by_uid_.find(uid_key_of(device, uid.substr(0, kText)));
  return found == by_uid_.end() ? nullptr : &found->second->item;
}

KnownItem* ItemStore::find_sibling(const Device& device, const KnownItem& item) {
  if (instance_date_of(item.uid).empty()) return nullptr;
  const auto found = by_masked_uid_.find(masked_key_of(device, item.uid));
  if (found == by_masked_uid_.end()) return nullptr;
  KnownItem& other = found->second->item;
  return other.key == item.key || equals_ignoring_case(other.uid, item.uid) ? nullptr : &other;
}

KnownItem& ItemStore::get(const Device& device, std::string_view folder,
                          std::string_view server_id) {
  if (KnownItem* known = find(device, folder, server_id)) return *known;
  Entry& made = order_.emplace_front();
  made.item.key = key_of(device, folder, server_id);
  made.item.folder = folder.substr(0, kText);
  made.item.server_id = server_id.substr(0, kText);
  index_.emplace(made.item.key, order_.begin());
  return made.item;
}

void ItemStore::unlink(std::unordered_map<std::uint64_t, Place>& index, std::uint64_t key,
                       const KnownItem& item) {
  if (key == 0) return;
  const auto found = index.find(key);
  if (found != index.end() && found->second->item.key == item.key) index.erase(found);
}

void ItemStore::settle(const Device& device, KnownItem& item) {
  const auto place = index_.find(item.key);
  if (place == index_.end()) return;
  Entry& entry = *place->second;
  if (!item.uid.empty()) {
    item.uid_key = uid_key_of(device, item.uid);
    by_uid_[item.uid_key] = place->second;
    if (!instance_date_of(item.uid).empty()) {
      item.masked_key = masked_key_of(device, item.uid);
      by_masked_uid_[item.masked_key] = place->second;
    }
  }
  const std::size_t now = item.octets();
  octets_ = octets_ - entry.octets + now;
  entry.octets = now;
  while (octets_ > limit_ && order_.size() > 1) {
    const KnownItem& oldest = order_.back().item;
    unlink(by_uid_, oldest.uid_key, oldest);
    unlink(by_masked_uid_, oldest.masked_key, oldest);
    index_.erase(oldest.key);
    octets_ -= order_.back().octets;
    order_.pop_back();
  }
}

}  // namespace eastap::findings
