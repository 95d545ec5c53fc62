#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/eas/command.hpp"
#include "decoder/eas/device_memory.hpp"
#include "decoder/eas/limits.hpp"
#include "decoder/wbxml/document.hpp"

/// Inside of decoder/eas: what the readers of the single commands share.
namespace eastap::eas {

/// How deep a status stands, for `Command::eas_status`.
enum class Level : std::uint8_t { command, part, item };

/// One exchange while it is read. The documents are in `command.request` and `command.response`.
class Reading {
 public:
  Reading(Command& to, const Limits& bounds, const DeviceMemory* known)
      : command{to}, limits{bounds}, memory{known} {}

  Command& command;
  const Limits& limits;
  const DeviceMemory* memory;              ///< null: nothing known of this device
  std::optional<wbxml::Element> asked;     ///< root of the request, when it is this command's
  std::optional<wbxml::Element> answered;  ///< root of the response, likewise
  bool ended = false;                      ///< the exchange is over
  bool ok = false;                         ///< HTTP 200 came
  bool empty_request = false;              ///< the request has no body, and none is missing
  bool empty_answer = false;               ///< 200 without a body, and none is missing

  /// The element's text, joined from its pieces and cut to `limits.value_octets`.
  [[nodiscard]] std::string text(wbxml::Element element) const;
  /// Text of the first child with that tag; "" when there is none.
  [[nodiscard]] std::string child_text(wbxml::Element parent, codepages::Tag tag) const;

  /// The number in an element; a value that is none is remarked on.
  std::optional<int> number(wbxml::Element element, bool of_answer);
  std::optional<int> child_number(wbxml::Element parent, codepages::Tag tag, bool of_answer);

  /// Records a status of the answer. Its code again, for the caller's member.
  std::optional<int> status(Level level, std::string_view scope, std::string place,
                            std::optional<int> code);
  /// The status child of `parent`, recorded.
  std::optional<int> child_status(Level level, std::string_view scope, std::string place,
                                  wbxml::Element parent, codepages::Tag tag);
  /// A status that the device sends: no part of `eas_status`.
  void reported_status(std::string_view scope, std::string place, int code);

  void remark(Errc code, std::uint64_t offset, std::string_view part, std::string text);
  /// Says once a list that it was cut.
  void remark_limit(std::string_view what, std::size_t limit);

  /// "Inbox(5)", or the id alone.
  [[nodiscard]] std::string folder_label(std::string_view id) const;
  [[nodiscard]] std::string label(const Collection& collection) const;

  /// Sets `command.eas_status` from what was recorded.
  void conclude();

 private:
  std::optional<Level> level_;  ///< uppermost that has a status
  std::optional<int> first_, first_failure_;
  bool agree_ = true;
};

/// "No status" aside, the first failure in words: `Inbox(5): InvalidSyncKey (3)`; "" when all is
/// well.
[[nodiscard]] std::string failure_words(const Command& command, std::size_t line_octets);

/// Cut at a character's end, with "…" when it was longer.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t octets);
/// "12 kB", "48.2 kB", "950 B".
[[nodiscard]] std::string octets_words(std::uint64_t octets);
/// "a, b, c +2"
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::size_t most);
[[nodiscard]] std::string counted(std::size_t count, std::string_view one, std::string_view many);

// The readers. Each fills the typed members, the statuses, and `asked` and `outcome`.
void read_sync(Reading& reading);
void read_ping(Reading& reading);
void read_folder_sync(Reading& reading);
void read_folder_change(Reading& reading);  ///< FolderCreate, FolderUpdate, FolderDelete
void read_provision(Reading& reading);
void read_mail(Reading& reading);  ///< SendMail, SmartReply, SmartForward
void read_item_operations(Reading& reading);
void read_get_attachment(Reading& reading);
void read_move_items(Reading& reading);
void read_item_estimate(Reading& reading);
void read_meeting_response(Reading& reading);
void read_search(Reading& reading);
void read_find(Reading& reading);
void read_settings(Reading& reading);
void read_resolve_recipients(Reading& reading);
void read_validate_cert(Reading& reading);
void read_options(Reading& reading);
void read_autodiscover(Reading& reading, std::string_view target);

/// The property groups of Settings, and of the DeviceInformation inside Provision.
void read_settings_groups(Reading& reading, wbxml::Element parent, bool of_answer);

}  // namespace eastap::eas
