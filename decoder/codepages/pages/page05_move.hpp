#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 5, Move: [MS-ASWBXML] 2.1.2.1.6.
namespace eastap::codepages::move {

inline constexpr Tag kMoveItems{5, 0x05};
inline constexpr Tag kMove{5, 0x06};
inline constexpr Tag kSrcMsgId{5, 0x07};
inline constexpr Tag kSrcFldId{5, 0x08};
inline constexpr Tag kDstFldId{5, 0x09};
inline constexpr Tag kResponse{5, 0x0A};
inline constexpr Tag kStatus{5, 0x0B};
inline constexpr Tag kDstMsgId{5, 0x0C};

inline constexpr TagRow kRows[] = {
    {kMoveItems, "MoveItems", 0x7F, false}, {kMove, "Move", 0x7F, false},
    {kSrcMsgId, "SrcMsgId", 0x7F, false},   {kSrcFldId, "SrcFldId", 0x7F, false},
    {kDstFldId, "DstFldId", 0x7F, false},   {kResponse, "Response", 0x7F, false},
    {kStatus, "Status", 0x7F, false},       {kDstMsgId, "DstMsgId", 0x7F, false},
};

inline constexpr Page kPage{5, "Move", kRows};

}  // namespace eastap::codepages::move
