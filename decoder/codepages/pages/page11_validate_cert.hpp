#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 11, ValidateCert: [MS-ASWBXML] 2.1.2.1.12.
namespace eastap::codepages::validate_cert {

inline constexpr Tag kValidateCert{11, 0x05};
inline constexpr Tag kCertificates{11, 0x06};
inline constexpr Tag kCertificate{11, 0x07};
inline constexpr Tag kCertificateChain{11, 0x08};
inline constexpr Tag kCheckCRL{11, 0x09};
inline constexpr Tag kStatus{11, 0x0A};

inline constexpr TagRow kRows[] = {
    {kValidateCert, "ValidateCert", 0x7F, false},
    {kCertificates, "Certificates", 0x7F, false},
    {kCertificate, "Certificate", 0x7F, false},
    {kCertificateChain, "CertificateChain", 0x7F, false},
    {kCheckCRL, "CheckCRL", 0x7F, false},
    {kStatus, "Status", 0x7F, false},
};

inline constexpr Page kPage{11, "ValidateCert", kRows};

}  // namespace eastap::codepages::validate_cert
