#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 15, Search: [MS-ASWBXML] 2.1.2.1.16.
namespace eastap::codepages::search {

inline constexpr Tag kSearch{15, 0x05};
inline constexpr Tag kStores{15, 0x06};
inline constexpr Tag kStore{15, 0x07};
inline constexpr Tag kName{15, 0x08};
inline constexpr Tag kQuery{15, 0x09};
inline constexpr Tag kOptions{15, 0x0A};
inline constexpr Tag kRange{15, 0x0B};
inline constexpr Tag kStatus{15, 0x0C};
inline constexpr Tag kResponse{15, 0x0D};
inline constexpr Tag kResult{15, 0x0E};
inline constexpr Tag kProperties{15, 0x0F};
inline constexpr Tag kTotal{15, 0x10};
inline constexpr Tag kEqualTo{15, 0x11};
inline constexpr Tag kValue{15, 0x12};
inline constexpr Tag kAnd{15, 0x13};
inline constexpr Tag kOr{15, 0x14};
inline constexpr Tag kFreeText{15, 0x15};
inline constexpr Tag kDeepTraversal{15, 0x17};
inline constexpr Tag kLongId{15, 0x18};
inline constexpr Tag kRebuildResults{15, 0x19};
inline constexpr Tag kLessThan{15, 0x1A};
inline constexpr Tag kGreaterThan{15, 0x1B};
inline constexpr Tag kSchema{15, 0x1C};
inline constexpr Tag kSupported{15, 0x1D};
inline constexpr Tag kUserName{15, 0x1E};
inline constexpr Tag kPassword{15, 0x1F};
inline constexpr Tag kConversationId{15, 0x20};
inline constexpr Tag kPicture{15, 0x21};
inline constexpr Tag kMaxSize{15, 0x22};
inline constexpr Tag kMaxPictures{15, 0x23};

inline constexpr TagRow kRows[] = {
    {kSearch, "Search", 0x7F, false},
    {kStores, "Stores", 0x00, false},
    {kStore, "Store", 0x7F, false},
    {kName, "Name", 0x7F, false},
    {kQuery, "Query", 0x7F, false},
    {kOptions, "Options", 0x7F, false},
    {kRange, "Range", 0x7F, false},
    {kStatus, "Status", 0x7F, false},
    {kResponse, "Response", 0x7F, false},
    {kResult, "Result", 0x7F, false},
    {kProperties, "Properties", 0x7F, false},
    {kTotal, "Total", 0x7F, false},
    {kEqualTo, "EqualTo", 0x7E, false},
    {kValue, "Value", 0x7E, false},
    {kAnd, "And", 0x7E, false},
    {kOr, "Or", 0x7E, false},
    {kFreeText, "FreeText", 0x7E, false},
    {kDeepTraversal, "DeepTraversal", 0x7E, false},
    {kLongId, "LongId", 0x7E, false},
    {kRebuildResults, "RebuildResults", 0x7E, false},
    {kLessThan, "LessThan", 0x7E, false},
    {kGreaterThan, "GreaterThan", 0x7E, false},
    {kSchema, "Schema", 0x00, false},
    {kSupported, "Supported", 0x00, false},
    {kUserName, "UserName", 0x7C, false},
    {kPassword, "Password", 0x7C, false},
    {kConversationId, "ConversationId", 0x78, true},
    {kPicture, "Picture", 0x70, false},
    {kMaxSize, "MaxSize", 0x70, false},
    {kMaxPictures, "MaxPictures", 0x70, false},
};

inline constexpr Page kPage{15, "Search", kRows};

}  // namespace eastap::codepages::search
