#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages/page00_airsync.hpp"
#include "decoder/codepages/pages/page15_search.hpp"
#include "decoder/codepages/pages/page17_airsync_base.hpp"
#include "decoder/codepages/pages/page19_document_library.hpp"
#include "decoder/codepages/pages/page20_item_operations.hpp"
#include "decoder/eas/reading.hpp"
#include "decoder/eas/values/names.hpp"

/// ItemOperations and GetAttachment, [MS-ASCMD] 2.2.1.10 and 2.2.1.8.
namespace eastap::eas {
namespace {

namespace airsync = codepages::airsync;
namespace base = codepages::airsync_base;
namespace operations = codepages::item_operations;

constexpr std::string_view kScope = "ItemOperations";

std::string words_for(const FetchedItem& item) {
  if (!item.file_reference.empty()) {
    const std::string split = values::words(values::split_file_reference(item.file_reference));
    return split.empty() ? "attachment " + item.file_reference : split;
  }
  if (!item.server_id.empty()) return "item " + item.server_id;
  if (!item.long_id.empty()) return "search hit " + item.long_id;
  if (!item.link_id.empty()) return "document " + item.link_id;
  return "item";
}

class OperationsReader {
 public:
  explicit OperationsReader(Reading& reading) : reading_{reading}, command_{reading.command} {}

  void read() {
    if (reading_.asked) {
      for (const wbxml::Element child : reading_.asked->children()) read_asked(child);
      command_.asked = clipped(joined(asked_, 3), reading_.limits.line_octets);
    }
    if (reading_.answered) {
      const wbxml::Element root = *reading_.answered;
      reading_.child_status(Level::command, kScope, "", root, operations::kStatus);
      if (const auto response = root.child(operations::kResponse)) {
        for (const wbxml::Element child : response->children()) read_answer(child);
      }
      describe_answer();
    }
  }

 private:
  bool full(std::size_t size) {
    if (size < reading_.limits.entries) return false;
    reading_.remark_limit("operations", reading_.limits.entries);
    return true;
  }

  void read_asked(wbxml::Element element) {
    if (element.is(operations::kFetch)) {
      if (full(command_.fetched.size())) return;
      FetchedItem& item = command_.fetched.emplace_back();
      fill(item, element);
      item.store = reading_.child_text(element, operations::kStore);
      asked_.push_back("fetch " + words_for(item));
    } else if (element.is(operations::kEmptyFolderContents)) {
      if (full(command_.emptied.size())) return;
      EmptiedFolder& folder = command_.emptied.emplace_back();
      folder.id = reading_.child_text(element, airsync::kCollectionId);
      const auto options = element.child(operations::kOptions);
      folder.subfolders = options && options->has(operations::kDeleteSubFolders);
      asked_.push_back("empty " + reading_.folder_label(folder.id) +
                       (folder.subfolders ? " and its subfolders" : ""));
    } else if (element.is(operations::kMove)) {
      if (full(command_.moved.size())) return;
      MovedItem& move = command_.moved.emplace_back();
      move.source_item = conversation(element);
      move.destination_folder = reading_.child_text(element, operations::kDstFldId);
      asked_.push_back("move conversation to " + reading_.folder_label(move.destination_folder));
    }
  }

  /// A ConversationId is octets; they are shown in hex.
  std::string conversation(wbxml::Element element) const {
    const auto id = element.child(operations::kConversationId);
    return id ? to_hex(reading_.text(*id)) : std::string{};
  }

  void fill(FetchedItem& item, wbxml::Element element) const {
    for (const wbxml::Element child : element.children()) {
      if (child.is(airsync::kServerId)) {
        item.server_id = reading_.text(child);
      } else if (child.is(airsync::kCollectionId)) {
        item.collection_id = reading_.text(child);
      } else if (child.is(airsync::kClass)) {
        item.class_name = reading_.text(child);
      } else if (child.is(codepages::search::kLongId)) {
        item.long_id = reading_.text(child);
      } else if (child.is(codepages::document_library::kLinkId)) {
        item.link_id = reading_.text(child);
      } else if (child.is(base::kFileReference)) {
        item.file_reference = reading_.text(child);
      }
    }
  }

  static bool same(const FetchedItem& asked, const FetchedItem& answer) {
    if (!answer.file_reference.empty()) return asked.file_reference == answer.file_reference;
    if (!answer.server_id.empty()) return asked.server_id == answer.server_id;
    if (!answer.long_id.empty()) return asked.long_id == answer.long_id;
    if (!answer.link_id.empty()) return asked.link_id == answer.link_id;
    return false;
  }

  /// Answers come in the order of the request; a failed one may not name its item at all.
  FetchedItem* partner_of(const FetchedItem& answer) {
    auto& items = command_.fetched;
    const std::size_t at = next_answer_++;
    if (at < items.size() && (same(items[at], answer) || words_for(answer) == "item")) {
      return &items[at];
    }
    // Few operations a request, and each answer costs one walk at most.
    constexpr std::size_t kMostCompared = 64;
    for (std::size_t i = 0; i < items.size() && i < kMostCompared; ++i) {
      if (same(items[i], answer)) return &items[i];
    }
    if (full(items.size())) return nullptr;
    return &items.emplace_back();
  }

