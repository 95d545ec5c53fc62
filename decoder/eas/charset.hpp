#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eastap::eas {

/// Octets in the charset of that name (ASCII case ignored) as UTF-8: UTF-8 and US-ASCII (as they
/// are, not repaired: a character may go on in the next piece), ISO-8859-1, ISO-8859-15 and
/// Windows-1252. Nothing for any other.
[[nodiscard]] std::optional<std::string> to_utf8(std::string_view octets, std::string_view charset);

}  // namespace eastap::eas
