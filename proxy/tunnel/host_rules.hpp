#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/result.hpp"

namespace eastap::tunnel {

/// An IPv6 address, or an IPv4 address as ::ffff:a.b.c.d, in network order.
struct Address {
  std::array<std::uint8_t, 16> octets{};
  auto operator<=>(const Address&) const = default;

  [[nodiscard]] static Address v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);
  [[nodiscard]] bool is_v4() const;
};

/// Dotted quad (four decimal parts, no leading zeros), IPv6 as in RFC 4291 2.2 with or without
/// brackets, no zone. Nothing on any other text.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
/// "192.168.1.20", "2001:db8::1" (RFC 5952, no brackets).
[[nodiscard]] std::string to_string(const Address& address);

/// A range of addresses.
struct Network {
  Address address;            ///< bits beyond the prefix are zero
  std::uint8_t prefix = 128;  ///< bits of the 16 octets; an IPv4 /8 is 104
  auto operator<=>(const Network&) const = default;
  [[nodiscard]] bool contains(const Address& candidate) const;
};

/// "10.0.0.0/8", "fd00::/8", "::ffff:10.0.0.0/104", or one address. Bits set beyond the prefix are
/// an error (`malformed`), since they mostly are a typing mistake.
[[nodiscard]] Result<Network> parse_network(std::string_view text);
[[nodiscard]] std::string to_string(const Network& network);

/// `host` as rules compare it: lower case, without brackets and trailing dot.
[[nodiscard]] std::string normalised_host(std::string_view host);

/// Which hosts are decrypted.
///
/// A pattern is a name (`mail.contoso.com`), a name with `*`, each standing for one or more
/// characters, dots included (`*.contoso.com`, `mail.*`, `mail*.contoso.com`, `*` for all), an IP
/// literal, or a range (`10.0.0.0/8`). ASCII case and a trailing dot do not count.
/// `*.contoso.com` does not match `contoso.com`.
///
/// Of all patterns that match, the most specific decides: an exact name or address before any
/// pattern; ranges by the longer prefix; patterns by the number of characters other than `*`.
/// Equally specific: the tunnel list wins. Nothing matches: tunnel.
class HostRules {
 public:
  enum class Action : std::uint8_t { tunnel, intercept };
  struct Decision {
    Action action = Action::tunnel;
    std::string pattern;  ///< as written, of the rule that decided; empty: none matched
    bool operator==(const Decision&) const = default;
  };

  /// `malformed`, with the pattern in `detail`: empty, white space, a URL, a port, a name that is
  /// not ASCII (write it as `xn--…`), a broken range.
  [[nodiscard]] static Result<HostRules> make(std::span<const std::string> intercept,
                                              std::span<const std::string> tunnel);

  HostRules() = default;  ///< tunnels everything

  /// `host`: a name or an IP literal (brackets allowed), no port.
  [[nodiscard]] Decision decide(std::string_view host) const;

  /// A rule as `decide` uses it.
  struct Entry {
    std::string pattern;             ///< normalised; empty for addresses and ranges
    std::optional<Network> network;  ///< address or range
    Action action = Action::tunnel;
  };
  /// All rules in the order in which they decide: the first that matches holds.
  [[nodiscard]] std::vector<Entry> entries() const;

 private:
  struct Rule {
    std::string written;
    std::string pattern;             // normalised; empty for ranges
    std::optional<Network> network;  // address or range
    std::uint32_t specificity = 0;
    Action action = Action::tunnel;
  };
  static Result<Rule> make_rule(std::string_view written, Action action);
  std::vector<Rule> rules_;  // most specific first, tunnel before intercept
};

/// Who may use the proxy, and where it may connect to.
class AddressRules {
 public:
  struct Settings {
    std::vector<Network> sources;  ///< allowed; empty: `default_sources()`
    std::vector<Network> targets;  ///< allowed although they would be refused
    /// Addresses of this machine, and the ports this proxy listens on.
    std::vector<Address> own_addresses;
    std::vector<std::uint16_t> own_ports;
  };
  /// Loopback, link-local and private ranges (RFC 1918, fc00::/7).
  [[nodiscard]] static std::vector<Network> default_sources();

  AddressRules() : AddressRules(Settings{}) {}
  explicit AddressRules(Settings settings);

  [[nodiscard]] bool source_allowed(const Address& source) const;

  /// Nothing when allowed; else one word: "loopback", "link_local", "unspecified", "multicast",
  /// "own_address" (all four may be allowed by `targets`), "self" (the proxy's own listener: never
  /// allowed). For addresses after name look-up, so that no name leads around it; IPv4 embedded in
  /// IPv6 (mapped, compatible, 6to4, NAT64) counts as that IPv4.
  [[nodiscard]] std::optional<std::string_view> target_refused(const Address& target,
                                                               std::uint16_t port) const;

 private:
  Settings settings_;
};

}  // namespace eastap::tunnel