  void read_answer(wbxml::Element element) {
    if (element.is(operations::kFetch)) {
      FetchedItem answer;
      fill(answer, element);
      FetchedItem* item = partner_of(answer);
      if (item == nullptr) return;
      fill(*item, element);
      item->status = reading_.child_status(Level::part, kScope, words_for(*item), element,
                                           operations::kStatus);
      if (const auto properties = element.child(operations::kProperties)) {
        read_properties(*item, *properties);
      }
    } else if (element.is(operations::kEmptyFolderContents)) {
      const std::string id = reading_.child_text(element, airsync::kCollectionId);
      const auto status =
          reading_.child_status(Level::part, kScope, "emptying " + reading_.folder_label(id),
                                element, operations::kStatus);
      if (next_emptied_ < command_.emptied.size())
        command_.emptied[next_emptied_++].status = status;
    } else if (element.is(operations::kMove)) {
      const auto status = reading_.child_status(Level::part, kScope, "conversation move", element,
                                                operations::kStatus);
      if (next_move_ < command_.moved.size()) command_.moved[next_move_++].status = status;
    }
  }

  void read_data(FetchedItem& item, wbxml::Element data) const {
    // Base64 in WBXML text would be counted as it stands; Exchange sends octets.
    item.octets = data.children().empty() ? data.value().size() : data.whole_value().size();
  }

  void read_part(FetchedItem& item, wbxml::Element part) {
    item.part = reading_.number(part, true);
    if (!item.part) return;
    const auto index = static_cast<std::size_t>(*item.part);
    const auto& parts = command_.response.parts;
    if (index < parts.size()) {
      item.octets = parts[index].size;
    } else {
      reading_.remark(Errc::malformed, part.node().offset, "response body",
                      "Part " + std::to_string(*item.part) + " is named, but the body has " +
                          counted(parts.size(), "part", "parts"));
    }
  }

  void read_properties(FetchedItem& item, wbxml::Element properties) {
    for (const wbxml::Element child : properties.children()) {
      if (child.is(operations::kRange)) {
        item.range = reading_.text(child);
      } else if (child.is(operations::kTotal)) {
        if (const auto total = reading_.number(child, true)) {
          item.total = static_cast<std::uint64_t>(*total);
        }
      } else if (child.is(operations::kData)) {
        read_data(item, child);
      } else if (child.is(operations::kPart)) {
        read_part(item, child);
      } else if (child.is(base::kContentType)) {
        item.content_type = reading_.text(child);
      } else if (child.is(base::kBody)) {
        read_body(item, child);
      }
    }
  }

  void read_body(FetchedItem& item, wbxml::Element body) {
    for (const wbxml::Element child : body.children()) {
      if (child.is(base::kData)) {
        read_data(item, child);
      } else if (child.is(operations::kPart)) {
        read_part(item, child);
      } else if (child.is(base::kEstimatedDataSize)) {
        if (const auto size = reading_.number(child, true)) {
          item.total = static_cast<std::uint64_t>(*size);
        }
      } else if (child.is(base::kTruncated)) {
        item.truncated = child.value() != "0";
      }
    }
  }

  void describe_answer() {
    std::uint64_t octets = 0;
    std::size_t delivered = 0;
    for (const FetchedItem& item : command_.fetched) {
      if (item.status != 1) continue;
      ++delivered;
      octets += item.octets.value_or(0);
    }
    if (delivered == 0) {
      const bool done = std::any_of(command_.emptied.begin(), command_.emptied.end(),
                                    [](const EmptiedFolder& folder) { return folder.status == 1; });
      if (done && command_.fetched.empty()) command_.outcome = "emptied";
      return;
    }
    command_.outcome = delivered == 1 ? "fetched" : std::to_string(delivered) + " fetched";
    if (octets > 0) command_.outcome += ", " + octets_words(octets);
    if (delivered == 1 && command_.fetched.size() == 1) {
      const FetchedItem& item = command_.fetched.front();
      if (!item.content_type.empty()) command_.outcome += ' ' + clipped(item.content_type, 80);
      if (item.truncated) command_.outcome += " (truncated)";
    }
  }

  Reading& reading_;
  Command& command_;
  std::vector<std::string> asked_;
  std::size_t next_answer_ = 0, next_move_ = 0, next_emptied_ = 0;
};

}  // namespace

void read_item_operations(Reading& reading) { OperationsReader{reading}.read(); }

void read_get_attachment(Reading& reading) {
  Command& command = reading.command;
  FetchedItem item;
  for (const auto& [key, value] : command.parameters) {
    if (equals_ignoring_case(key, "AttachmentName")) item.file_reference = value;
  }
  command.asked = clipped(words_for(item), reading.limits.line_octets);
  if (reading.ok && command.response.octets) {
    item.octets = command.response.octets->size();
    item.content_type = command.response.media_type;
    command.outcome = octets_words(*item.octets) + ' ' + clipped(item.content_type, 80);
  }
  command.fetched.push_back(std::move(item));
}

}  // namespace eastap::eas
