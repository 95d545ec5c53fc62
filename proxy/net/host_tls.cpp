#include "proxy/net/host_tls.hpp"

#include <algorithm>
#include <utility>

#include "certs/trust.hpp"
#include "config/invocation.hpp"
#include "decoder/base/text.hpp"

namespace eastap::net {
namespace {

constexpr std::size_t kToldHosts = 1000;

bool fits(const tunnel::HostRules& hosts, std::string_view host) {
  return hosts.decide(host).action == tunnel::HostRules::Action::intercept;
}

tunnel::HostRules rules_of(const std::vector<std::string>& patterns, const std::string& place) {
  auto rules = tunnel::HostRules::make(patterns, {});
  if (!rules) throw config::ConfigError{place + ": " + rules.error().detail};
  return std::move(*rules);
}

std::shared_ptr<const certs::Identity> identity_of(const config::CertificateRule& rule) {
  try {
    return std::make_shared<const certs::Identity>(
        certs::load_identity({rule.file, rule.key_file, rule.password_file}));
  } catch (const certs::CertificateError& error) {
    throw certs::CertificateError{rule.origin + ": " + error.what()};
  }
}

bool is_pattern(const std::string& text) { return text.find_first_of("*/") != std::string::npos; }

bool certificate_names(const certs::Identity& identity, std::string_view host) {
  const auto name = certs::normalized_host(host);
  return name && certs::names(identity, *name);
}

}  // namespace

HostTls::HostTls(const config::Config& config) {
  for (const config::CertificateRule& rule : config.certificates) {
    Server server;
    server.patterns = rule.hosts;
    server.hosts = rules_of(rule.hosts, rule.origin);
    server.identity = identity_of(rule);
    server.leaf = std::make_shared<const certs::Leaf>(certs::leaf_of(*server.identity));
    servers_.push_back(std::move(server));
  }
  for (const config::CertificateRule& rule : config.client_certificates) {
    clients_.push_back({rules_of(rule.hosts, rule.origin), identity_of(rule)});
  }
  for (const config::LegacyTlsRule& rule : config.legacy_tls) {
    legacy_.push_back({rules_of(rule.hosts, "--legacy-tls"), rule.phone, rule.server});
  }
}

std::shared_ptr<const certs::Leaf> HostTls::own_leaf(std::string_view host) const {
  for (const Server& server : servers_) {
    const bool fit = server.patterns.empty() ? certificate_names(*server.identity, host)
                                             : fits(server.hosts, host);
    if (fit) return server.leaf;
  }
  return nullptr;
}

std::shared_ptr<const certs::Identity> HostTls::identity(std::string_view host) const {
  for (const Client& client : clients_) {
    if (fits(client.hosts, host)) return client.identity;
  }
  return nullptr;
}

bool HostTls::legacy_phone(std::string_view host) const {
  return std::any_of(legacy_.begin(), legacy_.end(),
                     [&](const Legacy& one) { return one.phone && fits(one.hosts, host); });
}

bool HostTls::legacy_server(std::string_view host) const {
  return std::any_of(legacy_.begin(), legacy_.end(),
                     [&](const Legacy& one) { return one.server && fits(one.hosts, host); });
}

bool HostTls::any_legacy_phone() const {
  return std::any_of(legacy_.begin(), legacy_.end(), [](const Legacy& one) { return one.phone; });
}

bool HostTls::covers(const Server& server, const std::string& pattern) {
  const std::string wanted = to_lower(pattern);
  const auto same = [&](const std::string& one) { return to_lower(one) == wanted; };
  if (!server.patterns.empty()) {
    return std::any_of(server.patterns.begin(), server.patterns.end(), same) ||
           (!is_pattern(pattern) && fits(server.hosts, pattern));
  }
  if (!is_pattern(pattern)) return certificate_names(*server.identity, pattern);
  const auto names = certs::names_of(*server.identity->certificate);
  return std::any_of(names.begin(), names.end(), same);
}

bool HostTls::covers(const std::vector<std::string>& intercept) const {
  return !servers_.empty() &&
         std::all_of(intercept.begin(), intercept.end(), [&](const std::string& pattern) {
           return std::any_of(servers_.begin(), servers_.end(),
                              [&](const Server& server) { return covers(server, pattern); });
         });
}

std::vector<std::string> HostTls::problems(X509_STORE* roots, certs::SystemTime now) const {
  std::vector<std::string> problems;
  for (const Server& server : servers_) {
    std::vector<std::string> hosts;
    for (const std::string& pattern : server.patterns) {
      const auto host = certs::normalized_host(pattern);
      if (host && !is_pattern(pattern)) hosts.push_back(*host);
    }
    for (std::string& problem : certs::server_problems(*server.identity, hosts, roots, now)) {
      problems.push_back(std::move(problem));
    }
  }
  for (const Client& client : clients_) {
    for (std::string& problem : certs::client_problems(*client.identity, now)) {
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

tls::PhoneRules phone_rules(const HostTlsPtr& hosts) {
  tls::PhoneRules rules;
  rules.own_leaf = [hosts](std::string_view host) { return hosts->own_leaf(host); };
  rules.legacy = [hosts](std::string_view host) { return hosts->legacy_phone(host); };
  return rules;
}

tls::ServerRules server_rules(const HostTlsPtr& hosts) {
  tls::ServerRules rules;
  rules.identity = [hosts](std::string_view host) { return hosts->identity(host); };
  rules.legacy = [hosts](std::string_view host) { return hosts->legacy_server(host); };
  return rules;
}

bool ToldHosts::tell(const std::string& host) {
  const std::lock_guard lock{mutex_};
  if (hosts_.size() >= kToldHosts) hosts_.clear();
  return hosts_.insert(host).second;
}

}  // namespace eastap::net
