#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 14, Provision: [MS-ASWBXML] 2.1.2.1.15.
namespace eastap::codepages::provision {

inline constexpr Tag kProvision{14, 0x05};
inline constexpr Tag kPolicies{14, 0x06};
inline constexpr Tag kPolicy{14, 0x07};
inline constexpr Tag kPolicyType{14, 0x08};
inline constexpr Tag kPolicyKey{14, 0x09};
inline constexpr Tag kData{14, 0x0A};
inline constexpr Tag kStatus{14, 0x0B};
inline constexpr Tag kRemoteWipe{14, 0x0C};
inline constexpr Tag kEASProvisionDoc{14, 0x0D};
inline constexpr Tag kDevicePasswordEnabled{14, 0x0E};
inline constexpr Tag kAlphanumericDevicePasswordRequired{14, 0x0F};
inline constexpr Tag kRequireStorageCardEncryption{14, 0x10};
inline constexpr Tag kPasswordRecoveryEnabled{14, 0x11};
inline constexpr Tag kDocumentBrowseEnabled{14, 0x12};
inline constexpr Tag kAttachmentsEnabled{14, 0x13};
inline constexpr Tag kMinDevicePasswordLength{14, 0x14};
inline constexpr Tag kMaxInactivityTimeDeviceLock{14, 0x15};
inline constexpr Tag kMaxDevicePasswordFailedAttempts{14, 0x16};
inline constexpr Tag kMaxAttachmentSize{14, 0x17};
inline constexpr Tag kAllowSimpleDevicePassword{14, 0x18};
inline constexpr Tag kDevicePasswordExpiration{14, 0x19};
inline constexpr Tag kDevicePasswordHistory{14, 0x1A};
inline constexpr Tag kAllowStorageCard{14, 0x1B};
inline constexpr Tag kAllowCamera{14, 0x1C};
inline constexpr Tag kRequireDeviceEncryption{14, 0x1D};
inline constexpr Tag kAllowUnsignedApplications{14, 0x1E};
inline constexpr Tag kAllowUnsignedInstallationPackages{14, 0x1F};
inline constexpr Tag kMinDevicePasswordComplexCharacters{14, 0x20};
inline constexpr Tag kAllowWiFi{14, 0x21};
inline constexpr Tag kAllowTextMessaging{14, 0x22};
inline constexpr Tag kAllowPOPIMAPEmail{14, 0x23};
inline constexpr Tag kAllowBluetooth{14, 0x24};
inline constexpr Tag kAllowIrDA{14, 0x25};
inline constexpr Tag kRequireManualSyncWhenRoaming{14, 0x26};
inline constexpr Tag kAllowDesktopSync{14, 0x27};
inline constexpr Tag kMaxCalendarAgeFilter{14, 0x28};
inline constexpr Tag kAllowHTMLEmail{14, 0x29};
inline constexpr Tag kMaxEmailAgeFilter{14, 0x2A};
inline constexpr Tag kMaxEmailBodyTruncationSize{14, 0x2B};
inline constexpr Tag kMaxEmailHTMLBodyTruncationSize{14, 0x2C};
inline constexpr Tag kRequireSignedSMIMEMessages{14, 0x2D};
inline constexpr Tag kRequireEncryptedSMIMEMessages{14, 0x2E};
inline constexpr Tag kRequireSignedSMIMEAlgorithm{14, 0x2F};
inline constexpr Tag kRequireEncryptionSMIMEAlgorithm{14, 0x30};
inline constexpr Tag kAllowSMIMEEncryptionAlgorithmNegotiation{14, 0x31};
inline constexpr Tag kAllowSMIMESoftCerts{14, 0x32};
inline constexpr Tag kAllowBrowser{14, 0x33};
inline constexpr Tag kAllowConsumerEmail{14, 0x34};
inline constexpr Tag kAllowRemoteDesktop{14, 0x35};
inline constexpr Tag kAllowInternetSharing{14, 0x36};
inline constexpr Tag kUnapprovedInROMApplicationList{14, 0x37};
inline constexpr Tag kApplicationName{14, 0x38};
inline constexpr Tag kApprovedApplicationList{14, 0x39};
inline constexpr Tag kHash{14, 0x3A};
inline constexpr Tag kAccountOnlyRemoteWipe{14, 0x3B};

inline constexpr TagRow kRows[] = {
    {kProvision, "Provision", 0x7F, false},
    {kPolicies, "Policies", 0x7F, false},
    {kPolicy, "Policy", 0x7F, false},
    {kPolicyType, "PolicyType", 0x7F, false},
    {kPolicyKey, "PolicyKey", 0x7F, false},
    {kData, "Data", 0x7F, false},
    {kStatus, "Status", 0x7F, false},
    {kRemoteWipe, "RemoteWipe", 0x7F, false},
    {kEASProvisionDoc, "EASProvisionDoc", 0x7E, false},
    {kDevicePasswordEnabled, "DevicePasswordEnabled", 0x7E, false},
    {kAlphanumericDevicePasswordRequired, "AlphanumericDevicePasswordRequired", 0x7E, false},
    {kRequireStorageCardEncryption, "RequireStorageCardEncryption", 0x7C, false},
    {kPasswordRecoveryEnabled, "PasswordRecoveryEnabled", 0x7E, false},
    {kDocumentBrowseEnabled, "DocumentBrowseEnabled", 0x00, false},
    {kAttachmentsEnabled, "AttachmentsEnabled", 0x7E, false},
    {kMinDevicePasswordLength, "MinDevicePasswordLength", 0x7E, false},
    {kMaxInactivityTimeDeviceLock, "MaxInactivityTimeDeviceLock", 0x7E, false},
    {kMaxDevicePasswordFailedAttempts, "MaxDevicePasswordFailedAttempts", 0x7E, false},
    {kMaxAttachmentSize, "MaxAttachmentSize", 0x7E, false},
    {kAllowSimpleDevicePassword, "AllowSimpleDevicePassword", 0x7E, false},
    {kDevicePasswordExpiration, "DevicePasswordExpiration", 0x7E, false},
    {kDevicePasswordHistory, "DevicePasswordHistory", 0x7E, false},
    {kAllowStorageCard, "AllowStorageCard", 0x7C, false},
    {kAllowCamera, "AllowCamera", 0x7C, false},
    {kRequireDeviceEncryption, "RequireDeviceEncryption", 0x7C, false},
    {kAllowUnsignedApplications, "AllowUnsignedApplications", 0x7C, false},
    {kAllowUnsignedInstallationPackages, "AllowUnsignedInstallationPackages", 0x7C, false},
    {kMinDevicePasswordComplexCharacters, "MinDevicePasswordComplexCharacters", 0x7C, false},
    {kAllowWiFi, "AllowWiFi", 0x7C, false},
    {kAllowTextMessaging, "AllowTextMessaging", 0x7C, false},
    {kAllowPOPIMAPEmail, "AllowPOPIMAPEmail", 0x7C, false},
    {kAllowBluetooth, "AllowBluetooth", 0x7C, false},
    {kAllowIrDA, "AllowIrDA", 0x7C, false},
    {kRequireManualSyncWhenRoaming, "RequireManualSyncWhenRoaming", 0x7C, false},
    {kAllowDesktopSync, "AllowDesktopSync", 0x7C, false},
    {kMaxCalendarAgeFilter, "MaxCalendarAgeFilter", 0x7C, false},
    {kAllowHTMLEmail, "AllowHTMLEmail", 0x7C, false},
    {kMaxEmailAgeFilter, "MaxEmailAgeFilter", 0x7C, false},
    {kMaxEmailBodyTruncationSize, "MaxEmailBodyTruncationSize", 0x7C, false},
    {kMaxEmailHTMLBodyTruncationSize, "MaxEmailHTMLBodyTruncationSize", 0x7C, false},
    {kRequireSignedSMIMEMessages, "RequireSignedSMIMEMessages", 0x7C, false},
    {kRequireEncryptedSMIMEMessages, "RequireEncryptedSMIMEMessages", 0x7C, false},
    {kRequireSignedSMIMEAlgorithm, "RequireSignedSMIMEAlgorithm", 0x7C, false},
    {kRequireEncryptionSMIMEAlgorithm, "RequireEncryptionSMIMEAlgorithm", 0x7C, false},
    {kAllowSMIMEEncryptionAlgorithmNegotiation, "AllowSMIMEEncryptionAlgorithmNegotiation", 0x7C,
     false},
    {kAllowSMIMESoftCerts, "AllowSMIMESoftCerts", 0x7C, false},
    {kAllowBrowser, "AllowBrowser", 0x7C, false},
    {kAllowConsumerEmail, "AllowConsumerEmail", 0x7C, false},
    {kAllowRemoteDesktop, "AllowRemoteDesktop", 0x7C, false},
    {kAllowInternetSharing, "AllowInternetSharing", 0x7C, false},
    {kUnapprovedInROMApplicationList, "UnapprovedInROMApplicationList", 0x7C, false},
    {kApplicationName, "ApplicationName", 0x7C, false},
    {kApprovedApplicationList, "ApprovedApplicationList", 0x7C, false},
    {kHash, "Hash", 0x7C, false},
    {kAccountOnlyRemoteWipe, "AccountOnlyRemoteWipe", 0x40, false},
};

inline constexpr Page kPage{14, "Provision", kRows};

}  // namespace eastap::codepages::provision
