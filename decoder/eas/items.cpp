#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "decoder/codepages/pages/page00_airsync.hpp"
#include "decoder/codepages/pages/page05_move.hpp"
#include "decoder/codepages/pages/page06_get_item_estimate.hpp"
#include "decoder/codepages/pages/page08_meeting_response.hpp"
#include "decoder/codepages/pages/page15_search.hpp"
#include "decoder/eas/reading.hpp"

/// MoveItems, GetItemEstimate and MeetingResponse, [MS-ASCMD] 2.2.1.12, 2.2.1.9 and 2.2.1.11.
namespace eastap::eas {
namespace {

namespace airsync = codepages::airsync;
namespace estimate = codepages::get_item_estimate;
namespace meeting = codepages::meeting_response;
namespace move = codepages::move;

std::string move_words(const Reading& reading) {
  const auto& moves = reading.command.moved;
  if (moves.empty()) return {};
  std::string words =
      moves.size() == 1 ? moves.front().source_item : counted(moves.size(), "item", "items");
  // One line names folders only when all moves share them.
  bool same = true;
  for (const MovedItem& item : moves) {
    same = same && item.source_folder == moves.front().source_folder &&
           item.destination_folder == moves.front().destination_folder;
  }
  if (same) {
    words += ' ' + reading.folder_label(moves.front().source_folder) + " → " +
             reading.folder_label(moves.front().destination_folder);
  }
  return words;
}

std::string response_word(int response) {
  switch (response) {
    case 1: return "accept";
    case 2: return "accept tentatively";
    case 3: return "decline";
    default: return "answer " + std::to_string(response);
  }
}

/// The request's index of each id, the first of equal ones.
using Places = std::unordered_map<std::string, std::size_t>;

void read_estimate_request(Reading& reading, wbxml::Element root) {
  const auto collections = root.child(estimate::kCollections);
  if (!collections) return;
  for (const wbxml::Element element : collections->children()) {
    if (!element.is(estimate::kCollection)) continue;
    if (reading.command.collections.size() >= reading.limits.collections) {
      reading.remark_limit("collections", reading.limits.collections);
      return;
    }
    Collection& collection = reading.command.collections.emplace_back();
    collection.in_request = true;
    for (const wbxml::Element child : element.children()) {
      if (child.is(airsync::kSyncKey)) {
        collection.sync_key = reading.text(child);
      } else if (child.is(estimate::kCollectionId) || child.is(airsync::kCollectionId)) {
        collection.id = reading.text(child);
      } else if (child.is(estimate::kClass) || child.is(airsync::kClass)) {
        collection.class_name = reading.text(child);
      } else if (child.is(airsync::kFilterType)) {
        collection.filter_type = reading.number(child, false);
      } else if (child.is(airsync::kConversationMode)) {
        collection.conversation_mode = reading.number(child, false);
      } else if (child.is(airsync::kOptions)) {
        if (const auto filter = reading.child_number(child, airsync::kFilterType, false)) {
          collection.filter_type = filter;
        }
        if (collection.class_name.empty()) {
          collection.class_name = reading.child_text(child, airsync::kClass);
        }
      }
    }
  }
}

void name(const Reading& reading, Collection& collection) {
  if (reading.memory == nullptr) return;
  const DeviceMemory::Folder* folder = reading.memory->folder(collection.id);
  if (folder == nullptr) return;
  collection.folder_name = folder->name;
  collection.folder_type = folder->type;
  if (collection.class_name.empty() && folder->type) {
    collection.class_name = class_of_folder_type(*folder->type);
  }
}

void read_estimate_answer(Reading& reading, wbxml::Element root) {
  auto& collections = reading.command.collections;
  Places places;
  for (std::size_t i = 0; i < collections.size(); ++i) places.emplace(collections[i].id, i);
  std::size_t order = 0;
  for (const wbxml::Element response : root.children()) {
    if (!response.is(estimate::kResponse)) continue;
    if (order >= reading.limits.collections) break;
    const auto element = response.child(estimate::kCollection);
    std::string id = element ? reading.child_text(*element, estimate::kCollectionId) : "";
    // A refused one may come without its collection: then the order tells.
    std::size_t at = id.empty() ? order : collections.size();
    if (const auto found = places.find(id); !id.empty() && found != places.end())
      at = found->second;
    ++order;
    if (at >= collections.size()) {
      at = collections.size();
      collections.emplace_back().id = id;
      places.emplace(std::move(id), at);
      name(reading, collections[at]);
    }
    Collection& collection = collections[at];
    collection.in_response = true;
    collection.status = reading.child_status(
        Level::part, "GetItemEstimate", "collection " + collection.id, response, estimate::kStatus);
    if (element) collection.estimate = reading.child_number(*element, estimate::kEstimate, true);
  }
}

}  // namespace

void read_move_items(Reading& reading) {
  Command& command = reading.command;
  Places places;
  if (reading.asked) {
    for (const wbxml::Element element : reading.asked->children()) {
      if (!element.is(move::kMove)) continue;
      if (command.moved.size() >= reading.limits.entries) {
        reading.remark_limit("moves", reading.limits.entries);
        break;
      }
      MovedItem& item = command.moved.emplace_back();
      item.source_item = reading.child_text(element, move::kSrcMsgId);
      item.source_folder = reading.child_text(element, move::kSrcFldId);
      item.destination_folder = reading.child_text(element, move::kDstFldId);
      places.emplace(item.source_item, command.moved.size() - 1);
    }
    command.asked = clipped(move_words(reading), reading.limits.line_octets);
  }
  if (!reading.answered) return;
  reading.child_status(Level::command, "MoveItems", "", *reading.answered, move::kStatus);
  std::size_t moved = 0, seen = 0;
  for (const wbxml::Element element : reading.answered->children()) {
    if (!element.is(move::kResponse)) continue;
    if (++seen > reading.limits.entries) break;
    const std::string source = reading.child_text(element, move::kSrcMsgId);
    const auto [place, is_new] = places.try_emplace(source, command.moved.size());
    if (is_new) command.moved.emplace_back().source_item = source;
    MovedItem& item = command.moved[place->second];
    item.new_item = reading.child_text(element, move::kDstMsgId);
    item.status =
        reading.child_status(Level::part, "MoveItems", "item " + source, element, move::kStatus);
    if (item.status == 3) ++moved;
  }
  if (moved == 1 && command.moved.size() == 1 && !command.moved.front().new_item.empty()) {
    command.outcome = "moved, now " + clipped(command.moved.front().new_item, 80);
  } else if (moved > 0) {
    command.outcome = std::to_string(moved) + " moved";
  }
}

void read_item_estimate(Reading& reading) {
  Command& command = reading.command;
  if (reading.asked) read_estimate_request(reading, *reading.asked);
  std::vector<std::string> words;
  for (Collection& collection : command.collections) {
    name(reading, collection);
    if (words.size() < 100) words.push_back(reading.label(collection));
  }
  command.asked = clipped(joined(words, 3), reading.limits.line_octets);
  if (!reading.answered) return;
  reading.child_status(Level::command, "GetItemEstimate", "", *reading.answered, estimate::kStatus);
  read_estimate_answer(reading, *reading.answered);
  words.clear();
  for (const Collection& collection : command.collections) {
    if (!collection.estimate || words.size() >= 100) continue;
    std::string count = counted(static_cast<std::size_t>(*collection.estimate), "item", "items");
    words.push_back(command.collections.size() > 1 ? reading.label(collection) + ' ' + count
                                                   : std::move(count));
  }
  command.outcome = clipped(joined(words, 4), reading.limits.line_octets);
}

void read_meeting_response(Reading& reading) {
  Command& command = reading.command;
  Places places;
  if (reading.asked) {
    std::vector<std::string> words;
    for (const wbxml::Element element : reading.asked->children()) {
      if (!element.is(meeting::kRequest)) continue;
      if (command.meetings.size() >= reading.limits.entries) {
        reading.remark_limit("meeting answers", reading.limits.entries);
        break;
      }
      MeetingAnswer& answer = command.meetings.emplace_back();
      answer.response = reading.child_number(element, meeting::kUserResponse, false);
      answer.folder = reading.child_text(element, meeting::kCollectionId);
      answer.request_id = reading.child_text(element, meeting::kRequestId);
      answer.long_id = reading.child_text(element, codepages::search::kLongId);
      answer.instance_id = reading.child_text(element, meeting::kInstanceId);
      // 16.1 has them in SendResponse, [MS-ASCMD] 2.2.1.11.
      const wbxml::Element proposal = element.child(meeting::kSendResponse).value_or(element);
      answer.proposed_start = reading.child_text(proposal, meeting::kProposedStartTime);
      answer.proposed_end = reading.child_text(proposal, meeting::kProposedEndTime);
      places.emplace(answer.request_id, command.meetings.size() - 1);
      std::string one = response_word(answer.response.value_or(0));
      one += ' ' + (answer.request_id.empty() ? answer.long_id : answer.request_id);
      if (!answer.instance_id.empty()) one += " of " + answer.instance_id;
      if (!answer.proposed_start.empty()) one += ", proposes " + answer.proposed_start;
      if (!answer.proposed_end.empty()) one += " to " + answer.proposed_end;
      if (words.size() < 100) words.push_back(std::move(one));
    }
    command.asked = clipped(joined(words, 3), reading.limits.line_octets);
  }
  if (!reading.answered) return;
  reading.child_status(Level::command, "MeetingResponse", "", *reading.answered, meeting::kStatus);
  std::size_t done = 0, order = 0;
  for (const wbxml::Element element : reading.answered->children()) {
    if (!element.is(meeting::kResult)) continue;
    if (order >= reading.limits.entries) break;
    const std::string id = reading.child_text(element, meeting::kRequestId);
    std::size_t at = order++;
    if (const auto found = places.find(id); !id.empty() && found != places.end()) {
      at = found->second;
    }
    if (at >= command.meetings.size()) {
      at = command.meetings.size();
      command.meetings.emplace_back().request_id = id;
    }
    MeetingAnswer& answer = command.meetings[at];
    answer.status =
        reading.child_status(Level::part, "MeetingResponse",
                             id.empty() ? "meeting" : "meeting " + id, element, meeting::kStatus);
    answer.calendar_id = reading.child_text(element, meeting::kCalendarId);
    if (answer.status == 1) ++done;
  }
  if (done == 1 && command.meetings.size() == 1) {
    const std::string& calendar = command.meetings.front().calendar_id;
    command.outcome = calendar.empty() ? "done" : "done, appointment " + clipped(calendar, 80);
  } else if (done > 0) {
    command.outcome = std::to_string(done) + " done";
  }
}

}  // namespace eastap::eas
