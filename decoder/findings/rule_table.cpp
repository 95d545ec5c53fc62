#include "decoder/findings/rule_table.hpp"

#include <array>

namespace eastap::findings {

namespace {

using std::chrono::seconds;

// Rows of tests/data/facts/rules.tsv, in its order; a test compares the two.
// clang-format off
constexpr std::array kRules{
    Rule{"synckey-zero", "D-01", 1,
         "Folder restarted from SyncKey 0",
         1, "unexplained resets", seconds{86400}, 2, Severity::notice,
         "G1,G2,G3,G6,G9,G10; new profile, re-added folder, version change, "
         "FilterType/class change are explained resets; IIS: count distinct Fid once in "
         "the first hour of a DeviceId",
         "The whole folder is downloaded again: items vanish and reappear, battery, data "
         "volume and server load.",
         "Read the 30 minutes before the reset (5xx, Status 3/12, lost responses) and "
         "remove that cause; if it recurs, take the folder out of sync for five minutes, "
         "then re-create the account.",
         "KB 10047 query 'Count Syncs with SyncKey of Zero Per User', KB 2563324 2.13; 2 "
         "published ('multiple'), 1 project default"},
    Rule{"synckey-zero-repeat", "D-01", 1,
         "Folder restarts from SyncKey 0 again and again",
         3, "unexplained resets", seconds{3600}, 0, Severity::error,
         "G1,G2,G3,G6,G10; as synckey-zero",
         "The folder never becomes stable on the device and the server repeats the full "
         "download.",
         "Set-CASMailbox alice -ActiveSyncDebugLogging:$true and compare with the "
         "capture; Remove-MobileDevice for the partnership, then re-create the account.",
         "KB 10047; KB 2563324 2.13; project default"},
    Rule{"synckey-zero-storm", "D-01", 1,
         "Most folders restarted at once",
         3, "folders", seconds{300}, 0, Severity::error,
         "G1,G6,G10; new profile (cause c), protocol upgrade (cause e, X-MS-RP)",
         "The account was reloaded as a whole.",
         "Look for event 1008, a mailbox move, a removed partnership "
         "(Get-MobileDeviceStatistics -Mailbox alice, FirstSyncTime) or a changed "
         "DeviceId; check FolderSync key 0 too.",
         "KB 10047, event 1008; project default"},
    Rule{"synckey-zero-loop", "D-01", 1,
         "Client never keeps the new SyncKey",
         5, "answered key-0 requests", seconds{600}, 0, Severity::error,
         "G3,G6,G10; only fully delivered answers count",
         "Endless first synchronisation, nothing arrives for the user.",
         "Update the mail app or take the folder out of sync for five minutes; keep the "
         "capture for the vendor.",
         "KB 10047, KB 2563324 2.13; project default"},
    Rule{"synckey-zero-explained", "D-01", 1,
         "Folder restart with a known cause",
         1, "resets", seconds{0}, 0, Severity::info,
         "G1,G6,G7,G10; several folders with one cause = one finding",
         "Expected reload; only its cause matters.",
         "None when single; if the same cause returns daily, follow the rule of that "
         "cause (state-lost, sync-status3, foldersync-reset).",
         "MS-ASCMD Sync Status 3/12, event 1008; protocol rule"},
    Rule{"http500-then-reset", "D-01", 1,
         "Server failures made the device start over",
         2, "failures before the reset", seconds{1800}, 3, Severity::warning,
         "G1,G6,G10; a reset demanded by Status 3/12 or X-MS-RP stays explained; "
         "failures already used for an earlier reset do not count twice",
         "Cause and effect are both on record: the failures caused the reload.",
         "Find who made the failures (middlebox-5xx); raise idle time-outs of firewall, "
         "load balancer and reverse proxy above 3540 s; failed request tracing on IIS if "
         "Exchange made them.",
         "Apple HT203719/TS4511 via KB 2563324 2.13 and KB 10047; 2 published (two in a "
         "row), 1800 s and 3 project default"},
    Rule{"http-500-burst", "D-39", 1,
         "HTTP 500 burst",
         2, "failures in a row", seconds{600}, 3, Severity::warning,
         "G1,G6,G10; 5xx made by the capturing proxy itself is labelled so; throttling "
         "503 goes to throttled",
         "iOS drops its folder data and reloads after a short series of failures.",
         "middlebox-5xx tells who made it: then failed request tracing and the "
         "application log on Exchange, or the named gateway.",
         "Apple HT203719/TS4511; 2 published, 3 config (BackOffThreshold 3), 600 s "
         "project default"},
    Rule{"foldersync-reset", "D-01", 2,
         "Folder list restarted",
         2, "hierarchy resets", seconds{86400}, 3, Severity::warning,
         "G1,G6,G10; cause c of D-01 (new profile)",
         "All folders are synchronised again from key 0.",
         "Check for a mailbox move, removed partnership or Status 151; "
         "Get-MobileDeviceStatistics -Mailbox alice.",
         "MS-ASCMD FolderSync Status 9; project default"},
    Rule{"full-resync-announced", "D-01", 3,
         "Server announces a full resync",
         1, "responses", seconds{0}, 0, Severity::info,
         "G7; ignored on FolderSync key 0 answers",
         "The client drops its data and starts over with a new protocol version.",
         "Expected after a server upgrade; otherwise look for nodes of different builds "
         "behind one name.",
         "MS-ASHTTP 2.2.2.1.2.9, event 1008; protocol rule"},
    Rule{"synckey-repeat", "D-02", 1,
         "Same SyncKey sent again and again",
         3, "repeats", seconds{600}, 10, Severity::warning,
         "G1,G2,G3,G4,G6,G9,G10; answer Status 5/16/111/503, collision, Partial without "
         "the collection; IIS: only lines with sc-status 200 and Sks <> Sk, or >=3 equal "
         "keys and a server count > 0",
         "The client never stores the new key: loop, duplicates, later throttling.",
         "Look at the item present in every repeated answer and remove or re-create it; "
         "then re-provision the client (remove the account, Remove-MobileDevice, add "
         "again).",
         "KB 10047 query 'Count all Syncs per SyncKey'; 3 published practice (Z-Push "
         "third time), 10 project default"},
    Rule{"synckey-rollback", "D-02", 2,
         "Client fell back to an older key",
         1, "fallbacks", seconds{3600}, 0, Severity::notice,
         "G1,G2,G3,G4,G10; undelivered answer = correct behaviour, info at most",
         "The answer was lost behind the proxy or the app was restored from a backup.",
         "Once is harmless; in series see undelivered-response and the radio path of the "
         "device. IIS shows St:R.",
         "MS-ASCMD, KB 4058179; protocol rule"},
    Rule{"eas-error-status", "D-03", 1,
         "ActiveSync error inside HTTP 200",
         1, "responses", seconds{3600}, 10, Severity::info,
         "G4,G5,G6,G7,G10; harmless: MissingCscCacheEntry, PingCollisionDetected, "
         "SyncCollisionDetected",
         "Tools that look at HTTP alone see success where the command failed.",
         "Use the status text and next step of the status table.",
         "KB 10047 query 'Request with ActiveSync errors'; Ping 2 / Sync 1 published, 10 "
         "project default"},
    Rule{"sync-status3", "D-03", 2,
         "Server keeps rejecting the sync key (Status 3)",
         3, "Status 3 answers", seconds{3600}, 10, Severity::warning,
         "G1,G6,G7,G10; a single one is the cause of an explained reset",
         "The folder must restart from 0 each time; state is lost on the server or two "
         "devices share a DeviceId.",
         "Check for two devices with one DeviceId, mailbox moves and event 1008; "
         "Remove-MobileDevice and re-create the account.",
         "MS-ASCMD Sync Status 3; project default"},
    Rule{"request-malformed", "D-03", 1,
         "Malformed request",
         1, "refusals of one shape", seconds{600}, 3, Severity::warning,
         "G5,G6,G7,G10; body altered by a middlebox (Content-Length mismatch) goes to "
         "wbxml-broken",
         "The request itself is wrong; sending it again cannot help.",
         "Send the decoded request and X-MS-ASError to the client vendor; update the "
         "app. Typical: GetChanges with key 0, Wait together with HeartbeatInterval.",
         "KB 10047 (Sync Status 4 is caused by the device), MS-ASCMD; protocol rule, 3 "
         "project default"},
    Rule{"sync-status5", "D-03", 1,
         "Server error 5 repeats on a folder",
         3, "Status 5 answers", seconds{1800}, 6, Severity::warning,
         "G6,G7,G10; one or two = notice inside the incident",
         "The folder never finishes; seen with very large calendars and with one bad "
         "item.",
         "Get-MailboxFolderStatistics for the item count, shorten the filter, archive, "
         "look for a corrupt item with the mailbox log.",
         "KB 842541, MS-ASCMD; project default"},
    Rule{"state-lost", "D-03,D-38", 1,
         "Sync state lost or damaged on the server",
         1, "answers", seconds{86400}, 2, Severity::notice,
         "G1,G6,G7,G10; 133 during an announced mailbox move = info",
         "The partnership is rebuilt and everything synchronises again; 135 means two "
         "first syncs at once.",
         "Once: none (event 1008). Repeated: Remove-MobileDevice, re-create the account, "
         "check that no two devices share the DeviceId.",
         "event 1008, MS-ASCMD common 132-136; protocol rule, 2 project default"},
    Rule{"provision-loop", "D-05", 1,
         "Repeated Provision commands",
         5, "Provision requests", seconds{600}, 10, Severity::warning,
         "G1,G3,G6,G7,G10; two requests = one healthy cycle, four = two cycles at "
         "set-up, one more to acknowledge a wipe",
         "The device stays without a valid policy and gets no mail; server logs grow.",
         "Read Status and policy key of both phases; assign a plain test policy "
         "(Set-CASMailbox alice -ActiveSyncMailboxPolicy Test); then re-create the "
         "account.",
         "KB 2851708, KB 2563324 2.11, MS-ASPROV (two phases); project default (more "
         "than two full cycles)"},
    Rule{"provision-110-loop", "D-05", 1,
         "Provision keeps coming after Status 110",
         3, "answers with Status 110", seconds{300}, 5, Severity::warning,
         "G3,G6,G10; a policy key in an answer restarts the count",
         "110 must not be retried; devices with iOS 7.0 sent more than 2,000 such "
         "requests and filled event 4999.",
         "Install Exchange 2013 CU2 or 2010 SP3 RU2 or later, update the device; stop "
         "the flood with Set-CASMailbox alice -ActiveSyncBlockedDeviceIDs.",
         "KB 2851708 (2,000 published observation), MS-ASCMD common 110; 3 and 5 project "
         "default"},
    Rule{"provision-negative-ack", "D-05", 1,
         "Device could not apply the policy",
         1, "acknowledgements", seconds{0}, 0, Severity::warning,
         "G6,G10; Status 2 followed by a successful Sync = notice",
         "The server withholds data unless non-provisionable devices are allowed.",
         "Compare the restrictive settings printed from the policy with the device; "
         "relax them with Set-MobileDeviceMailboxPolicy or allow "
         "-AllowNonProvisionableDevices $true.",
         "KB 2563324 2.1, MS-ASPROV client status; protocol rule"},
    Rule{"provision-refused", "D-05", 1,
         "Device refused as not provisionable",
         1, "refusals", seconds{3600}, 0, Severity::error,
         "G6,G7,G10",
         "The device never synchronises.",
         "Set-MobileDeviceMailboxPolicy -AllowNonProvisionableDevices $true for a test "
         "group, relax the policy, or use another client.",
         "KB 2563324 2.1, KB 10047 (policy error), MS-ASCMD 139/141/145; protocol rule"},
    Rule{"provision-abandoned", "D-05", 2,
         "Provision begun and not finished",
         1, "unfinished cycles", seconds{900}, 2, Severity::notice,
         "G1,G3,G6; user may still be asked for a passcode: notice until twice the window",
         "Account set-up stops without a message.",
         "Look on the device for a pending passcode or administrator prompt; test with a "
         "plain policy.",
         "KB 2563324 2.1; project default"},
    Rule{"policy-demand-ignored", "D-06", 1,
         "Policy refresh demanded, device does not provision",
         3, "refused commands", seconds{3600}, 10, Severity::warning,
         "G1,G2,G3,G6,G7,G10; OPTIONS and Settings are not counted",
         "Every later command is refused; the device shows old mail.",
         "Set-MobileDeviceMailboxPolicy -DevicePolicyRefreshInterval Unlimited; restart "
         "the app or re-create the account.",
         "KB 2563324 2.12, MS-ASCMD 142-144, MS-ASHTTP 449; project default"},
    Rule{"policy-demand-silence", "D-06", 1,
         "Device falls silent after a policy demand",
         900, "seconds of silence", seconds{0}, 0, Severity::error,
         "G1,G3,G6; device left the network (no connection of any kind) = info; replay: "
         "only if the evidence goes on for other devices",
         "The device stopped synchronising without telling its user.",
         "Set-MobileDeviceMailboxPolicy -DevicePolicyRefreshInterval Unlimited; open the "
         "mail app once; re-create the account.",
         "KB 2563324 2.12; project default"},
    Rule{"wipe-command", "D-40", 2,
         "Remote wipe sent to the device",
         1, "answers", seconds{0}, 0, Severity::error,
         "G6,G10; acknowledgement 1/2 is added to the same incident",
         "The device or the account is erased once it acknowledges.",
         "Get-MobileDeviceStatistics -Mailbox alice (DeviceWipe* fields) tells who and "
         "when; Clear-MobileDevice -Cancel if wrong; never replay this capture against a "
         "device.",
         "MS-ASPROV; protocol rule"},
    Rule{"heartbeat-cut", "D-41", 1,
         "Hanging request cut before its heartbeat",
         2, "cuts", seconds{3600}, 4, Severity::warning,
         "G1,G3,G6,G10; device closed it to send a newer request, changed network, or "
         "all its connections dropped together",
         "iOS counts it as failure; a series leads to a full reload.",
         "The common cut time (30, 60, 120, 240, 300, 600 s) names the time-out: raise "
         "it above 3540 s on firewall, load balancer and reverse proxy.",
         "Apple HT203719, KB 905013, KB 10047; 2 published (Apple), 4 with equal "
         "duration project default"},
    Rule{"ping-storm", "D-08", 2,
         "Ping storm",
         30, "Pings", seconds{600}, 100, Severity::warning,
         "G2,G3,G6,G8,G10,G11",
         "Busy loop: battery, log growth, later blocking.",
         "Look at the Status and the folders of the answers (ping-changes-ignored, "
         "ping-ri-folder, ping-phantom-change).",
         "KB 2563324 2.15; project default (Google's published bound is 60 per minute)"},
    Rule{"ping-changes-ignored", "D-08", 2,
         "Ping reports changes, device does not Sync",
         3, "occurrences in a row", seconds{300}, 10, Severity::warning,
         "G2,G3,G6,G10",
         "Each Ping returns at once: busy loop without data.",
         "Take the named folder out of push on the device; update the client.",
         "Z-Push Ping loop handling; project default"},
    Rule{"ping-phantom-change", "D-08", 2,
         "Ping reports changes that do not exist",
         5, "occurrences in a row", seconds{600}, 20, Severity::notice,
         "G3,G4,G6,G10; another Sync of F in between may have fetched the change",
         "Busy loop caused by the server's view of the folder.",
         "Re-sync the named folder on the device; check mixed class or filter of the "
         "folder.",
         "project default"},
    Rule{"ping-error-repeat", "D-08", 2,
         "Ping error not handled",
         3, "refusals in a row", seconds{300}, 10, Severity::warning,
         "G2,G3,G4,G6,G10; one Status 3 after silence is normal cache loss",
         "No push.",
         "3: the client must send interval and folder list once, restart the app; 8: "
         "check server health.",
         "KB 10047 (Ping > 2 is an error), MS-ASCMD Ping 3; project default"},
    Rule{"ping-ri-folder", "D-08", 1,
         "Ping on the recipient cache (RI) loops",
         3, "such Pings", seconds{300}, 10, Severity::warning,
         "G3,G6,G10; RI in the list with normal hanging = no finding",
         "Endless Ping loop, IIS logs grow.",
         "Use another mail app (Outlook for Android) or remove the folder from push; "
         "block the device model with New-ActiveSyncDeviceAccessRule if many are "
         "affected.",
         "KB 2563324 2.15; project default"},
    Rule{"identical-commands", "D-09", 1,
         "Too many identical commands",
         10, "equal commands", seconds{60}, 20, Severity::warning,
         "G3,G4,G6,G8,G10,G11; paging, different FileReference, different ClientId",
         "Exchange Online denies access for about 10 minutes; on-premises auto-block "
         "rules RecentCommands and SyncCommands count it.",
         "Leave the device alone for 10 minutes, find the item or folder that triggers "
         "it; Get-ActiveSyncDeviceAutoblockThreshold shows on-premises limits.",
         "KB 2563324 2.9, KB 2748176 (no number given); project default"},
    Rule{"throttled", "D-10", 1,
         "Server throttles or denies the device",
         1, "answers", seconds{600}, 3, Severity::notice,
         "G6,G7,G10; L/-n back-off values are informative; 503 without Exchange headers "
         "goes to http-503-app-pool",
         "Slow or no synchronisation until the device calms down.",
         "The header names the reason: stop that storm; on-premises "
         "Get-ThrottlingPolicy, Get-ActiveSyncDeviceAutoblockThreshold.",
         "KB 2563324 2.9 and 2.2, MS-ASHTTP 2.2.2.1.2.13; protocol rule, 3 project "
         "default"},
    Rule{"auth-401-loop", "D-11", 1,
         "Wrong password sent again and again",
         3, "refusals of the same credentials", seconds{1800}, 8, Severity::warning,
         "G1,G6,G10; challenge without credentials, NTLM/Negotiate legs, expired bearer "
         "then new token; IIS: lines with cs-username '-' are challenges",
         "Account lock-out in Active Directory (common limits 10 to 50).",
         "Remove or correct the account on that device; Get-MobileDevice -Mailbox alice "
         "lists the others; unlock the account.",
         "KB 2563324 2.10, KB 2810886; project default (8 below the common limit 10)"},
    Rule{"auth-basic-not-offered", "D-11", 1,
         "Server does not accept passwords (Basic off)",
         1, "refusals", seconds{3600}, 0, Severity::error,
         "G6,G10; Bearer-only answer of Exchange Online goes to basic-to-cloud",
         "No password can succeed.",
         "Get-ActiveSyncVirtualDirectory | fl BasicAuthEnabled; enable Basic or move the "
         "client to OAuth.",
         "KB 10047 (virtual directory authentication settings); protocol rule"},
    Rule{"basic-to-cloud", "D-11", 2,
         "Password sign-in tried against Exchange Online",
         1, "requests", seconds{86400}, 0, Severity::error,
         "G6,G10; Autodiscover redirect probe without credentials",
         "Always refused and may lock the account.",
         "Delete and add the account again so that it signs in with OAuth.",
         "Exchange Online switch-off of Basic (October 2022); protocol rule"},
    Rule{"account-blocked-expired", "D-11", 2,
         "Account blocked (456) or password expired (457)",
         1, "answers", seconds{3600}, 0, Severity::error,
         "G6,G10; each request going on afterwards raises the count",
         "The client must stop; going on risks lock-out.",
         "456: unblock the account or satisfy the sign-in requirement; 457: renew the "
         "password at X-MS-Credential-Service-Url.",
         "MS-ASHTTP 456/457; protocol rule"},
    Rule{"middlebox-5xx", "D-12", 1,
         "5xx made by something before Exchange",
         1, "answers", seconds{3600}, 5, Severity::warning,
         "G6,G10; 5xx of the capturing proxy itself is labelled so; 503 with short "
         "http.sys text goes to http-503-app-pool",
         "The search in Exchange logs would be in vain.",
         "Open the gateway named by the body or header (pool members, health probe, "
         "time-out).",
         "KB 10047 (500 from a drained TMG farm); project rule"},
    Rule{"http-503-app-pool", "D-12", 1,
         "ActiveSync application pool down",
         1, "answers", seconds{600}, 3, Severity::warning,
         "G6,G10; Retry-After present goes to throttled",
         "Nobody on that server can synchronise.",
         "Start MSExchangeSyncAppPool (Get-WebAppPoolState MSExchangeSyncAppPool), read "
         "httperr*.log and the system log for its crash.",
         "KB 10047 (application pool); protocol rule"},
    Rule{"not-eas-answer", "D-13", 1,
         "Answer is not ActiveSync",
         1, "answers", seconds{600}, 0, Severity::error,
         "G6,G10; Autodiscover redirects are normal",
         "The client shows 'cannot connect'.",
         "Remove the HTTP redirect from the ActiveSync virtual directory in IIS; look "
         "for a captive portal or WAF.",
         "KB 10047 (HTTP redirect); protocol rule"},
    Rule{"access-blocked", "D-36", 1,
         "Device blocked or user disabled",
         1, "refusals", seconds{3600}, 0, Severity::error,
         "G6,G7,G10; 403 after identical-commands on Exchange Online goes to throttled; "
         "MeetingResponse/MoveItems item rights 130 stay with eas-error-status",
         "No synchronisation until an administrator acts.",
         "126: Set-CASMailbox alice -ActiveSyncEnabled $true; 129: Get-CASMailbox alice "
         "| fl ActiveSyncAllowedDeviceIDs,ActiveSyncBlockedDeviceIDs; rule: "
         "Get-ActiveSyncDeviceAccessRule.",
         "KB 10047 (access rules, blocked device ID, enabled mailbox), MS-ASCMD 126-131; "
         "protocol rule"},
    Rule{"ad-access-denied", "D-36", 1,
         "Exchange may not write the device to AD",
         1, "answers", seconds{3600}, 3, Severity::warning,
         "G6,G7,G10",
         "The partnership cannot be created for this user (event 1053).",
         "Enable permission inheritance on the AD user object (Advanced Security "
         "settings); check for AdminSDHolder protection.",
         "KB 10047 (Active Directory permissions), MS-ASCMD 112; protocol rule"},
    Rule{"partnership-limit", "D-34", 3,
         "Too many devices for this user (177)",
         1, "answers", seconds{86400}, 0, Severity::error,
         "G6,G7,G10",
         "A new device cannot join.",
         "Get-MobileDevice -Mailbox alice, Remove-MobileDevice for stale ones; "
         "Get-ThrottlingPolicy EasMaxDevices.",
         "MS-ASCMD 177; published (EasMaxDevices 10 in Exchange 2010)"},
    Rule{"folder-limit", "-", 3,
         "Too many folders (151)",
         1, "answers", seconds{86400}, 0, Severity::warning,
         "G6,G7,G10",
         "The folder list cannot synchronise.",
         "Reduce below 1000 folders (Get-MailboxFolderStatistics alice counts them).",
         "MS-ASCMD 151, web.config MaxNumOfFolders 1000; config"},
    Rule{"version-below-161", "D-33", 2,
         "Old protocol version used with Exchange Online",
         1, "requests", seconds{86400}, 0, Severity::error,
         "G6,G10; OPTIONS without version",
         "Refused since 1 March 2026.",
         "Update mail app or OS; list others with Get-MobileDevice and a filter on "
         "ClientVersion.",
         "MC1197103; published"},
    Rule{"tls-ca-untrusted", "D-35", 2,
         "Device does not trust the interception CA",
         2, "failed handshakes", seconds{600}, 5, Severity::warning,
         "G10; any earlier decrypted request of that client goes to tls-pinned",
         "Nothing can be decoded.",
         "iOS: install the profile and switch on full trust in Certificate Trust "
         "Settings; Android: system store, or an app that accepts user CAs.",
         "device trust rules of iOS and Android; project rule"},
    Rule{"tls-pinned", "D-35", 2,
         "One host or app refuses interception",
         3, "failed handshakes", seconds{600}, 0, Severity::notice,
         "G10; mail host: one step higher",
         "That app does not work while it is intercepted; not trusted or pinned cannot "
         "be told apart.",
         "The host is passed through undecrypted and listed; take it into the "
         "pass-through list for good.",
         "published behaviour of interception tools; project default"},
    Rule{"tls-upstream-bad", "D-35", 2,
         "Server certificate is bad",
         1, "handshakes", seconds{86400}, 0, Severity::error,
         "G10; host pinned as trusted in the settings",
         "A device without the proxy would refuse the server.",
         "Renew the certificate or complete the chain; Get-ExchangeCertificate, "
         "Enable-ExchangeCertificate -Services IIS.",
         "KB 10047 (connectivity analyzer certificate step), KB 2563324 2.16; protocol "
         "rule"},
    Rule{"undelivered-response", "D-42", 2,
         "Server answered, device did not get it",
         1, "answers", seconds{3600}, 3, Severity::notice,
         "G6,G10; hanging request replaced by a newer one (answer not yet begun); "
         "HEAD/empty answers",
         "Invisible in server logs; root of key fallbacks, duplicates and missing items.",
         "Wi-Fi/VPN roaming, app put to sleep, client time-out: repeat on another "
         "network and compare.",
         "KB 4058179; protocol rule, 3 project default"},
    Rule{"ping-acks-lost-sync", "D-43", 2,
         "Lost Sync answer acknowledged by a Ping",
         1, "occurrences", seconds{0}, 0, Severity::error,
         "G1,G6; capture must show the delivery failure; a Sync with the old key before "
         "the Ping clears it",
         "Items of the lost batch never reach the device, by server design.",
         "Take the folder out of sync for five minutes and add it again; repair the "
         "network path; keep the capture as evidence.",
         "KB 4058179, KB 2563324 2.17; published behaviour"},
    Rule{"no-answer", "D-42", 2,
         "Request without any answer",
         120, "seconds", seconds{0}, 0, Severity::warning,
         "G6,G10; Ping and Sync with Wait/HeartbeatInterval are excluded; device gave up "
         "earlier goes to thirty-second-cycle",
         "The client repeats the command; duplicates are possible.",
         "Server or path hangs: compare with IIS (no line = never arrived); "
         "ProxyHandlerShortTimeout is 120 s.",
         "web.config ProxyHandlerShortTimeout 120; config"},
    Rule{"more-available-unfollowed", "D-29", 1,
         "Device stops although more items are waiting",
         1, "occurrences", seconds{600}, 3, Severity::warning,
         "G1,G2,G3,G6,G10",
         "The rest of the batch is missing on the device.",
         "Open the folder on the device; narrow the filter; update the client.",
         "KB 2563324 2.17, KB 3196954; project default"},
    Rule{"mailbox-full", "D-31", 1,
         "Mailbox full or sending quota reached",
         1, "answers", seconds{86400}, 20, Severity::warning,
         "G6,G7,G10",
         "Sending and synchronisation stop; older devices then repeat without end.",
         "Free space or raise the limit with Set-Mailbox alice -ProhibitSendQuota; "
         "Get-MailboxStatistics alice.",
         "KB 10047 (QuotaExceeded), MS-ASHTTP 507, MS blog 601918; protocol rule, 20 "
         "project default"},
    Rule{"server-exception", "D-38", 1,
         "Exchange reported an exception",
         1, "exceptions", seconds{86400}, 3, Severity::notice,
         "G6,G7,G10; Provision 110 goes to provision-110-loop",
         "The command failed inside the server; the partnership may be rebuilt.",
         "Once with recovery: none (event 1008). Else read event 1008/4999 at that time, "
         "Get-ServerHealth, install the current update.",
         "event 1008, KB 2851708; 3 project default"},
};
// clang-format on

}  // namespace

std::span<const Rule> rules() { return kRules; }

const Rule& rule(RuleId id) { return kRules[static_cast<std::size_t>(id)]; }

std::optional<RuleId> rule_from(std::string_view id) {
  for (std::size_t index = 0; index < kRules.size(); ++index) {
    if (kRules[index].id == id) return static_cast<RuleId>(index);
  }
  return std::nullopt;
}

}  // namespace eastap::findings
