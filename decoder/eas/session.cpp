#include "decoder/eas/session.hpp"

#include <string>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/eas/body.hpp"
#include "decoder/eas/device_memory.hpp"
#include "decoder/eas/head_facts.hpp"
#include "decoder/eas/outcome.hpp"
#include "decoder/eas/reading.hpp"
#include "decoder/eas/request_query.hpp"

namespace eastap::eas {
namespace {

namespace pages = codepages;

struct CommandRow {
  std::string_view name;
  codepages::Tag root;
  void (*read)(Reading&);
};

// GetAttachment, OPTIONS and Autodiscover have no WBXML.
constexpr CommandRow kCommands[] = {
    {"Sync", pages::airsync::kSync, read_sync},
    {"Ping", pages::ping::kPing, read_ping},
    {"FolderSync", pages::folder_hierarchy::kFolderSync, read_folder_sync},
    {"ItemOperations", pages::item_operations::kItemOperations, read_item_operations},
    {"Provision", pages::provision::kProvision, read_provision},
    {"Settings", pages::settings::kSettings, read_settings},
    {"SendMail", pages::compose_mail::kSendMail, read_mail},
    {"SmartForward", pages::compose_mail::kSmartForward, read_mail},
    {"SmartReply", pages::compose_mail::kSmartReply, read_mail},
    {"FolderCreate", pages::folder_hierarchy::kFolderCreate, read_folder_change},
    {"FolderDelete", pages::folder_hierarchy::kFolderDelete, read_folder_change},
    {"FolderUpdate", pages::folder_hierarchy::kFolderUpdate, read_folder_change},
    {"MoveItems", pages::move::kMoveItems, read_move_items},
    {"GetItemEstimate", pages::get_item_estimate::kGetItemEstimate, read_item_estimate},
    {"MeetingResponse", pages::meeting_response::kMeetingResponse, read_meeting_response},
    {"Search", pages::search::kSearch, read_search},
    {"Find", pages::find::kFind, read_find},
    {"ResolveRecipients", pages::resolve_recipients::kResolveRecipients, read_resolve_recipients},
    {"ValidateCert", pages::validate_cert::kValidateCert, read_validate_cert},
};

const CommandRow* row_of(std::string_view name) {
  for (const CommandRow& row : kCommands) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::optional<wbxml::Element> root_of(const Body& body) {
  return body.document ? body.document->root() : std::nullopt;
}

/// The body's root when it is the command's own; else it is said what came instead.
std::optional<wbxml::Element> expected_root(Reading& reading, const Body& body,
                                            const CommandRow& row, std::string_view part) {
  const auto root = root_of(body);
  if (!root || root->is(row.root)) return root;
  std::string name{root->name()};
  if (name.empty()) {
    name =
        "page " + std::to_string(root->tag().page) + " token " + std::to_string(root->tag().token);
  }
  reading.remark(
      Errc::malformed, root->node().offset, part,
      "The body is " + clipped(repaired_utf8(name), 60) + ", not " + std::string{row.name});
  return std::nullopt;
}

/// A command without a reader: its Status, where the answer has one.
void read_unknown(Reading& reading) {
  const auto root = root_of(reading.command.response);
  if (!root) return;
  for (const wbxml::Element child : root->children()) {
    if (child.name() != "Status") continue;
    reading.status(Level::command, reading.command.name, "", reading.number(child, true));
    return;
  }
}

/// The learned names of the folders that the command's own members name by id.
void name_folders(Command& command, const DeviceMemory& memory) {
  const auto name = [&](const std::string& id) {
    const DeviceMemory::Folder* folder = id.empty() ? nullptr : memory.folder(id);
    if (folder != nullptr && !folder->name.empty()) {
      command.folder_names.try_emplace(id, folder->name);
    }
  };
  for (const FolderChange& change : command.folder_changes) name(change.parent_id);
  if (command.mail) name(command.mail->source_folder);
  for (const FetchedItem& item : command.fetched) name(item.collection_id);
  for (const EmptiedFolder& folder : command.emptied) name(folder.id);
  for (const MovedItem& item : command.moved) {
    name(item.source_folder);
    name(item.destination_folder);
  }
  for (const MeetingAnswer& answer : command.meetings) name(answer.folder);
  for (const SearchQuery& query : command.searches) {
    name(query.collection_id);
    for (const SearchHit& hit : query.hits) name(hit.collection_id);
  }
}

std::string device_key(const model::Exchange& exchange, const Command& command) {
  std::string key = exchange.connection ? exchange.connection->host : std::string{};
  key += '\n';
  key += normalised_user(command.user);
  key += '\n';
  key += command.device_id;
  key += '\n';
  key += command.device_type;
  return key;
}

bool has_no_body(const std::shared_ptr<const model::Message>& message, const Body& body,
                 bool dropped) {
  return message && message->complete && message->body_size == 0 && !body.octets && !dropped;
}

void read_request_facts(Command& command, const RequestLine& line, const RequestHeadFacts& head,
                        const Limits& limits) {
  RequestQuery query = line.query.empty() ? RequestQuery{} : read_query(line.query);
  const auto kept = [&limits](std::string text) {
    if (text.size() > limits.value_octets) text.resize(limits.value_octets);
    return text;
  };
  command.base64_query = query.base64;
  command.user = kept(std::move(query.user));
  command.device_id = kept(std::move(query.device_id));
  command.device_type = kept(std::move(query.device_type));
  command.locale = query.locale;
  command.parameters = std::move(query.parameters);
  if (line.method == "POST") {
    command.name = kept(std::move(query.command));
    if (line.query.empty()) {
      command.diagnostics.push_back({Errc::malformed, 0, "query", "The request has no query"});
    }
    for (Diagnostic& remark : query.diagnostics) command.diagnostics.push_back(std::move(remark));
  } else {
    command.name = kept(std::string{line.method});
  }
  if (query.base64 && query.save_in_sent) command.parameters.emplace_back("SaveInSent", "T");
  command.protocol_version = query.base64 ? version_text(query.protocol_version)
                                          : kept(std::string{head.protocol_version});
  command.policy_key =
      query.policy_key ? std::to_string(*query.policy_key) : kept(std::string{head.policy_key});
  command.accepts_multipart = query.accepts_multipart || head.accepts_multipart;
}

}  // namespace

class Session::State {
 public:
  explicit State(const Limits& limits) : limits_{limits}, devices_{limits} {}

