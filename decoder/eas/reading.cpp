#include "decoder/eas/reading.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/status_table.hpp"

namespace eastap::eas {
namespace {

std::optional<int> to_int(std::string_view text) {
  const auto value = to_integer(trimmed(text));
  if (!value || *value > std::numeric_limits<int>::max() || *value < 0) return std::nullopt;
  return static_cast<int>(*value);
}

bool is_reported_by_device(const Status& status) {
  return std::string_view{status.scope}.ends_with(".Request");
}

std::string place_words(const Command& command, std::string_view place) {
  constexpr std::string_view kCollection = "collection ";
  if (!place.starts_with(kCollection)) return std::string{place};
  const std::string_view id = place.substr(kCollection.size());
  for (const Collection& collection : command.collections) {
    if (collection.id == id && !collection.folder_name.empty()) {
      return collection.folder_name + '(' + collection.id + ')';
    }
  }
  return std::string{place};
}

}  // namespace

std::string Reading::text(wbxml::Element element) const {
  const std::string_view value = element.value();
  if (!value.empty() || element.children().empty()) {
    return std::string{value.substr(0, limits.value_octets)};
  }
  std::string whole = element.whole_value();
  if (whole.size() > limits.value_octets) whole.resize(limits.value_octets);
  return whole;
}

std::string Reading::child_text(wbxml::Element parent, codepages::Tag tag) const {
  const auto child = parent.child(tag);
  return child ? text(*child) : std::string{};
}

std::optional<int> Reading::number(wbxml::Element element, bool of_answer) {
  if (const auto value = to_int(element.value())) return value;
  const std::string whole = text(element);
  if (const auto value = to_int(whole)) return value;
  remark(Errc::malformed, element.node().offset, of_answer ? "response body" : "request body",
         std::string{element.name()} + " is \"" + clipped(repaired_utf8(whole), 40) +
             "\", not a number");
  return std::nullopt;
}

std::optional<int> Reading::child_number(wbxml::Element parent, codepages::Tag tag,
                                         bool of_answer) {
  const auto child = parent.child(tag);
  return child ? number(*child, of_answer) : std::nullopt;
}

std::optional<int> Reading::status(Level level, std::string_view scope, std::string place,
                                   std::optional<int> code) {
  if (!code) return code;
  const bool success = is_success(scope, *code);
  if (!level_ || level < *level_) {
    level_ = level;
    first_ = code;
    first_failure_.reset();
    agree_ = true;
  }
  if (level == *level_) {
    agree_ = agree_ && first_ == code;
    if (!success && !first_failure_) first_failure_ = code;
  }
  if (command.statuses.size() < limits.statuses) {
    command.statuses.push_back(make_status(scope, *code, std::move(place)));
  } else {
    remark_limit("statuses", limits.statuses);
  }
  return code;
}

std::optional<int> Reading::child_status(Level level, std::string_view scope, std::string place,
                                         wbxml::Element parent, codepages::Tag tag) {
  return status(level, scope, std::move(place), child_number(parent, tag, true));
}

void Reading::reported_status(std::string_view scope, std::string place, int code) {
  if (command.statuses.size() >= limits.statuses) return;
  command.statuses.push_back(make_status(scope, code, std::move(place)));
}

void Reading::remark(Errc code, std::uint64_t offset, std::string_view part, std::string text) {
  // As many as the WBXML decoder keeps of one body.
  constexpr std::size_t kMost = 200;
  if (command.diagnostics.size() >= kMost) return;
  command.diagnostics.push_back({code, offset, std::string{part}, std::move(text)});
}

void Reading::remark_limit(std::string_view what, std::size_t limit) {
  std::string text = "More than " + std::to_string(limit) + ' ' + std::string{what} +
                     "; further ones are only in the document";
  for (const Diagnostic& known : command.diagnostics) {
    if (known.code == Errc::too_large && known.text == text) return;
  }
  remark(Errc::too_large, 0, "", std::move(text));
}

std::string Reading::folder_label(std::string_view id) const {
  const DeviceMemory::Folder* folder = memory != nullptr ? memory->folder(id) : nullptr;
  std::string label;
  if (folder != nullptr && !folder->name.empty()) {
    label.append(folder->name).append("(").append(id).append(")");
  } else {
    label = id;
  }
  return label;
}

std::string Reading::label(const Collection& collection) const {
  if (collection.id.empty()) {
    return collection.class_name.empty() ? "a folder" : collection.class_name;
  }
  if (!collection.folder_name.empty()) return collection.folder_name + '(' + collection.id + ')';
  if (!collection.class_name.empty()) return collection.class_name + '(' + collection.id + ')';
  return collection.id;
}

void Reading::conclude() {
  if (!level_) return;
  command.eas_status =
      *level_ == Level::command || agree_ || !first_failure_ ? first_ : first_failure_;
}

std::string failure_words(const Command& command, std::size_t line_octets) {
  std::string words;
  std::size_t further = 0;
  for (const Status& status : command.statuses) {
    if (status.success || is_reported_by_device(status)) continue;
    if (!words.empty()) {
      ++further;
      continue;
    }
    if (!status.place.empty()) words = place_words(command, status.place) + ": ";
    words += "status " + std::to_string(status.code);
    if (!status.name.empty()) words += ' ' + status.name;
  }
  if (further > 0) words += " (" + std::to_string(further) + " more)";
  return clipped(words, line_octets);
}

std::string clipped(std::string_view text, std::size_t octets) {
  if (text.size() <= octets) return std::string{text};
  std::size_t end = octets > 3 ? octets - 3 : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string{text.substr(0, end)} + "…";
}

std::string octets_words(std::uint64_t octets) {
  if (octets < 1'000) return std::to_string(octets) + " B";
  constexpr std::string_view kUnits[] = {" kB", " MB", " GB"};
  std::uint64_t tenths = octets / 100;
  std::size_t unit = 0;
  while (tenths >= 10'000 && unit + 1 < std::size(kUnits)) {
    tenths /= 1'000;
    ++unit;
  }
  std::string words = std::to_string(tenths / 10);
  if (tenths < 1'000 && tenths % 10 != 0) words += '.' + std::to_string(tenths % 10);
  return words + std::string{kUnits[unit]};
}

std::string joined(const std::vector<std::string>& words, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < words.size() && i < most; ++i) {
    if (i > 0) out += ", ";
    out += words[i];
  }
  if (words.size() > most) out += " +" + std::to_string(words.size() - most);
  return out;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + ' ' + std::string{count == 1 ? one : many};
}

}  // namespace eastap::eas
