#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 4, Calendar: [MS-ASWBXML] 2.1.2.1.5.
namespace eastap::codepages::calendar {

inline constexpr Tag kTimezone{4, 0x05};
inline constexpr Tag kAllDayEvent{4, 0x06};
inline constexpr Tag kAttendees{4, 0x07};
inline constexpr Tag kAttendee{4, 0x08};
inline constexpr Tag kEmail{4, 0x09};
inline constexpr Tag kName{4, 0x0A};
inline constexpr Tag kBody{4, 0x0B};
inline constexpr Tag kBodyTruncated{4, 0x0C};
inline constexpr Tag kBusyStatus{4, 0x0D};
inline constexpr Tag kCategories{4, 0x0E};
inline constexpr Tag kCategory{4, 0x0F};
inline constexpr Tag kCompressedRTF{4, 0x10};
inline constexpr Tag kDtStamp{4, 0x11};
inline constexpr Tag kEndTime{4, 0x12};
inline constexpr Tag kException{4, 0x13};
inline constexpr Tag kExceptions{4, 0x14};
inline constexpr Tag kDeleted{4, 0x15};
inline constexpr Tag kExceptionStartTime{4, 0x16};
inline constexpr Tag kLocation{4, 0x17};
inline constexpr Tag kMeetingStatus{4, 0x18};
inline constexpr Tag kOrganizerEmail{4, 0x19};
inline constexpr Tag kOrganizerName{4, 0x1A};
inline constexpr Tag kRecurrence{4, 0x1B};
inline constexpr Tag kType{4, 0x1C};
inline constexpr Tag kUntil{4, 0x1D};
inline constexpr Tag kOccurrences{4, 0x1E};
inline constexpr Tag kInterval{4, 0x1F};
inline constexpr Tag kDayOfWeek{4, 0x20};
inline constexpr Tag kDayOfMonth{4, 0x21};
inline constexpr Tag kWeekOfMonth{4, 0x22};
inline constexpr Tag kMonthOfYear{4, 0x23};
inline constexpr Tag kReminder{4, 0x24};
inline constexpr Tag kSensitivity{4, 0x25};
inline constexpr Tag kSubject{4, 0x26};
inline constexpr Tag kStartTime{4, 0x27};
inline constexpr Tag kUID{4, 0x28};
inline constexpr Tag kAttendeeStatus{4, 0x29};
inline constexpr Tag kAttendeeType{4, 0x2A};
inline constexpr Tag kAttachment{4, 0x2B};
inline constexpr Tag kAttachments{4, 0x2C};
inline constexpr Tag kAttName{4, 0x2D};
inline constexpr Tag kAttSize{4, 0x2E};
inline constexpr Tag kAttOid{4, 0x2F};
inline constexpr Tag kAttMethod{4, 0x30};
inline constexpr Tag kAttRemoved{4, 0x31};
inline constexpr Tag kDisplayName{4, 0x32};
inline constexpr Tag kDisallowNewTimeProposal{4, 0x33};
inline constexpr Tag kResponseRequested{4, 0x34};
inline constexpr Tag kAppointmentReplyTime{4, 0x35};
inline constexpr Tag kResponseType{4, 0x36};
inline constexpr Tag kCalendarType{4, 0x37};
inline constexpr Tag kIsLeapMonth{4, 0x38};
inline constexpr Tag kFirstDayOfWeek{4, 0x39};
inline constexpr Tag kOnlineMeetingConfLink{4, 0x3A};
inline constexpr Tag kOnlineMeetingExternalLink{4, 0x3B};
inline constexpr Tag kClientUid{4, 0x3C};

inline constexpr TagRow kRows[] = {
    {kTimezone, "Timezone", 0x7F, false},
    {kAllDayEvent, "AllDayEvent", 0x7F, false},
    {kAttendees, "Attendees", 0x7F, false},
    {kAttendee, "Attendee", 0x7F, false},
    {kEmail, "Email", 0x7F, false},
    {kName, "Name", 0x7F, false},
    {kBody, "Body", 0x00, false},
    {kBodyTruncated, "BodyTruncated", 0x00, false},
    {kBusyStatus, "BusyStatus", 0x7F, false},
    {kCategories, "Categories", 0x7F, false},
    {kCategory, "Category", 0x7F, false},
    {kCompressedRTF, "CompressedRTF", 0x00, false},
    {kDtStamp, "DtStamp", 0x7F, false},
    {kEndTime, "EndTime", 0x7F, false},
    {kException, "Exception", 0x7F, false},
    {kExceptions, "Exceptions", 0x7F, false},
    {kDeleted, "Deleted", 0x7F, false},
    {kExceptionStartTime, "ExceptionStartTime", 0x1F, false},
    {kLocation, "Location", 0x1F, false},
    {kMeetingStatus, "MeetingStatus", 0x7F, false},
    {kOrganizerEmail, "OrganizerEmail", 0x7F, false},
    {kOrganizerName, "OrganizerName", 0x7F, false},
    {kRecurrence, "Recurrence", 0x7F, false},
    {kType, "Type", 0x7F, false},
    {kUntil, "Until", 0x7F, false},
    {kOccurrences, "Occurrences", 0x7F, false},
    {kInterval, "Interval", 0x7F, false},
    {kDayOfWeek, "DayOfWeek", 0x7F, false},
    {kDayOfMonth, "DayOfMonth", 0x7F, false},
    {kWeekOfMonth, "WeekOfMonth", 0x7F, false},
    {kMonthOfYear, "MonthOfYear", 0x7F, false},
    {kReminder, "Reminder", 0x7F, false},
    {kSensitivity, "Sensitivity", 0x7F, false},
    {kSubject, "Subject", 0x7F, false},
    {kStartTime, "StartTime", 0x7F, false},
    {kUID, "UID", 0x7F, false},
    {kAttendeeStatus, "AttendeeStatus", 0x7E, false},
    {kAttendeeType, "AttendeeType", 0x7E, false},
    {kAttachment, "Attachment", 0x00, false},
    {kAttachments, "Attachments", 0x00, false},
    {kAttName, "AttName", 0x00, false},
    {kAttSize, "AttSize", 0x00, false},
    {kAttOid, "AttOid", 0x00, false},
    {kAttMethod, "AttMethod", 0x00, false},
    {kAttRemoved, "AttRemoved", 0x00, false},
    {kDisplayName, "DisplayName", 0x00, false},
    {kDisallowNewTimeProposal, "DisallowNewTimeProposal", 0x78, false},
    {kResponseRequested, "ResponseRequested", 0x78, false},
    {kAppointmentReplyTime, "AppointmentReplyTime", 0x78, false},
    {kResponseType, "ResponseType", 0x78, false},
    {kCalendarType, "CalendarType", 0x78, false},
    {kIsLeapMonth, "IsLeapMonth", 0x78, false},
    {kFirstDayOfWeek, "FirstDayOfWeek", 0x70, false},
    {kOnlineMeetingConfLink, "OnlineMeetingConfLink", 0x70, false},
    {kOnlineMeetingExternalLink, "OnlineMeetingExternalLink", 0x70, false},
    {kClientUid, "ClientUid", 0x60, false},
};

inline constexpr Page kPage{4, "Calendar", kRows};

}  // namespace eastap::codepages::calendar
