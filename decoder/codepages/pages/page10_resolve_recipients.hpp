#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 10, ResolveRecipients: [MS-ASWBXML] 2.1.2.1.11.
namespace eastap::codepages::resolve_recipients {

inline constexpr Tag kResolveRecipients{10, 0x05};
inline constexpr Tag kResponse{10, 0x06};
inline constexpr Tag kStatus{10, 0x07};
inline constexpr Tag kType{10, 0x08};
inline constexpr Tag kRecipient{10, 0x09};
inline constexpr Tag kDisplayName{10, 0x0A};
inline constexpr Tag kEmailAddress{10, 0x0B};
inline constexpr Tag kCertificates{10, 0x0C};
inline constexpr Tag kCertificate{10, 0x0D};
inline constexpr Tag kMiniCertificate{10, 0x0E};
inline constexpr Tag kOptions{10, 0x0F};
inline constexpr Tag kTo{10, 0x10};
inline constexpr Tag kCertificateRetrieval{10, 0x11};
inline constexpr Tag kRecipientCount{10, 0x12};
inline constexpr Tag kMaxCertificates{10, 0x13};
inline constexpr Tag kMaxAmbiguousRecipients{10, 0x14};
inline constexpr Tag kCertificateCount{10, 0x15};
inline constexpr Tag kAvailability{10, 0x16};
inline constexpr Tag kStartTime{10, 0x17};
inline constexpr Tag kEndTime{10, 0x18};
inline constexpr Tag kMergedFreeBusy{10, 0x19};
inline constexpr Tag kPicture{10, 0x1A};
inline constexpr Tag kMaxSize{10, 0x1B};
inline constexpr Tag kData{10, 0x1C};
inline constexpr Tag kMaxPictures{10, 0x1D};

inline constexpr TagRow kRows[] = {
    {kResolveRecipients, "ResolveRecipients", 0x7F, false},
    {kResponse, "Response", 0x7F, false},
    {kStatus, "Status", 0x7F, false},
    {kType, "Type", 0x7F, false},
    {kRecipient, "Recipient", 0x7F, false},
    {kDisplayName, "DisplayName", 0x7F, false},
    {kEmailAddress, "EmailAddress", 0x7F, false},
    {kCertificates, "Certificates", 0x7F, false},
    {kCertificate, "Certificate", 0x7F, false},
    {kMiniCertificate, "MiniCertificate", 0x7F, false},
    {kOptions, "Options", 0x7F, false},
    {kTo, "To", 0x7F, false},
    {kCertificateRetrieval, "CertificateRetrieval", 0x7F, false},
    {kRecipientCount, "RecipientCount", 0x7F, false},
    {kMaxCertificates, "MaxCertificates", 0x7F, false},
    {kMaxAmbiguousRecipients, "MaxAmbiguousRecipients", 0x7F, false},
    {kCertificateCount, "CertificateCount", 0x7F, false},
    {kAvailability, "Availability", 0x78, false},
    {kStartTime, "StartTime", 0x78, false},
    {kEndTime, "EndTime", 0x78, false},
    {kMergedFreeBusy, "MergedFreeBusy", 0x78, false},
    {kPicture, "Picture", 0x70, false},
    {kMaxSize, "MaxSize", 0x70, false},
    {kData, "Data", 0x70, true},
    {kMaxPictures, "MaxPictures", 0x70, false},
};

inline constexpr Page kPage{10, "ResolveRecipients", kRows};

}  // namespace eastap::codepages::resolve_recipients
