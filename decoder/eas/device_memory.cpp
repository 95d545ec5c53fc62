#include "decoder/eas/device_memory.hpp"

#include <algorithm>
#include <utility>

namespace eastap::eas {
namespace {

bool refused(const Command& command) {
  if (command.http_status.value_or(200) != 200) return true;
  return std::any_of(command.statuses.begin(), command.statuses.end(),
                     [](const Status& status) { return status.place.empty() && !status.success; });
}

/// An id that is too long to keep would be a wrong id when cut.
bool fits(std::string_view id, const Limits& limits) {
  return !id.empty() && id.size() <= limits.name_octets;
}

}  // namespace

const DeviceMemory::Folder* DeviceMemory::folder(std::string_view id) const {
  const auto found = folders.find(id);
  return found == folders.end() ? nullptr : &found->second;
}

void DeviceMemory::learn(const Command& command, ExchangeId exchange, bool delivered,
                         const Limits& limits) {
  if (command.name == "Sync") {
    learn_sync(command, exchange, delivered, limits);
  } else if (command.name == "Ping") {
    learn_ping(command, exchange, limits);
  } else if (delivered && command.name.starts_with("Folder") && command.eas_status == 1) {
    learn_folders(command, limits);
  }
}

void DeviceMemory::learn_folders(const Command& command, const Limits& limits) {
  if (command.name == "FolderSync" && command.sync_key == "0") folders.clear();
  for (const FolderChange& change : command.folder_changes) {
    if (change.kind == FolderChange::Kind::remove) {
      if (const auto found = folders.find(change.id); found != folders.end()) folders.erase(found);
      continue;
    }
    if (!fits(change.id, limits)) continue;
    auto found = folders.find(change.id);
    if (found == folders.end()) {
      if (folders.size() >= limits.folders) continue;
      found = folders.try_emplace(change.id).first;
    }
    if (!change.name.empty()) found->second.name = change.name.substr(0, limits.name_octets);
    if (change.type) found->second.type = change.type;
  }
}

void DeviceMemory::learn_sync(const Command& command, ExchangeId exchange, bool delivered,
                              const Limits& limits) {
  if (exchange < sync_exchange || refused(command)) return;
  // The request reached the server, answered or not; the keys of an answer count once it arrived.
  sync_exchange = exchange;
  sync_collections.clear();
  for (const Collection& collection : command.collections) {
    if (!collection.in_request && !collection.remembered) continue;
    if (!fits(collection.id, limits)) continue;
    if (sync_collections.size() >= limits.remembered_collections) break;
    const std::string& key = delivered && !collection.new_sync_key.empty() ? collection.new_sync_key
                                                                           : collection.sync_key;
    sync_collections.push_back({collection.id, collection.class_name.substr(0, limits.name_octets),
                                key.substr(0, limits.name_octets), collection.filter_type,
                                collection.conversation_mode, collection.window_size});
  }
  sync_seconds = command.waiting ? command.waiting->seconds : std::nullopt;
}

void DeviceMemory::learn_ping(const Command& command, ExchangeId exchange, const Limits& limits) {
  if (exchange < ping_exchange || refused(command) || !command.waiting) return;
  ping_exchange = exchange;
  ping_seconds = command.waiting->seconds;
  ping_folders.clear();
  for (const PingFolder& folder : command.waiting->folders) {
    if (!fits(folder.id, limits)) continue;
    if (ping_folders.size() >= limits.remembered_collections) break;
    ping_folders.push_back({folder.id, folder.class_name.substr(0, limits.name_octets), {}});
  }
}

std::string_view class_of_folder_type(int type) {
  switch (type) {
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 12: return "Email";
    case 7:
    case 15: return "Tasks";
    case 8:
    case 13: return "Calendar";
    case 9:
    case 14: return "Contacts";
    case 10:
    case 17: return "Notes";
    default: return {};
  }
}

const DeviceMemory* DeviceTable::find(const std::string& key) const {
  const auto found = places_.find(key);
  return found == places_.end() ? nullptr : &found->second->memory;
}

DeviceMemory& DeviceTable::use(const std::string& key) {
  if (const auto found = places_.find(key); found != places_.end()) {
    devices_.splice(devices_.begin(), devices_, found->second);
    return found->second->memory;
  }
  devices_.push_front({key, {}});
  places_.emplace(devices_.front().key, devices_.begin());
  return devices_.front().memory;
}

void DeviceTable::forget_oldest() {
  const Device& oldest = devices_.back();
  weight_ -= oldest.memory.weight();
  places_.erase(oldest.key);
  devices_.pop_back();
}

void DeviceTable::learn(const std::string& key, const Command& command, ExchangeId exchange,
                        bool delivered) {
  DeviceMemory& memory = use(key);
  const std::size_t before = memory.weight();
  memory.learn(command, exchange, delivered, limits_);
  weight_ = weight_ - before + memory.weight();
  while (devices_.size() > 1 &&
         (devices_.size() > limits_.devices || weight_ > limits_.entries_altogether)) {
    forget_oldest();
  }
}

}  // namespace eastap::eas
