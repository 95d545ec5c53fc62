#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 8, MeetingResponse: [MS-ASWBXML] 2.1.2.1.9.
namespace eastap::codepages::meeting_response {

inline constexpr Tag kCalendarId{8, 0x05};
inline constexpr Tag kCollectionId{8, 0x06};
inline constexpr Tag kMeetingResponse{8, 0x07};
inline constexpr Tag kRequestId{8, 0x08};
inline constexpr Tag kRequest{8, 0x09};
inline constexpr Tag kResult{8, 0x0A};
inline constexpr Tag kStatus{8, 0x0B};
inline constexpr Tag kUserResponse{8, 0x0C};
inline constexpr Tag kVersion{8, 0x0D};
inline constexpr Tag kInstanceId{8, 0x0E};
inline constexpr Tag kProposedStartTime{8, 0x10};
inline constexpr Tag kProposedEndTime{8, 0x11};
inline constexpr Tag kSendResponse{8, 0x12};

inline constexpr TagRow kRows[] = {
    {kCalendarId, "CalendarId", 0x7F, false},
    {kCollectionId, "CollectionId", 0x7F, false},
    {kMeetingResponse, "MeetingResponse", 0x7F, false},
    {kRequestId, "RequestId", 0x7F, false},
    {kRequest, "Request", 0x7F, false},
    {kResult, "Result", 0x7F, false},
    {kStatus, "Status", 0x7F, false},
    {kUserResponse, "UserResponse", 0x7F, false},
    {kVersion, "Version", 0x00, false},
    {kInstanceId, "InstanceId", 0x70, false},
    {kProposedStartTime, "ProposedStartTime", 0x40, false},
    {kProposedEndTime, "ProposedEndTime", 0x40, false},
    {kSendResponse, "SendResponse", 0x60, false},
};

inline constexpr Page kPage{8, "MeetingResponse", kRows};

}  // namespace eastap::codepages::meeting_response