  Command understand(const model::Exchange& exchange, BodyOctets request, BodyOctets response) {
    Command command;
    const model::HeaderList& head = exchange.request->head;
    const RequestLine line = read_request_line(head);
    const RequestHeadFacts request_head = read_request_head(head);
    const bool ended = exchange.ending != model::Ending::open;
    const bool answered = ended && exchange.response;

    command.user_agent = std::string{request_head.user_agent.substr(0, limits_.value_octets)};
    command.is_activesync = is_activesync_path(line.path);
    const bool discovers = !command.is_activesync && is_autodiscover_path(line.path);
    if (command.is_activesync) {
      read_request_facts(command, line, request_head, limits_);
    } else if (discovers) {
      command.name = "Autodiscover";
    }
    if (command.user.empty() && !request_head.authorization.empty()) {
      if (auto user = masked_user(request_head.authorization)) command.user = std::move(*user);
    }

    command.credential = values::read_credential(request_head.authorization);

    std::string_view answer_type;
    if (answered) {
      command.http_status = read_status_code(exchange.response->head);
      ResponseHeadFacts facts = read_response_head(exchange.response->head, limits_.value_octets);
      answer_type = facts.content_type;
      command.server = std::move(facts.server);
      command.offered_versions = std::move(facts.offered_versions);
      command.offered_commands = std::move(facts.offered_commands);
    }

    const bool dropped = exchange.bodies_dropped;
    if (dropped) request.whole = response.whole = false;
    command.request = read_body(std::move(request), request_head.content_type, "request body",
                                limits_, false, command.diagnostics);
    if (answered) {
      const bool raw = command.name == "GetAttachment" && command.http_status == 200;
      command.response = read_body(std::move(response), answer_type, "response body", limits_, raw,
                                   command.diagnostics);
    }
    if (dropped) {
      command.diagnostics.push_back({Errc::too_large, 0, "",
                                     "Not decoded: more traffic came than could be read; only the "
                                     "heads were kept"});
    }

    const bool knows_device = command.is_activesync && !command.device_id.empty();
    const std::string key = knows_device ? device_key(exchange, command) : std::string{};
    Reading reading{command, limits_, knows_device ? devices_.find(key) : nullptr};
    reading.ended = ended;
    reading.ok = answered && command.http_status == 200;
    reading.empty_request = has_no_body(exchange.request, command.request, dropped);
    reading.empty_answer = reading.ok && has_no_body(exchange.response, command.response, dropped);
    if (discovers) {
      read_autodiscover(reading, line.target);
    } else if (command.is_activesync) {
      read_command(reading);
    }
    if (reading.memory != nullptr) name_folders(command, *reading.memory);
    reading.conclude();
    describe(command, exchange, request_head.authorization, limits_);

    if (ended && knows_device && is_remembered(command.name)) {
      const bool delivered = exchange.ending == model::Ending::complete && answered &&
                             exchange.response->complete && command.response.whole;
      devices_.learn(key, command, exchange.id, delivered);
    }
    return command;
  }

  [[nodiscard]] std::size_t device_count() const { return devices_.size(); }

 private:
  /// What teaches nothing needs no place in the table.
  static bool is_remembered(std::string_view name) {
    return name == "Sync" || name == "Ping" || name.starts_with("Folder");
  }

  void read_command(Reading& reading) {
    Command& command = reading.command;
    if (command.name == "OPTIONS") {
      read_options(reading);
      return;
    }
    if (command.name.empty()) {
      // A broken query: the body still says what it is.
      if (const auto root = root_of(command.request)) {
        for (const CommandRow& row : kCommands) {
          if (root->is(row.root)) command.name = row.name;
        }
      }
    }
    if (command.name == "GetAttachment") {
      read_get_attachment(reading);
    } else if (const CommandRow* row = row_of(command.name)) {
      reading.asked = expected_root(reading, command.request, *row, "request body");
      reading.answered = expected_root(reading, command.response, *row, "response body");
      row->read(reading);
    } else {
      read_unknown(reading);
    }
  }

  Limits limits_;
  DeviceTable devices_;
};

Session::Session(const Limits& limits) : state_{std::make_unique<State>(limits)} {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Command Session::understand(const model::Exchange& exchange, BodyOctets request,
                            BodyOctets response) {
  return state_->understand(exchange, std::move(request), std::move(response));
}

std::size_t Session::device_count() const { return state_->device_count(); }

}  // namespace eastap::eas
