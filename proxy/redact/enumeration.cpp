#include "proxy/redact/enumeration.hpp"

#include <algorithm>
#include <array>

#include "decoder/base/text.hpp"

namespace eastap::redact {
namespace {

/// Sorted. Of message classes ([MS-ASEMAIL] 2.2.2.49, [MS-OXCMSG] 2.2.1.3), content classes, the
/// classes of [MS-ASCMD] 2.2.3.27, stores, policy types and media types.
constexpr std::array<std::string_view, 85> kWords{"application",
                                                  "appointment",
                                                  "audio",
                                                  "calendar",
                                                  "calendarmessage",
                                                  "canceled",
                                                  "class",
                                                  "classes",
                                                  "contact",
                                                  "contacts",
                                                  "content",
                                                  "delayed",
                                                  "distlist",
                                                  "document",
                                                  "documentlibrary",
                                                  "dr",
                                                  "eas",
                                                  "email",
                                                  "exchange",
                                                  "fax",
                                                  "forward",
                                                  "gal",
                                                  "html",
                                                  "image",
                                                  "infopathform",
                                                  "ipm",
                                                  "ipnnrn",
                                                  "ipnrn",
                                                  "journal",
                                                  "jpeg",
                                                  "mailbox",
                                                  "meeting",
                                                  "message",
                                                  "microsoft",
                                                  "missed",
                                                  "mobile",
                                                  "ms",
                                                  "multipart",
                                                  "multipartsigned",
                                                  "ndr",
                                                  "neg",
                                                  "note",
                                                  "notes",
                                                  "notification",
                                                  "octel",
                                                  "officedocument",
                                                  "oof",
                                                  "openxmlformats",
                                                  "pdf",
                                                  "plain",
                                                  "pos",
                                                  "post",
                                                  "presentation",
                                                  "presentationml",
                                                  "provisioning",
                                                  "receipt",
                                                  "recurrence",
                                                  "report",
                                                  "request",
                                                  "resp",
                                                  "rpmsg",
                                                  "rules",
                                                  "schedule",
                                                  "sharing",
                                                  "sheet",
                                                  "smime",
                                                  "sms",
                                                  "spreadsheetml",
                                                  "stickynote",
                                                  "store",
                                                  "task",
                                                  "taskrequest",
                                                  "tasks",
                                                  "template",
                                                  "tent",
                                                  "text",
                                                  "urn",
                                                  "video",
                                                  "vnd",
                                                  "voice",
                                                  "voicemail",
                                                  "voicenotes",
                                                  "wbxml",
                                                  "wordprocessingml",
                                                  "xml"};
static_assert(std::is_sorted(kWords.begin(), kWords.end()));

bool is_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string redacted_word(const Scope& scope, std::string_view value) {
  if (!scope.hides_identity()) return std::string{value};
  if (value.find_first_of("@% \t\r\n") != value.npos || is_ip(value)) {
    return without_identities(scope, value);
  }
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    std::size_t end = at;
    while (end < value.size() && is_part(value[end])) ++end;
    if (end == at) {
      out += value[at++];
      continue;
    }
    const std::string_view word = value.substr(at, end - at);
    out += std::binary_search(kWords.begin(), kWords.end(), to_lower(word))
               ? std::string{word}
               : without_identities(scope, word);
    at = end;
  }
  return out;
}

}  // namespace eastap::redact
