#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 19, DocumentLibrary: [MS-ASWBXML] 2.1.2.1.20.
namespace eastap::codepages::document_library {

inline constexpr Tag kLinkId{19, 0x05};
inline constexpr Tag kDisplayName{19, 0x06};
inline constexpr Tag kIsFolder{19, 0x07};
inline constexpr Tag kCreationDate{19, 0x08};
inline constexpr Tag kLastModifiedDate{19, 0x09};
inline constexpr Tag kIsHidden{19, 0x0A};
inline constexpr Tag kContentLength{19, 0x0B};
inline constexpr Tag kContentType{19, 0x0C};

inline constexpr TagRow kRows[] = {
    {kLinkId, "LinkId", 0x7E, false},
    {kDisplayName, "DisplayName", 0x7E, false},
    {kIsFolder, "IsFolder", 0x7E, false},
    {kCreationDate, "CreationDate", 0x7E, false},
    {kLastModifiedDate, "LastModifiedDate", 0x7E, false},
    {kIsHidden, "IsHidden", 0x7E, false},
    {kContentLength, "ContentLength", 0x7E, false},
    {kContentType, "ContentType", 0x7E, false},
};

inline constexpr Page kPage{19, "DocumentLibrary", kRows};

}  // namespace eastap::codepages::document_library
