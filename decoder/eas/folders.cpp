#include <string>
#include <vector>

#include "decoder/codepages/pages/page07_folder_hierarchy.hpp"
#include "decoder/eas/reading.hpp"

/// FolderSync, FolderCreate, FolderUpdate and FolderDelete, [MS-ASCMD] 2.2.1.3 to 2.2.1.6.
namespace eastap::eas {
namespace {

namespace hierarchy = codepages::folder_hierarchy;

void fill(Reading& reading, FolderChange& change, wbxml::Element element, bool of_answer) {
  for (const wbxml::Element child : element.children()) {
    if (child.is(hierarchy::kServerId)) {
      change.id = reading.text(child);
    } else if (child.is(hierarchy::kParentId)) {
      change.parent_id = reading.text(child);
    } else if (child.is(hierarchy::kDisplayName)) {
      change.name = reading.text(child);
    } else if (child.is(hierarchy::kType)) {
      change.type = reading.number(child, of_answer);
    }
  }
}

/// What goes away, or changes its place only, comes by id alone.
void keep_known_name(const Reading& reading, FolderChange& change) {
  const DeviceMemory::Folder* folder =
      reading.memory != nullptr ? reading.memory->folder(change.id) : nullptr;
  if (folder != nullptr && change.name.empty()) change.name = folder->name;
}

std::string label(const Reading& reading, const FolderChange& change) {
  if (change.name.empty()) return reading.folder_label(change.id);
  return change.id.empty() ? change.name : change.name + '(' + change.id + ')';
}

void read_changes(Reading& reading, wbxml::Element changes) {
  for (const wbxml::Element child : changes.children()) {
    FolderChange change;
    if (child.is(hierarchy::kAdd)) {
      change.kind = FolderChange::Kind::add;
    } else if (child.is(hierarchy::kUpdate)) {
      change.kind = FolderChange::Kind::update;
    } else if (child.is(hierarchy::kDelete)) {
      change.kind = FolderChange::Kind::remove;
    } else {
      continue;
    }
    if (reading.command.folder_changes.size() >= reading.limits.entries) {
      reading.remark_limit("folder changes", reading.limits.entries);
      return;
    }
    fill(reading, change, child, true);
    keep_known_name(reading, change);
    reading.command.folder_changes.push_back(std::move(change));
  }
}

std::string hierarchy_words(const Reading& reading, bool first) {
  std::vector<std::string> added, updated, removed;
  for (const FolderChange& change : reading.command.folder_changes) {
    switch (change.kind) {
      case FolderChange::Kind::add: added.push_back(label(reading, change)); break;
      case FolderChange::Kind::update: updated.push_back(label(reading, change)); break;
      case FolderChange::Kind::remove: removed.push_back(label(reading, change)); break;
    }
  }
  if (first) return "folder list, " + counted(added.size(), "folder", "folders");
  std::string words;
  const auto append = [&words](std::string_view what, const std::vector<std::string>& labels) {
    if (labels.empty()) return;
    if (!words.empty()) words += "; ";
    words += std::string{what} + joined(labels, 3);
  };
  append("new: ", added);
  append("changed: ", updated);
  append("deleted: ", removed);
  return words.empty() ? "no changes" : words;
}

}  // namespace

void read_folder_sync(Reading& reading) {
  Command& command = reading.command;
  if (reading.asked) command.sync_key = reading.child_text(*reading.asked, hierarchy::kSyncKey);
  const bool first = command.sync_key == "0";
  if (first) command.asked = "whole folder list";
  if (!reading.answered) return;
  const wbxml::Element root = *reading.answered;
  const auto status =
      reading.child_status(Level::command, "FolderSync", "", root, hierarchy::kStatus);
  command.new_sync_key = reading.child_text(root, hierarchy::kSyncKey);
  if (const auto changes = root.child(hierarchy::kChanges)) read_changes(reading, *changes);
  if (status.value_or(1) == 1) {
    command.outcome = clipped(hierarchy_words(reading, first), reading.limits.line_octets);
  }
}

void read_folder_change(Reading& reading) {
  Command& command = reading.command;
  FolderChange change;
  const std::string_view verb = command.name == "FolderCreate"   ? "create "
                                : command.name == "FolderDelete" ? "delete "
                                                                 : "change ";
  if (command.name == "FolderDelete") change.kind = FolderChange::Kind::remove;
  if (command.name == "FolderUpdate") change.kind = FolderChange::Kind::update;
  if (reading.asked) {
    command.sync_key = reading.child_text(*reading.asked, hierarchy::kSyncKey);
    fill(reading, change, *reading.asked, false);
    command.asked = std::string{verb};
    if (change.kind == FolderChange::Kind::update) {
      command.asked += reading.folder_label(change.id);
      if (!change.name.empty()) command.asked += " to \"" + change.name + '"';
    } else {
      command.asked += label(reading, change);
    }
    if (!change.parent_id.empty() && change.parent_id != "0") {
      command.asked += " in " + reading.folder_label(change.parent_id);
    }
    command.asked = clipped(command.asked, reading.limits.line_octets);
  }
  if (reading.answered) {
    const wbxml::Element root = *reading.answered;
    const auto status =
        reading.child_status(Level::command, command.name, "", root, hierarchy::kStatus);
    command.new_sync_key = reading.child_text(root, hierarchy::kSyncKey);
    if (std::string id = reading.child_text(root, hierarchy::kServerId); !id.empty()) {
      change.id = std::move(id);
    }
    if (status == 1) {
      switch (change.kind) {
        case FolderChange::Kind::add: command.outcome = "created as " + change.id; break;
        case FolderChange::Kind::update: command.outcome = "changed"; break;
        case FolderChange::Kind::remove: command.outcome = "deleted"; break;
      }
    }
  }
  keep_known_name(reading, change);
  if (reading.asked) command.folder_changes.push_back(std::move(change));
}

}  // namespace eastap::eas
