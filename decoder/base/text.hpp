#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "decoder/base/time.hpp"

/// Small conversions between octets and text that several folders need.
namespace eastap {

/// The one place where wire octets become `char` and back.
[[nodiscard]] inline std::string_view as_chars(std::span<const std::byte> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}
[[nodiscard]] inline std::span<const std::byte> as_octets(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

/// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms, nothing above
/// U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

/// `text` with each octet that is not part of well-formed UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string repaired_utf8(std::string_view text);

/// Standard alphabet, padded.
[[nodiscard]] std::string to_base64(std::string_view octets);

/// Standard or URL-safe alphabet, padding optional, no white space. Nothing on any other octet.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// Lower-case digits, two an octet.
[[nodiscard]] std::string to_hex(std::string_view octets);
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);

/// Undoes %XX (and '+' as space when `plus_is_space`). Broken escapes stay as they are.
[[nodiscard]] std::string percent_decoded(std::string_view text, bool plus_is_space = false);

/// `text` with everything but unreserved characters as %XX (RFC 3986 2.3).
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// ASCII only, as HTTP field names and EAS parameters compare.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right);
[[nodiscard]] std::string to_lower(std::string_view text);

/// Decimal digits, after a '-' perhaps, the whole of `text`; nothing on overflow.
[[nodiscard]] std::optional<std::int64_t> to_integer(std::string_view text);

/// Without leading and trailing spaces and tabs.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// RFC 3339 in UTC with six digits: `2026-11-20T14:02:11.208123Z`.
[[nodiscard]] std::string to_rfc3339(Timestamp time);
[[nodiscard]] std::optional<Timestamp> from_rfc3339(std::string_view text);

}  // namespace eastap
