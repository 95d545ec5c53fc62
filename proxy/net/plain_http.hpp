#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/net/target.hpp"

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

/// Ports of mail protocols that greet or log in outside of HTTP: decrypting them would show nothing
/// of ActiveSync and lay passwords open that no masking of ours knows.
[[nodiscard]] bool is_other_mail_port(std::uint16_t port);

/// Where the head that `text` begins with ends: after its blank line. npos: it does not yet.
/// Nothing before `from` begins that blank line.
[[nodiscard]] std::size_t head_end(std::string_view text, std::size_t from);

/// The head as the server must get it: the request line in origin form, without Proxy-Connection
/// and Proxy-Authorization; every other octet as it came.
[[nodiscard]] std::string forwarded_head(std::string_view head, std::string_view origin_form);

/// The same for another proxy: absolute form, and its Proxy-Authorization ("" for none).
[[nodiscard]] std::string forwarded_head_for_proxy(std::string_view head, const Target& target,
                                                   std::string_view origin_form,
                                                   const std::string& authorization);

}  // namespace eastap::net
