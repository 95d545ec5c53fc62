#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 16, GAL: [MS-ASWBXML] 2.1.2.1.17.
namespace eastap::codepages::gal {

inline constexpr Tag kDisplayName{16, 0x05};
inline constexpr Tag kPhone{16, 0x06};
inline constexpr Tag kOffice{16, 0x07};
inline constexpr Tag kTitle{16, 0x08};
inline constexpr Tag kCompany{16, 0x09};
inline constexpr Tag kAlias{16, 0x0A};
inline constexpr Tag kFirstName{16, 0x0B};
inline constexpr Tag kLastName{16, 0x0C};
inline constexpr Tag kHomePhone{16, 0x0D};
inline constexpr Tag kMobilePhone{16, 0x0E};
inline constexpr Tag kEmailAddress{16, 0x0F};
inline constexpr Tag kPicture{16, 0x10};
inline constexpr Tag kStatus{16, 0x11};
inline constexpr Tag kData{16, 0x12};

inline constexpr TagRow kRows[] = {
    {kDisplayName, "DisplayName", 0x7F, false},
    {kPhone, "Phone", 0x7F, false},
    {kOffice, "Office", 0x7F, false},
    {kTitle, "Title", 0x7F, false},
    {kCompany, "Company", 0x7F, false},
    {kAlias, "Alias", 0x7F, false},
    {kFirstName, "FirstName", 0x7F, false},
    {kLastName, "LastName", 0x7F, false},
    {kHomePhone, "HomePhone", 0x7F, false},
    {kMobilePhone, "MobilePhone", 0x7F, false},
    {kEmailAddress, "EmailAddress", 0x7F, false},
    {kPicture, "Picture", 0x70, false},
    {kStatus, "Status", 0x70, false},
    {kData, "Data", 0x70, true},
};

inline constexpr Page kPage{16, "GAL", kRows};

}  // namespace eastap::codepages::gal
