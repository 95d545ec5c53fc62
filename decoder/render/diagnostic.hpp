#pragma once

#include <string>

#include "decoder/base/diagnostic.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/wbxml/document.hpp"

namespace eastap::render {

/// "response body, octet 1 234: the text ends without its zero octet", printable.
[[nodiscard]] std::string to_sentence(const Diagnostic& diagnostic);

/// Why decoding stopped where it did; null when it did not stop early or nothing is known. Points
/// into `document`.
[[nodiscard]] const Diagnostic* stop_reason(const wbxml::Document& document);

/// The worst of what could not be decoded in `command`, in one sentence:
/// "response body stopped at octet 1 234 of 5 678: …"; "" when all decoded.
[[nodiscard]] std::string decode_trouble(const eas::Command& command);

}  // namespace eastap::render
