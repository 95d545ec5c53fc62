#include <string>
#include <utility>

#include "decoder/codepages/pages/page13_ping.hpp"
#include "decoder/eas/reading.hpp"

/// Ping, [MS-ASCMD] 2.2.1.13.
namespace eastap::eas {
namespace {

namespace ping = codepages::ping;

void complete(const Reading& reading, PingFolder& folder) {
  if (reading.memory == nullptr) return;
  const DeviceMemory::Folder* known = reading.memory->folder(folder.id);
  if (known == nullptr) return;
  folder.name = known->name;
  if (folder.class_name.empty() && known->type) {
    folder.class_name = class_of_folder_type(*known->type);
  }
}

void read_request(Reading& reading, Waiting& waiting) {
  bool has_folders = false;
  if (reading.asked) {
    waiting.seconds = reading.child_number(*reading.asked, ping::kHeartbeatInterval, false);
    if (const auto folders = reading.asked->child(ping::kFolders)) {
      has_folders = true;
      for (const wbxml::Element child : folders->children()) {
        if (!child.is(ping::kFolder)) continue;
        if (waiting.folders.size() >= reading.limits.entries) {
          reading.remark_limit("Ping folders", reading.limits.entries);
          break;
        }
        PingFolder& folder = waiting.folders.emplace_back();
        folder.id = reading.child_text(child, ping::kId);
        folder.class_name = reading.child_text(child, ping::kClass);
      }
    }
  }
  reading.command.request_repeats_last = reading.empty_request;
  // What a Ping leaves out is what the server holds of the last one, [MS-ASCMD] 2.2.1.13.
  if (reading.memory != nullptr && (reading.asked || reading.empty_request)) {
    if (!waiting.seconds) waiting.seconds = reading.memory->ping_seconds;
    if (!has_folders) waiting.folders = reading.memory->ping_folders;
  }
  for (PingFolder& folder : waiting.folders) complete(reading, folder);
}

std::string changed_words(const Reading& reading, const Waiting& waiting) {
  std::vector<std::string> labels;
  for (const PingFolder& folder : waiting.changed)
    labels.push_back(reading.folder_label(folder.id));
  return "changed: " + joined(labels, 4);
}

void read_answer(Reading& reading, Waiting& waiting) {
  const wbxml::Element root = *reading.answered;
  const auto status = reading.child_status(Level::command, "Ping", "", root, ping::kStatus);
  waiting.limit_seconds = reading.child_number(root, ping::kHeartbeatInterval, true);
  waiting.max_folders = reading.child_number(root, ping::kMaxFolders, true);
  if (const auto folders = root.child(ping::kFolders)) {
    for (const wbxml::Element child : folders->children()) {
      if (!child.is(ping::kFolder)) continue;
      if (waiting.changed.size() >= reading.limits.entries) {
        reading.remark_limit("changed folders", reading.limits.entries);
        break;
      }
      PingFolder& folder = waiting.changed.emplace_back();
      // The answer holds the id itself; some servers repeat the request's form.
      folder.id = reading.text(child);
      if (folder.id.empty()) folder.id = reading.child_text(child, ping::kId);
      complete(reading, folder);
    }
  }
  std::string& outcome = reading.command.outcome;
  switch (status.value_or(0)) {
    case 1: outcome = "nothing new"; break;
    case 2: outcome = waiting.changed.empty() ? "changed" : changed_words(reading, waiting); break;
    case 7: outcome = "FolderSync demanded"; break;
    default: break;
  }
}

}  // namespace

void read_ping(Reading& reading) {
  Waiting waiting;
  read_request(reading, waiting);
  Command& command = reading.command;
  if (!waiting.folders.empty()) {
    command.asked = waiting.folders.size() == 1
                        ? reading.folder_label(waiting.folders.front().id)
                        : counted(waiting.folders.size(), "folder", "folders");
  }
  if (command.request_repeats_last) {
    command.asked += command.asked.empty() ? "same as before" : " (same as before)";
  }
  if (reading.answered) read_answer(reading, waiting);
  command.waiting = std::move(waiting);
}

}  // namespace eastap::eas
