#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "decoder/codepages/pages/page00_airsync.hpp"
#include "decoder/codepages/pages/page22_email2.hpp"
#include "decoder/eas/reading.hpp"

/// Sync, [MS-ASCMD] 2.2.1.21.
namespace eastap::eas {
namespace {

namespace airsync = codepages::airsync;
namespace email2 = codepages::email2;

constexpr std::string_view kScope = "Sync";
constexpr int kLongestHeartbeat = 86'400;  // servers end at 3 540; more is no waiting time

std::string collection_place(const Collection& collection) {
  return collection.id.empty() ? "collection" : "collection " + collection.id;
}

std::optional<Item::Kind> item_kind(codepages::Tag tag) {
  if (tag == airsync::kAdd) return Item::Kind::add;
  if (tag == airsync::kChange) return Item::Kind::change;
  if (tag == airsync::kDelete) return Item::Kind::remove;
  if (tag == airsync::kSoftDelete) return Item::Kind::soft_delete;
  if (tag == airsync::kFetch) return Item::Kind::fetch;
  return std::nullopt;
}

class SyncReader {
 public:
  explicit SyncReader(Reading& reading) : reading_{reading}, command_{reading.command} {}

  void read() {
    if (reading_.asked) {
      read_request(*reading_.asked);
    } else if (reading_.empty_request) {
      command_.request_repeats_last = true;
    }
    if (reading_.empty_request || command_.partial) recall();
    for (Collection& collection : command_.collections) name(collection);
    set_waiting();
    if (reading_.answered) read_response(*reading_.answered);
    describe();
  }

 private:
  void read_request(wbxml::Element root) {
    for (const wbxml::Element child : root.children()) {
      if (child.is(airsync::kCollections)) {
        for (const wbxml::Element collection : child.children()) {
          if (!collection.is(airsync::kCollection)) continue;
          if (command_.collections.size() >= reading_.limits.collections) {
            reading_.remark_limit("collections", reading_.limits.collections);
            break;
          }
          read_request_collection(collection);
        }
      } else if (child.is(airsync::kWait)) {
        wait_is_minutes_ = true;
        if (const auto minutes = reading_.number(child, false)) {
          seconds_ = std::min(*minutes, kLongestHeartbeat / 60) * 60;
        }
      } else if (child.is(airsync::kHeartbeatInterval)) {
        seconds_ = reading_.number(child, false);
      } else if (child.is(airsync::kPartial)) {
        command_.partial = true;
      }
    }
  }

  void read_request_collection(wbxml::Element element) {
    Collection& collection = command_.collections.emplace_back();
    collection.in_request = true;
    for (const wbxml::Element child : element.children()) {
      const codepages::Tag tag = child.tag();
      if (tag == airsync::kSyncKey) {
        collection.sync_key = reading_.text(child);
      } else if (tag == airsync::kCollectionId) {
        collection.id = reading_.text(child);
      } else if (tag == airsync::kClass) {
        collection.class_name = reading_.text(child);
      } else if (tag == airsync::kGetChanges) {
        collection.get_changes = child.value() != "0";  // empty means 1, [MS-ASCMD] 2.2.3.84
      } else if (tag == airsync::kWindowSize) {
        collection.window_size = reading_.number(child, false);
      } else if (tag == airsync::kConversationMode) {
        collection.conversation_mode = child.value().empty() ? 1 : reading_.number(child, false);
      } else if (tag == airsync::kOptions) {
        read_options(collection, child);
      } else if (tag == airsync::kCommands) {
        read_client_commands(collection, child);
      }
    }
    collection.first_sync = collection.sync_key == "0";
  }

  void read_options(Collection& collection, wbxml::Element options) {
    for (const wbxml::Element child : options.children()) {
      if (child.is(airsync::kFilterType) && !collection.filter_type) {
        collection.filter_type = reading_.number(child, false);
      } else if (child.is(airsync::kConversationMode) && !collection.conversation_mode) {
        collection.conversation_mode = reading_.number(child, false);
      } else if (child.is(airsync::kClass) && collection.class_name.empty()) {
        collection.class_name = reading_.text(child);
      }
    }
  }

  /// Counts all, keeps as many as the limit allows.
  Item* add_item(Collection& collection, Item::Kind kind, wbxml::Element element) {
    if (items_ >= reading_.limits.items) {
      reading_.remark_limit("items", reading_.limits.items);
      return nullptr;
    }
    ++items_;
    Item& item = collection.items.emplace_back();
    item.kind = kind;
    item.node = element.index();
    for (const wbxml::Element child : element.children()) {
      if (child.is(airsync::kServerId)) {
        item.server_id = reading_.text(child);
      } else if (child.is(airsync::kClientId)) {
        item.client_id = reading_.text(child);
      }
    }
    return &item;
  }

