#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 1, Contacts: [MS-ASWBXML] 2.1.2.1.2.
namespace eastap::codepages::contacts {

inline constexpr Tag kAnniversary{1, 0x05};
inline constexpr Tag kAssistantName{1, 0x06};
inline constexpr Tag kAssistantPhoneNumber{1, 0x07};
inline constexpr Tag kBirthday{1, 0x08};
inline constexpr Tag kBody{1, 0x09};
inline constexpr Tag kBodySize{1, 0x0A};
inline constexpr Tag kBodyTruncated{1, 0x0B};
inline constexpr Tag kBusiness2PhoneNumber{1, 0x0C};
inline constexpr Tag kBusinessAddressCity{1, 0x0D};
inline constexpr Tag kBusinessAddressCountry{1, 0x0E};
inline constexpr Tag kBusinessAddressPostalCode{1, 0x0F};
inline constexpr Tag kBusinessAddressState{1, 0x10};
inline constexpr Tag kBusinessAddressStreet{1, 0x11};
inline constexpr Tag kBusinessFaxNumber{1, 0x12};
inline constexpr Tag kBusinessPhoneNumber{1, 0x13};
inline constexpr Tag kCarPhoneNumber{1, 0x14};
inline constexpr Tag kCategories{1, 0x15};
inline constexpr Tag kCategory{1, 0x16};
inline constexpr Tag kChildren{1, 0x17};
inline constexpr Tag kChild{1, 0x18};
inline constexpr Tag kCompanyName{1, 0x19};
inline constexpr Tag kDepartment{1, 0x1A};
inline constexpr Tag kEmail1Address{1, 0x1B};
inline constexpr Tag kEmail2Address{1, 0x1C};
inline constexpr Tag kEmail3Address{1, 0x1D};
inline constexpr Tag kFileAs{1, 0x1E};
inline constexpr Tag kFirstName{1, 0x1F};
inline constexpr Tag kHome2PhoneNumber{1, 0x20};
inline constexpr Tag kHomeAddressCity{1, 0x21};
inline constexpr Tag kHomeAddressCountry{1, 0x22};
inline constexpr Tag kHomeAddressPostalCode{1, 0x23};
inline constexpr Tag kHomeAddressState{1, 0x24};
inline constexpr Tag kHomeAddressStreet{1, 0x25};
inline constexpr Tag kHomeFaxNumber{1, 0x26};
inline constexpr Tag kHomePhoneNumber{1, 0x27};
inline constexpr Tag kJobTitle{1, 0x28};
inline constexpr Tag kLastName{1, 0x29};
inline constexpr Tag kMiddleName{1, 0x2A};
inline constexpr Tag kMobilePhoneNumber{1, 0x2B};
inline constexpr Tag kOfficeLocation{1, 0x2C};
inline constexpr Tag kOtherAddressCity{1, 0x2D};
inline constexpr Tag kOtherAddressCountry{1, 0x2E};
inline constexpr Tag kOtherAddressPostalCode{1, 0x2F};
inline constexpr Tag kOtherAddressState{1, 0x30};
inline constexpr Tag kOtherAddressStreet{1, 0x31};
inline constexpr Tag kPagerNumber{1, 0x32};
inline constexpr Tag kRadioPhoneNumber{1, 0x33};
inline constexpr Tag kSpouse{1, 0x34};
inline constexpr Tag kSuffix{1, 0x35};
inline constexpr Tag kTitle{1, 0x36};
inline constexpr Tag kWebPage{1, 0x37};
inline constexpr Tag kYomiCompanyName{1, 0x38};
inline constexpr Tag kYomiFirstName{1, 0x39};
inline constexpr Tag kYomiLastName{1, 0x3A};
inline constexpr Tag kCompressedRTF{1, 0x3B};
inline constexpr Tag kPicture{1, 0x3C};
inline constexpr Tag kAlias{1, 0x3D};
inline constexpr Tag kWeightedRank{1, 0x3E};

inline constexpr TagRow kRows[] = {
    {kAnniversary, "Anniversary", 0x7F, false},
    {kAssistantName, "AssistantName", 0x7F, false},
    {kAssistantPhoneNumber, "AssistantPhoneNumber", 0x7F, false},
    {kBirthday, "Birthday", 0x7F, false},
    {kBody, "Body", 0x00, false},
    {kBodySize, "BodySize", 0x00, false},
    {kBodyTruncated, "BodyTruncated", 0x00, false},
    {kBusiness2PhoneNumber, "Business2PhoneNumber", 0x7F, false},
    {kBusinessAddressCity, "BusinessAddressCity", 0x7F, false},
    {kBusinessAddressCountry, "BusinessAddressCountry", 0x7F, false},
    {kBusinessAddressPostalCode, "BusinessAddressPostalCode", 0x7F, false},
    {kBusinessAddressState, "BusinessAddressState", 0x7F, false},
    {kBusinessAddressStreet, "BusinessAddressStreet", 0x7F, false},
    {kBusinessFaxNumber, "BusinessFaxNumber", 0x7F, false},
    {kBusinessPhoneNumber, "BusinessPhoneNumber", 0x7F, false},
    {kCarPhoneNumber, "CarPhoneNumber", 0x7F, false},
    {kCategories, "Categories", 0x7F, false},
    {kCategory, "Category", 0x7F, false},
    {kChildren, "Children", 0x7F, false},
    {kChild, "Child", 0x7F, false},
    {kCompanyName, "CompanyName", 0x7F, false},
    {kDepartment, "Department", 0x7F, false},
    {kEmail1Address, "Email1Address", 0x7F, false},
    {kEmail2Address, "Email2Address", 0x7F, false},
    {kEmail3Address, "Email3Address", 0x7F, false},
    {kFileAs, "FileAs", 0x7F, false},
    {kFirstName, "FirstName", 0x7F, false},
    {kHome2PhoneNumber, "Home2PhoneNumber", 0x7F, false},
    {kHomeAddressCity, "HomeAddressCity", 0x7F, false},
    {kHomeAddressCountry, "HomeAddressCountry", 0x7F, false},
    {kHomeAddressPostalCode, "HomeAddressPostalCode", 0x7F, false},
    {kHomeAddressState, "HomeAddressState", 0x7F, false},
    {kHomeAddressStreet, "HomeAddressStreet", 0x7F, false},
    {kHomeFaxNumber, "HomeFaxNumber", 0x7F, false},
    {kHomePhoneNumber, "HomePhoneNumber", 0x7F, false},
    {kJobTitle, "JobTitle", 0x7F, false},
    {kLastName, "LastName", 0x7F, false},
    {kMiddleName, "MiddleName", 0x7F, false},
    {kMobilePhoneNumber, "MobilePhoneNumber", 0x7F, false},
    {kOfficeLocation, "OfficeLocation", 0x7F, false},
    {kOtherAddressCity, "OtherAddressCity", 0x7F, false},
    {kOtherAddressCountry, "OtherAddressCountry", 0x7F, false},
    {kOtherAddressPostalCode, "OtherAddressPostalCode", 0x7F, false},
    {kOtherAddressState, "OtherAddressState", 0x7F, false},
    {kOtherAddressStreet, "OtherAddressStreet", 0x7F, false},
    {kPagerNumber, "PagerNumber", 0x7F, false},
    {kRadioPhoneNumber, "RadioPhoneNumber", 0x7F, false},
    {kSpouse, "Spouse", 0x7F, false},
    {kSuffix, "Suffix", 0x7F, false},
    {kTitle, "Title", 0x7F, false},
    {kWebPage, "WebPage", 0x7F, false},
    {kYomiCompanyName, "YomiCompanyName", 0x7F, false},
    {kYomiFirstName, "YomiFirstName", 0x7F, false},
    {kYomiLastName, "YomiLastName", 0x7F, false},
    {kCompressedRTF, "CompressedRTF", 0x00, false},
    {kPicture, "Picture", 0x7F, false},
    {kAlias, "Alias", 0x78, false},
    {kWeightedRank, "WeightedRank", 0x78, false},
};

inline constexpr Page kPage{1, "Contacts", kRows};

}  // namespace eastap::codepages::contacts
