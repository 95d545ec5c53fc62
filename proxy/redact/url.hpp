#pragma once

#include <string>
#include <string_view>

#include "proxy/redact/text.hpp"

namespace eastap::redact {

/// `scheme://host/path?query`, or a path with or without a query.
[[nodiscard]] std::string redacted_url(const Scope& scope, std::string_view url);

/// What follows '?' in a request to ActiveSync (either form) or anything else.
[[nodiscard]] std::string redacted_query(const Scope& scope, std::string_view query);

}  // namespace eastap::redact
