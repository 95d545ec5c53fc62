#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/net/dial.hpp"

namespace eastap::net {

/// "host:port" or "[v6]:port"; without a port `default_port`, or nothing when that is 0.
[[nodiscard]] std::optional<Target> parse_authority(std::string_view text,
                                                    std::uint16_t default_port);

/// What an absolute-form request target asks for, RFC 9112 3.2.2.
struct AbsoluteForm {
  Target target;
  std::string origin_form;  ///< "/path?query"
};
/// Nothing when `target` is not `http://…`.
[[nodiscard]] std::optional<AbsoluteForm> parse_absolute_form(std::string_view target);

/// The head as the server must get it: the request line in origin form, without Proxy-Connection
/// and Proxy-Authorization; every other octet as it came.
[[nodiscard]] std::string forwarded_head(std::string_view head, std::string_view origin_form);

}  // namespace eastap::net