  /// [MS-ASEMAIL] Send; some devices put it among the properties.
  static bool sends_draft(wbxml::Element command) {
    if (command.has(email2::kSend)) return true;
    const auto data = command.child(airsync::kApplicationData);
    return data && data->has(email2::kSend);
  }

  void read_client_commands(Collection& collection, wbxml::Element commands) {
    for (const wbxml::Element child : commands.children()) {
      const auto kind = item_kind(child.tag());
      if (!kind) continue;
      switch (*kind) {
        case Item::Kind::add: ++collection.client_adds; break;
        case Item::Kind::change: ++collection.client_changes; break;
        case Item::Kind::fetch: ++collection.client_fetches; break;
        default: ++collection.client_deletes; break;
      }
      if (sends_draft(child)) ++collection.client_sends;
      add_item(collection, *kind, child);
    }
  }

  /// What the server still holds of the last request counts for what this one leaves out.
  void recall() {
    const DeviceMemory* memory = reading_.memory;
    if (memory == nullptr) return;
    if (!seconds_ && reading_.empty_request) seconds_ = memory->sync_seconds;
    std::unordered_map<std::string, Collection*> named;
    for (Collection& collection : command_.collections) named.emplace(collection.id, &collection);
    std::vector<Collection> recalled;
    for (const DeviceMemory::SyncCollection& known : memory->sync_collections) {
      if (named.contains(known.id)) continue;
      Collection& collection = recalled.emplace_back();
      collection.id = known.id;
      collection.class_name = known.class_name;
      collection.sync_key = known.sync_key;
      collection.filter_type = known.filter_type;
      collection.conversation_mode = known.conversation_mode;
      collection.window_size = known.window_size;
      collection.in_request = reading_.empty_request;
      collection.remembered = true;
    }
    for (Collection& collection : recalled) command_.collections.push_back(std::move(collection));
  }

  void name(Collection& collection) const {
    if (reading_.memory == nullptr) return;
    const DeviceMemory::Folder* folder = reading_.memory->folder(collection.id);
    if (folder == nullptr) return;
    collection.folder_name = folder->name;
    collection.folder_type = folder->type;
    if (collection.class_name.empty() && folder->type) {
      collection.class_name = class_of_folder_type(*folder->type);
    }
  }

  void set_waiting() {
    if (!seconds_) return;
    Waiting& waiting = command_.waiting.emplace();
    waiting.seconds = seconds_;
    for (const Collection& collection : command_.collections) {
      waiting.folders.push_back({collection.id, collection.class_name, collection.folder_name});
    }
  }

  void read_response(wbxml::Element root) {
    const auto top = reading_.child_status(Level::command, kScope, "", root, airsync::kStatus);
    if (const auto limit = reading_.child_number(root, airsync::kLimit, true)) {
      if (top == 15) {
        command_.max_collections = limit;
      } else {
        if (!command_.waiting) command_.waiting.emplace();
        command_.waiting->limit_seconds =
            wait_is_minutes_ ? std::min(*limit, kLongestHeartbeat / 60) * 60 : *limit;
      }
    }
    const auto collections = root.child(airsync::kCollections);
    if (!collections) return;
    std::size_t read = 0, without_id = 0;
    for (const wbxml::Element element : collections->children()) {
      if (!element.is(airsync::kCollection)) continue;
      if (read++ >= reading_.limits.collections) {
        reading_.remark_limit("collections", reading_.limits.collections);
        break;
      }
      read_response_collection(element, without_id);
    }
  }

  Collection& partner_of(wbxml::Element element, std::size_t& without_id) {
    const std::string id = reading_.child_text(element, airsync::kCollectionId);
    auto& collections = command_.collections;
    if (id.empty()) {
      // Old servers name the class only: they answer in the order of the request.
      for (; without_id < collections.size(); ++without_id) {
        if (collections[without_id].in_request && !collections[without_id].in_response) {
          return collections[without_id++];
        }
      }
    } else if (collections.size() <= 16) {
      for (Collection& collection : collections) {
        if (collection.id == id) return collection;
      }
    } else {
      if (places_.empty()) {
        for (std::size_t i = 0; i < collections.size(); ++i) places_.emplace(collections[i].id, i);
      }
      const auto [place, is_new] = places_.try_emplace(id, collections.size());
      if (!is_new) return collections[place->second];
    }
    Collection& collection = collections.emplace_back();
    collection.id = id;
    name(collection);
    return collection;
  }

