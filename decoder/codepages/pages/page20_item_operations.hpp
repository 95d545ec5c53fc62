#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 20, ItemOperations: [MS-ASWBXML] 2.1.2.1.21.
namespace eastap::codepages::item_operations {

inline constexpr Tag kItemOperations{20, 0x05};
inline constexpr Tag kFetch{20, 0x06};
inline constexpr Tag kStore{20, 0x07};
inline constexpr Tag kOptions{20, 0x08};
inline constexpr Tag kRange{20, 0x09};
inline constexpr Tag kTotal{20, 0x0A};
inline constexpr Tag kProperties{20, 0x0B};
inline constexpr Tag kData{20, 0x0C};
inline constexpr Tag kStatus{20, 0x0D};
inline constexpr Tag kResponse{20, 0x0E};
inline constexpr Tag kVersion{20, 0x0F};
inline constexpr Tag kSchema{20, 0x10};
inline constexpr Tag kPart{20, 0x11};
inline constexpr Tag kEmptyFolderContents{20, 0x12};
inline constexpr Tag kDeleteSubFolders{20, 0x13};
inline constexpr Tag kUserName{20, 0x14};
inline constexpr Tag kPassword{20, 0x15};
inline constexpr Tag kMove{20, 0x16};
inline constexpr Tag kDstFldId{20, 0x17};
inline constexpr Tag kConversationId{20, 0x18};
inline constexpr Tag kMoveAlways{20, 0x19};

inline constexpr TagRow kRows[] = {
    {kItemOperations, "ItemOperations", 0x7E, false},
    {kFetch, "Fetch", 0x7E, false},
    {kStore, "Store", 0x7E, false},
    {kOptions, "Options", 0x7E, false},
    {kRange, "Range", 0x7E, false},
    {kTotal, "Total", 0x7E, false},
    {kProperties, "Properties", 0x7E, false},
    {kData, "Data", 0x7E, false},
    {kStatus, "Status", 0x7E, false},
    {kResponse, "Response", 0x7E, false},
    {kVersion, "Version", 0x7E, false},
    {kSchema, "Schema", 0x7E, false},
    {kPart, "Part", 0x7E, false},
    {kEmptyFolderContents, "EmptyFolderContents", 0x7E, false},
    {kDeleteSubFolders, "DeleteSubFolders", 0x7E, false},
    {kUserName, "UserName", 0x7C, false},
    {kPassword, "Password", 0x7C, false},
    {kMove, "Move", 0x78, false},
    {kDstFldId, "DstFldId", 0x78, false},
    {kConversationId, "ConversationId", 0x78, true},
    {kMoveAlways, "MoveAlways", 0x78, false},
};

inline constexpr Page kPage{20, "ItemOperations", kRows};

}  // namespace eastap::codepages::item_operations
