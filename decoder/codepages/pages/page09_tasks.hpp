#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 9, Tasks: [MS-ASWBXML] 2.1.2.1.10.
namespace eastap::codepages::tasks {

inline constexpr Tag kBody{9, 0x05};
inline constexpr Tag kBodySize{9, 0x06};
inline constexpr Tag kBodyTruncated{9, 0x07};
inline constexpr Tag kCategories{9, 0x08};
inline constexpr Tag kCategory{9, 0x09};
inline constexpr Tag kComplete{9, 0x0A};
inline constexpr Tag kDateCompleted{9, 0x0B};
inline constexpr Tag kDueDate{9, 0x0C};
inline constexpr Tag kUtcDueDate{9, 0x0D};
inline constexpr Tag kImportance{9, 0x0E};
inline constexpr Tag kRecurrence{9, 0x0F};
inline constexpr Tag kType{9, 0x10};
inline constexpr Tag kStart{9, 0x11};
inline constexpr Tag kUntil{9, 0x12};
inline constexpr Tag kOccurrences{9, 0x13};
inline constexpr Tag kInterval{9, 0x14};
inline constexpr Tag kDayOfMonth{9, 0x15};
inline constexpr Tag kDayOfWeek{9, 0x16};
inline constexpr Tag kWeekOfMonth{9, 0x17};
inline constexpr Tag kMonthOfYear{9, 0x18};
inline constexpr Tag kRegenerate{9, 0x19};
inline constexpr Tag kDeadOccur{9, 0x1A};
inline constexpr Tag kReminderSet{9, 0x1B};
inline constexpr Tag kReminderTime{9, 0x1C};
inline constexpr Tag kSensitivity{9, 0x1D};
inline constexpr Tag kStartDate{9, 0x1E};
inline constexpr Tag kUtcStartDate{9, 0x1F};
inline constexpr Tag kSubject{9, 0x20};
inline constexpr Tag kCompressedRTF{9, 0x21};
inline constexpr Tag kOrdinalDate{9, 0x22};
inline constexpr Tag kSubOrdinalDate{9, 0x23};
inline constexpr Tag kCalendarType{9, 0x24};
inline constexpr Tag kIsLeapMonth{9, 0x25};
inline constexpr Tag kFirstDayOfWeek{9, 0x26};

inline constexpr TagRow kRows[] = {
    {kBody, "Body", 0x00, false},
    {kBodySize, "BodySize", 0x00, false},
    {kBodyTruncated, "BodyTruncated", 0x00, false},
    {kCategories, "Categories", 0x7F, false},
    {kCategory, "Category", 0x7F, false},
    {kComplete, "Complete", 0x7F, false},
    {kDateCompleted, "DateCompleted", 0x7F, false},
    {kDueDate, "DueDate", 0x7F, false},
    {kUtcDueDate, "UtcDueDate", 0x7F, false},
    {kImportance, "Importance", 0x7F, false},
    {kRecurrence, "Recurrence", 0x7F, false},
    {kType, "Type", 0x7F, false},
    {kStart, "Start", 0x7F, false},
    {kUntil, "Until", 0x7F, false},
    {kOccurrences, "Occurrences", 0x7F, false},
    {kInterval, "Interval", 0x7F, false},
    {kDayOfMonth, "DayOfMonth", 0x7F, false},
    {kDayOfWeek, "DayOfWeek", 0x7F, false},
    {kWeekOfMonth, "WeekOfMonth", 0x7F, false},
    {kMonthOfYear, "MonthOfYear", 0x7F, false},
    {kRegenerate, "Regenerate", 0x7F, false},
    {kDeadOccur, "DeadOccur", 0x7F, false},
    {kReminderSet, "ReminderSet", 0x7F, false},
    {kReminderTime, "ReminderTime", 0x7F, false},
    {kSensitivity, "Sensitivity", 0x7F, false},
    {kStartDate, "StartDate", 0x7F, false},
    {kUtcStartDate, "UtcStartDate", 0x7F, false},
    {kSubject, "Subject", 0x7F, false},
    {kCompressedRTF, "CompressedRTF", 0x00, false},
    {kOrdinalDate, "OrdinalDate", 0x7E, false},
    {kSubOrdinalDate, "SubOrdinalDate", 0x7E, false},
    {kCalendarType, "CalendarType", 0x78, false},
    {kIsLeapMonth, "IsLeapMonth", 0x78, false},
    {kFirstDayOfWeek, "FirstDayOfWeek", 0x70, false},
};

inline constexpr Page kPage{9, "Tasks", kRows};

}  // namespace eastap::codepages::tasks
