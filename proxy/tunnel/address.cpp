#include <algorithm>
#include <charconv>
#include <utility>

#include "decoder/base/text.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::tunnel {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view part = text.substr(0, dot);
    // "010" is octal to some and decimal to others: refused.
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part.front() == '0')) {
      return std::nullopt;
    }
    const auto number = to_integer(part);
    if (!number || *number < 0 || *number > 255 || part.front() == '-') return std::nullopt;
    parts[i] = static_cast<std::uint8_t>(*number);
    if (i < 3) text.remove_prefix(dot + 1);
  }
  return parts;
}

std::optional<std::uint16_t> parse_group(std::string_view text) {
  std::uint16_t value = 0;
  if (text.empty() || text.size() > 4) return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The octets of groups between colons; the last may be a dotted quad when `may_end_in_v4`.
std::optional<std::vector<std::uint8_t>> parse_groups(std::string_view text, bool may_end_in_v4) {
  std::vector<std::uint8_t> octets;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && may_end_in_v4 && part.find('.') != std::string_view::npos) {
      const auto quad = parse_v4(part);
      if (!quad) return std::nullopt;
      octets.insert(octets.end(), quad->begin(), quad->end());
      return octets;
    }
    const auto group = parse_group(part);
    if (!group || octets.size() > 14) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(*group >> 8));
    octets.push_back(static_cast<std::uint8_t>(*group & 0xFF));
    if (last) return octets;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // a single colon at the end
  }
  return octets;
}

std::optional<Address> parse_v6(std::string_view text) {
  if (text.size() > 45) return std::nullopt;
  Address address;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto octets = parse_groups(text, true);
    if (!octets || octets->size() != 16) return std::nullopt;
    std::copy(octets->begin(), octets->end(), address.octets.begin());
    return address;
  }
  const auto before = parse_groups(text.substr(0, gap), false);
  const auto after = parse_groups(text.substr(gap + 2), true);
  if (!before || !after || before->size() + after->size() > 14) return std::nullopt;
  std::copy(before->begin(), before->end(), address.octets.begin());
  std::copy(after->begin(), after->end(),
            address.octets.end() - static_cast<std::ptrdiff_t>(after->size()));
  return address;
}

std::string v6_text(const Address& address) {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<std::uint16_t>(address.octets[2 * i] << 8 | address.octets[2 * i + 1]);
  }
  // RFC 5952 4.2: the longest run of two or more zero groups, the first of equals.
  std::size_t best = 0, best_length = 1;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t length = 0;
    while (i + length < groups.size() && groups[i + length] == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
    i += std::max<std::size_t>(length, 1);
  }
  std::string text;
  for (std::size_t i = 0; i < groups.size();) {
    if (best_length > 1 && i == best) {
      text += "::";
      i += best_length;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16).ptr;
    text.append(digits.data(), end);
    ++i;
  }
  return text;
}

Network range(std::string_view text) {
  const auto network = parse_network(text);
  return network ? *network : Network{};
}

struct Refusal {
  Network network;
  std::string_view word;
};

const std::vector<Refusal>& refused_ranges() {
  static const std::vector<Refusal> ranges{
      {range("127.0.0.0/8"), "loopback"},      {range("::1"), "loopback"},
      {range("169.254.0.0/16"), "link_local"}, {range("fe80::/10"), "link_local"},
      {range("0.0.0.0/8"), "unspecified"},     {range("::"), "unspecified"},
      {range("224.0.0.0/4"), "multicast"},     {range("255.255.255.255"), "multicast"},
      {range("ff00::/8"), "multicast"},
  };
  return ranges;
}

/// The IPv4 address that an IPv6 address leads to, else the address itself.
Address effective(const Address& address) {
  const auto& octets = address.octets;
  const auto v4_at = [&](std::size_t at) {
    return Address::v4(octets[at], octets[at + 1], octets[at + 2], octets[at + 3]);
  };
  static const Network compatible = range("::/96"), nat64 = range("64:ff9b::/96"),
                       six_to_four = range("2002::/16");
  if (nat64.contains(address)) return v4_at(12);
  if (six_to_four.contains(address)) return v4_at(2);
  // ::/96 except ::, ::1 and its neighbours, RFC 4291 2.5.5.1
  if (compatible.contains(address) && octets[12] != 0) return v4_at(12);
  return address;
}

