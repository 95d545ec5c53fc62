#pragma once

#include <string>
#include <string_view>

#include "proxy/redact/text.hpp"

namespace eastap::redact {

/// A message ([RFC5322], [RFC2045]) whose structure stays: fields, parts, boundaries, codings,
/// sizes, number of recipients, the method and times of a calendar part. Addresses as in
/// `redacted_addresses`; subjects, names, unknown fields and all content are hidden. A text part
/// that is blank stays blank.
[[nodiscard]] std::string redacted_mime(const Scope& scope, std::string_view message);

}  // namespace eastap::redact
