#pragma once

#include <string>
#include <string_view>

#include "decoder/wbxml/document.hpp"
#include "proxy/redact/text.hpp"

/// Bodies, their content coding undone. Each comes back decodable as far as before, with the same
/// tags, keys and statuses, and remarks at the same places. Pure; never fails.
namespace eastap::redact {

/// By `content_type`, or by what the octets plainly are. `file`: the octets are an attachment.
[[nodiscard]] std::string redacted_body(const Scope& scope, std::string_view content_type,
                                        std::string_view body, bool file);

/// By the table of tag_rules.hpp. Values in place; where a pseudonym has another length, lengths
/// and offsets follow. What lies behind the place where decoding stopped is hidden whole. Of other
/// languages than ActiveSync every value is hidden.
[[nodiscard]] std::string redacted_wbxml(const Scope& scope, std::string_view body);

/// [MS-ASCMD] 2.2.1.10.1.1: the first part is WBXML, all others are hidden.
[[nodiscard]] std::string redacted_multipart(const Scope& scope, std::string_view body);

/// Autodiscover and the like: names and structure stay, and the values of what is named there.
[[nodiscard]] std::string redacted_xml(const Scope& scope, std::string_view body);
[[nodiscard]] std::string redacted_json(const Scope& scope, std::string_view body);

/// Sets `hidden` of the nodes of a document, decoded from a redacted body, whose values stand for
/// others.
void mark_hidden(wbxml::Document& document, Level level);

}  // namespace eastap::redact
