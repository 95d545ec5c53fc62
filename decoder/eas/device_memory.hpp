#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decoder/base/ids.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/eas/limits.hpp"

namespace eastap::eas {

/// What one device has shown so far.
struct DeviceMemory {
  struct Folder {
    std::string name;
    std::optional<int> type;
  };
  struct SyncCollection {
    std::string id, class_name, sync_key;
    std::optional<int> filter_type, conversation_mode, window_size;
  };

  /// Null when it is not known.
  [[nodiscard]] const Folder* folder(std::string_view id) const;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, Folder, Hash, std::equal_to<>> folders;

  std::vector<SyncCollection> sync_collections;  ///< as the server keeps them for an empty Sync
  std::optional<int> sync_seconds;               ///< Wait or HeartbeatInterval of that Sync
  ExchangeId sync_exchange;                      ///< that they are from
  std::vector<PingFolder> ping_folders;
  std::optional<int> ping_seconds;
  ExchangeId ping_exchange;

  /// Entries held, for the bound over all devices.
  [[nodiscard]] std::size_t weight() const {
    return folders.size() + sync_collections.size() + ping_folders.size();
  }

  /// Takes over what an exchange that ended says. `delivered`: its answer came to its end and was
  /// handed to the device; only then keys and folders are believed.
  void learn(const Command& command, ExchangeId exchange, bool delivered, const Limits& limits);

 private:
  void learn_folders(const Command& command, const Limits& limits);
  void learn_sync(const Command& command, ExchangeId exchange, bool delivered,
                  const Limits& limits);
  void learn_ping(const Command& command, ExchangeId exchange, const Limits& limits);
};

/// The class that a folder type holds, [MS-ASCMD] 2.2.3.186.3: "Email", "Calendar", …; "" for
/// others.
[[nodiscard]] std::string_view class_of_folder_type(int type);

/// Devices by key, the least recently used forgotten first.
class DeviceTable {
 public:
  explicit DeviceTable(const Limits& limits) : limits_{limits} {}

  /// Null when it is not known. No use by itself: what is understood twice must not differ.
  [[nodiscard]] const DeviceMemory* find(const std::string& key) const;
  /// Makes the device when it is not known, and forgets the least recently used ones beyond
  /// `Limits::devices` and `Limits::entries_altogether`.
  void learn(const std::string& key, const Command& command, ExchangeId exchange, bool delivered);
  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  struct Device {
    std::string key;
    DeviceMemory memory;
  };
  DeviceMemory& use(const std::string& key);
  void forget_oldest();

  Limits limits_;
  std::size_t weight_ = 0;
  std::list<Device> devices_;  ///< most recently used first
  std::unordered_map<std::string_view, std::list<Device>::iterator>
      places_;  ///< keys in `devices_`
};

}  // namespace eastap::eas
