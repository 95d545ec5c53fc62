#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 7, FolderHierarchy: [MS-ASWBXML] 2.1.2.1.8.
namespace eastap::codepages::folder_hierarchy {

inline constexpr Tag kFolders{7, 0x05};
inline constexpr Tag kFolder{7, 0x06};
inline constexpr Tag kDisplayName{7, 0x07};
inline constexpr Tag kServerId{7, 0x08};
inline constexpr Tag kParentId{7, 0x09};
inline constexpr Tag kType{7, 0x0A};
inline constexpr Tag kResponse{7, 0x0B};
inline constexpr Tag kStatus{7, 0x0C};
inline constexpr Tag kContentClass{7, 0x0D};
inline constexpr Tag kChanges{7, 0x0E};
inline constexpr Tag kAdd{7, 0x0F};
inline constexpr Tag kDelete{7, 0x10};
inline constexpr Tag kUpdate{7, 0x11};
inline constexpr Tag kSyncKey{7, 0x12};
inline constexpr Tag kFolderCreate{7, 0x13};
inline constexpr Tag kFolderDelete{7, 0x14};
inline constexpr Tag kFolderUpdate{7, 0x15};
inline constexpr Tag kFolderSync{7, 0x16};
inline constexpr Tag kCount{7, 0x17};
inline constexpr Tag kVersion{7, 0x18};

inline constexpr TagRow kRows[] = {
    {kFolders, "Folders", 0x07, false},
    {kFolder, "Folder", 0x07, false},
    {kDisplayName, "DisplayName", 0x7F, false},
    {kServerId, "ServerId", 0x7F, false},
    {kParentId, "ParentId", 0x7F, false},
    {kType, "Type", 0x7F, false},
    {kResponse, "Response", 0x00, false},
    {kStatus, "Status", 0x7F, false},
    {kContentClass, "ContentClass", 0x00, false},
    {kChanges, "Changes", 0x7F, false},
    {kAdd, "Add", 0x7F, false},
    {kDelete, "Delete", 0x7F, false},
    {kUpdate, "Update", 0x7F, false},
    {kSyncKey, "SyncKey", 0x7F, false},
    {kFolderCreate, "FolderCreate", 0x7F, false},
    {kFolderDelete, "FolderDelete", 0x7F, false},
    {kFolderUpdate, "FolderUpdate", 0x7F, false},
    {kFolderSync, "FolderSync", 0x7F, false},
    {kCount, "Count", 0x7F, false},
    {kVersion, "Version", 0x00, false},
};

inline constexpr Page kPage{7, "FolderHierarchy", kRows};

}  // namespace eastap::codepages::folder_hierarchy
