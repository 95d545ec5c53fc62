#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/time.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/wbxml/document.hpp"

namespace eastap::findings {

/// The rules of a time zone structure, [MS-ASDTYPE] 2.7.6, without the names.
struct TimeZone {
  struct Change {
    std::uint16_t year = 0, month = 0, weekday = 0, week = 0, hour = 0, minute = 0;
    bool operator==(const Change&) const = default;
  };
  std::int32_t bias = 0, standard_bias = 0, daylight_bias = 0;  ///< minutes, UTC = local + bias
  Change standard, daylight;

  /// Years aside, where one of the two is a rule for every year.
  [[nodiscard]] bool same_rules(const TimeZone& other) const;
  /// Minutes from local time to UTC at that moment.
  [[nodiscard]] std::int32_t offset_at(Timestamp time) const;
};

/// Nothing unless `base64` decodes to exactly 172 octets.
[[nodiscard]] std::optional<TimeZone> time_zone_from(std::string_view base64);

/// "20261120T090000Z" or "2026-11-20T09:00:00.000Z".
[[nodiscard]] std::optional<Timestamp> compact_time_from(std::string_view text);

/// One exception of a series, as far as rules compare them.
struct ExceptionFacts {
  std::uint64_t start = 0;  ///< hash of ExceptionStartTime or InstanceId
  std::uint64_t content = 0;
  std::optional<Timestamp> at;  ///< the same as a time
  std::optional<Timestamp> stamp;
  bool removed = false;  ///< Deleted 1, or MeetingStatus says cancelled
};

/// What one Add or Change of a calendar, task, contact or mail item says. Texts are views into the
/// document; absent is absent.
struct ItemFacts {
  bool calendar = false, task = false, contact = false, mail = false;
  std::string_view uid, organizer, start_text, instance_id, subject, from, message_class;
  std::optional<int> meeting_status, reminder;
  std::optional<bool> all_day;
  std::optional<Timestamp> start, end, stamp;
  std::vector<std::uint64_t> attendees;  ///< hashes of addresses in lower case; at most 64
  bool has_attendees = false;
  bool recurring = false;
  int recurrence_type = -1, day_of_month = 0;
  bool has_exceptions = false;
  std::vector<ExceptionFacts> exceptions;  ///< at most 64
  std::size_t exception_count = 0;
  bool has_time_zone = false;
  std::optional<TimeZone> time_zone;  ///< empty beside `has_time_zone`: not 172 octets
  bool has_body = false, body_truncated = false;
  int body_type = 0, native_body_type = 0;
  std::uint64_t body_octets = 0, body_estimate = 0, body_hash = 0;
  bool meeting_request = false;  ///< a mail that is one
  std::uint64_t content = 0;     ///< of all that is not volatile (DtStamp, UID, body estimates)
  std::uint64_t contact_content = 0;  ///< names, first address and telephone numbers
  /// Each property directly below ApplicationData: tag and hash of its subtree; at most 48.
  struct Property {
    codepages::Tag tag;
    std::uint32_t hash = 0;
  };
  std::vector<Property> properties;

  [[nodiscard]] const Property* property(codepages::Tag tag) const;
};

/// Reads the element of an Add or Change (or a Fetch answer).
[[nodiscard]] ItemFacts item_facts_of(const wbxml::Element& command);

/// The facts of `item`, read from the body that it came from; nothing when there is no tree.
[[nodiscard]] std::optional<ItemFacts> item_facts_of(const eas::Command& command,
                                                     const eas::Item& item);

}  // namespace eastap::findings
