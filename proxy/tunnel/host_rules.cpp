#include "proxy/tunnel/host_rules.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::tunnel {
namespace {

constexpr std::uint32_t kExact = std::numeric_limits<std::uint32_t>::max();

/// `*` stands for one or more characters. Linear in the product of both; no recursion.
bool matches(std::string_view pattern, std::string_view host) {
  std::size_t p = 0, h = 0;
  std::size_t star = std::string_view::npos, star_host = 0;
  while (h < host.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_host = ++h;  // at least one character
    } else if (p < pattern.size() && pattern[p] == host[h]) {
      ++p;
      ++h;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      h = ++star_host;
    } else {
      return false;
    }
  }
  return p == pattern.size();
}

}  // namespace

std::string normalised_host(std::string_view host) {
  host = trimmed(host);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
  return to_lower(host);
}

Result<HostRules::Rule> HostRules::make_rule(std::string_view written, Action action) {
  const auto wrong = [&](std::string_view why) {
    return tl::unexpected(
        Error{Errc::malformed, 0,
              "host pattern \"" + std::string{written.substr(0, 255)} + "\": " + std::string{why}});
  };
  Rule rule;
  rule.written = std::string{written};
  rule.action = action;
  if (written.empty()) return wrong("is empty");
  if (written.find("://") != std::string_view::npos) return wrong("is a URL; write the host alone");
  if (written.find('/') != std::string_view::npos) {
    const auto network = parse_network(written);
    if (!network) return wrong(network.error().detail);
    rule.network = *network;
    rule.specificity = network->prefix == 128 ? kExact : network->prefix;
    return rule;
  }
  if (const auto address = parse_address(written)) {
    rule.network = Network{*address, 128};
    rule.specificity = kExact;
    return rule;
  }
  rule.pattern = normalised_host(written);
  for (const char c : rule.pattern) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x80) return wrong("is not ASCII; write it in its xn-- form");
    if (c == ':') return wrong("has a port; rules are for hosts on any port");
    const bool sound = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                       c == '.' || c == '*';
    if (!sound) return wrong("holds a character that no host name has");
  }
  if (rule.pattern.size() > 253) return wrong("is longer than a host name can be");
  const bool wild = rule.pattern.find('*') != std::string::npos;
  const auto fixed =
      std::count_if(rule.pattern.begin(), rule.pattern.end(), [](char c) { return c != '*'; });
  rule.specificity = wild ? static_cast<std::uint32_t>(fixed) : kExact;
  return rule;
}

Result<HostRules> HostRules::make(std::span<const std::string> intercept,
                                  std::span<const std::string> tunnel) {
  HostRules rules;
  const auto add = [&](std::span<const std::string> patterns, Action action) -> Result<bool> {
    for (const std::string& pattern : patterns) {
      auto rule = make_rule(trimmed(pattern), action);
      if (!rule) return tl::unexpected(rule.error());
      rules.rules_.push_back(std::move(*rule));
    }
    return true;
  };
  if (const auto added = add(tunnel, Action::tunnel); !added) return tl::unexpected(added.error());
  if (const auto added = add(intercept, Action::intercept); !added) {
    return tl::unexpected(added.error());
  }
  // Stable, so the tunnel list stays before the intercept list among equals.
  std::stable_sort(
      rules.rules_.begin(), rules.rules_.end(),
      [](const Rule& one, const Rule& other) { return one.specificity > other.specificity; });
  return rules;
}

HostRules::Decision HostRules::decide(std::string_view host) const {
  const std::string name = normalised_host(host);
  const auto address = parse_address(name);
  for (const Rule& rule : rules_) {
    const bool fits =
        rule.network ? address && rule.network->contains(*address) : matches(rule.pattern, name);
    if (fits) return {rule.action, rule.written};
  }
  return {};
}

std::vector<HostRules::Entry> HostRules::entries() const {
  std::vector<Entry> entries;
  entries.reserve(rules_.size());
  for (const Rule& rule : rules_) entries.push_back({rule.pattern, rule.network, rule.action});
  return entries;
}

}  // namespace eastap::tunnel
