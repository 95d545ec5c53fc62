#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 22, Email2: [MS-ASWBXML] 2.1.2.1.23.
namespace eastap::codepages::email2 {

inline constexpr Tag kUmCallerID{22, 0x05};
inline constexpr Tag kUmUserNotes{22, 0x06};
inline constexpr Tag kUmAttDuration{22, 0x07};
inline constexpr Tag kUmAttOrder{22, 0x08};
inline constexpr Tag kConversationId{22, 0x09};
inline constexpr Tag kConversationIndex{22, 0x0A};
inline constexpr Tag kLastVerbExecuted{22, 0x0B};
inline constexpr Tag kLastVerbExecutionTime{22, 0x0C};
inline constexpr Tag kReceivedAsBcc{22, 0x0D};
inline constexpr Tag kSender{22, 0x0E};
inline constexpr Tag kCalendarType{22, 0x0F};
inline constexpr Tag kIsLeapMonth{22, 0x10};
inline constexpr Tag kAccountId{22, 0x11};
inline constexpr Tag kFirstDayOfWeek{22, 0x12};
inline constexpr Tag kMeetingMessageType{22, 0x13};
inline constexpr Tag kIsDraft{22, 0x15};
inline constexpr Tag kBcc{22, 0x16};
inline constexpr Tag kSend{22, 0x17};

inline constexpr TagRow kRows[] = {
    {kUmCallerID, "UmCallerID", 0x78, false},
    {kUmUserNotes, "UmUserNotes", 0x78, false},
    {kUmAttDuration, "UmAttDuration", 0x78, false},
    {kUmAttOrder, "UmAttOrder", 0x78, false},
    {kConversationId, "ConversationId", 0x78, true},
    {kConversationIndex, "ConversationIndex", 0x78, true},
    {kLastVerbExecuted, "LastVerbExecuted", 0x78, false},
    {kLastVerbExecutionTime, "LastVerbExecutionTime", 0x78, false},
    {kReceivedAsBcc, "ReceivedAsBcc", 0x78, false},
    {kSender, "Sender", 0x78, false},
    {kCalendarType, "CalendarType", 0x78, false},
    {kIsLeapMonth, "IsLeapMonth", 0x78, false},
    {kAccountId, "AccountId", 0x70, false},
    {kFirstDayOfWeek, "FirstDayOfWeek", 0x70, false},
    {kMeetingMessageType, "MeetingMessageType", 0x70, false},
    {kIsDraft, "IsDraft", 0x60, false},
    {kBcc, "Bcc", 0x60, false},
    {kSend, "Send", 0x60, false},
};

inline constexpr Page kPage{22, "Email2", kRows};

}  // namespace eastap::codepages::email2
