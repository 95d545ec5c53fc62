#include "proxy/portal/pac.hpp"

#include "proxy/portal/markup.hpp"
#include "proxy/portal/web.hpp"

namespace eastap::portal {
namespace {

using tunnel::HostRules;
using tunnel::Network;

constexpr unsigned kV4Bits = 96;  // of an IPv4 address mapped into IPv6 before it begins

std::string mask_of(const Network& network) {
  tunnel::Address mask = tunnel::Address::v4(0, 0, 0, 0);
  for (unsigned bit = kV4Bits; bit < network.prefix; ++bit) {
    mask.octets[bit / 8] = static_cast<std::uint8_t>(mask.octets[bit / 8] | (0x80U >> (bit % 8)));
  }
  return to_string(mask);
}

/// The condition of one rule; "" when a PAC file cannot say it. Patterns hold letters, digits and
/// "-_.*" only (`HostRules::make`), so nothing needs a quote.
std::string condition(const HostRules::Entry& rule) {
  if (!rule.network) {
    if (rule.pattern.find('*') == std::string::npos) return "host == \"" + rule.pattern + '"';
    std::string glob;  // a star of ours is one character or more, that of a PAC file none or more
    for (const char c : rule.pattern) glob += c == '*' ? std::string{"?*"} : std::string{c};
    return "shExpMatch(host, \"" + glob + "\")";
  }
  const std::string address = to_string(rule.network->address);
  if (rule.network->prefix == 128) return "host == \"" + address + '"';
  if (!rule.network->address.is_v4() || rule.network->prefix < kV4Bits) return {};
  // Only for literals: isInNet would look a name up.
  return "literal && isInNet(host, \"" + address + "\", \"" + mask_of(*rule.network) + "\")";
}

}  // namespace

std::string make_pac(std::span<const HostRules::Entry> rules, std::string_view probe,
                     std::string_view address, unsigned port, bool socks) {
  const std::string where = host_port(address, port);
  // Browsers know the word SOCKS5, Apple's systems only SOCKS, which is version 5 there.
  const std::string proxy =
      socks ? "\"SOCKS5 " + where + "; SOCKS " + where + '"' : "\"PROXY " + where + '"';
  std::string out =
      "// eastap: the hosts it decrypts go to the proxy, all others go their own way.\n"
      "function FindProxyForURL(url, host) {\n"
      "  host = host.toLowerCase().replace(/^\\[|\\]$|\\.$/g, \"\");\n"
      "  var literal = /^\\d+\\.\\d+\\.\\d+\\.\\d+$/.test(host);\n"
      "  var proxy = " +
      proxy + ";\n  if (host == \"" + std::string{kPageName} + "\" || host == \"" +
      std::string{probe} + "\") return proxy;\n";
  bool v6_ranges = false;
  for (const auto& rule : rules) {
    const std::string when = condition(rule);
    if (when.empty()) {
      v6_ranges = true;
      continue;
    }
    out += "  if (" + when + ") return " +
           (rule.action == HostRules::Action::intercept ? "proxy" : "\"DIRECT\"") + ";\n";
  }
  if (v6_ranges) out += "  if (host.indexOf(\":\") >= 0) return proxy;\n";
  return out + "  return \"DIRECT\";\n}\n";
}

}  // namespace eastap::portal
