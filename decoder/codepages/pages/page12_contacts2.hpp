#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 12, Contacts2: [MS-ASWBXML] 2.1.2.1.13.
namespace eastap::codepages::contacts2 {

inline constexpr Tag kCustomerId{12, 0x05};
inline constexpr Tag kGovernmentId{12, 0x06};
inline constexpr Tag kIMAddress{12, 0x07};
inline constexpr Tag kIMAddress2{12, 0x08};
inline constexpr Tag kIMAddress3{12, 0x09};
inline constexpr Tag kManagerName{12, 0x0A};
inline constexpr Tag kCompanyMainPhone{12, 0x0B};
inline constexpr Tag kAccountName{12, 0x0C};
inline constexpr Tag kNickName{12, 0x0D};
inline constexpr Tag kMMS{12, 0x0E};

inline constexpr TagRow kRows[] = {
    {kCustomerId, "CustomerId", 0x7F, false},
    {kGovernmentId, "GovernmentId", 0x7F, false},
    {kIMAddress, "IMAddress", 0x7F, false},
    {kIMAddress2, "IMAddress2", 0x7F, false},
    {kIMAddress3, "IMAddress3", 0x7F, false},
    {kManagerName, "ManagerName", 0x7F, false},
    {kCompanyMainPhone, "CompanyMainPhone", 0x7F, false},
    {kAccountName, "AccountName", 0x7F, false},
    {kNickName, "NickName", 0x7F, false},
    {kMMS, "MMS", 0x7F, false},
};

inline constexpr Page kPage{12, "Contacts2", kRows};

}  // namespace eastap::codepages::contacts2
