#pragma once

#include "decoder/codepages/tag.hpp"

/// Code page 17, AirSyncBase: [MS-ASWBXML] 2.1.2.1.18.
namespace eastap::codepages::airsync_base {

inline constexpr Tag kBodyPreference{17, 0x05};
inline constexpr Tag kType{17, 0x06};
inline constexpr Tag kTruncationSize{17, 0x07};
inline constexpr Tag kAllOrNone{17, 0x08};
inline constexpr Tag kBody{17, 0x0A};
inline constexpr Tag kData{17, 0x0B};
inline constexpr Tag kEstimatedDataSize{17, 0x0C};
inline constexpr Tag kTruncated{17, 0x0D};
inline constexpr Tag kAttachments{17, 0x0E};
inline constexpr Tag kAttachment{17, 0x0F};
inline constexpr Tag kDisplayName{17, 0x10};
inline constexpr Tag kFileReference{17, 0x11};
inline constexpr Tag kMethod{17, 0x12};
inline constexpr Tag kContentId{17, 0x13};
inline constexpr Tag kContentLocation{17, 0x14};
inline constexpr Tag kIsInline{17, 0x15};
inline constexpr Tag kNativeBodyType{17, 0x16};
inline constexpr Tag kContentType{17, 0x17};
inline constexpr Tag kPreview{17, 0x18};
inline constexpr Tag kBodyPartPreference{17, 0x19};
inline constexpr Tag kBodyPart{17, 0x1A};
inline constexpr Tag kStatus{17, 0x1B};
inline constexpr Tag kAdd{17, 0x1C};
inline constexpr Tag kDelete{17, 0x1D};
inline constexpr Tag kClientId{17, 0x1E};
inline constexpr Tag kContent{17, 0x1F};
inline constexpr Tag kLocation{17, 0x20};
inline constexpr Tag kAnnotation{17, 0x21};
inline constexpr Tag kStreet{17, 0x22};
inline constexpr Tag kCity{17, 0x23};
inline constexpr Tag kState{17, 0x24};
inline constexpr Tag kCountry{17, 0x25};
inline constexpr Tag kPostalCode{17, 0x26};
inline constexpr Tag kLatitude{17, 0x27};
inline constexpr Tag kLongitude{17, 0x28};
inline constexpr Tag kAccuracy{17, 0x29};
inline constexpr Tag kAltitude{17, 0x2A};
inline constexpr Tag kAltitudeAccuracy{17, 0x2B};
inline constexpr Tag kLocationUri{17, 0x2C};
inline constexpr Tag kInstanceId{17, 0x2D};

inline constexpr TagRow kRows[] = {
    {kBodyPreference, "BodyPreference", 0x7E, false},
    {kType, "Type", 0x7E, false},
    {kTruncationSize, "TruncationSize", 0x7E, false},
    {kAllOrNone, "AllOrNone", 0x7E, false},
    {kBody, "Body", 0x7E, false},
    {kData, "Data", 0x7E, false},
    {kEstimatedDataSize, "EstimatedDataSize", 0x7E, false},
    {kTruncated, "Truncated", 0x7E, false},
    {kAttachments, "Attachments", 0x7E, false},
    {kAttachment, "Attachment", 0x7E, false},
    {kDisplayName, "DisplayName", 0x7E, false},
    {kFileReference, "FileReference", 0x7E, false},
    {kMethod, "Method", 0x7E, false},
    {kContentId, "ContentId", 0x7E, false},
    {kContentLocation, "ContentLocation", 0x7E, false},
    {kIsInline, "IsInline", 0x7E, false},
    {kNativeBodyType, "NativeBodyType", 0x7E, false},
    {kContentType, "ContentType", 0x7E, false},
    {kPreview, "Preview", 0x78, false},
    {kBodyPartPreference, "BodyPartPreference", 0x70, false},
    {kBodyPart, "BodyPart", 0x70, false},
    {kStatus, "Status", 0x70, false},
    {kAdd, "Add", 0x60, false},
    {kDelete, "Delete", 0x60, false},
    {kClientId, "ClientId", 0x60, false},
    {kContent, "Content", 0x60, true},
    {kLocation, "Location", 0x60, false},
    {kAnnotation, "Annotation", 0x60, false},
    {kStreet, "Street", 0x60, false},
    {kCity, "City", 0x60, false},
    {kState, "State", 0x60, false},
    {kCountry, "Country", 0x60, false},
    {kPostalCode, "PostalCode", 0x60, false},
    {kLatitude, "Latitude", 0x60, false},
    {kLongitude, "Longitude", 0x60, false},
    {kAccuracy, "Accuracy", 0x60, false},
    {kAltitude, "Altitude", 0x60, false},
    {kAltitudeAccuracy, "AltitudeAccuracy", 0x60, false},
    {kLocationUri, "LocationUri", 0x60, false},
    {kInstanceId, "InstanceId", 0x60, false},
};

inline constexpr Page kPage{17, "AirSyncBase", kRows};

}  // namespace eastap::codepages::airsync_base
