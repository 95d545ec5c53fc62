#include "decoder/eas/status_table.hpp"

#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

#include "decoder/eas/status_rows.hpp"

namespace eastap::eas {
namespace {

// Rows of one scope stand together; a look-up compares some forty names, not some three hundred.
struct ScopeRange {
  std::string_view scope;
  std::size_t first = 0, count = 0;
};

consteval std::size_t count_scopes() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < std::size(kStatusRows); ++i) {
    if (i == 0 || kStatusRows[i].scope != kStatusRows[i - 1].scope) ++count;
  }
  return count;
}

consteval auto find_ranges() {
  std::array<ScopeRange, count_scopes()> ranges{};
  std::size_t last = 0;
  for (std::size_t i = 0; i < std::size(kStatusRows); ++i) {
    if (i == 0) {
      ranges[0] = {kStatusRows[0].scope, 0, 1};
    } else if (kStatusRows[i].scope == ranges[last].scope) {
      ++ranges[last].count;
    } else {
      ranges[++last] = {kStatusRows[i].scope, i, 1};
    }
  }
  return ranges;
}

constexpr auto kRanges = find_ranges();

const StatusRow* find_exact(std::string_view scope, int code) {
  for (const ScopeRange& range : kRanges) {
    if (range.scope != scope) continue;
    for (const StatusRow& row : std::span{kStatusRows}.subspan(range.first, range.count)) {
      if (row.code == code) return &row;
    }
    return nullptr;
  }
  return nullptr;
}

// [MS-ASHTTP] 2.2.2.1.1 and 3.1.5.2; 449, 456 and 457 are ActiveSync's own.
constexpr HttpStatusRow kHttpRows[] = {
    {200, "OK", "The transport worked; errors may stand in the Status of the body", "None"},
    {302, "Found",
     "Redirected; on the ActiveSync path this is usually an IIS redirect (to OWA) on the virtual "
     "directory",
     "Remove the HTTP redirect from the Microsoft-Server-ActiveSync virtual directory"},
    {400, "Bad Request",
     "Malformed request, repeating it is useless; before 14.0 it stands for status 101, 103, 106, "
     "138 and 147",
     "Read X-MS-ASError in the answer; look for a middlebox that rewrites requests"},
    {401, "Unauthorized",
     "Authentication is needed, or was refused; without credentials in the request it is the "
     "normal "
     "challenge",
     "Check name form and password, and which methods WWW-Authenticate offers"},
    {403, "Forbidden",
     "The user may not use ActiveSync, or the device is blocked; before 14.0 it stands for status "
     "112, 125, 126, 132 and 140",
     "Check whether the mailbox has ActiveSync enabled and the device's access state"},
    {404, "Not Found", "Wrong URL, or no ActiveSync here",
     "Check the server name in the account; run Autodiscover"},
    {413, "Content Too Large", "The request is larger than the server or a middlebox allows",
     "Compare maxRequestLength and the request limits of IIS and of proxies in between"},
    {449, "Retry after sending a PROVISION command",
     "The device must provision first (2.5 to 12.1): stands for status 140 to 144",
     "None when a Provision follows; else check the policy on the device"},
    {451, "Redirect",
     "Wrong or not the best server: the device goes to X-MS-Location; without it full Autodiscover",
     "None when the device follows; else check the external URL of the ActiveSync directory"},
    {456, "Blocked", "The account is blocked: the device must stop and the administrator be asked",
     "Unlock the account; at Exchange Online check sign-in requirements"},
    {457, "Password Expired",
     "The password has expired; X-MS-Credential-Service-Url names the place to reset it",
     "Let the user change the password"},
    {500, "Internal Server Error",
     "Server failure; before 14.0 it stands for status 110, also 106 (SendMail) and 132 "
     "(Provision)",
     "Find out which server answered (X-FEServer, X-BEServer) and read its log of this moment"},
    {501, "Not Implemented",
     "Method or command not supported; before 14.0 it stands for status 137 and 147",
     "Compare with the commands and versions of the OPTIONS answer"},
    {502, "Bad Gateway", "A proxy in between did not reach the server behind it",
     "Check the proxy or load balancer named in Via or Server"},
    {503, "Service Unavailable",
     "Overload or throttling; the device must honour Retry-After; before 14.0 it stands for status "
     "111",
     "Read X-MS-ASThrottle and Retry-After; without Exchange headers check the application pool"},
    {504, "Gateway Timeout",
     "A proxy in between gave up waiting; a long poll needs idle limits above the heartbeat",
     "Raise the idle time-out of that hop above the heartbeat interval"},
    {505, "HTTP Version Not Supported",
     "A protocol version that the server does not support (138), of version 1.0 devices",
     "Compare MS-ASProtocolVersion with the versions offered"},
    {507, "Insufficient Storage", "The mailbox is full; before 14.0 it stands for status 113",
     "Free space or raise the quota"},
};

}  // namespace

std::span<const StatusRow> status_rows() { return kStatusRows; }

const StatusRow* find_status(std::string_view scope, int code) {
  if (const StatusRow* row = find_exact(scope, code)) return row;
  return code >= 100 ? find_exact("Common", code) : nullptr;
}

bool is_success(std::string_view scope, int code) {
  if (scope == "MoveItems") return code == 3;
  if (scope == "Ping") return code == 1 || code == 2;
  if (scope.starts_with("Autodiscover")) return false;  // appears only inside Error
  return code == 1;
}

Status make_status(std::string_view scope, int code, std::string place) {
  Status status;
  status.scope = scope;
  status.code = code;
  status.place = std::move(place);
  status.success = is_success(scope, code);
  if (const StatusRow* row = find_status(scope, code)) {
    status.name = row->name;
    status.meaning = row->meaning;
  }
  if (scope == "Autodiscover" && code == 1) {
    // [MS-ASCMD] 2.2.3.177.1: 1 is "Success", and Status stands only where there was none.
    status.name.clear();
    status.meaning = "An error all the same: a Status is only sent inside Error";
  }
  return status;
}

std::span<const HttpStatusRow> http_status_rows() { return kHttpRows; }

const HttpStatusRow* find_http_status(int code) {
  for (const HttpStatusRow& row : kHttpRows) {
    if (row.code == code) return &row;
  }
  return nullptr;
}

}  // namespace eastap::eas
