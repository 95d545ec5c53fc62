#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 2, Email: [MS-ASWBXML] 2.1.2.1.3.
namespace eastap::codepages::email {

inline constexpr Tag kAttachment{2, 0x05};
inline constexpr Tag kAttachments{2, 0x06};
inline constexpr Tag kAttName{2, 0x07};
inline constexpr Tag kAttSize{2, 0x08};
inline constexpr Tag kAttOId{2, 0x09};
inline constexpr Tag kAttMethod{2, 0x0A};
inline constexpr Tag kAttRemoved{2, 0x0B};
inline constexpr Tag kBody{2, 0x0C};
inline constexpr Tag kBodySize{2, 0x0D};
inline constexpr Tag kBodyTruncated{2, 0x0E};
inline constexpr Tag kDateReceived{2, 0x0F};
inline constexpr Tag kDisplayName{2, 0x10};
inline constexpr Tag kDisplayTo{2, 0x11};
inline constexpr Tag kImportance{2, 0x12};
inline constexpr Tag kMessageClass{2, 0x13};
inline constexpr Tag kSubject{2, 0x14};
inline constexpr Tag kRead{2, 0x15};
inline constexpr Tag kTo{2, 0x16};
inline constexpr Tag kCc{2, 0x17};
inline constexpr Tag kFrom{2, 0x18};
inline constexpr Tag kReplyTo{2, 0x19};
inline constexpr Tag kAllDayEvent{2, 0x1A};
inline constexpr Tag kCategories{2, 0x1B};
inline constexpr Tag kCategory{2, 0x1C};
inline constexpr Tag kDtStamp{2, 0x1D};
inline constexpr Tag kEndTime{2, 0x1E};
inline constexpr Tag kInstanceType{2, 0x1F};
inline constexpr Tag kBusyStatus{2, 0x20};
inline constexpr Tag kLocation{2, 0x21};
inline constexpr Tag kMeetingRequest{2, 0x22};
inline constexpr Tag kOrganizer{2, 0x23};
inline constexpr Tag kRecurrenceId{2, 0x24};
inline constexpr Tag kReminder{2, 0x25};
inline constexpr Tag kResponseRequested{2, 0x26};
inline constexpr Tag kRecurrences{2, 0x27};
inline constexpr Tag kRecurrence{2, 0x28};
inline constexpr Tag kType{2, 0x29};
inline constexpr Tag kUntil{2, 0x2A};
inline constexpr Tag kOccurrences{2, 0x2B};
inline constexpr Tag kInterval{2, 0x2C};
inline constexpr Tag kDayOfWeek{2, 0x2D};
inline constexpr Tag kDayOfMonth{2, 0x2E};
inline constexpr Tag kWeekOfMonth{2, 0x2F};
inline constexpr Tag kMonthOfYear{2, 0x30};
inline constexpr Tag kStartTime{2, 0x31};
inline constexpr Tag kSensitivity{2, 0x32};
inline constexpr Tag kTimeZone{2, 0x33};
inline constexpr Tag kGlobalObjId{2, 0x34};
inline constexpr Tag kThreadTopic{2, 0x35};
inline constexpr Tag kMIMEData{2, 0x36};
inline constexpr Tag kMIMETruncated{2, 0x37};
inline constexpr Tag kMIMESize{2, 0x38};
inline constexpr Tag kInternetCPID{2, 0x39};
inline constexpr Tag kFlag{2, 0x3A};
inline constexpr Tag kStatus{2, 0x3B};
inline constexpr Tag kContentClass{2, 0x3C};
inline constexpr Tag kFlagType{2, 0x3D};
inline constexpr Tag kCompleteTime{2, 0x3E};
inline constexpr Tag kDisallowNewTimeProposal{2, 0x3F};

inline constexpr TagRow kRows[] = {
    {kAttachment, "Attachment", 0x00, false},
    {kAttachments, "Attachments", 0x00, false},
    {kAttName, "AttName", 0x00, false},
    {kAttSize, "AttSize", 0x00, false},
    {kAttOId, "AttOId", 0x00, false},
    {kAttMethod, "AttMethod", 0x00, false},
    {kAttRemoved, "AttRemoved", 0x00, false},
    {kBody, "Body", 0x00, false},
    {kBodySize, "BodySize", 0x00, false},
    {kBodyTruncated, "BodyTruncated", 0x00, false},
    {kDateReceived, "DateReceived", 0x7F, false},
    {kDisplayName, "DisplayName", 0x00, false},
    {kDisplayTo, "DisplayTo", 0x7F, false},
    {kImportance, "Importance", 0x7F, false},
    {kMessageClass, "MessageClass", 0x7F, false},
    {kSubject, "Subject", 0x7F, false},
    {kRead, "Read", 0x7F, false},
    {kTo, "To", 0x7F, false},
    {kCc, "Cc", 0x7F, false},
    {kFrom, "From", 0x7F, false},
    {kReplyTo, "ReplyTo", 0x7F, false},
    {kAllDayEvent, "AllDayEvent", 0x7F, false},
    {kCategories, "Categories", 0x78, false},
    {kCategory, "Category", 0x78, false},
    {kDtStamp, "DtStamp", 0x7F, false},
    {kEndTime, "EndTime", 0x7F, false},
    {kInstanceType, "InstanceType", 0x7F, false},
    {kBusyStatus, "BusyStatus", 0x7F, false},
    {kLocation, "Location", 0x1F, false},
    {kMeetingRequest, "MeetingRequest", 0x7F, false},
    {kOrganizer, "Organizer", 0x7F, false},
    {kRecurrenceId, "RecurrenceId", 0x7F, false},
    {kReminder, "Reminder", 0x7F, false},
    {kResponseRequested, "ResponseRequested", 0x7F, false},
    {kRecurrences, "Recurrences", 0x7F, false},
    {kRecurrence, "Recurrence", 0x7F, false},
    {kType, "Type", 0x7F, false},
    {kUntil, "Until", 0x7F, false},
    {kOccurrences, "Occurrences", 0x7F, false},
    {kInterval, "Interval", 0x7F, false},
    {kDayOfWeek, "DayOfWeek", 0x7F, false},
    {kDayOfMonth, "DayOfMonth", 0x7F, false},
    {kWeekOfMonth, "WeekOfMonth", 0x7F, false},
    {kMonthOfYear, "MonthOfYear", 0x7F, false},
    {kStartTime, "StartTime", 0x7F, false},
    {kSensitivity, "Sensitivity", 0x7F, false},
    {kTimeZone, "TimeZone", 0x7F, false},
    {kGlobalObjId, "GlobalObjId", 0x1F, false},
    {kThreadTopic, "ThreadTopic", 0x7F, false},
    {kMIMEData, "MIMEData", 0x00, false},
    {kMIMETruncated, "MIMETruncated", 0x00, false},
    {kMIMESize, "MIMESize", 0x00, false},
    {kInternetCPID, "InternetCPID", 0x7F, false},
    {kFlag, "Flag", 0x7E, false},
    {kStatus, "Status", 0x7E, false},
    {kContentClass, "ContentClass", 0x7E, false},
    {kFlagType, "FlagType", 0x7E, false},
    {kCompleteTime, "CompleteTime", 0x7E, false},
    {kDisallowNewTimeProposal, "DisallowNewTimeProposal", 0x78, false},
};

inline constexpr Page kPage{2, "Email", kRows};

}  // namespace eastap::codepages::email
