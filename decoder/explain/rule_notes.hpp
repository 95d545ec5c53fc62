#pragma once

#include <string_view>

#include "decoder/findings/rule_table.hpp"

/// What the rule table of decoder/findings does not hold because no engine needs it: when a rule
/// fires, in words, and where its evidence can be found.
namespace eastap::explain {

struct RuleNote {
  std::string_view id;
  std::string_view evidence;  ///< "proxy,iis,mailboxlog": kinds of evidence that can hold it
  std::string_view trigger;
};

/// A rule that is known but not looked for, and why.
struct UnwatchedRule {
  findings::Rule rule;
  std::string_view why;
};

// clang-format off
inline constexpr RuleNote kRuleNotes[] = {
    {"synckey-zero", "proxy,iis,mailboxlog",
     "Sync collection with SyncKey 0 although a non-zero key was acknowledged for it "
     "before; none of the causes D-01 a-g fits; key device+CollectionId; consecutive "
     "zeros up to the first non-zero key = one event"},
    {"synckey-zero-repeat", "proxy,iis,mailboxlog",
     "Third unexplained reset (see synckey-zero) of the same folder within the window; "
     "key device+CollectionId"},
    {"synckey-zero-storm", "proxy,iis,mailboxlog",
     "SyncKey 0 on at least half of the folders that held a non-zero key, and on at "
     "least threshold folders, within the window; causes c and e of D-01 absent; key "
     "device"},
    {"synckey-zero-loop", "proxy,mailboxlog",
     "SyncKey 0 sent and answered Status 1 with a new key, and the client sends 0 again "
     "without ever using a non-zero key; key device+CollectionId"},
    {"synckey-zero-explained", "proxy,iis,mailboxlog",
     "SyncKey 0 after a non-zero key where one of D-01 a-f fits; report the cause; key "
     "device+CollectionId"},
    {"http500-then-reset", "proxy,iis,mailboxlog",
     "SyncKey 0 after a non-zero key (or FolderSync key 0) and at least threshold "
     "failures of the same device in the window before it: HTTP 500/502/504, 503 without "
     "Retry-After, Sync 5, common 110, undelivered response, hanging request cut; key "
     "device"},
    {"http-500-burst", "proxy,iis",
     "Consecutive EAS answers with HTTP 500, 502, 504, or 503 without Retry-After and "
     "X-MS-ASThrottle; a success in between restarts the count; key device"},
    {"foldersync-reset", "proxy,iis,mailboxlog",
     "FolderSync SyncKey 0 after a non-zero hierarchy key, or FolderSync Status 9 from "
     "the server; key device"},
    {"full-resync-announced", "proxy",
     "Response header X-MS-RP; key device"},
    {"synckey-repeat", "proxy,iis,mailboxlog",
     "Non-zero key K sent again for the collection after an answer with K' <> K for it "
     "was fully delivered; key device+CollectionId+K"},
    {"synckey-rollback", "proxy,iis,mailboxlog",
     "Sync uses a key older than the last one delivered for the collection (first or "
     "second time; from the third synckey-repeat takes over); key device+CollectionId"},
    {"eas-error-status", "proxy,iis,mailboxlog",
     "HTTP 200 whose top, collection or item Status is not success for the command (Ping "
     "> 2; MoveItems <> 3; others > 1; any body of SendMail/SmartReply/SmartForward) and "
     "no more specific rule claims it; key device+Cmd+Status"},
    {"sync-status3", "proxy,iis,mailboxlog",
     "Collection Status 3; key device+CollectionId"},
    {"request-malformed", "proxy,iis,mailboxlog",
     "Sync 4, Ping 4, FolderSync 10, common 101-109 or HTTP 400 with X-MS-ASError; "
     "repeats counted for the same request shape (tag tree without values); key "
     "device+Cmd+shape"},
    {"sync-status5", "proxy,iis,mailboxlog",
     "Collection Status 5 (old clients: SYNC_5/MIS_5 behind HTTP 5xx on the calendar); "
     "key device+CollectionId"},
    {"sync-poison-item", "proxy,mailboxlog",
     "Item Status 6 for the same ClientId or ServerId sent by the client; key "
     "device+CollectionId+item"},
    {"item-conflict", "proxy,mailboxlog",
     "Item Status 7, or 8 on an item the server had not deleted, for the same ServerId; "
     "key device+ServerId"},
    {"stale-item-command", "proxy,mailboxlog",
     "Sync item Status 8 or SmartReply/SmartForward 150 for a ServerId deleted by the "
     "server or by another client earlier in the evidence; key device+ServerId"},
    {"sync-13-loop", "proxy,iis,mailboxlog",
     "Status 13 (Sync) or 149 followed by another empty or partial request; key device"},
    {"limit-ignored", "proxy,mailboxlog",
     "Sync 14/15 or Ping 5/6 with Limit, HeartbeatInterval or MaxFolders, then the same "
     "out-of-range value again; key device+Cmd"},
    {"sync-16-retry", "proxy,iis,mailboxlog",
     "Collection or top Status 16; key device"},
    {"state-lost", "proxy,iis,mailboxlog",
     "Common 132, 133, 134, 135 or 136 on any command; before 14.0 HTTP 403/500 with no "
     "other cause does not count; key device"},
    {"hierarchy-demand-ignored", "proxy,iis,mailboxlog",
     "Sync 12, Ping 7 or GetItemEstimate 2, then no FolderSync and threshold further "
     "answers with the same demand; key device"},
    {"stale-folder-id", "proxy,mailboxlog",
     "After a FolderSync that deletes or does not list CollectionId X, a Sync or Ping "
     "begun later still names X; key device+X"},
    {"sync-foldersync-pingpong", "proxy,iis,mailboxlog",
     "Rounds of Sync 12 (or Ping 7) then successful FolderSync without changes then Sync "
     "12 of the same folder; key device+CollectionId"},
    {"provision-loop", "proxy,iis,mailboxlog",
     "Provision requests without a successful Sync, FolderSync, Ping or other data "
     "command in between (OPTIONS and Settings do not count as success); key device"},
    {"provision-110-loop", "proxy,iis,mailboxlog",
     "Consecutive Provision answers with top Status 110 (before 14.0: HTTP 500) without "
     "any other outcome of Provision in between; key device"},
    {"provision-negative-ack", "proxy,mailboxlog",
     "Client acknowledgement with Policy Status 2 (partly), 3 (not applied) or 4 "
     "(managed elsewhere); key device"},
    {"provision-refused", "proxy,iis,mailboxlog",
     "Status 139, 141 or 145 on any command (before 14.0: HTTP 403 right after a "
     "negative acknowledgement); key device"},
    {"provision-abandoned", "proxy,iis,mailboxlog",
     "Policy delivered with a temporary key, then no acknowledgement and no other "
     "request of the device for the window although its connection stayed usable; key "
     "device"},
    {"policy-demand-ignored", "proxy,iis,mailboxlog",
     "142, 143, 144 or HTTP 449, then threshold further commands refused with the same "
     "demand and no Provision between; key device"},
    {"policy-demand-silence", "proxy,iis",
     "142, 143, 144 or 449 was the last answer and the device, which used to send at "
     "least once per heartbeat, sends nothing for max(threshold, 2 x its median gap); "
     "key device"},
    {"policykey-mismatch", "proxy,mailboxlog",
     "After the final key F was delivered, X-MS-PolicyKey or the base64 key differs from "
     "F and gets 144/449, or the acknowledgement gets Policy Status 5; key device"},
    {"wipe-command", "proxy,iis,mailboxlog",
     "Provision response with RemoteWipe or AccountOnlyRemoteWipe, or Status 140 on any "
     "command; key device"},
    {"heartbeat-cut", "proxy,iis",
     "Ping, or Sync with Wait/HeartbeatInterval, ended by reset, close without answer, "
     "5xx or 504 before the interval ran out; key device (time-out value: key leg+host)"},
    {"heartbeat-short", "proxy,iis,mailboxlog",
     "Mean HeartbeatInterval asked by the device over the last 200 hanging requests (at "
     "least 20); key device"},
    {"ping-storm", "proxy,iis,mailboxlog",
     "Ping requests of one device, without those answered 2 and followed by a Sync that "
     "carried server commands; key device"},
    {"ping-changes-ignored", "proxy,mailboxlog",
     "Ping Status 2 naming folder F, next command is a Ping with F again and no Sync of "
     "F in between; key device+F"},
    {"ping-phantom-change", "proxy,mailboxlog",
     "Ping Status 2 for folder F, the following Sync of F brings no server command and "
     "no MoreAvailable; key device+F"},
    {"ping-error-repeat", "proxy,iis,mailboxlog",
     "Ping Status 3, 4 or 8, and the next Ping has the same shape (3: again without "
     "folders or interval); key device+Status"},
    {"ping-ri-folder", "proxy,iis,mailboxlog",
     "Ping lists Id RI (type 19) or a class the server cannot watch, and ends within 5 s "
     "without Status 1 or 2; key device"},
    {"parallel-hang", "proxy,iis",
     "Ping or hanging Sync open at the same time from one DeviceId; key device"},
    {"identical-commands", "proxy,iis,mailboxlog",
     "Equal fingerprint (Cmd, CollectionId, SyncKey, hash of the decoded body without "
     "volatile parts); key device+fingerprint"},
    {"command-rate", "proxy,iis",
     "All EAS requests of one device except OPTIONS and 401 legs; key device"},
    {"daily-volume", "proxy,iis,mailboxlog",
     "Requests of one device per calendar day of the evidence; key device"},
    {"thirty-second-cycle", "proxy",
     "Same command starts again 25-35 s after the previous start and the previous one "
     "was aborted by the device before its answer; key device+Cmd"},
    {"throttled", "proxy,iis,mailboxlog",
     "HTTP 503, Status 111, X-MS-ASThrottle, X-MS-BackOffDuration level H or positive, "
     "X-MS-BackOffReason, IIS Throttle > 0, Error:TooManyJobsQueued/OverBudget, budget "
     "remaining <= 0; Exchange Online: 403 within 10 min after identical-commands; key "
     "device"},
    {"throttle-ignored", "proxy",
     "Next EAS request begun earlier than 90 % of Retry-After after the 503 was "
     "delivered; key device"},
    {"throttle-delay", "proxy,iis",
     "Non-hanging commands whose first byte takes 10 to 45 s, in a row; key device"},
    {"auth-401-loop", "proxy,iis",
     "401 to a request with the same credentials (salted digest compared, never stored "
     "in clear); key User+DeviceId+digest"},
    {"auth-basic-not-offered", "proxy",
     "401 to a request with Basic credentials whose WWW-Authenticate offers no Basic; "
     "key host+User"},
    {"auth-name-form", "proxy,iis",
     "401 with one spelling of the user (bare, dom\\user, UPN) while another spelling of "
     "the same person gets 200, or Authorization user differs from the address used in "
     "Autodiscover and gets 401; key person"},
    {"basic-to-cloud", "proxy",
     "Authorization Basic sent to an Exchange Online host (outlook.office365.com, "
     "*.outlook.com); key host+User"},
    {"account-blocked-expired", "proxy,iis",
     "HTTP 456 or 457; key User"},
    {"credentials-expire", "proxy",
     "X-MS-Credentials-Expire at most threshold; key User"},
    {"oauth-not-offered", "proxy",
     "401 to an empty Bearer request (or one with X-User-Identity) without a Bearer "
     "challenge carrying authorization_uri; x-ms-diagnostics oauth_not_available "
     "confirms; key host+User"},
    {"oauth-token-refused", "proxy,iis",
     "401 to a request with a non-empty Bearer token, and the next token (different "
     "digest) is refused too, or the same one again; key host+User"},
    {"middlebox-5xx", "proxy",
     "HTTP 5xx without X-FEServer, X-BEServer, X-CalculatedBETarget, "
     "MS-Server-ActiveSync, X-DiagInfo and request-id, or with a foreign Server/Via "
     "header or an HTML error page, or absent from an imported log of the right server "
     "and minute; key host+maker"},
    {"http-503-app-pool", "proxy",
     "HTTP 503 with short 'Service Unavailable' HTML from Microsoft-HTTPAPI and no "
     "Exchange headers; key host"},
    {"server-hop", "proxy,iis",
     "At least threshold failures (5xx, 110, 111) carry one X-BEServer/X-FEServer while "
     "successes of the same device carry another; key host+server name"},
    {"redirect-loop", "proxy,iis",
     "451 with X-MS-Location back to a host visited before (A-B-A), or at least 3 "
     "redirects in a row; key device"},
    {"redirect-ignored", "proxy,iis",
     "451 with X-MS-Location, next requests still go to the old host; key device"},
    {"not-eas-answer", "proxy,iis",
     "200 with HTML, or 301/302/307, to a POST on /Microsoft-Server-ActiveSync (portal, "
     "OWA page, redirect of the web site); key host"},
    {"autodiscover-failed", "proxy",
     "All Autodiscover steps of one set-up (domain, autodiscover.domain, http redirect, "
     "JSON v2) end in 401 with credentials, 404, 5xx, TLS failure, Error answer or a "
     "loop, and no Settings/Server/Url was delivered; key address"},
    {"access-blocked", "proxy,iis,mailboxlog",
     "HTTP 403 to an authenticated request (not 403.4, 403.7), Status 126, 129, 130 or "
     "131, IIS As:Blocked*, mailbox log AccessState Blocked; key device"},
    {"access-quarantined", "proxy,iis,mailboxlog",
     "FolderSync succeeds with the default folders only, one single server mail arrives "
     "and later Syncs bring nothing, or AccessState/As: Quarantined or DeviceDiscovery "
     "for longer than threshold; key device"},
    {"ad-access-denied", "proxy,iis,mailboxlog",
     "Status 112 on any command, or the first FolderSync of a new device fails with "
     "500/110 and repeats while other users of the host succeed; key User"},
    {"partnership-limit", "proxy,iis,mailboxlog",
     "Status 177; key User"},
    {"folder-limit", "proxy,iis,mailboxlog",
     "FolderSync Status 151; key User"},
    {"device-id-change", "proxy,iis,mailboxlog",
     "Distinct DeviceIds of one User with one model (UserAgent family) within the "
     "window; key User+model"},
    {"user-agent-change", "proxy,iis,mailboxlog",
     "Distinct User-Agent values of one DeviceId within the window; key device"},
    {"version-below-161", "proxy",
     "MS-ASProtocolVersion (or base64 version byte) below 16.1 in a request to an "
     "Exchange Online host; key device"},
    {"version-too-high", "proxy",
     "Version of a request higher than the best of the last OPTIONS answer of that host; "
     "key device+host"},
    {"version-flap", "proxy,iis,mailboxlog",
     "Version differs from the previous request of the device without OPTIONS or X-MS-RP "
     "in between; key device"},
    {"version-not-best", "proxy",
     "Version of the requests lower than the best common one offered in OPTIONS; key "
     "device"},
    {"tls-ca-untrusted", "proxy",
     "TLS toward the device fails for a host of a client of which nothing was decrypted "
     "yet: alert unknown_ca, bad_certificate or certificate_unknown, or close with zero "
     "application bytes right after our certificate; key client address+host"},
    {"tls-pinned", "proxy",
     "Same TLS failure as tls-ca-untrusted for one host while another host of the same "
     "client was decrypted, or handshakes completed and closed at once without a request; "
     "key client address+host"},
    {"tls-version", "proxy",
     "The device offers no TLS version or cipher that the proxy speaks, or answers with "
     "alert protocol_version or insufficient_security; key client address+host"},
    {"tls-clock", "proxy",
     "TLS alert certificate_expired from the device; key client address+host"},
    {"tls-upstream-bad", "proxy",
     "Upstream certificate: name mismatch, expired, not yet valid, untrusted or "
     "incomplete chain; key host"},
    {"tls-upstream-expiring", "proxy",
     "Days left of the upstream certificate at most threshold; key host"},
    {"tls-client-cert", "proxy,iis",
     "CertificateRequest in the upstream handshake, renegotiation on the EAS path, or "
     "403.7; key host"},
    {"undelivered-response", "proxy",
     "Bytes accepted by the device side < bytes of the answer, or reset/close before the "
     "last byte; key device"},
    {"ping-acks-lost-sync", "proxy",
     "Sync answer with server commands not fully delivered, and the next request naming "
     "that folder is a Ping instead of a Sync with the old key; key device+CollectionId"},
    {"no-answer", "proxy",
     "Non-hanging command fully sent to the server, no response byte for threshold; key "
     "device"},
    {"organizer-change", "proxy,mailboxlog",
     "Client Change/Add where OrganizerEmail differs from the server's last value, or "
     "MeetingStatus flag 0x2 (received) is lost and 0x1 set, or OrganizerEmail becomes "
     "the account itself on an item received as attendee; key device+UID"},
    {"attendee-cancel", "proxy",
     "SendMail or SmartForward MIME with METHOD:CANCEL or METHOD:REQUEST whose UID is "
     "known with another organizer; key device+UID"},
    {"meeting-reply-sender", "proxy",
     "SendMail MIME with METHOD:REPLY whose From/Sender is no address of the account; "
     "key device+UID"},
    {"meeting-response-repeat", "proxy,mailboxlog",
     "MeetingResponse with the same RequestId (or UID), InstanceId and UserResponse "
     "after an answer with Status 1; key device+RequestId+InstanceId"},
    {"meeting-response-loop", "proxy,iis,mailboxlog",
     "MeetingResponse repeated for the same RequestId after Status 2, 3 or 4, HTTP 500 "
     "or a WrongObjectType exception; IIS: MeetingResponse > 10 per device and hour; key "
     "device+RequestId"},
    {"meeting-forwarded", "proxy",
     "SmartForward, or SendMail with METHOD:REQUEST, whose source is a calendar item or "
     "meeting request, and recipients (min 3) cover at least 80 % of its attendees, or "
     "the same source was forwarded before in the window, or the message text is empty; "
     "key device+source item"},
    {"series-change-no-instance", "proxy,mailboxlog",
     "16.x client Change without InstanceId on an item whose server copy has Recurrence, "
     "account is organizer with attendees, and StartTime equals a later occurrence or a "
     "Change with InstanceId follows within the window; key device+ServerId"},
    {"instance-uid-date", "proxy,mailboxlog",
     "Two server Adds whose UIDs are equal when bytes 17-20 are masked and at least one "
     "has these bytes non-zero; key User+masked UID"},
    {"body-truncated", "proxy,mailboxlog",
     "Client Change on an existing calendar or task item with Body of 480 to 520 bytes "
     "while the server's EstimatedDataSize is larger or its last body had Truncated=1; "
     "key device+ServerId"},
    {"body-downgrade", "proxy,mailboxlog",
     "Client Change with Body Type 1 where the server's NativeBodyType or last Type was "
     "2 or 3; key device (distinct items)"},
    {"timezone-altered", "proxy,mailboxlog",
     "Client's TimeZone structure differs in Bias, StandardDate/Bias or "
     "DaylightDate/Bias from the server's for the same item while StartTime is "
     "unchanged; key device+ServerId"},
    {"change-after-reminder", "proxy,mailboxlog",
     "Organizer's client Change between -1 and +3 min of StartTime - Reminder that "
     "alters nothing but Reminder, DtStamp or reply fields; key device+ServerId"},
    {"cancel-then-update", "proxy,mailboxlog",
     "Client Delete or MeetingStatus 0x4 on a meeting with attendees, then Add or Change "
     "of the same UID uncancelled within the window; key device+UID"},
    {"month-end-recurrence", "proxy,mailboxlog",
     "Server item with Recurrence Type 2 and DayOfMonth >= 29 delivered to an iOS "
     "client; key device+UID"},
    {"dtstamp-order", "proxy,mailboxlog",
     "Server sends the same UID (or exception of it) in a later Sync with an earlier "
     "DtStamp and different content; key device+UID"},
    {"series-deleted", "proxy,mailboxlog",
     "Client Delete of a recurring item within the window after a server change or "
     "cancellation of one exception (Deleted 1, MeetingStatus 5 or 7), or after a "
     "MeetingResponse to a cancellation without RecurrenceId; key device+ServerId"},
    {"exceptions-dropped", "proxy,mailboxlog",
     "Client Change of a series with Exceptions present and fewer in number than the "
     "server's last set; key device+ServerId"},
    {"all-day-altered", "proxy,mailboxlog",
     "Client Change sets AllDayEvent 1 where the server had 0, or rewrites a duration >= "
     "24 h to midnight bounds; key device+ServerId"},
    {"duplicate-add", "proxy,mailboxlog",
     "Client Add whose content hash equals an item that already got Status 1 and a "
     "ServerId, or the same ClientId gets a second ServerId; key device+CollectionId+hash"},
    {"reply-all-self", "proxy",
     "SmartReply MIME whose To or Cc contains the From address or an address of the "
     "account; key device"},
    {"more-available-unfollowed", "proxy,mailboxlog",
     "Answer with MoreAvailable fully delivered, then no Sync of the folder for the "
     "window while other requests of the device go on; key device+CollectionId"},
    {"more-available-loop", "proxy,mailboxlog",
     "Consecutive answers with MoreAvailable and no Add, Change, Delete, SoftDelete or "
     "Fetch result; key device+CollectionId"},
    {"item-filtered", "proxy,mailboxlog",
     "Traced item (ServerId, ConversationId, UID) left by SoftDelete or has a date "
     "outside FilterType; key device+item"},
    {"folder-not-synced", "proxy,mailboxlog",
     "Folder known from FolderSync that is never named in Sync (or never in Ping) while "
     "others are, for one hour of activity; key device+CollectionId"},
    {"body-not-downloaded", "proxy,mailboxlog",
     "ItemOperations or Sync Fetch of a body with Status not 1, or Data empty while "
     "EstimatedDataSize > 0; key device+ServerId"},
    {"attachment-failed", "proxy,iis,mailboxlog",
     "ItemOperations Fetch of a FileReference with Status not 1, GetAttachment HTTP "
     "404/500, Error:Attachment*, or data shorter than announced; key "
     "device+FileReference"},
    {"send-failed", "proxy,iis,mailboxlog",
     "SendMail, SmartReply or SmartForward with a body Status, HTTP other than 200, or "
     "IIS Error on these commands; key device+ClientId"},
    {"send-stuck", "proxy,mailboxlog",
     "Same ClientId or MIME Message-ID sent again without any success; key device+ClientId"},
    {"send-duplicate", "proxy,mailboxlog",
     "Same ClientId or MIME Message-ID succeeds twice, or Status 118 (then notice); key "
     "device+ClientId"},
    {"request-too-big", "proxy,iis",
     "Request body larger than threshold and the answer is 413, 404.13, 500, 400, Status "
     "122 or a reset; key device"},
    {"mailbox-full", "proxy,iis,mailboxlog",
     "HTTP 507, Status 113 or 115, Sync 9, IIS "
     "Error:MailboxQuotaExceeded/SendQuotaExceeded/QuotaExceeded; key User"},
    {"large-folder", "proxy,iis,mailboxlog",
     "Initial load with more than threshold items, or more than 100 MoreAvailable "
     "rounds, or IIS Sst > 2000 kB, or 5xx/Sync 5/110 on this collection alone; key "
     "device+CollectionId"},
    {"no-filter", "proxy,iis,mailboxlog",
     "Email-class collection with FilterType 0 or none in the first full request; key "
     "device+CollectionId"},
    {"window-size-odd", "proxy,mailboxlog",
     "WindowSize 0, above 100, or below 10 on a mail folder; key device+CollectionId"},
    {"bulk-upload", "proxy,mailboxlog",
     "Client Add+Change+Delete+Fetch in one Sync request; key device"},
    {"server-slow", "proxy,iis,mailboxlog",
     "Non-hanging commands: 95th percentile of the last 50 (at least 20) above "
     "threshold, or a single one above 30 s; key host (and device)"},
    {"rpc-high", "iis",
     "IIS RpcC above threshold, or RpcL > 5000 ms, or RpcL/RpcC > 25 ms in one request; "
     "key device"},
    {"iis-keepalive-failure", "iis",
     "IIS Error:KeepAliveFailure grouped by PrxTo: all or nearly all name one target; "
     "key PrxTo"},
    {"server-exception", "proxy,iis,mailboxlog",
     "Mailbox log *_Exception, common 110 outside Provision, Provision/Settings Status "
     "3, FolderSync 6/11, HTTP 500 with X-DiagInfo; key exception type+top frame+Cmd "
     "(wire: Cmd+Status)"},
    {"sync-failed-mail", "proxy,mailboxlog",
     "Server Add in the Inbox whose Subject matches the configured list of such texts "
     "and whose From is the account or the server; key device"},
    {"edit-not-sent", "proxy,mailboxlog",
     "User marks time and folder of an edit; no client command for the folder within two "
     "heartbeats (max 30 min) although the device talks; or answered with Status not 1; "
     "key device+CollectionId"},
    {"wbxml-broken", "proxy",
     "Decoder ends before the last END, length fields exceed the body, gzip is damaged, "
     "or Content-Length differs from the bytes received; key device+direction"},
    {"wbxml-foreign-token", "proxy",
     "String table, entity, processing instruction, attribute, unknown page or tag; key "
     "device+page+token"},
};

inline constexpr UnwatchedRule kUnwatchedRules[] = {
    {findings::Rule{"rpc-high", "D-37", 3,
         "Many or slow store calls per request",
         2000, "RPCs per request", std::chrono::seconds{0}, 0, findings::Severity::notice,
         "G6,G10,G11",
         "A costly device or a slow store.",
         "Disable ActiveSync for the user for a test (Set-CASMailbox alice "
         "-ActiveSyncEnabled $false), then re-create the account.",
         "KB 10047 query 'High RPC counts or latency' (no number given); project default"},
     "its evidence is in the log of IIS alone"},
    {findings::Rule{"iis-keepalive-failure", "D-37", 3,
         "Link between Exchange servers fails",
         3, "lines", std::chrono::seconds{3600}, 0, findings::Severity::warning,
         "G6,G10",
         "Users behind that server or site fail while others work.",
         "Check the network and IIS of the target named in PrxTo.",
         "KB 10047 (worked example); project default"},
     "its evidence is in the log of IIS alone"},
    {findings::Rule{"edit-not-sent", "D-46", 3,
         "Edit made on the device never arrives",
         1, "marked edits", std::chrono::seconds{1800}, 0, findings::Severity::notice,
         "G1,G3,G6; only with a user's mark",
         "Outlook never shows the change.",
         "Update iOS beyond 8.3; re-create the account; keep the capture as proof.",
         "KB 2563324 1.13; project default"},
     "it needs a user who tells when and where an item was edited"},
};

/// The common guards that the rules name: what is asked before one fires.
struct Guard {
  std::string_view id, words;
};
inline constexpr Guard kGuards[] = {
    {"G1", "nothing is \"again\" or \"lost\" without an earlier sight of it in the same evidence"},
    {"G2", "requests that were under way when the answer came do not count"},
    {"G3", "repeating a request whose answer was not delivered is right"},
    {"G4", "empty requests and answers are legal"},
    {"G5", "the Status of command, folder and item is looked at, not HTTP 200"},
    {"G6", "monitoring probes and duplicates are left out"},
    {"G7", "what the server demanded is told as its demand"},
    {"G8", "one severity less on a server that is not Exchange"},
    {"G9", "times of an import are whole seconds of another clock"},
    {"G10", "one finding a cause"},
    {"G11", "five times the threshold during the first load of an account"},
    {"G12", "items are compared with what was seen of them before"},
};

/// Why a device starts over: the causes "D-01 a" to "g" that triggers name.
inline constexpr std::string_view kResetCauses =
    "a the server demanded it by a status; b X-MS-RP announced it; c a new profile; d the folder was "
    "added again; e the protocol version changed; f filter, class or conversation mode changed; g "
    "failures shortly before";
// clang-format on

}  // namespace eastap::explain
