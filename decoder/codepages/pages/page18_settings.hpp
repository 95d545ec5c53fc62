#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 18, Settings: [MS-ASWBXML] 2.1.2.1.19.
namespace eastap::codepages::settings {

inline constexpr Tag kSettings{18, 0x05};
inline constexpr Tag kStatus{18, 0x06};
inline constexpr Tag kGet{18, 0x07};
inline constexpr Tag kSet{18, 0x08};
inline constexpr Tag kOof{18, 0x09};
inline constexpr Tag kOofState{18, 0x0A};
inline constexpr Tag kStartTime{18, 0x0B};
inline constexpr Tag kEndTime{18, 0x0C};
inline constexpr Tag kOofMessage{18, 0x0D};
inline constexpr Tag kAppliesToInternal{18, 0x0E};
inline constexpr Tag kAppliesToExternalKnown{18, 0x0F};
inline constexpr Tag kAppliesToExternalUnknown{18, 0x10};
inline constexpr Tag kEnabled{18, 0x11};
inline constexpr Tag kReplyMessage{18, 0x12};
inline constexpr Tag kBodyType{18, 0x13};
inline constexpr Tag kDevicePassword{18, 0x14};
inline constexpr Tag kPassword{18, 0x15};
inline constexpr Tag kDeviceInformation{18, 0x16};
inline constexpr Tag kModel{18, 0x17};
inline constexpr Tag kIMEI{18, 0x18};
inline constexpr Tag kFriendlyName{18, 0x19};
inline constexpr Tag kOS{18, 0x1A};
inline constexpr Tag kOSLanguage{18, 0x1B};
inline constexpr Tag kPhoneNumber{18, 0x1C};
inline constexpr Tag kUserInformation{18, 0x1D};
inline constexpr Tag kEmailAddresses{18, 0x1E};
inline constexpr Tag kSMTPAddress{18, 0x1F};
inline constexpr Tag kUserAgent{18, 0x20};
inline constexpr Tag kEnableOutboundSMS{18, 0x21};
inline constexpr Tag kMobileOperator{18, 0x22};
inline constexpr Tag kPrimarySmtpAddress{18, 0x23};
inline constexpr Tag kAccounts{18, 0x24};
inline constexpr Tag kAccount{18, 0x25};
inline constexpr Tag kAccountId{18, 0x26};
inline constexpr Tag kAccountName{18, 0x27};
inline constexpr Tag kUserDisplayName{18, 0x28};
inline constexpr Tag kSendDisabled{18, 0x29};
inline constexpr Tag kRightsManagementInformation{18, 0x2B};

inline constexpr TagRow kRows[] = {
    {kSettings, "Settings", 0x7E, false},
    {kStatus, "Status", 0x7E, false},
    {kGet, "Get", 0x7E, false},
    {kSet, "Set", 0x7E, false},
    {kOof, "Oof", 0x7E, false},
    {kOofState, "OofState", 0x7E, false},
    {kStartTime, "StartTime", 0x7E, false},
    {kEndTime, "EndTime", 0x7E, false},
    {kOofMessage, "OofMessage", 0x7E, false},
    {kAppliesToInternal, "AppliesToInternal", 0x7E, false},
    {kAppliesToExternalKnown, "AppliesToExternalKnown", 0x7E, false},
    {kAppliesToExternalUnknown, "AppliesToExternalUnknown", 0x7E, false},
    {kEnabled, "Enabled", 0x7E, false},
    {kReplyMessage, "ReplyMessage", 0x7E, false},
    {kBodyType, "BodyType", 0x7E, false},
    {kDevicePassword, "DevicePassword", 0x7E, false},
    {kPassword, "Password", 0x7E, false},
    {kDeviceInformation, "DeviceInformation", 0x7E, false},
    {kModel, "Model", 0x7E, false},
    {kIMEI, "IMEI", 0x7E, false},
    {kFriendlyName, "FriendlyName", 0x7E, false},
    {kOS, "OS", 0x7E, false},
    {kOSLanguage, "OSLanguage", 0x7E, false},
    {kPhoneNumber, "PhoneNumber", 0x7E, false},
    {kUserInformation, "UserInformation", 0x7E, false},
    {kEmailAddresses, "EmailAddresses", 0x7E, false},
    {kSMTPAddress, "SMTPAddress", 0x7E, false},
    {kUserAgent, "UserAgent", 0x7C, false},
    {kEnableOutboundSMS, "EnableOutboundSMS", 0x78, false},
    {kMobileOperator, "MobileOperator", 0x78, false},
    {kPrimarySmtpAddress, "PrimarySmtpAddress", 0x70, false},
    {kAccounts, "Accounts", 0x70, false},
    {kAccount, "Account", 0x70, false},
    {kAccountId, "AccountId", 0x70, false},
    {kAccountName, "AccountName", 0x70, false},
    {kUserDisplayName, "UserDisplayName", 0x70, false},
    {kSendDisabled, "SendDisabled", 0x70, false},
    {kRightsManagementInformation, "RightsManagementInformation", 0x70, false},
};

inline constexpr Page kPage{18, "Settings", kRows};

}  // namespace eastap::codepages::settings
