#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 3, AirNotify: [MS-ASWBXML] 2.1.2.1.4.
namespace eastap::codepages::air_notify {

inline constexpr Tag kNotify{3, 0x05};
inline constexpr Tag kNotification{3, 0x06};
inline constexpr Tag kVersion{3, 0x07};
inline constexpr Tag kLifeTime{3, 0x08};
inline constexpr Tag kDeviceInfo{3, 0x09};
inline constexpr Tag kEnable{3, 0x0A};
inline constexpr Tag kFolder{3, 0x0B};
inline constexpr Tag kServerId{3, 0x0C};
inline constexpr Tag kDeviceAddress{3, 0x0D};
inline constexpr Tag kValidCarrierProfiles{3, 0x0E};
inline constexpr Tag kCarrierProfile{3, 0x0F};
inline constexpr Tag kStatus{3, 0x10};
inline constexpr Tag kResponses{3, 0x11};
inline constexpr Tag kDevices{3, 0x12};
inline constexpr Tag kDevice{3, 0x13};
inline constexpr Tag kId{3, 0x14};
inline constexpr Tag kExpiry{3, 0x15};
inline constexpr Tag kNotifyGUID{3, 0x16};
inline constexpr Tag kDeviceFriendlyName{3, 0x17};

inline constexpr TagRow kRows[] = {
    {kNotify, "Notify", 0x00, false},
    {kNotification, "Notification", 0x00, false},
    {kVersion, "Version", 0x00, false},
    {kLifeTime, "LifeTime", 0x00, false},
    {kDeviceInfo, "DeviceInfo", 0x00, false},
    {kEnable, "Enable", 0x00, false},
    {kFolder, "Folder", 0x00, false},
    {kServerId, "ServerId", 0x00, false},
    {kDeviceAddress, "DeviceAddress", 0x00, false},
    {kValidCarrierProfiles, "ValidCarrierProfiles", 0x00, false},
    {kCarrierProfile, "CarrierProfile", 0x00, false},
    {kStatus, "Status", 0x00, false},
    {kResponses, "Responses", 0x00, false},
    {kDevices, "Devices", 0x00, false},
    {kDevice, "Device", 0x00, false},
    {kId, "Id", 0x00, false},
    {kExpiry, "Expiry", 0x00, false},
    {kNotifyGUID, "NotifyGUID", 0x00, false},
    {kDeviceFriendlyName, "DeviceFriendlyName", 0x00, false},
};

inline constexpr Page kPage{3, "AirNotify", kRows};

}  // namespace eastap::codepages::air_notify
