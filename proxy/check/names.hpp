#pragma once

#include <string>

#include "proxy/check/observation.hpp"

namespace eastap::check {

/// "203.0.113.5, 2001:db8::5", "by way of autodiscover.outlook.com", or why there is none.
[[nodiscard]] std::string address_words(const LookedUp& found);

/// `host` is an IPv4 or IPv6 literal.
[[nodiscard]] bool is_address(const std::string& host);

}  // namespace eastap::check
