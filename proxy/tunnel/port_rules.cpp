#include "proxy/tunnel/port_rules.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "decoder/base/text.hpp"

namespace eastap::tunnel {
namespace {

std::optional<std::uint16_t> port_from(std::string_view text) {
  const auto number = to_integer(text);
  if (!number || *number < 1 || *number > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

Result<PortRules> PortRules::make(std::span<const std::string> texts) {
  PortRules rules;
  for (const std::string& written : texts) {
    const std::string_view text = trimmed(written);
    const std::size_t dash = text.find('-');
    const auto first = port_from(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : port_from(text.substr(dash + 1));
    if (!first || !last || *first > *last) {
      return tl::unexpected(Error{Errc::malformed, 0,
                                  "\"" + written.substr(0, 40) +
                                      "\" is no port from 1 to 65535 or range such as 1024-65535"});
    }
    rules.ranges_.emplace_back(*first, *last);
  }
  return rules;
}

bool PortRules::allowed(std::uint16_t port) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const auto& range) {
    return range.first <= port && port <= range.second;
  });
}

}  // namespace eastap::tunnel
