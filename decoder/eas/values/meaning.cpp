#include "decoder/eas/values/meaning.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/eas/mime.hpp"
#include "decoder/eas/status_table.hpp"
#include "decoder/eas/values/conversation.hpp"
#include "decoder/eas/values/dates.hpp"
#include "decoder/eas/values/global_object_id.hpp"
#include "decoder/eas/values/names.hpp"
#include "decoder/eas/values/policy.hpp"
#include "decoder/eas/values/recurrence.hpp"
#include "decoder/eas/values/time_zone.hpp"
#include "decoder/eas/values/user_agent.hpp"

namespace eastap::eas::values {
namespace {

using codepages::Tag;
using wbxml::Element;
namespace pages = codepages;

// ---- small pieces ----

std::optional<int> number_of(Element element) {
  const std::string_view text = trimmed(element.value());
  if (text.empty() || text.size() > 10) return std::nullopt;
  const auto value = to_integer(text);
  if (!value || *value < 0 || *value > 2'147'483'647) return std::nullopt;
  return static_cast<int>(*value);
}

/// The word of a number out of a list from 0 on; "" stands for one without a name.
template <std::size_t N>
std::string listed(Element element, const std::string_view (&words)[N]) {
  const auto number = number_of(element);
  if (!number || static_cast<std::size_t>(*number) >= N) return {};
  return std::string{words[*number]};
}

template <std::string_view (*Words)(int)>
std::string named(Element element) {
  const auto number = number_of(element);
  return number ? std::string{Words(*number)} : std::string{};
}

/// Octets as such, or base64 of them in text: both occur for opaque values.
std::string octets_of(Element element) {
  constexpr std::size_t kMost = 4'096;
  const std::string_view value = element.value();
  if (value.size() > kMost) return {};
  if (!element.is_opaque()) {
    if (auto octets = from_base64(trimmed(value))) return *std::move(octets);
  }
  return std::string{value};
}

/// The element that this one stands in. Siblings lie between the two, so the way back is bounded:
/// a value far down a long list has no parent here.
std::optional<Element> parent_of(Element element) {
  constexpr std::uint32_t kFarthest = 64;
  const auto depth = element.node().depth;
  const wbxml::Document& document = element.document();
  for (std::uint32_t back = 1; back <= kFarthest && back <= element.index(); ++back) {
    const std::uint32_t index = element.index() - back;
    if (document.nodes[index].depth < depth) return Element{document, index};
  }
  return std::nullopt;
}

// ---- readers, in the order of the pages ----

std::string status_words(Element element) {
  const auto code = number_of(element);
  const auto parent = parent_of(element);
  // Success is the rule, and 1 nearly everywhere.
  if (!code || !parent || (*code == 1 && element.tag().page != pages::move::kStatus.page))
    return {};
  std::string scope;
  std::string_view name = parent->name();
  switch (element.tag().page) {
    case 0: scope = "Sync"; break;
    case 5: scope = "MoveItems"; break;
    case 6: scope = "GetItemEstimate"; break;
    case 7: scope = name; break;
    case 8: scope = "MeetingResponse"; break;
    case 10: scope = name == "ResolveRecipients" ? "" : "ResolveRecipients."; break;
    case 11: scope = name == "ValidateCert" ? "" : "ValidateCert."; break;
    case 13: scope = "Ping"; break;
    case 14: {
      if (name == "Provision") return std::string{make_status("Provision", *code, "").name};
      // The request reports under the same tags what the device did.
      const bool answers = Element{element.document(), 0}.has(pages::provision::kStatus);
      scope = "Provision." + std::string{name} + (answers ? "" : ".Request");
      return std::string{make_status(scope, *code, "").name};
    }
    case 15: scope = name == "Search" ? "" : "Search."; break;
    case 16: return std::string{make_status("Search.Picture", *code, "").name};
    case 17: return std::string{make_status("Common", *code, "").name};  // of a BodyPart
    case 18: scope = name == "Settings" ? "" : "Settings."; break;
    case 20: scope = "ItemOperations"; break;
    case 21: scope = name; break;
    case 25: scope = name == "Find" ? "" : "Find."; break;
    default: return {};
  }
  if (scope.empty() || scope.back() == '.') scope += name;
  return std::string{make_status(scope, *code, "").name};
}

std::string truncation_words(Element element) {
  static constexpr std::string_view kWords[] = {
      "no body",      "first 512 characters", "first 1 KiB",  "first 2 KiB",   "first 5 KiB",
      "first 10 KiB", "first 20 KiB",         "first 50 KiB", "first 100 KiB", "whole body"};
  return listed(element, kWords);
}

std::string mime_truncation_words(Element element) {
  static constexpr std::string_view kWords[] = {"no body",      "first 4 KiB",   "first 5 KiB",
                                                "first 7 KiB",  "first 10 KiB",  "first 20 KiB",
                                                "first 50 KiB", "first 100 KiB", "whole body"};
  return listed(element, kWords);
}

std::string mime_support_words(Element element) {
  static constexpr std::string_view kWords[] = {"never MIME", "MIME for S/MIME mail only",
                                                "MIME for all mail"};
  return listed(element, kWords);
}

std::string conflict_words(Element element) {
  static constexpr std::string_view kWords[] = {"the device's change wins",
                                                "the server's change wins"};
  return listed(element, kWords);
}

std::string deletes_words(Element element) {
  static constexpr std::string_view kWords[] = {"deleted for good", "moved to Deleted Items"};
  return listed(element, kWords);
}

std::string get_changes_words(Element element) {
  static constexpr std::string_view kWords[] = {"send no changes", "send changes"};
  return listed(element, kWords);
}

std::string seconds_words(Element element) {
  const auto seconds = number_of(element);
  return seconds && *seconds >= 120 ? duration_words(static_cast<std::uint64_t>(*seconds))
                                    : std::string{};
}

std::string minutes_words(Element element) {
  const auto minutes = number_of(element);
  if (!minutes) return {};
  return *minutes == 0 ? "at once" : duration_words(static_cast<std::uint64_t>(*minutes) * 60);
}

std::string reminder_words(Element element) {
  const auto minutes = number_of(element);
  return minutes ? duration_words(static_cast<std::uint64_t>(*minutes) * 60) + " before"
                 : std::string{};
}

/// In Email, [MS-ASEMAIL] 2.2.2.61, it counts seconds.
std::string reminder_seconds_words(Element element) {
  const auto seconds = number_of(element);
  return seconds ? duration_words(static_cast<std::uint64_t>(*seconds)) + " before" : std::string{};
}

std::string when_words(Element element) {
  const std::string_view text = element.value();
  // The long form says itself when it is.
  if (text.size() != 16) return {};
  const auto date = parse_date(text);
  return date ? date_words(*date) : std::string{};
}

std::string zone_words(Element element) {
  if (element.is_opaque() && element.value().size() == kTimeZoneOctets) {
    return words(*parse_time_zone(element.value()));
  }
  const auto zone = parse_time_zone_text(element.value());
  if (zone) return words(*zone);
  return element.value().empty() ? std::string{} : "no time zone: " + zone.error().detail;
}

std::string importance_words(Element element) {
  static constexpr std::string_view kWords[] = {"low", "normal", "high"};
  return listed(element, kWords);
}

std::string sensitivity_words(Element element) {
  static constexpr std::string_view kWords[] = {"normal", "personal", "private", "confidential"};
  return listed(element, kWords);
}

std::string busy_words(Element element) {
  static constexpr std::string_view kWords[] = {"free", "tentative", "busy", "out of office",
                                                "working elsewhere"};
  return listed(element, kWords);
}

std::string read_words(Element element) {
  static constexpr std::string_view kWords[] = {"unread", "read"};
  return listed(element, kWords);
}

std::string instance_words(Element element) {
  static constexpr std::string_view kWords[] = {"single appointment", "series", "one of a series",
                                                "exception of a series",
                                                "exception without its series"};
  return listed(element, kWords);
}

std::string message_class_words(Element element) {
  struct Row {
    std::string_view name, words;
  };
  static constexpr Row kRows[] = {
      {"IPM.Note", "mail"},
      {"IPM.Note.SMIME", "mail, S/MIME encrypted"},
      {"IPM.Note.SMIME.MultipartSigned", "mail, S/MIME signed"},
      {"IPM.Note.Receipt.SMIME", "S/MIME receipt"},
      {"IPM.InfoPathForm", "InfoPath form"},
      {"IPM.Schedule.Meeting", "meeting"},
      {"IPM.Schedule.Meeting.Request", "meeting request"},
      {"IPM.Schedule.Meeting.Canceled", "meeting canceled"},
      {"IPM.Schedule.Meeting.Resp.Pos", "meeting accepted"},
      {"IPM.Schedule.Meeting.Resp.Tent", "meeting tentatively accepted"},
      {"IPM.Schedule.Meeting.Resp.Neg", "meeting declined"},
      {"IPM.Notification.Meeting", "meeting notification"},
      {"IPM.Post", "post"},
      {"IPM.Octel.Voice", "voice mail"},
      {"IPM.Voicenotes", "voice mail"},
      {"IPM.Note.Microsoft.Voicemail", "voice mail"},
      {"IPM.Note.RPMSG.Microsoft.Voicemail", "protected voice mail"},
      {"IPM.Note.Microsoft.Missed.Voice", "missed call"},
      {"IPM.Sharing", "sharing request"},
      {"IPM.StickyNote", "note"},
      {"REPORT.IPM.NOTE.NDR", "delivery failed"},
      {"REPORT.IPM.NOTE.DR", "delivery receipt"},
      {"REPORT.IPM.NOTE.DELAYED", "delivery delayed"},
      {"REPORT.IPM.NOTE.IPNRN", "read receipt"},
      {"REPORT.IPM.NOTE.IPNNRN", "deleted unread"},
      {"IPM.Note.Mobile.SMS", "text message"},
  };
  const std::string_view value = trimmed(element.value());
  for (const Row& row : kRows) {
    if (equals_ignoring_case(row.name, value)) return std::string{row.words};
  }
  return {};
}

std::string code_page_words(Element element) {
  const auto number = number_of(element);
  if (!number) return {};
  switch (*number) {
    case 932: return "Shift-JIS";
    case 936: return "GBK";
    case 949: return "Korean";
    case 950: return "Big5";
    case 1250: return "Windows, central European";
    case 1251: return "Windows, Cyrillic";
    case 1252: return "Windows, western European";
    case 20127: return "US-ASCII";
    case 20866: return "KOI8-R";
    case 28591: return "ISO-8859-1";
    case 28605: return "ISO-8859-15";
    case 50220: return "ISO-2022-JP";
    case 54936: return "GB 18030";
    case 65000: return "UTF-7";
    case 65001: return "UTF-8";
    default: return {};
  }
}

std::string flag_words(Element element) {
  static constexpr std::string_view kWords[] = {"cleared", "complete", "active"};
  const auto parent = parent_of(element);
  return parent && parent->is(pages::email::kFlag) ? listed(element, kWords) : std::string{};
}

std::string attachment_method_words(Element element) {
  static constexpr std::string_view kWords[] = {"", "file", "", "", "", "message", "OLE object"};
  return listed(element, kWords);
}

std::string object_id_words(Element element) {
  const auto id = parse_global_object_id(octets_of(element));
  return id ? words(*id) : std::string{};
}

std::string uid_words(Element element) {
  const std::string_view uid = trimmed(element.value());
  if (uid.size() < 80 || uid.size() > 1'024) return {};
  const auto octets = from_hex(uid);
  const auto id = octets ? parse_global_object_id(*octets) : tl::unexpected(Error{});
  if (!id) return {};
  const std::string text = words(*id);
  // The UID itself is the value; what else the id says comes after its comma.
  if (!equals_ignoring_case(id->uid(), uid) && id->year == 0) return text;
  const std::size_t comma = text.find(", ");
  return comma == std::string::npos ? std::string{} : text.substr(comma + 2);
}

std::string conversation_id_words(Element element) {
  const std::string octets = octets_of(element);
  return octets.size() == 16 ? hex_words(octets) : std::string{};
}

std::string conversation_index_words(Element element) {
  const std::string octets = octets_of(element);
  const auto index = parse_conversation_index(octets);
  if (!index) return {};
  return hex_words(std::string_view{octets}.substr(0, 60)) + ", " + words(*index);
}

std::string verb_words(Element element) {
  static constexpr std::string_view kWords[] = {"nothing known", "replied to sender",
                                                "replied to all", "forwarded"};
  return listed(element, kWords);
}

std::string meeting_message_words(Element element) {
  static constexpr std::string_view kWords[] = {
      "silent update", "first request",    "full update",   "informational update",
      "outdated",      "delegator's copy", "for a delegate"};
  return listed(element, kWords);
}

std::string attendee_status_words(Element element) {
  static constexpr std::string_view kWords[] = {"not known", "",         "tentative",
                                                "accepted",  "declined", "not responded"};
  return listed(element, kWords);
}

std::string attendee_type_words(Element element) {
  static constexpr std::string_view kWords[] = {"", "required", "optional", "resource"};
  return listed(element, kWords);
}

std::string recurrence_words(Element element) {
  const auto rule = read_recurrence(element);
  return rule ? words(*rule) : std::string{};
}

std::string recurrence_type_words(Element element) {
  static constexpr std::string_view kWords[] = {
      "daily", "weekly",         "monthly by date",  "monthly by weekday",
      "",      "yearly by date", "yearly by weekday"};
  return listed(element, kWords);
}

std::string weekdays_words(Element element) {
  const auto bits = number_of(element);
  return bits && *bits >= 1 && *bits <= 127 ? weekday_words(*bits) : std::string{};
}

std::string week_words(Element element) {
  static constexpr std::string_view kWords[] = {"", "1st", "2nd", "3rd", "4th", "last"};
  return listed(element, kWords);
}

std::string month_words(Element element) {
  static constexpr std::string_view kWords[] = {"",    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return listed(element, kWords);
}

std::string day_words(Element element) {
  static constexpr std::string_view kWords[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  return listed(element, kWords);
}

std::string calendar_words(Element element) {
  static constexpr std::string_view kWords[] = {"default calendar",
                                                "Gregorian",
                                                "Gregorian, US",
                                                "Japanese era",
                                                "Taiwan",
                                                "Korean era",
                                                "Hijri",
                                                "Thai",
                                                "Hebrew",
                                                "Gregorian, Middle East French",
                                                "Gregorian, Arabic",
                                                "Gregorian, transliterated English",
                                                "Gregorian, transliterated French",
                                                "",
                                                "Japanese lunar",
                                                "Chinese lunar",
                                                "Saka era",
                                                "Chinese lunar, ETO",
                                                "Korean lunar, ETO",
                                                "Rokuyou lunar",
                                                "Korean lunar"};
  return listed(element, kWords);
}

std::string parent_id_words(Element element) { return element.value() == "0" ? "top level" : ""; }

std::string user_response_words(Element element) {
  static constexpr std::string_view kWords[] = {"", "accepted", "tentative", "declined"};
  return listed(element, kWords);
}

std::string recipient_type_words(Element element) {
  static constexpr std::string_view kWords[] = {"", "global address list", "user's contacts"};
  return listed(element, kWords);
}

std::string certificates_words(Element element) {
  static constexpr std::string_view kWords[] = {"", "no certificates", "whole certificates",
                                                "short certificates"};
  return listed(element, kWords);
}

std::string merged_words(Element element) { return free_busy_words(trimmed(element.value())); }

std::string policy_setting_words(Element element) {
  return setting_words(element.name(), element.value());
}

std::string file_reference_words(Element element) {
  return words(split_file_reference(element.value()));
}

void add(std::string& out, std::string_view more) {
  if (more.empty()) return;
  if (!out.empty()) out += ", ";
  out += more;
}

std::string first_of(const std::vector<std::string>& list) {
  if (list.empty()) return {};
  std::string out = list.front();
  if (list.size() > 1) out += " +" + std::to_string(list.size() - 1);
  return out;
}

std::string size_words(std::uint64_t octets) {
  if (octets < 1'000) return std::to_string(octets) + " B";
  if (octets < 1'000'000) return std::to_string(octets / 1'000) + " kB";
  return std::to_string(octets / 1'000'000) + " MB";
}

std::string mail_words(std::string_view message) {
  const MimeFacts mail = read_mime(message, {});
  std::string out;
  if (!mail.from.empty()) out = "from " + mail.from;
  for (const auto& [label, list] :
       {std::pair{"to ", &mail.to}, std::pair{"cc ", &mail.cc}, std::pair{"bcc ", &mail.bcc}}) {
    if (!list->empty()) add(out, label + first_of(*list));
  }
  if (!mail.subject.empty()) add(out, '"' + mail.subject.substr(0, 120) + '"');
  if (!mail.calendar_method.empty()) {
    add(out, "meeting " + to_lower(mail.calendar_method) +
                 (mail.calendar_uid.empty() ? "" : " UID " + mail.calendar_uid.substr(0, 120)));
  }
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < mail.attachments.size() && i < kShown; ++i) {
    const MimeAttachment& file = mail.attachments[i];
    add(out, "attachment " + file.name.substr(0, 80) +
                 (file.octets ? " (" + size_words(*file.octets) + ")" : ""));
  }
  if (mail.attachments.size() > kShown) {
    out += " +" + std::to_string(mail.attachments.size() - kShown);
  }
  return out;
}

std::string mime_words(Element element) { return mail_words(element.value()); }

/// Data of a Body whose Type is MIME.
std::string body_data_words(Element element) {
  constexpr std::uint32_t kFarthest = 16;
  const wbxml::Document& document = element.document();
  for (std::uint32_t back = 1; back <= kFarthest && back <= element.index(); ++back) {
    const Element before{document, element.index() - back};
    if (before.node().depth < element.node().depth) return {};
    if (before.is(pages::airsync_base::kType)) {
      return before.value() == "4" ? mail_words(element.value()) : std::string{};
    }
  }
  return {};
}

std::string oof_words(Element element) {
  static constexpr std::string_view kWords[] = {"off", "on", "on for a time"};
  return listed(element, kWords);
}

std::string agent_words(Element element) { return user_agent_words(trimmed(element.value())); }

std::string model_words(Element element) {
  const std::string model = parse_apple_agent("Apple-" + std::string{element.value()}).model;
  return model != element.value() ? model : std::string{};
}

// ---- the table ----

using Read = std::string (*)(Element);

struct Row {
  Tag tag;
  Read read;
  bool content = false;
};

constexpr Row kTable[] = {
    {pages::airsync::kStatus, status_words},
    {pages::airsync::kFilterType, named<filter_words>},
    {pages::airsync::kTruncation, truncation_words},
    {pages::airsync::kRTFTruncation, truncation_words},
    {pages::airsync::kMIMETruncation, mime_truncation_words},
    {pages::airsync::kMIMESupport, mime_support_words},
    {pages::airsync::kConflict, conflict_words},
    {pages::airsync::kDeletesAsMoves, deletes_words},
    {pages::airsync::kGetChanges, get_changes_words},
    {pages::airsync::kWait, minutes_words},
    {pages::airsync::kHeartbeatInterval, seconds_words},

    {pages::email::kImportance, importance_words},
    {pages::email::kSensitivity, sensitivity_words},
    {pages::email::kBusyStatus, busy_words},
    {pages::email::kRead, read_words},
    {pages::email::kInstanceType, instance_words},
    {pages::email::kMessageClass, message_class_words},
    {pages::email::kInternetCPID, code_page_words},
    {pages::email::kStatus, flag_words},
    {pages::email::kAttMethod, attachment_method_words},
    {pages::email::kAttName, file_reference_words, true},
    {pages::email::kTimeZone, zone_words},
    {pages::email::kGlobalObjId, object_id_words, true},
    {pages::email::kReminder, reminder_seconds_words},
    {pages::email::kMIMEData, mime_words, true},
    {pages::email::kRecurrence, recurrence_words},
    {pages::email::kType, recurrence_type_words},
    {pages::email::kDayOfWeek, weekdays_words},
    {pages::email::kWeekOfMonth, week_words},
    {pages::email::kMonthOfYear, month_words},
    {pages::email::kUntil, when_words},
    {pages::email::kRecurrenceId, when_words},
    {pages::email::kStartTime, when_words},
    {pages::email::kEndTime, when_words},
    {pages::email::kDtStamp, when_words},

    {pages::calendar::kTimezone, zone_words},
    {pages::calendar::kBusyStatus, busy_words},
    {pages::calendar::kSensitivity, sensitivity_words},
    {pages::calendar::kMeetingStatus, named<meeting_status_words>},
    {pages::calendar::kResponseType, named<response_type_words>},
    {pages::calendar::kAttendeeStatus, attendee_status_words},
    {pages::calendar::kAttendeeType, attendee_type_words},
    {pages::calendar::kReminder, reminder_words},
    {pages::calendar::kUID, uid_words, true},
    {pages::calendar::kClientUid, uid_words, true},
    {pages::calendar::kRecurrence, recurrence_words},
    {pages::calendar::kType, recurrence_type_words},
    {pages::calendar::kDayOfWeek, weekdays_words},
    {pages::calendar::kWeekOfMonth, week_words},
    {pages::calendar::kMonthOfYear, month_words},
    {pages::calendar::kFirstDayOfWeek, day_words},
    {pages::calendar::kCalendarType, calendar_words},
    {pages::calendar::kUntil, when_words},
    {pages::calendar::kStartTime, when_words},
    {pages::calendar::kEndTime, when_words},
    {pages::calendar::kDtStamp, when_words},
    {pages::calendar::kExceptionStartTime, when_words},
    {pages::calendar::kAppointmentReplyTime, when_words},
    {pages::calendar::kAttMethod, attachment_method_words},

    {pages::move::kStatus, status_words},
    {pages::get_item_estimate::kStatus, status_words},

    {pages::folder_hierarchy::kType, named<folder_type_words>},
    {pages::folder_hierarchy::kParentId, parent_id_words},
    {pages::folder_hierarchy::kStatus, status_words},

    {pages::meeting_response::kUserResponse, user_response_words},
    {pages::meeting_response::kStatus, status_words},
    {pages::meeting_response::kInstanceId, when_words},
    {pages::meeting_response::kProposedStartTime, when_words},
    {pages::meeting_response::kProposedEndTime, when_words},

    {pages::tasks::kImportance, importance_words},
    {pages::tasks::kSensitivity, sensitivity_words},
    {pages::tasks::kRecurrence, recurrence_words},
    {pages::tasks::kType, recurrence_type_words},
    {pages::tasks::kDayOfWeek, weekdays_words},
    {pages::tasks::kWeekOfMonth, week_words},
    {pages::tasks::kMonthOfYear, month_words},
    {pages::tasks::kFirstDayOfWeek, day_words},
    {pages::tasks::kCalendarType, calendar_words},

    {pages::resolve_recipients::kType, recipient_type_words},
    {pages::resolve_recipients::kCertificateRetrieval, certificates_words},
    {pages::resolve_recipients::kMergedFreeBusy, merged_words, true},
    {pages::resolve_recipients::kStatus, status_words},

    {pages::validate_cert::kStatus, status_words},

    {pages::ping::kStatus, status_words},
    {pages::ping::kHeartbeatInterval, seconds_words},

    {pages::provision::kStatus, status_words},
    {pages::provision::kDevicePasswordEnabled, policy_setting_words},
    {pages::provision::kAlphanumericDevicePasswordRequired, policy_setting_words},
    {pages::provision::kRequireStorageCardEncryption, policy_setting_words},
    {pages::provision::kPasswordRecoveryEnabled, policy_setting_words},
    {pages::provision::kDocumentBrowseEnabled, policy_setting_words},
    {pages::provision::kAttachmentsEnabled, policy_setting_words},
    {pages::provision::kMinDevicePasswordLength, policy_setting_words},
    {pages::provision::kMaxInactivityTimeDeviceLock, policy_setting_words},
    {pages::provision::kMaxDevicePasswordFailedAttempts, policy_setting_words},
    {pages::provision::kMaxAttachmentSize, policy_setting_words},
    {pages::provision::kAllowSimpleDevicePassword, policy_setting_words},
    {pages::provision::kDevicePasswordExpiration, policy_setting_words},
    {pages::provision::kDevicePasswordHistory, policy_setting_words},
    {pages::provision::kAllowStorageCard, policy_setting_words},
    {pages::provision::kAllowCamera, policy_setting_words},
    {pages::provision::kRequireDeviceEncryption, policy_setting_words},
    {pages::provision::kAllowUnsignedApplications, policy_setting_words},
    {pages::provision::kAllowUnsignedInstallationPackages, policy_setting_words},
    {pages::provision::kMinDevicePasswordComplexCharacters, policy_setting_words},
    {pages::provision::kAllowWiFi, policy_setting_words},
    {pages::provision::kAllowTextMessaging, policy_setting_words},
    {pages::provision::kAllowPOPIMAPEmail, policy_setting_words},
    {pages::provision::kAllowBluetooth, policy_setting_words},
    {pages::provision::kAllowIrDA, policy_setting_words},
    {pages::provision::kRequireManualSyncWhenRoaming, policy_setting_words},
    {pages::provision::kAllowDesktopSync, policy_setting_words},
    {pages::provision::kMaxCalendarAgeFilter, policy_setting_words},
    {pages::provision::kAllowHTMLEmail, policy_setting_words},
    {pages::provision::kMaxEmailAgeFilter, policy_setting_words},
    {pages::provision::kMaxEmailBodyTruncationSize, policy_setting_words},
    {pages::provision::kMaxEmailHTMLBodyTruncationSize, policy_setting_words},
    {pages::provision::kRequireSignedSMIMEMessages, policy_setting_words},
    {pages::provision::kRequireEncryptedSMIMEMessages, policy_setting_words},
    {pages::provision::kRequireSignedSMIMEAlgorithm, policy_setting_words},
    {pages::provision::kRequireEncryptionSMIMEAlgorithm, policy_setting_words},
    {pages::provision::kAllowSMIMEEncryptionAlgorithmNegotiation, policy_setting_words},
    {pages::provision::kAllowSMIMESoftCerts, policy_setting_words},
    {pages::provision::kAllowBrowser, policy_setting_words},
    {pages::provision::kAllowConsumerEmail, policy_setting_words},
    {pages::provision::kAllowRemoteDesktop, policy_setting_words},
    {pages::provision::kAllowInternetSharing, policy_setting_words},

    {pages::search::kStatus, status_words},
    {pages::search::kConversationId, conversation_id_words, true},
    {pages::gal::kStatus, status_words},

    {pages::airsync_base::kType, named<body_type_words>},
    {pages::airsync_base::kNativeBodyType, named<body_type_words>},
    {pages::airsync_base::kData, body_data_words, true},
    {pages::airsync_base::kFileReference, file_reference_words, true},
    {pages::airsync_base::kMethod, attachment_method_words},
    {pages::airsync_base::kStatus, status_words},
    {pages::airsync_base::kInstanceId, when_words},

    {pages::settings::kStatus, status_words},
    {pages::settings::kOofState, oof_words},
    {pages::settings::kModel, model_words},
    {pages::settings::kUserAgent, agent_words},

    {pages::item_operations::kStatus, status_words},
    {pages::item_operations::kConversationId, conversation_id_words, true},

    {pages::compose_mail::kMime, mime_words, true},
    {pages::compose_mail::kStatus, status_words},

    {pages::email2::kConversationId, conversation_id_words, true},
    {pages::email2::kConversationIndex, conversation_index_words, true},
    {pages::email2::kLastVerbExecuted, verb_words},
    {pages::email2::kMeetingMessageType, meeting_message_words},
    {pages::email2::kCalendarType, calendar_words},
    {pages::email2::kFirstDayOfWeek, day_words},

    {pages::notes::kMessageClass, message_class_words},
    {pages::find::kStatus, status_words},
};

static_assert(std::size(kTable) < 255);

/// Row number of each tag, from 1: an element without a reader costs one look.
constexpr auto kRowOf = [] {
  std::array<std::array<std::uint8_t, pages::kTokensPerPage>, pages::kPageCount> rows{};
  for (std::size_t i = 0; i < std::size(kTable); ++i) {
    rows[kTable[i].tag.page][kTable[i].tag.token] = static_cast<std::uint8_t>(i + 1);
  }
  return rows;
}();

const Row* row_of(Tag tag) {
  if (tag.page >= pages::kPageCount || tag.token >= pages::kTokensPerPage) return nullptr;
  const std::uint8_t row = kRowOf[tag.page][tag.token];
  return row == 0 ? nullptr : &kTable[row - 1U];
}

}  // namespace

std::string meaning(Element element) {
  const Row* row = row_of(element.tag());
  if (row == nullptr) return {};
  const bool has_children = !element.children().empty();
  if (has_children != (row->read == recurrence_words)) return {};
  if (!has_children && element.value().empty()) return {};
  std::string text = row->read(element);
  if (!is_utf8(text)) text = repaired_utf8(text);
  if (text.size() > kMeaningOctets) {
    std::size_t end = kMeaningOctets - 3;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    text += "…";
  }
  return text;
}

bool may_have_meaning(Tag tag) { return row_of(tag) != nullptr; }

bool meaning_is_content(Tag tag) {
  const Row* row = row_of(tag);
  return row != nullptr && row->content;
}

}  // namespace eastap::eas::values
