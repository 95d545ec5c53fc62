#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoder/base/diagnostic.hpp"
#include "decoder/wbxml/document.hpp"

/// What an exchange means in ActiveSync's terms. Absent is absent: an optional or empty member was
/// not on the wire.
namespace eastap::eas {

/// A status number with the table that gives it its meaning (status_table.hpp).
struct Status {
  std::string scope;   ///< table key: "Sync", "Ping", "Provision.Policy", …
  int code = 0;
  std::string place;   ///< "" the command itself; else "collection 5", "item 5:90", "store", …
  bool success = false;  ///< per [MS-ASCMD]: 1, MoveItems 3, Ping 1 and 2
  std::string name;      ///< "InvalidSyncKey"; "" when the tables do not know the number
  std::string meaning;   ///< one sentence
  bool operator==(const Status&) const = default;
};

/// One Add, Change, Delete, SoftDelete or Fetch of a collection.
struct Item {
  enum class Kind : std::uint8_t { add, change, remove, soft_delete, fetch };
  Kind kind = Kind::add;
  bool from_server = false;    ///< a server command, or the server's answer to a client command
  bool is_response = false;    ///< inside Responses: answers a client's command
  std::string server_id, client_id;
  std::optional<int> status;
  std::uint32_t node = 0;      ///< of the element, in the document it came from
  bool operator==(const Item&) const = default;
};

/// A Sync or GetItemEstimate collection, request and response joined by id (or order, when the
/// response leaves the id out).
struct Collection {
  std::string id, class_name;
  std::string folder_name;         ///< learned from FolderSync of this device
  std::string sync_key;            ///< asked
  std::string new_sync_key;        ///< answered
  std::optional<int> status;
  std::vector<Item> items;         ///< request's first; at most Limits::items
  std::uint32_t client_adds = 0, client_changes = 0, client_deletes = 0, client_fetches = 0;
  std::uint32_t adds = 0, changes = 0, deletes = 0, soft_deletes = 0;  ///< server commands
  std::uint32_t fetches = 0;       ///< Fetch answers of the server
  bool more_available = false;
  bool in_request = false, in_response = false;
  std::optional<bool> get_changes;
  std::optional<int> window_size, filter_type, conversation_mode, estimate;
  bool operator==(const Collection&) const = default;
};

struct FolderChange {
  enum class Kind : std::uint8_t { add, update, remove };
  Kind kind = Kind::add;
  std::string id, parent_id, name;
  std::optional<int> type;  ///< [MS-ASCMD] 2.2.3.186.3
  bool operator==(const FolderChange&) const = default;
};

struct PingFolder {
  std::string id, class_name, name;
  bool operator==(const PingFolder&) const = default;
};

/// Ping, and the waiting part of a hanging Sync.
struct Waiting {
  std::optional<int> seconds;           ///< HeartbeatInterval, or Wait × 60
  std::vector<PingFolder> folders;      ///< asked for; of the remembered request when the body was empty
  std::vector<PingFolder> changed;      ///< answered
  std::optional<int> limit_seconds;     ///< the server's HeartbeatInterval or Limit × 60
  std::optional<int> max_folders;
  bool operator==(const Waiting&) const = default;
};

struct Provision {
  enum class Phase : std::uint8_t { ask, acknowledge, wipe_acknowledge };
  Phase phase = Phase::ask;
  std::string request_key, response_key;      ///< PolicyKey inside the bodies
  std::optional<int> acknowledged_status;     ///< request: how the device applied the policy
  std::optional<int> policy_status;           ///< response
  bool remote_wipe = false;                   ///< the answer orders a wipe (of device or account)
  bool account_only_wipe = false;
  std::optional<int> wipe_status;             ///< request: 1 wiped, 2 failed
  std::vector<std::pair<std::string, std::string>> settings;  ///< policy document, name and value
  bool operator==(const Provision&) const = default;
};

/// A body after content coding and, where it is one, its document.
struct Body {
  enum class Kind : std::uint8_t { none, wbxml, multipart, mime, xml, json, html, text, other };
  Kind kind = Kind::none;
  std::shared_ptr<const std::string> octets;  ///< content coding undone; null when none
  std::shared_ptr<const wbxml::Document> document;  ///< wbxml, or part 0 of multipart
  std::string other_language;  ///< WBXML that is not ActiveSync: its name …
  std::string other_xml;       ///< … and libwbxml's XML of it
};

/// One ActiveSync (or Autodiscover, or OPTIONS) exchange, understood as far as it goes.
struct Command {
  std::string name;               ///< "Sync", "OPTIONS", "Autodiscover", "command 42"; "" when not ActiveSync
  bool is_activesync = false;     ///< path, query and method say so
  std::string user, device_id, device_type, user_agent;
  std::string protocol_version;   ///< "16.1"
  std::string policy_key;         ///< header or base64 query
  std::optional<std::uint16_t> locale;  ///< LCID of a base64 query
  bool base64_query = false;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< further query parameters

  std::optional<int> http_status;
  std::optional<int> eas_status;    ///< of the command itself, else the first that is not a success
  std::vector<Status> statuses;     ///< every level, in document order

  Body request, response;
  bool request_repeats_last = false;  ///< empty Sync or Ping body: collections and folders are the remembered ones'

  std::string sync_key, new_sync_key;          ///< FolderSync, FolderCreate, …
  std::vector<Collection> collections;
  std::vector<FolderChange> folder_changes;
  std::optional<Waiting> waiting;              ///< set when the request may hang
  std::optional<Provision> provision;
  std::vector<std::string> offered_versions, offered_commands;  ///< OPTIONS answers
  std::string detail;              ///< one line of what else an admin wants to see: "send to bob@…, 12 kB"

  std::vector<Diagnostic> diagnostics;

  [[nodiscard]] bool hangs() const { return waiting && waiting->seconds.value_or(0) > 0; }
};

}  // namespace eastap::eas
