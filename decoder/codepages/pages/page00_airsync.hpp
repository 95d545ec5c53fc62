#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 0, AirSync: [MS-ASWBXML] 2.1.2.1.1.
namespace eastap::codepages::airsync {

inline constexpr Tag kSync{0, 0x05};
inline constexpr Tag kResponses{0, 0x06};
inline constexpr Tag kAdd{0, 0x07};
inline constexpr Tag kChange{0, 0x08};
inline constexpr Tag kDelete{0, 0x09};
inline constexpr Tag kFetch{0, 0x0A};
inline constexpr Tag kSyncKey{0, 0x0B};
inline constexpr Tag kClientId{0, 0x0C};
inline constexpr Tag kServerId{0, 0x0D};
inline constexpr Tag kStatus{0, 0x0E};
inline constexpr Tag kCollection{0, 0x0F};
inline constexpr Tag kClass{0, 0x10};
inline constexpr Tag kVersion{0, 0x11};
inline constexpr Tag kCollectionId{0, 0x12};
inline constexpr Tag kGetChanges{0, 0x13};
inline constexpr Tag kMoreAvailable{0, 0x14};
inline constexpr Tag kWindowSize{0, 0x15};
inline constexpr Tag kCommands{0, 0x16};
inline constexpr Tag kOptions{0, 0x17};
inline constexpr Tag kFilterType{0, 0x18};
inline constexpr Tag kTruncation{0, 0x19};
inline constexpr Tag kRTFTruncation{0, 0x1A};
inline constexpr Tag kConflict{0, 0x1B};
inline constexpr Tag kCollections{0, 0x1C};
inline constexpr Tag kApplicationData{0, 0x1D};
inline constexpr Tag kDeletesAsMoves{0, 0x1E};
inline constexpr Tag kNotifyGUID{0, 0x1F};
inline constexpr Tag kSupported{0, 0x20};
inline constexpr Tag kSoftDelete{0, 0x21};
inline constexpr Tag kMIMESupport{0, 0x22};
inline constexpr Tag kMIMETruncation{0, 0x23};
inline constexpr Tag kWait{0, 0x24};
inline constexpr Tag kLimit{0, 0x25};
inline constexpr Tag kPartial{0, 0x26};
inline constexpr Tag kConversationMode{0, 0x27};
inline constexpr Tag kMaxItems{0, 0x28};
inline constexpr Tag kHeartbeatInterval{0, 0x29};

inline constexpr TagRow kRows[] = {
    {kSync, "Sync", 0x7F, false},
    {kResponses, "Responses", 0x7F, false},
    {kAdd, "Add", 0x7F, false},
    {kChange, "Change", 0x7F, false},
    {kDelete, "Delete", 0x7F, false},
    {kFetch, "Fetch", 0x7F, false},
    {kSyncKey, "SyncKey", 0x7F, false},
    {kClientId, "ClientId", 0x7F, false},
    {kServerId, "ServerId", 0x7F, false},
    {kStatus, "Status", 0x7F, false},
    {kCollection, "Collection", 0x7F, false},
    {kClass, "Class", 0x7F, false},
    {kVersion, "Version", 0x00, false},
    {kCollectionId, "CollectionId", 0x7F, false},
    {kGetChanges, "GetChanges", 0x7F, false},
    {kMoreAvailable, "MoreAvailable", 0x7F, false},
    {kWindowSize, "WindowSize", 0x7F, false},
    {kCommands, "Commands", 0x7F, false},
    {kOptions, "Options", 0x7F, false},
    {kFilterType, "FilterType", 0x7F, false},
    {kTruncation, "Truncation", 0x00, false},
    {kRTFTruncation, "RTFTruncation", 0x00, false},
    {kConflict, "Conflict", 0x7F, false},
    {kCollections, "Collections", 0x7F, false},
    {kApplicationData, "ApplicationData", 0x7F, false},
    {kDeletesAsMoves, "DeletesAsMoves", 0x7F, false},
    {kNotifyGUID, "NotifyGUID", 0x00, false},
    {kSupported, "Supported", 0x7F, false},
    {kSoftDelete, "SoftDelete", 0x7F, false},
    {kMIMESupport, "MIMESupport", 0x7F, false},
    {kMIMETruncation, "MIMETruncation", 0x7F, false},
    {kWait, "Wait", 0x7C, false},
    {kLimit, "Limit", 0x7C, false},
    {kPartial, "Partial", 0x7C, false},
    {kConversationMode, "ConversationMode", 0x78, false},
    {kMaxItems, "MaxItems", 0x78, false},
    {kHeartbeatInterval, "HeartbeatInterval", 0x78, false},
};

inline constexpr Page kPage{0, "AirSync", kRows};

}  // namespace eastap::codepages::airsync
