#include "decoder/eas/values/names.hpp"

#include <cstddef>
#include <iterator>

#include "decoder/base/text.hpp"
#include "decoder/eas/values/dates.hpp"

namespace eastap::eas::values {
namespace {

template <std::size_t N>
std::string_view at(const std::string_view (&words)[N], int index) {
  if (index < 0 || static_cast<std::size_t>(index) >= N) return {};
  return words[index];
}

bool is_id(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && (c < '0' || c > '9')) return false;
  }
  return true;
}

}  // namespace

std::string_view filter_words(int filter_type) {
  static constexpr std::string_view kWords[] = {"all",      "1 day",    "3 days",
                                                "1 week",   "2 weeks",  "1 month",
                                                "3 months", "6 months", "incomplete tasks"};
  return at(kWords, filter_type);
}

std::string_view folder_type_words(int type) {
  static constexpr std::string_view kWords[] = {"",
                                                "user's folder",
                                                "Inbox",
                                                "Drafts",
                                                "Deleted Items",
                                                "Sent Items",
                                                "Outbox",
                                                "Tasks",
                                                "Calendar",
                                                "Contacts",
                                                "Notes",
                                                "Journal",
                                                "user's mail folder",
                                                "user's calendar",
                                                "user's contacts",
                                                "user's tasks",
                                                "user's journal",
                                                "user's notes",
                                                "unknown kind",
                                                "recipient information cache"};
  return at(kWords, type);
}

std::string_view body_type_words(int type) {
  static constexpr std::string_view kWords[] = {"", "plain text", "HTML", "RTF", "MIME"};
  return at(kWords, type);
}

std::string_view meeting_status_words(int bits) {
  // Bit 0 a meeting, bit 1 received, bit 2 canceled; Exchange sets bit 3 for some and means
  // nothing.
  if (bits < 0 || bits > 15) return {};
  static constexpr std::string_view kWords[] = {"appointment",
                                                "meeting of the user's own",
                                                "",
                                                "meeting, received",
                                                "",
                                                "own meeting, canceled",
                                                "",
                                                "meeting received, canceled"};
  return kWords[bits & 7];
}

std::string_view response_type_words(int type) {
  static constexpr std::string_view kWords[] = {"no answer", "organizer", "tentative",
                                                "accepted",  "declined",  "not responded"};
  return at(kWords, type);
}

FileReference split_file_reference(std::string_view reference) {
  if (reference.size() > 512) return {};
  const std::string text = percent_decoded(reference);
  const std::string_view all{text};
  const std::size_t first = all.find(':');
  const std::size_t last = all.rfind(':');
  if (first == std::string_view::npos || last == first) return {};
  const std::string_view folder = all.substr(0, first);
  const std::string_view item = all.substr(first + 1, last - first - 1);
  const std::string_view index = all.substr(last + 1);
  const auto number = index.size() <= 6 ? to_integer(index) : std::nullopt;
  if (!is_id(folder) || !is_id(item) || !number || *number < 0) return {};
  return {std::string{folder}, std::string{item}, std::string{index}};
}

std::string words(const FileReference& reference) {
  if (reference.index.empty()) return {};
  return "attachment " + reference.index + " of " + reference.folder + ':' + reference.item;
}

std::string free_busy_words(std::string_view digits) {
  static constexpr std::string_view kWords[] = {"free", "tentative", "busy", "out of office",
                                                "unknown"};
  // 32 kB are the most that a server sends, [MS-ASCMD] 2.2.3.104; a few stretches tell the rest.
  constexpr std::size_t kMostStretches = 6;
  if (digits.empty() || digits.size() > 32'767 ||
      digits.find_first_not_of("01234") != std::string_view::npos) {
    return {};
  }
  std::string out;
  std::size_t stretches = 0;
  for (std::size_t at = 0; at < digits.size();) {
    std::size_t end = digits.find_first_not_of(digits[at], at);
    if (end == std::string_view::npos) end = digits.size();
    if (++stretches > kMostStretches) return out + ", …";
    if (!out.empty()) out += ", ";
    out += kWords[digits[at] - '0'];
    out += ' ' + duration_words((end - at) * 1'800);
    at = end;
  }
  return out;
}

}  // namespace eastap::eas::values
