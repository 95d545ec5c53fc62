#pragma once

#include <string_view>
#include <vector>

#include "decoder/eas/command.hpp"
#include "decoder/eas/limits.hpp"
#include "decoder/eas/session.hpp"

namespace eastap::eas {

/// What a body is and, where it is WBXML or multipart, its document. The kind follows
/// `content_type` unless the octets plainly say otherwise; a content type that lies about WBXML is
/// remarked on. `part` names the body in diagnostics. `raw`: the octets are a file, take the type's
/// word.
[[nodiscard]] Body read_body(BodyOctets octets, std::string_view content_type,
                             std::string_view part, const Limits& limits, bool raw,
                             std::vector<Diagnostic>& diagnostics);

/// The table at the front of a multipart body, [MS-ASCMD] 2.2.1.10.1.1: little-endian count, then
/// offset and length of each part. What lies outside `octets` is cut off and remarked on.
[[nodiscard]] std::vector<Body::Part> read_parts(std::string_view octets, std::string_view part,
                                                 const Limits& limits,
                                                 std::vector<Diagnostic>& diagnostics);

}  // namespace eastap::eas