bool any_contains(const std::vector<Network>& networks, const Address& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

}  // namespace

Address Address::v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  Address address;
  std::copy(kMapped.begin(), kMapped.end(), address.octets.begin());
  address.octets[12] = a;
  address.octets[13] = b;
  address.octets[14] = c;
  address.octets[15] = d;
  return address;
}

bool Address::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), octets.begin()); }

std::optional<Address> parse_address(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    return parse_v6(text.substr(1, text.size() - 2));
  }
  if (const auto quad = parse_v4(text)) {
    return Address::v4((*quad)[0], (*quad)[1], (*quad)[2], (*quad)[3]);
  }
  if (text.find(':') == std::string_view::npos) return std::nullopt;
  return parse_v6(text);
}

std::string to_string(const Address& address) {
  if (!address.is_v4()) return v6_text(address);
  std::string text;
  for (std::size_t i = 12; i < 16; ++i) {
    if (i > 12) text += '.';
    text += std::to_string(address.octets[i]);
  }
  return text;
}

bool Network::contains(const Address& candidate) const {
  const std::size_t whole = prefix / 8;
  if (!std::equal(address.octets.begin(),
                  address.octets.begin() + static_cast<std::ptrdiff_t>(whole),
                  candidate.octets.begin())) {
    return false;
  }
  const unsigned rest = prefix % 8;
  if (rest == 0) return true;
  const unsigned mask = (0xFFU << (8 - rest)) & 0xFFU;
  return (candidate.octets[whole] & mask) == (address.octets[whole] & mask);
}

Result<Network> parse_network(std::string_view text) {
  const auto wrong = [&](std::string why) {
    return tl::unexpected(
        Error{Errc::malformed, 0, "\"" + std::string{text.substr(0, 80)} + "\" " + std::move(why)});
  };
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return wrong("is no IP address or range such as 10.0.0.0/8");
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  Network network{*address, 128};
  if (slash == std::string_view::npos) return network;
  const auto bits = to_integer(text.substr(slash + 1));
  const std::int64_t most = dotted ? 32 : 128;
  if (!bits || *bits < 0 || *bits > most) {
    return wrong("has a prefix that is not 0 to " + std::to_string(most));
  }
  network.prefix = static_cast<std::uint8_t>(dotted ? *bits + 96 : *bits);
  Address cleared = *address;
  for (std::size_t bit = network.prefix; bit < 128; ++bit) {
    cleared.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  }
  if (cleared != *address) {
    network.address = cleared;
    return wrong("has bits beyond its prefix: " + to_string(network) + " is meant?");
  }
  return network;
}

std::string to_string(const Network& network) {
  const bool v4 = network.address.is_v4() && network.prefix >= 96;
  return to_string(network.address) + "/" +
         std::to_string(v4 ? network.prefix - 96 : network.prefix);
}

std::vector<Network> AddressRules::default_sources() {
  std::vector<Network> networks;
  for (const std::string_view text :
       {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1",
        "fc00::/7", "fe80::/10"}) {
    networks.push_back(range(text));
  }
  return networks;
}

AddressRules::AddressRules(Settings settings) : settings_{std::move(settings)} {
  if (settings_.sources.empty()) settings_.sources = default_sources();
}

bool AddressRules::source_allowed(const Address& source) const {
  return any_contains(settings_.sources, source);
}

std::optional<std::string_view> AddressRules::target_refused(const Address& target,
                                                             std::uint16_t port) const {
  const Address reached = effective(target);
  const auto& own = settings_.own_addresses;
  const auto in_range =
      std::find_if(refused_ranges().begin(), refused_ranges().end(),
                   [&](const Refusal& refusal) { return refusal.network.contains(reached); });
  const bool refused = in_range != refused_ranges().end();
  const bool is_own = std::find(own.begin(), own.end(), reached) != own.end();
  // The whole of 127/8 and 0.0.0.0 reach this machine's listeners.
  const bool here =
      is_own || (refused && (in_range->word == "loopback" || in_range->word == "unspecified"));
  const auto& ports = settings_.own_ports;
  if (here && std::find(ports.begin(), ports.end(), port) != ports.end()) return "self";
  if (any_contains(settings_.targets, reached) || any_contains(settings_.targets, target)) {
    return std::nullopt;
  }
  if (refused) return in_range->word;
  if (is_own) return "own_address";
  return std::nullopt;
}

}  // namespace eastap::tunnel
