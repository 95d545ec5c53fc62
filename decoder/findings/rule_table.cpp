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
