#pragma once

#include <string>
#include <string_view>

namespace eastap::portal {

/// Any text as content or quoted attribute value of HTML and XML: made printable, then & < > " '
/// escaped.
[[nodiscard]] std::string escaped(std::string_view text);

/// "http://192.168.1.5:8888/", IPv6 in brackets.
[[nodiscard]] std::string page_url(std::string_view address, unsigned port);

/// "192.168.1.5:8888", "[2001:db8::1]:8888"
[[nodiscard]] std::string host_port(std::string_view address, unsigned port);

}  // namespace eastap::portal
