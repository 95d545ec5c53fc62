#pragma once

#include <string>

#include "decoder/base/diagnostic.hpp"
#include "decoder/eas/command.hpp"

namespace eastap::render {

/// "response body, octet 1 234: the text ends without its zero octet", printable.
[[nodiscard]] std::string to_sentence(const Diagnostic& diagnostic);

/// The worst of what could not be decoded in `command`, in one sentence:
/// "response body stopped at octet 1 234 of 5 678: …"; "" when all decoded.
[[nodiscard]] std::string decode_trouble(const eas::Command& command);

}  // namespace eastap::render
