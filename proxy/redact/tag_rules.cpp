#include "proxy/redact/tag_rules.hpp"

#include <array>
#include <cstddef>

#include "decoder/codepages/lookup.hpp"

namespace eastap::redact {
namespace {

using codepages::Tag;
namespace airsync = codepages::airsync;
namespace contacts = codepages::contacts;
namespace email = codepages::email;
namespace air_notify = codepages::air_notify;
namespace calendar = codepages::calendar;
namespace move = codepages::move;
namespace estimate = codepages::get_item_estimate;
namespace hierarchy = codepages::folder_hierarchy;
namespace meeting = codepages::meeting_response;
namespace tasks = codepages::tasks;
namespace resolve = codepages::resolve_recipients;
namespace cert = codepages::validate_cert;
namespace ping = codepages::ping;
namespace provision = codepages::provision;
namespace search = codepages::search;
namespace gal = codepages::gal;
namespace base = codepages::airsync_base;
namespace settings = codepages::settings;
namespace library = codepages::document_library;
namespace operations = codepages::item_operations;
namespace compose = codepages::compose_mail;
namespace email2 = codepages::email2;
namespace notes = codepages::notes;
namespace rights = codepages::rights_management;
namespace find = codepages::find;

constexpr Tag kKeysAndIds[] = {airsync::kSyncKey,
                               airsync::kClientId,
                               airsync::kServerId,
                               airsync::kCollectionId,
                               airsync::kNotifyGUID,
                               air_notify::kServerId,
                               air_notify::kNotifyGUID,
                               move::kSrcMsgId,
                               move::kSrcFldId,
                               move::kDstFldId,
                               move::kDstMsgId,
                               estimate::kCollectionId,
                               hierarchy::kServerId,
                               hierarchy::kParentId,
                               hierarchy::kSyncKey,
                               meeting::kCalendarId,
                               meeting::kCollectionId,
                               meeting::kRequestId,
                               meeting::kInstanceId,
                               ping::kId,
                               ping::kAutdState,
                               provision::kPolicyKey,
                               search::kLongId,
                               search::kConversationId,
                               base::kClientId,
                               base::kInstanceId,
                               settings::kAccountId,
                               operations::kDstFldId,
                               operations::kConversationId,
                               compose::kFolderId,
                               compose::kItemId,
                               compose::kLongId,
                               compose::kInstanceId,
                               compose::kClientId,
                               compose::kAccountId,
                               email2::kConversationId,
                               email2::kConversationIndex,
                               email2::kAccountId,
                               find::kSearchId,
                               rights::kTemplateID};

constexpr Tag kStatuses[] = {
    airsync::kStatus,    email::kStatus,     air_notify::kStatus, move::kStatus,
    estimate::kStatus,   hierarchy::kStatus, meeting::kStatus,    resolve::kStatus,
    cert::kStatus,       ping::kStatus,      provision::kStatus,  provision::kRemoteWipe,
    search::kStatus,     gal::kStatus,       base::kStatus,       settings::kStatus,
    operations::kStatus, compose::kStatus,   find::kStatus,       meeting::kUserResponse};

constexpr Tag kWords[] = {airsync::kClass,
                          airsync::kVersion,
                          airsync::kGetChanges,
                          airsync::kMoreAvailable,
                          airsync::kDeletesAsMoves,
                          airsync::kConversationMode,
                          airsync::kConflict,
                          airsync::kMIMESupport,
                          airsync::kPartial,
                          email::kImportance,
                          email::kMessageClass,
                          email::kRead,
                          email::kAllDayEvent,
                          email::kInstanceType,
                          email::kBusyStatus,
                          email::kResponseRequested,
                          email::kSensitivity,
                          email::kMIMETruncated,
                          email::kBodyTruncated,
                          email::kAttMethod,
                          email::kAttRemoved,
                          email::kContentClass,
                          email::kDisallowNewTimeProposal,
                          calendar::kAllDayEvent,
                          calendar::kBodyTruncated,
                          calendar::kBusyStatus,
                          calendar::kDeleted,
                          calendar::kMeetingStatus,
                          calendar::kSensitivity,
                          calendar::kAttendeeStatus,
                          calendar::kAttendeeType,
                          calendar::kAttMethod,
                          calendar::kAttRemoved,
                          calendar::kDisallowNewTimeProposal,
                          calendar::kResponseRequested,
                          calendar::kResponseType,
                          contacts::kBodyTruncated,
                          estimate::kClass,
                          estimate::kVersion,
                          hierarchy::kType,
                          hierarchy::kContentClass,
                          hierarchy::kVersion,
                          meeting::kVersion,
                          meeting::kSendResponse,
                          tasks::kBodyTruncated,
                          tasks::kComplete,
                          tasks::kImportance,
                          tasks::kReminderSet,
                          tasks::kRegenerate,
                          tasks::kDeadOccur,
                          tasks::kSensitivity,
                          resolve::kType,
                          resolve::kCertificateRetrieval,
                          cert::kCheckCRL,
                          ping::kClass,
                          ping::kVersion,
                          provision::kPolicyType,
                          search::kName,
                          search::kDeepTraversal,
                          search::kRebuildResults,
                          base::kAllOrNone,
                          base::kTruncated,
                          base::kMethod,
                          base::kIsInline,
                          base::kNativeBodyType,
                          base::kContentType,
                          base::kType,
                          settings::kOofState,
                          settings::kEnabled,
                          settings::kBodyType,
                          settings::kAppliesToInternal,
                          settings::kAppliesToExternalKnown,
                          settings::kAppliesToExternalUnknown,
                          settings::kEnableOutboundSMS,
                          settings::kSendDisabled,
                          library::kIsFolder,
                          library::kIsHidden,
                          library::kContentType,
                          operations::kStore,
                          operations::kVersion,
                          operations::kDeleteSubFolders,
                          operations::kMoveAlways,
                          compose::kType,
                          compose::kSaveInSentItems,
                          compose::kReplaceMime,
                          email2::kReceivedAsBcc,
                          email2::kIsDraft,
                          email2::kSend,
                          email2::kMeetingMessageType,
                          email2::kLastVerbExecuted,
                          notes::kMessageClass,
                          rights::kRightsManagementSupport,
                          rights::kEditAllowed,
                          rights::kReplyAllowed,
                          rights::kReplyAllAllowed,
                          rights::kForwardAllowed,
                          rights::kModifyRecipientsAllowed,
                          rights::kExtractAllowed,
                          rights::kPrintAllowed,
                          rights::kExportAllowed,
                          rights::kProgrammaticAccessAllowed,
                          rights::kRemoveRightsManagementProtection,
                          find::kDeepTraversal,
                          find::kHasAttachments};

constexpr Tag kNumbers[] = {airsync::kWindowSize,
                            airsync::kFilterType,
                            airsync::kTruncation,
                            airsync::kRTFTruncation,
                            airsync::kMIMETruncation,
                            airsync::kWait,
                            airsync::kLimit,
                            airsync::kMaxItems,
                            airsync::kHeartbeatInterval,
                            contacts::kBodySize,
                            contacts::kWeightedRank,
                            email::kAttSize,
                            email::kBodySize,
                            email::kMIMESize,
                            email::kInternetCPID,
                            email::kReminder,
                            air_notify::kLifeTime,
                            calendar::kReminder,
                            calendar::kAttSize,
                            calendar::kCalendarType,
                            calendar::kIsLeapMonth,
                            calendar::kFirstDayOfWeek,
                            estimate::kEstimate,
                            hierarchy::kCount,
                            tasks::kBodySize,
                            tasks::kCalendarType,
                            tasks::kIsLeapMonth,
                            tasks::kFirstDayOfWeek,
                            resolve::kRecipientCount,
                            resolve::kMaxCertificates,
                            resolve::kMaxAmbiguousRecipients,
                            resolve::kCertificateCount,
                            resolve::kMaxSize,
                            resolve::kMaxPictures,
                            ping::kHeartbeatInterval,
                            ping::kMaxFolders,
                            search::kRange,
                            search::kTotal,
                            search::kMaxSize,
                            search::kMaxPictures,
                            base::kTruncationSize,
                            base::kEstimatedDataSize,
                            library::kContentLength,
                            operations::kRange,
                            operations::kTotal,
                            operations::kPart,
                            email2::kUmAttDuration,
                            email2::kUmAttOrder,
                            email2::kCalendarType,
                            email2::kIsLeapMonth,
                            email2::kFirstDayOfWeek,
                            find::kRange,
                            find::kTotal,
                            find::kMaxPictures,
                            find::kMaxSize};

constexpr Tag kTimes[] = {email::kDateReceived,
                          email::kDtStamp,
                          email::kEndTime,
                          email::kStartTime,
                          email::kRecurrenceId,
                          email::kTimeZone,
                          email::kCompleteTime,
                          email::kUntil,
                          air_notify::kExpiry,
                          calendar::kTimezone,
                          calendar::kDtStamp,
                          calendar::kEndTime,
                          calendar::kStartTime,
                          calendar::kExceptionStartTime,
                          calendar::kUntil,
                          calendar::kAppointmentReplyTime,
                          estimate::kDateTime,
                          meeting::kProposedStartTime,
                          meeting::kProposedEndTime,
                          tasks::kDateCompleted,
                          tasks::kDueDate,
                          tasks::kUtcDueDate,
                          tasks::kStart,
                          tasks::kUntil,
                          tasks::kReminderTime,
                          tasks::kStartDate,
                          tasks::kUtcStartDate,
                          tasks::kOrdinalDate,
                          tasks::kSubOrdinalDate,
                          resolve::kStartTime,
                          resolve::kEndTime,
                          settings::kStartTime,
                          settings::kEndTime,
                          library::kCreationDate,
                          library::kLastModifiedDate,
                          email2::kLastVerbExecutionTime,
                          notes::kLastModifiedDate,
                          rights::kContentExpiryDate};

constexpr Tag kRecurrences[] = {
    email::kType,           email::kOccurrences,    email::kInterval,     email::kDayOfWeek,
    email::kDayOfMonth,     email::kWeekOfMonth,    email::kMonthOfYear,  calendar::kType,
    calendar::kOccurrences, calendar::kInterval,    calendar::kDayOfWeek, calendar::kDayOfMonth,
    calendar::kWeekOfMonth, calendar::kMonthOfYear, tasks::kType,         tasks::kOccurrences,
    tasks::kInterval,       tasks::kDayOfMonth,     tasks::kDayOfWeek,    tasks::kWeekOfMonth,
    tasks::kMonthOfYear};

// Provision:Data is the policy itself in 2.5 ([MS-ASPROV] 2.2.2.23).
constexpr Tag kPolicy[] = {provision::kData,
                           provision::kDevicePasswordEnabled,
                           provision::kAlphanumericDevicePasswordRequired,
                           provision::kRequireStorageCardEncryption,
                           provision::kPasswordRecoveryEnabled,
                           provision::kDocumentBrowseEnabled,
                           provision::kAttachmentsEnabled,
                           provision::kMinDevicePasswordLength,
                           provision::kMaxInactivityTimeDeviceLock,
                           provision::kMaxDevicePasswordFailedAttempts,
                           provision::kMaxAttachmentSize,
                           provision::kAllowSimpleDevicePassword,
                           provision::kDevicePasswordExpiration,
                           provision::kDevicePasswordHistory,
                           provision::kAllowStorageCard,
                           provision::kAllowCamera,
                           provision::kRequireDeviceEncryption,
                           provision::kAllowUnsignedApplications,
                           provision::kAllowUnsignedInstallationPackages,
                           provision::kMinDevicePasswordComplexCharacters,
                           provision::kAllowWiFi,
                           provision::kAllowTextMessaging,
                           provision::kAllowPOPIMAPEmail,
                           provision::kAllowBluetooth,
                           provision::kAllowIrDA,
                           provision::kRequireManualSyncWhenRoaming,
                           provision::kAllowDesktopSync,
                           provision::kMaxCalendarAgeFilter,
                           provision::kAllowHTMLEmail,
                           provision::kMaxEmailAgeFilter,
                           provision::kMaxEmailBodyTruncationSize,
                           provision::kMaxEmailHTMLBodyTruncationSize,
                           provision::kRequireSignedSMIMEMessages,
                           provision::kRequireEncryptedSMIMEMessages,
                           provision::kRequireSignedSMIMEAlgorithm,
                           provision::kRequireEncryptionSMIMEAlgorithm,
                           provision::kAllowSMIMEEncryptionAlgorithmNegotiation,
                           provision::kAllowSMIMESoftCerts,
                           provision::kAllowBrowser,
                           provision::kAllowConsumerEmail,
                           provision::kAllowRemoteDesktop,
                           provision::kAllowInternetSharing,
                           provision::kApplicationName,
                           provision::kHash,
                           provision::kAccountOnlyRemoteWipe};

constexpr Tag kDevice[] = {settings::kModel, settings::kOS, settings::kOSLanguage,
                           settings::kUserAgent};

constexpr Tag kAddresses[] = {contacts::kEmail1Address,
                              contacts::kEmail2Address,
                              contacts::kEmail3Address,
                              email::kTo,
                              email::kCc,
                              email::kFrom,
                              email::kReplyTo,
                              email::kOrganizer,
                              email::kDisplayTo,
                              calendar::kEmail,
                              calendar::kOrganizerEmail,
                              resolve::kEmailAddress,
                              resolve::kTo,
                              gal::kEmailAddress,
                              settings::kSMTPAddress,
                              settings::kPrimarySmtpAddress,
                              email2::kSender,
                              email2::kBcc,
                              compose::kEmail,
                              rights::kOwner,
                              rights::kContentOwner,
                              find::kDisplayCc,
                              find::kDisplayBcc};

constexpr Tag kMessages[] = {email::kMIMEData, compose::kMime};
constexpr Tag kBodies[] = {base::kData};
constexpr Tag kFolders[] = {hierarchy::kDisplayName};
constexpr Tag kReferences[] = {email::kAttName, email::kAttOId, calendar::kAttName,
                               calendar::kAttOid, base::kFileReference};
constexpr Tag kUids[] = {calendar::kUID, calendar::kClientUid};
constexpr Tag kGlobalIds[] = {email::kGlobalObjId};

constexpr std::array<TagGroup, 15> kGroups{{
    {Handling::keep, "protocol state and ids: what a fault is traced by", kKeysAndIds},
    {Handling::keep, "statuses: the fault itself", kStatuses},
    {Handling::word, "words of an enumeration, switches, media types", kWords},
    {Handling::keep, "sizes, counts, limits", kNumbers},
    {Handling::keep, "times: an item is told apart by them when its texts are hidden", kTimes},
    {Handling::keep, "recurrences: numbers of a calendar", kRecurrences},
    {Handling::keep, "the organisation's policy for all devices", kPolicy},
    {Handling::keep, "make and software of the device", kDevice},
    {Handling::addresses, "who wrote to whom", kAddresses},
    {Handling::mime, "a whole message, whose structure explains failures of sending", kMessages},
    {Handling::body, "text of an item, or its MIME", kBodies},
    {Handling::folder, "Inbox and the like are no secret, a folder made by the user may be",
     kFolders},
    {Handling::reference, "of an attachment; old servers put file names into it", kReferences},
    {Handling::uid, "of a meeting; software puts host names and addresses into it", kUids},
    {Handling::global_id, "the same in base64", kGlobalIds},
}};

constexpr auto kTable = [] {
  std::array<Handling, codepages::kPageCount * codepages::kTokensPerPage> table{};
  for (const TagGroup& group : kGroups) {
    for (const Tag tag : group.tags) {
      table[std::size_t{tag.page} * codepages::kTokensPerPage + tag.token] = group.handling;
    }
  }
  return table;
}();

}  // namespace

std::span<const TagGroup> tag_groups() { return kGroups; }

Handling handling(Tag tag) {
  if (tag.page >= codepages::kPageCount || tag.token >= codepages::kTokensPerPage) {
    return Handling::text;
  }
  return kTable[std::size_t{tag.page} * codepages::kTokensPerPage + tag.token];
}

}  // namespace eastap::redact
