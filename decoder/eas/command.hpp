#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoder/base/diagnostic.hpp"
#include "decoder/eas/values/credential.hpp"
#include "decoder/wbxml/document.hpp"

/// What an exchange means in ActiveSync's terms. Absent is absent: an optional or empty member was
/// not on the wire.
namespace eastap::eas {

/// A status number with the table that gives it its meaning (status_table.hpp).
struct Status {
  std::string scope;  ///< table key: "Sync", "Ping", "Provision.Policy", …
  int code = 0;
  std::string place;     ///< "" the command itself; else "collection 5", "item 5:90", "store", …
  bool success = false;  ///< per [MS-ASCMD]: 1, MoveItems 3, Ping 1 and 2
  std::string name;      ///< "InvalidSyncKey"; "" when the tables do not know the number
  std::string meaning;   ///< one sentence
  bool operator==(const Status&) const = default;
};

/// One Add, Change, Delete, SoftDelete or Fetch of a collection.
struct Item {
  enum class Kind : std::uint8_t { add, change, remove, soft_delete, fetch };
  Kind kind = Kind::add;
  bool from_server = false;  ///< a server command, or the server's answer to a client command
  bool is_response = false;  ///< inside Responses: answers a client's command
  std::string server_id, client_id;
  std::optional<int> status;
  std::uint32_t node = 0;  ///< of the element, in the document it came from
  bool operator==(const Item&) const = default;
};

/// A Sync or GetItemEstimate collection, request and response joined by id (or order, when the
/// response leaves the id out).
struct Collection {
  std::string id, class_name;
  std::string folder_name;         ///< learned from FolderSync of this device
  std::optional<int> folder_type;  ///< learned; `class_name` too, when the bodies do not say it
  std::string sync_key;            ///< asked
  std::string new_sync_key;        ///< answered
  std::optional<int> status;
  std::vector<Item> items;  ///< request's first; at most Limits::items in a command
  std::uint32_t client_adds = 0, client_changes = 0, client_deletes = 0, client_fetches = 0;
  std::uint32_t client_sends = 0;  ///< of its adds and changes: drafts to be sent (16.x)
  std::uint32_t adds = 0, changes = 0, deletes = 0, soft_deletes = 0;  ///< server commands
  std::uint32_t fetches = 0;  ///< Fetch answers of the server
  bool more_available = false;
  bool in_request = false, in_response = false;
  std::optional<bool> get_changes;
  std::optional<int> window_size, filter_type, conversation_mode, estimate;
  bool remembered =
      false;  ///< not in this body: of the request that an empty or Partial Sync stands on
  bool first_sync = false;  ///< asked with key 0
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
  std::optional<int> seconds;  ///< HeartbeatInterval, or Wait × 60
  std::vector<PingFolder>
      folders;  ///< asked for; of the remembered request when the body was empty
  std::vector<PingFolder> changed;   ///< answered
  std::optional<int> limit_seconds;  ///< the server's HeartbeatInterval or Limit × 60
  std::optional<int> max_folders;
  bool operator==(const Waiting&) const = default;
};

struct Provision {
  enum class Phase : std::uint8_t { ask, acknowledge, wipe_acknowledge };
  Phase phase = Phase::ask;
  std::string request_key, response_key;   ///< PolicyKey inside the bodies
  std::optional<int> acknowledged_status;  ///< request: how the device applied the policy
  std::optional<int> policy_status;        ///< response
  bool remote_wipe = false;                ///< the answer orders a wipe (of device or account)
  bool account_only_wipe = false;
  std::optional<int> wipe_status;                             ///< request: 1 wiped, 2 failed
  std::vector<std::pair<std::string, std::string>> settings;  ///< policy document, name and value
  std::string policy;  ///< what it demands, in words: "PIN ≥ 6, encryption required, wipe after 8"
  bool operator==(const Provision&) const = default;
};

struct MailAttachment {
  std::string name, type;
  std::optional<std::uint64_t> octets;  ///< decoded; nothing when its end was not seen
  bool operator==(const MailAttachment&) const = default;
};

/// SendMail, SmartForward, SmartReply. Texts are decoded (RFC 2047), addresses without display
/// name.
struct SentMail {
  std::string client_id;  ///< WBXML ClientId
  std::string message_id, from, sender, subject;
  std::vector<std::string> to, cc, bcc;  ///< at most Limits::recipients together
  std::vector<std::string> forwardees;   ///< 16.x SmartForward without MIME
  std::string source_folder, source_item, source_long_id, instance_id;  ///< the original
  bool save_in_sent = false, replace_mime = false;
  std::string calendar_method;          ///< "REQUEST", "REPLY", "CANCEL" of a text/calendar part
  std::string calendar_uid, organizer;  ///< of that part
  std::vector<std::string> attendees;
  std::vector<std::string> attachment_names;
  std::vector<MailAttachment> attachments;  ///< the same, with type and size
  std::string thread;  ///< what Thread-Index says: "began …, 2 replies, the last after 3 h 12 min"
  std::uint64_t mime_octets = 0;
  bool operator==(const SentMail&) const = default;
};

/// One Fetch of ItemOperations (or GetAttachment), request and answer joined.
struct FetchedItem {
  std::string store, collection_id, server_id, long_id, link_id, file_reference, class_name;
  std::optional<int> status;
  std::string content_type;
  std::string range;                    ///< answered
  std::optional<std::uint64_t> octets;  ///< of the data that came
  std::optional<std::uint64_t> total;   ///< announced: Total, else EstimatedDataSize
  std::optional<int> part;              ///< index in a multipart body
  bool truncated = false;
  bool operator==(const FetchedItem&) const = default;
};

/// MoveItems, or the conversation Move of ItemOperations.
struct MovedItem {
  std::string source_item, source_folder, destination_folder, new_item;
  std::optional<int> status;
  bool operator==(const MovedItem&) const = default;
};

/// EmptyFolderContents of ItemOperations.
struct EmptiedFolder {
  std::string id;
  bool subfolders = false;
  std::optional<int> status;
  bool operator==(const EmptiedFolder&) const = default;
};

/// One certificate of ValidateCert, in the order of the request.
struct CheckedCertificate {
  std::uint64_t octets = 0;  ///< of the certificate itself, base64 undone
  std::optional<int> status;
  bool operator==(const CheckedCertificate&) const = default;
};

struct MeetingAnswer {
  std::string folder, request_id, long_id, instance_id;
  std::optional<int> response;  ///< 1 accepted, 2 tentative, 3 declined
  std::optional<int> status;
  std::string calendar_id;  ///< of the resulting appointment; "" when none
  std::string proposed_start, proposed_end;
  bool operator==(const MeetingAnswer&) const = default;
};

struct SearchHit {
  std::string class_name, collection_id, id;  ///< id: LongId, else ServerId or LinkId
  std::string name;                           ///< subject, or display name and address
  bool operator==(const SearchHit&) const = default;
};

/// Search and Find, one per store.
struct SearchQuery {
  std::string store, text, collection_id, asked_range, range;
  std::string conversation_id;  ///< upper-case hex
  std::optional<int> status;
  std::optional<std::uint32_t> total;
  std::uint32_t results = 0;    ///< that came
  std::vector<SearchHit> hits;  ///< the same, at most Limits::hits
  bool operator==(const SearchQuery&) const = default;
};

/// ResolveRecipients: one name asked for.
struct ResolvedRecipient {
  std::string asked;
  std::optional<int> status;
  std::optional<int> count;
  std::vector<std::string> addresses;
  std::string free_busy;  ///< MergedFreeBusy of the first that has one: a digit a half-hour
  std::uint32_t certificates = 0;    ///< that came, of all addresses
  std::uint64_t picture_octets = 0;  ///< likewise
  bool operator==(const ResolvedRecipient&) const = default;
};

/// One property group of Settings, or DeviceInformation inside Provision. Secrets (a recovery
/// password) are left out.
struct SettingsGroup {
  std::string name;  ///< "DeviceInformation", "Oof", "UserInformation", …
  bool set = false;  ///< else read
  std::optional<int> status;
  std::vector<std::pair<std::string, std::string>>
      values;  ///< of the request when set, else of the answer
  bool operator==(const SettingsGroup&) const = default;
};

/// One Server of an Autodiscover answer, [MS-ASCMD] 2.2.1.1.
struct AutodiscoverServer {
  std::string type, url, name, data;  ///< type: "MobileSync" or "CertEnroll"; data: ServerData
  bool operator==(const AutodiscoverServer&) const = default;
};

struct Autodiscover {
  bool json = false;             ///< "v2"
  std::string email, schema;     ///< asked; `schema` is the protocol of v2
  std::string url, server_type;  ///< answered
  std::string redirect;          ///< another address, or another URL
  std::optional<int> status, error_code;
  std::string error_name;  ///< v2 writes a word: "InvalidProtocol"
  std::string message, display_name;
  std::string debug_data;                   ///< DebugData of an error
  std::vector<AutodiscoverServer> servers;  ///< v1, all of them; at most Limits::values
  bool operator==(const Autodiscover&) const = default;
};

/// What the head of an answer says about the server and what it demands.
struct ServerFacts {
  enum class Origin : std::uint8_t { unknown, exchange, other };
  Origin origin = Origin::unknown;  ///< exchange: a header only Exchange sends is there; other: an
                                    ///< error page without one
  std::string build;                ///< MS-Server-ActiveSync
  std::string front_end, back_end;  ///< X-FEServer; X-BEServer or X-CalculatedBETarget
  std::string request_id, product, via;      ///< request-id, Server, Via
  std::vector<std::string> resync_versions;  ///< X-MS-RP: the device must start over
  std::string location;                      ///< X-MS-Location, else Location
  std::string throttle_reason;               ///< X-MS-ASThrottle
  std::optional<int> retry_after_seconds;
  std::string back_off_duration, back_off_reason;  ///< X-MS-BackOffDuration, …Reason
  std::string schema_error;                        ///< X-MS-ASError
  std::string diagnostics;                         ///< X-MS-diagnostics
  std::optional<int> password_days_left;
  std::string password_url;                 ///< X-MS-Credential-Service-Url
  std::vector<std::string> authentication;  ///< WWW-Authenticate: scheme names
  std::string page_title;                   ///< of an HTML answer
  bool operator==(const ServerFacts&) const = default;
};

/// A body after content coding and, where it is one, its document.
struct Body {
  enum class Kind : std::uint8_t { none, wbxml, multipart, mime, xml, json, html, text, other };
  Kind kind = Kind::none;
  std::shared_ptr<const std::string> octets;        ///< content coding undone; null when none
  std::shared_ptr<const wbxml::Document> document;  ///< wbxml, or part 0 of multipart
  struct Part {
    std::uint32_t offset = 0, size = 0;  ///< in `octets`; inside it, always
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> parts;     ///< multipart
  std::string media_type;      ///< of Content-Type, lower case, without parameters
  bool whole = true;           ///< false: cut, dropped, or only the first part was kept
  std::string other_language;  ///< WBXML that is not ActiveSync: its name …
  std::string other_xml;       ///< … and libwbxml's XML of it
};

/// One ActiveSync (or Autodiscover, or OPTIONS) exchange, understood as far as it goes.
///
/// `eas_status` is the Status of the command itself, when the answer has one. Else (Sync,
/// MoveItems, MeetingResponse, GetItemEstimate, …) it is the one that all statuses of the uppermost
/// level that has any (collection, message, …) agree on; when they differ, the first that is not a
/// success.
struct Command {
  std::string name;  ///< "Sync", "OPTIONS", "Autodiscover", "command 42"; "" when not ActiveSync
  bool is_activesync = false;  ///< the path says so; false for Autodiscover
  std::string user, device_id, device_type, user_agent;
  std::string protocol_version;         ///< "16.1"
  std::string policy_key;               ///< header or base64 query
  std::optional<std::uint16_t> locale;  ///< LCID of a base64 query
  bool base64_query = false;
  values::Credential credential;  ///< what the masked Authorization still says
  std::vector<std::pair<std::string, std::string>> parameters;  ///< further query parameters