  void read_response_collection(wbxml::Element element, std::size_t& without_id) {
    Collection& collection = partner_of(element, without_id);
    collection.in_response = true;
    for (const wbxml::Element child : element.children()) {
      const codepages::Tag tag = child.tag();
      if (tag == airsync::kSyncKey) {
        collection.new_sync_key = reading_.text(child);
      } else if (tag == airsync::kStatus) {
        collection.status = reading_.status(Level::part, kScope, collection_place(collection),
                                            reading_.number(child, true));
      } else if (tag == airsync::kClass) {
        if (collection.class_name.empty()) collection.class_name = reading_.text(child);
      } else if (tag == airsync::kMoreAvailable) {
        collection.more_available = true;
      } else if (tag == airsync::kCommands) {
        read_server_commands(collection, child);
      } else if (tag == airsync::kResponses) {
        read_answers(collection, child);
      }
    }
  }

  void read_server_commands(Collection& collection, wbxml::Element commands) {
    for (const wbxml::Element child : commands.children()) {
      const auto kind = item_kind(child.tag());
      if (!kind) continue;
      switch (*kind) {
        case Item::Kind::add: ++collection.adds; break;
        case Item::Kind::change: ++collection.changes; break;
        case Item::Kind::remove: ++collection.deletes; break;
        case Item::Kind::soft_delete: ++collection.soft_deletes; break;
        case Item::Kind::fetch: ++collection.fetches; break;
      }
      if (Item* item = add_item(collection, *kind, child)) item->from_server = true;
    }
  }

  void read_answers(Collection& collection, wbxml::Element responses) {
    for (const wbxml::Element child : responses.children()) {
      const auto kind = item_kind(child.tag());
      if (!kind) continue;
      if (*kind == Item::Kind::fetch) ++collection.fetches;
      Item* item = add_item(collection, *kind, child);
      if (item == nullptr) continue;
      item->from_server = item->is_response = true;
      const std::string& id = item->server_id.empty() ? item->client_id : item->server_id;
      item->status =
          reading_.child_status(Level::item, kScope, "item " + id, child, airsync::kStatus);
    }
  }

  // ---- words

  std::string folders_words() const {
    const auto& collections = command_.collections;
    if (collections.empty()) return {};
    if (collections.size() > 3) return counted(collections.size(), "folder", "folders");
    std::string words;
    for (const Collection& collection : collections) {
      if (!words.empty()) words += ", ";
      words += reading_.label(collection);
    }
    return words;
  }

  static void append_count(std::string& words, std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    if (!words.empty()) words += ", ";
    words.append(std::to_string(count)).append(what);
  }

  std::string device_words() const {
    std::uint64_t adds = 0, changes = 0, deletes = 0, fetches = 0, sends = 0;
    for (const Collection& collection : command_.collections) {
      sends += collection.client_sends;
      adds += collection.client_adds;
      changes += collection.client_changes;
      deletes += collection.client_deletes;
      fetches += collection.client_fetches;
    }
    std::string words;
    append_count(words, adds, " new");
    append_count(words, changes, " changed");
    append_count(words, deletes, " deleted");
    append_count(words, fetches, " to fetch");
    append_count(words, sends, " to send");
    return words.empty() ? words : "device: " + words;
  }

  static std::string change_words(const Collection& collection) {
    std::string words;
    if (collection.adds > 0) words = '+' + std::to_string(collection.adds);
    append_count(words, collection.changes, " changed");
    append_count(words, collection.deletes, " deleted");
    append_count(words, collection.soft_deletes, " out of filter");
    append_count(words, collection.fetches, " fetched");
    if (collection.more_available) words += words.empty() ? "more waiting" : " more";
    return words;
  }

  std::string outcome_words() const {
    std::vector<std::string> words;
    bool all_well = true;
    for (const Collection& collection : command_.collections) {
      if (!collection.in_response) continue;
      if (collection.status.value_or(1) != 1) {
        all_well = false;
        continue;
      }
      std::string change = change_words(collection);
      if (change.empty() && collection.first_sync) change = "first sync";
      if (change.empty()) continue;
      words.push_back(command_.collections.size() > 1 ? reading_.label(collection) + ' ' + change
                                                      : std::move(change));
    }
    if (!words.empty()) return clipped(joined(words, 4), reading_.limits.line_octets);
    const bool answered = reading_.answered || reading_.empty_answer;
    const bool top_well = command_.statuses.empty() || command_.statuses.front().success;
    return answered && all_well && top_well ? "no changes" : "";
  }

  void describe() {
    std::string device = device_words();
    command_.asked = folders_words();
    if (command_.request_repeats_last) {
      command_.asked += command_.asked.empty() ? "same as before" : " (same as before)";
    }
    if (!device.empty()) {
      if (!command_.asked.empty()) command_.asked += "  ";
      command_.asked += device;
    }
    command_.asked = clipped(command_.asked, reading_.limits.line_octets);
    command_.outcome = outcome_words();
    command_.detail = std::move(device);
  }

  Reading& reading_;
  Command& command_;
  std::optional<int> seconds_;
  bool wait_is_minutes_ = false;
  std::size_t items_ = 0;
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace

void read_sync(Reading& reading) { SyncReader{reading}.read(); }

}  // namespace eastap::eas
