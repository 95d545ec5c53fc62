#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 6, GetItemEstimate: [MS-ASWBXML] 2.1.2.1.7.
namespace eastap::codepages::get_item_estimate {

inline constexpr Tag kGetItemEstimate{6, 0x05};
inline constexpr Tag kVersion{6, 0x06};
inline constexpr Tag kCollections{6, 0x07};
inline constexpr Tag kCollection{6, 0x08};
inline constexpr Tag kClass{6, 0x09};
inline constexpr Tag kCollectionId{6, 0x0A};
inline constexpr Tag kDateTime{6, 0x0B};
inline constexpr Tag kEstimate{6, 0x0C};
inline constexpr Tag kResponse{6, 0x0D};
inline constexpr Tag kStatus{6, 0x0E};

inline constexpr TagRow kRows[] = {
    {kGetItemEstimate, "GetItemEstimate", 0x7F, false},
    {kVersion, "Version", 0x00, false},
    {kCollections, "Collections", 0x7F, false},
    {kCollection, "Collection", 0x7F, false},
    {kClass, "Class", 0x07, false},
    {kCollectionId, "CollectionId", 0x7F, false},
    {kDateTime, "DateTime", 0x00, false},
    {kEstimate, "Estimate", 0x7F, false},
    {kResponse, "Response", 0x7F, false},
    {kStatus, "Status", 0x7F, false},
};

inline constexpr Page kPage{6, "GetItemEstimate", kRows};

}  // namespace eastap::codepages::get_item_estimate
