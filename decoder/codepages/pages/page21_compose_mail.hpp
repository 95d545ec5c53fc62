#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 21, ComposeMail: [MS-ASWBXML] 2.1.2.1.22.
namespace eastap::codepages::compose_mail {

inline constexpr Tag kSendMail{21, 0x05};
inline constexpr Tag kSmartForward{21, 0x06};
inline constexpr Tag kSmartReply{21, 0x07};
inline constexpr Tag kSaveInSentItems{21, 0x08};
inline constexpr Tag kReplaceMime{21, 0x09};
inline constexpr Tag kType{21, 0x0A};
inline constexpr Tag kSource{21, 0x0B};
inline constexpr Tag kFolderId{21, 0x0C};
inline constexpr Tag kItemId{21, 0x0D};
inline constexpr Tag kLongId{21, 0x0E};
inline constexpr Tag kInstanceId{21, 0x0F};
inline constexpr Tag kMime{21, 0x10};
inline constexpr Tag kClientId{21, 0x11};
inline constexpr Tag kStatus{21, 0x12};
inline constexpr Tag kAccountId{21, 0x13};
inline constexpr Tag kForwardees{21, 0x15};
inline constexpr Tag kForwardee{21, 0x16};
inline constexpr Tag kName{21, 0x17};
inline constexpr Tag kEmail{21, 0x18};

inline constexpr TagRow kRows[] = {
    {kSendMail, "SendMail", 0x78, false},
    {kSmartForward, "SmartForward", 0x78, false},
    {kSmartReply, "SmartReply", 0x78, false},
    {kSaveInSentItems, "SaveInSentItems", 0x78, false},
    {kReplaceMime, "ReplaceMime", 0x78, false},
    {kType, "Type", 0x00, false},
    {kSource, "Source", 0x78, false},
    {kFolderId, "FolderId", 0x78, false},
    {kItemId, "ItemId", 0x78, false},
    {kLongId, "LongId", 0x78, false},
    {kInstanceId, "InstanceId", 0x78, false},
    {kMime, "Mime", 0x78, true},
    {kClientId, "ClientId", 0x78, false},
    {kStatus, "Status", 0x78, false},
    {kAccountId, "AccountId", 0x70, false},
    {kForwardees, "Forwardees", 0x60, false},
    {kForwardee, "Forwardee", 0x60, false},
    {kName, "Name", 0x60, false},
    {kEmail, "Email", 0x60, false},
};

inline constexpr Page kPage{21, "ComposeMail", kRows};

}  // namespace eastap::codepages::compose_mail
