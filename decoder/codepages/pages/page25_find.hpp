#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 25, Find: [MS-ASWBXML] 2.1.2.1.26.
namespace eastap::codepages::find {

inline constexpr Tag kFind{25, 0x05};
inline constexpr Tag kSearchId{25, 0x06};
inline constexpr Tag kExecuteSearch{25, 0x07};
inline constexpr Tag kMailBoxSearchCriterion{25, 0x08};
inline constexpr Tag kQuery{25, 0x09};
inline constexpr Tag kStatus{25, 0x0A};
inline constexpr Tag kFreeText{25, 0x0B};
inline constexpr Tag kOptions{25, 0x0C};
inline constexpr Tag kRange{25, 0x0D};
inline constexpr Tag kDeepTraversal{25, 0x0E};
inline constexpr Tag kResponse{25, 0x11};
inline constexpr Tag kResult{25, 0x12};
inline constexpr Tag kProperties{25, 0x13};
inline constexpr Tag kPreview{25, 0x14};
inline constexpr Tag kHasAttachments{25, 0x15};
inline constexpr Tag kTotal{25, 0x16};
inline constexpr Tag kDisplayCc{25, 0x17};
inline constexpr Tag kDisplayBcc{25, 0x18};
inline constexpr Tag kGalSearchCriterion{25, 0x19};
inline constexpr Tag kMaxPictures{25, 0x20};
inline constexpr Tag kMaxSize{25, 0x21};
inline constexpr Tag kPicture{25, 0x22};

inline constexpr TagRow kRows[] = {
    {kFind, "Find", 0x40, false},
    {kSearchId, "SearchId", 0x40, false},
    {kExecuteSearch, "ExecuteSearch", 0x40, false},
    {kMailBoxSearchCriterion, "MailBoxSearchCriterion", 0x40, false},
    {kQuery, "Query", 0x40, false},
    {kStatus, "Status", 0x40, false},
    {kFreeText, "FreeText", 0x40, false},
    {kOptions, "Options", 0x40, false},
    {kRange, "Range", 0x40, false},
    {kDeepTraversal, "DeepTraversal", 0x40, false},
    {kResponse, "Response", 0x40, false},
    {kResult, "Result", 0x40, false},
    {kProperties, "Properties", 0x40, false},
    {kPreview, "Preview", 0x40, false},
    {kHasAttachments, "HasAttachments", 0x40, false},
    {kTotal, "Total", 0x40, false},
    {kDisplayCc, "DisplayCc", 0x40, false},
    {kDisplayBcc, "DisplayBcc", 0x40, false},
    {kGalSearchCriterion, "GalSearchCriterion", 0x40, false},
    {kMaxPictures, "MaxPictures", 0x40, false},
    {kMaxSize, "MaxSize", 0x40, false},
    {kPicture, "Picture", 0x40, false},
};

inline constexpr Page kPage{25, "Find", kRows};

}  // namespace eastap::codepages::find
