#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 13, Ping: [MS-ASWBXML] 2.1.2.1.14.
namespace eastap::codepages::ping {

inline constexpr Tag kPing{13, 0x05};
inline constexpr Tag kAutdState{13, 0x06};
inline constexpr Tag kStatus{13, 0x07};
inline constexpr Tag kHeartbeatInterval{13, 0x08};
inline constexpr Tag kFolders{13, 0x09};
inline constexpr Tag kFolder{13, 0x0A};
inline constexpr Tag kId{13, 0x0B};
inline constexpr Tag kClass{13, 0x0C};
inline constexpr Tag kMaxFolders{13, 0x0D};
inline constexpr Tag kVersion{13, 0x0E};

inline constexpr TagRow kRows[] = {
    {kPing, "Ping", 0x7F, false},
    {kAutdState, "AutdState", 0x00, false},
    {kStatus, "Status", 0x7F, false},
    {kHeartbeatInterval, "HeartbeatInterval", 0x7F, false},
    {kFolders, "Folders", 0x7F, false},
    {kFolder, "Folder", 0x7F, false},
    {kId, "Id", 0x7F, false},
    {kClass, "Class", 0x7F, false},
    {kMaxFolders, "MaxFolders", 0x7F, false},
    {kVersion, "Version", 0x00, false},
};

inline constexpr Page kPage{13, "Ping", kRows};

}  // namespace eastap::codepages::ping
