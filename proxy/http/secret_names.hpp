#pragma once

#include <string_view>

namespace eastap::http {

/// Whether a parameter, JSON member, XML element or form field of this name holds a secret:
/// password, access_token, clientSecret, code … Case, '_', '-' and '.' do not count.
[[nodiscard]] bool is_secret_name(std::string_view name);

}  // namespace eastap::http