  std::optional<int> http_status;
  std::optional<int> eas_status;  ///< see above; absent: no Status in the answer
  std::vector<Status> statuses;   ///< every level, in document order

  Body request, response;
  bool request_repeats_last =
      false;  ///< empty Sync or Ping body: collections and folders are the remembered ones'

  std::string sync_key, new_sync_key;  ///< FolderSync, FolderCreate, …
  std::vector<Collection> collections;
  std::vector<FolderChange> folder_changes;
  std::optional<Waiting> waiting;  ///< set when the request may hang
  std::optional<Provision> provision;
  std::vector<std::string> offered_versions, offered_commands;  ///< OPTIONS answers
  std::optional<SentMail> mail;
  std::vector<FetchedItem> fetched;
  std::vector<MovedItem> moved;
  std::vector<EmptiedFolder> emptied;
  std::vector<MeetingAnswer> meetings;
  std::vector<SearchQuery> searches;
  std::vector<ResolvedRecipient> recipients;
  std::vector<CheckedCertificate> certificates;
  std::vector<SettingsGroup> settings;  ///< also DeviceInformation inside Provision
  std::optional<Autodiscover> autodiscover;
  std::optional<ServerFacts> server;   ///< set when a response head came
  std::optional<int> max_collections;  ///< the Limit beside Sync status 15
  bool partial = false;                ///< Sync with Partial: unnamed collections stay as they were
  bool accepts_multipart = false;
  /// Names, learned from this device's FolderSync, of the folders that the members above name by
  /// id alone. Those of `collections` and `waiting` stand there.
  std::map<std::string, std::string, std::less<>> folder_names;

  std::string asked;     ///< what the request wants, one line, keys aside: "Inbox(5)", "3 folders",
                         ///< "ask policy"
  std::string outcome;   ///< what came of it, one line: "first sync", "changed: Inbox(5)", "policy
                         ///< key 36… (temporary)"
  std::string achieved;  ///< the part of `outcome` that went well: "2 fetched, 269 B", "1 hit"
  /// Asked and outcome in one line, without what `collections`, `folder_changes` and `waiting` say:
  /// for a line that shows those itself. "to bob@contoso.test "Lunch", 12 kB → sent".
  std::string detail;

  std::vector<Diagnostic> diagnostics;

  [[nodiscard]] bool hangs() const { return waiting && waiting->seconds.value_or(0) > 0; }
  /// "" when it is not known.
  [[nodiscard]] std::string_view folder_name(std::string_view id) const {
    const auto found = folder_names.find(id);
    return found == folder_names.end() ? std::string_view{} : found->second;
  }
};

}  // namespace eastap::eas
