#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 23, Notes: [MS-ASWBXML] 2.1.2.1.24.
namespace eastap::codepages::notes {

inline constexpr Tag kSubject{23, 0x05};
inline constexpr Tag kMessageClass{23, 0x06};
inline constexpr Tag kLastModifiedDate{23, 0x07};
inline constexpr Tag kCategories{23, 0x08};
inline constexpr Tag kCategory{23, 0x09};

inline constexpr TagRow kRows[] = {
    {kSubject, "Subject", 0x78, false},
    {kMessageClass, "MessageClass", 0x78, false},
    {kLastModifiedDate, "LastModifiedDate", 0x78, false},
    {kCategories, "Categories", 0x78, false},
    {kCategory, "Category", 0x78, false},
};

inline constexpr Page kPage{23, "Notes", kRows};

}  // namespace eastap::codepages::notes
