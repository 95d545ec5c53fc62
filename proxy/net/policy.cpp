#include "proxy/net/policy.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "certs/trust.hpp"
#include "config/invocation.hpp"
#include "proxy/net/key_log_file.hpp"
#include "proxy/net/machine.hpp"
#include "proxy/net/secret_file.hpp"

namespace eastap::net {
namespace {

using config::ConfigError;

std::vector<tunnel::Network> networks(const std::vector<std::string>& texts, const char* option) {
  std::vector<tunnel::Network> result;
  for (const auto& text : texts) {
    auto network = tunnel::parse_network(text);
    if (!network) {
      throw ConfigError{std::string{option} + " " + text + ": " + network.error().detail +
                        ". Write an address or a range, like 192.168.1.0/24."};
    }
    result.push_back(*network);
  }
  return result;
}

tunnel::HostRules host_rules(const std::vector<std::string>& intercept,
                             const std::vector<std::string>& tunnel_list, const char* options) {
  auto rules = tunnel::HostRules::make(intercept, tunnel_list);
  if (!rules) throw ConfigError{std::string{options} + ": " + rules.error().detail};
  return std::move(*rules);
}

tunnel::HostRules intercept_rules(const config::Config& config) {
  return host_rules(config.intercept, config.tunnel, "--intercept / --tunnel");
}

tunnel::HostRules insecure_rules(const config::Config& config) {
  return host_rules(config.upstream_insecure, {}, "--upstream-insecure");
}

tunnel::AddressRules::Settings address_settings(const config::Config& config) {
  tunnel::AddressRules::Settings rules;
  rules.sources = networks(config.allow, "--allow");
  rules.targets = networks(config.allow_target, "--allow-target");
  return rules;
}

tunnel::AddressRules address_rules(const config::Config& config, const PolicyBase& base) {
  auto rules = address_settings(config);
  for (const auto& address : base.addresses) rules.own_addresses.push_back(to_address(address));
  for (const auto& one : base.listeners) rules.own_ports.push_back(one.endpoint.port());
  return tunnel::AddressRules{std::move(rules)};
}

portal::Site make_site(const config::Config& config, const tunnel::HostRules& hosts,
                       const PolicyBase& base) {
  portal::SiteRules rules;
  rules.enabled = config.pages.enabled;
  rules.allowed = networks(config.pages.allow, "--allow-pages");
  rules.probe = base.pages.probe;
  rules.no_ca = base.pages.no_ca;
  rules.names = machine_names();
  rules.names.insert(rules.names.end(), config.pages.names.begin(), config.pages.names.end());
  for (const auto& address : base.addresses) rules.addresses.push_back(to_address(address));
  for (const auto& one : base.listeners) {
    const bool answers =
        one.mode == config::ListenMode::proxy || one.mode == config::ListenMode::socks5;
    if (answers) rules.ports.push_back(one.endpoint.port());
  }
  portal::Site site{std::move(rules)};
  portal::PageFacts facts = base.pages.facts;
  facts.host_rules = [entries = hosts.entries()] { return entries; };
  portal::add_pages(site, std::move(facts));
  for (const auto& route : base.pages.routes) site.add(route);
  return site;
}

pipeline::AssemblerLimits assembler_limits(const config::Config& config) {
  pipeline::AssemblerLimits limits;
  limits.body = static_cast<std::size_t>(config.limits.body_bytes);
  return limits;
}

HostTlsPtr host_tls(const config::Config& config, const PolicyBase& base) {
  auto hosts = std::make_shared<const HostTls>(config);
  // Here and not for the first phone: an RSA key takes some tenths of a second.
  if (hosts->any_legacy_phone()) base.leaves.prepare_rsa();
  return hosts;
}

tunnel::ProxyUsers proxy_users(const config::Config& config) {
  if (!config.ways_in.users) return {};
  constexpr const char* option = "--proxy-users";
  auto users = tunnel::ProxyUsers::parse(read_secret_file(*config.ways_in.users, option));
  if (!users) {
    throw ConfigError{std::string{option} + ' ' + *config.ways_in.users + ": " +
                      users.error().detail + '.'};
  }
  return std::move(*users);
}

}  // namespace

Policy::Policy(config::Config config, const PolicyBase& base)
    : config_{std::move(config)},
      hosts_{intercept_rules(config_)},
      insecure_{insecure_rules(config_)},
      addresses_{address_rules(config_, base)},
      assembler_limits_{net::assembler_limits(config_)},
      listeners_{base.listeners},
      site_{make_site(config_, hosts_, base)},
      key_log_{open_key_log(config_.keylog)},
      trusted_{certs::make_trust_store(config_.upstream_ca)},
      host_tls_{host_tls(config_, base)},
      phone_tls_{base.leaves, key_log_, phone_rules(host_tls_)},
      verifying_{trusted_.get(), true, key_log_, server_rules(host_tls_)},
      unverifying_{trusted_.get(), false, key_log_, server_rules(host_tls_)},
      users_{proxy_users(config_)},
      connector_{std::make_unique<Connector>(config_, Connector::Ways{config_}, addresses_,
                                             base.resolver, base.own)},
      dialler_{
          std::make_unique<Dialler>(config_, insecure_, *connector_, verifying_, unverifying_)} {}

bool Policy::intercepts(const std::string& host) const {
  return hosts_.decide(host).action == tunnel::HostRules::Action::intercept;
}

std::uint16_t Policy::http_port(const asio::ip::address& address) const {
  const auto found = std::find_if(listeners_.begin(), listeners_.end(), [&](const auto& one) {
    const auto& bound = one.endpoint.address();
    return one.mode == config::ListenMode::proxy &&
           (bound.is_unspecified() || unmapped(bound) == unmapped(address));
  });
  return found == listeners_.end() ? std::uint16_t{0} : found->endpoint.port();
}

void check_rules(const config::Config& config) {
  (void)address_settings(config);
  (void)intercept_rules(config);
  (void)insecure_rules(config);
  (void)networks(config.pages.allow, "--allow-pages");
  (void)proxy_users(config);
  (void)Connector::Ways{config};
}

}  // namespace eastap::net
