#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 24, RightsManagement: [MS-ASWBXML] 2.1.2.1.25.
namespace eastap::codepages::rights_management {

inline constexpr Tag kRightsManagementSupport{24, 0x05};
inline constexpr Tag kRightsManagementTemplates{24, 0x06};
inline constexpr Tag kRightsManagementTemplate{24, 0x07};
inline constexpr Tag kRightsManagementLicense{24, 0x08};
inline constexpr Tag kEditAllowed{24, 0x09};
inline constexpr Tag kReplyAllowed{24, 0x0A};
inline constexpr Tag kReplyAllAllowed{24, 0x0B};
inline constexpr Tag kForwardAllowed{24, 0x0C};
inline constexpr Tag kModifyRecipientsAllowed{24, 0x0D};
inline constexpr Tag kExtractAllowed{24, 0x0E};
inline constexpr Tag kPrintAllowed{24, 0x0F};
inline constexpr Tag kExportAllowed{24, 0x10};
inline constexpr Tag kProgrammaticAccessAllowed{24, 0x11};
inline constexpr Tag kOwner{24, 0x12};
inline constexpr Tag kContentExpiryDate{24, 0x13};
inline constexpr Tag kTemplateID{24, 0x14};
inline constexpr Tag kTemplateName{24, 0x15};
inline constexpr Tag kTemplateDescription{24, 0x16};
inline constexpr Tag kContentOwner{24, 0x17};
inline constexpr Tag kRemoveRightsManagementProtection{24, 0x18};

inline constexpr TagRow kRows[] = {
    {kRightsManagementSupport, "RightsManagementSupport", 0x70, false},
    {kRightsManagementTemplates, "RightsManagementTemplates", 0x70, false},
    {kRightsManagementTemplate, "RightsManagementTemplate", 0x70, false},
    {kRightsManagementLicense, "RightsManagementLicense", 0x70, false},
    {kEditAllowed, "EditAllowed", 0x70, false},
    {kReplyAllowed, "ReplyAllowed", 0x70, false},
    {kReplyAllAllowed, "ReplyAllAllowed", 0x70, false},
    {kForwardAllowed, "ForwardAllowed", 0x70, false},
    {kModifyRecipientsAllowed, "ModifyRecipientsAllowed", 0x70, false},
    {kExtractAllowed, "ExtractAllowed", 0x70, false},
    {kPrintAllowed, "PrintAllowed", 0x70, false},
    {kExportAllowed, "ExportAllowed", 0x70, false},
    {kProgrammaticAccessAllowed, "ProgrammaticAccessAllowed", 0x70, false},
    {kOwner, "Owner", 0x70, false},
    {kContentExpiryDate, "ContentExpiryDate", 0x70, false},
    {kTemplateID, "TemplateID", 0x70, false},
    {kTemplateName, "TemplateName", 0x70, false},
    {kTemplateDescription, "TemplateDescription", 0x70, false},
    {kContentOwner, "ContentOwner", 0x70, false},
    {kRemoveRightsManagementProtection, "RemoveRightsManagementProtection", 0x70, false},
};

inline constexpr Page kPage{24, "RightsManagement", kRows};

}  // namespace eastap::codepages::rights_management
