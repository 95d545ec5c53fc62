#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "certs/trust.hpp"
#include "decoder/base/text.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/passphrase.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/check/name_client.hpp"
#include "proxy/doctor/judge.hpp"
#include "proxy/doctor/probe_host.hpp"
#include "proxy/doctor/probe_server.hpp"
#include "proxy/doctor/report.hpp"
#include "proxy/net/connector.hpp"
#include "proxy/net/host_tls.hpp"
#include "proxy/net/server.hpp"
#include "proxy/net/upstream_proxy.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::app {
namespace {

Timestamp now() { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

struct Wanted {
  std::string host;
  std::uint16_t port = 443;
};

/// "mail.example.com", "mail.example.com:8443", "[2001:db8::1]:443"
Wanted host_from(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const bool has_port =
      colon != std::string::npos && (text.find(':') == colon || text[colon - 1] == ']');
  Wanted wanted{text.substr(0, has_port ? colon : std::string::npos)};
  if (has_port) {
    const auto port = to_integer(std::string_view{text}.substr(colon + 1));
    if (!port || *port < 1 || *port > 65'535 || wanted.host.empty()) {
      throw config::ConfigError{"eastap doctor: \"" + text + "\" is no HOST or HOST:PORT"};
    }
    wanted.port = static_cast<std::uint16_t>(*port);
  }
  if (wanted.host.starts_with('[') && wanted.host.ends_with(']')) {
    wanted.host = wanted.host.substr(1, wanted.host.size() - 2);
  }
  return wanted;
}

/// The host that was named, else those that the user's own settings name exactly.
std::vector<Wanted> hosts_to_try(const config::Invocation& invocation) {
  if (invocation.file != "-") return {host_from(invocation.file)};
  constexpr std::size_t kMost = 8;
  std::vector<Wanted> hosts;
  const auto add = [&](const std::string& name, std::uint16_t port) {
    const bool known = std::any_of(hosts.begin(), hosts.end(), [&](const Wanted& one) {
      return one.host == name && one.port == port;
    });
    if (!known && hosts.size() < kMost) hosts.push_back({name, port});
  };
  const auto& config = invocation.config;
  for (const auto& mapping : config.connect_to) {
    if (!mapping.from.address.empty()) {
      add(mapping.from.address, mapping.from.port == 0 ? std::uint16_t{443} : mapping.from.port);
    }
  }
  const auto& built_in = config::default_intercept();
  for (const std::string& pattern : config.intercept) {
    const bool exact = pattern.find_first_of("*/") == std::string::npos;
    if (exact && std::find(built_in.begin(), built_in.end(), pattern) == built_in.end()) {
      add(pattern, 443);
    }
  }
  return hosts;
}

/// Nothing: `wanted` is reached without one.
std::optional<doctor::ByProxy> proxy_for(const Wanted& wanted,
                                         const std::vector<std::string>& addresses,
                                         const std::optional<net::UpstreamProxy>& proxy) {
  if (!proxy || proxy->direct.decide(wanted.host).action == tunnel::HostRules::Action::intercept) {
    return std::nullopt;
  }
  std::vector<net::Target> targets;
  for (const std::string& address : addresses) targets.push_back({address, wanted.port});
  if (targets.empty()) targets.push_back({wanted.host, wanted.port});
  doctor::ByProxy by;
  by.host = proxy->address.host;
  by.port = proxy->address.port;
  for (const net::Target& target : targets) {
    by.requests.push_back(net::connect_request(target, proxy->authorization));
  }
  by.refusal = [proxy, targets](std::size_t request, std::string_view head) {
    std::optional<doctor::ByProxy::Refusal> refusal;
    if (auto failed = net::connect_refusal(*proxy, targets[request], head)) {
      refusal = {std::move(failed->summary), std::move(failed->detail)};
    }
    return refusal;
  };
  return by;
}

/// Of --host.
std::vector<std::string> static_addresses(const std::string& host, const config::Config& config) {
  std::vector<std::string> addresses;
  for (const auto& entry : config.ways_out.hosts) {
    if (equals_ignoring_case(entry.name, host)) addresses.push_back(entry.address);
  }
  return addresses;
}

/// With --resolver: the system is not asked then.
void ask_chosen_resolver(const config::Config& config, doctor::ServerProbe& probe) {
  if (config.ways_out.name_servers.empty() || tunnel::parse_address(probe.dial_host)) return;
  check::NameClient names{config::server_list(config.ways_out.name_servers)};
  check::LookedUp found =
      names.look_up({check::LookUp::Kind::addresses, to_lower(probe.dial_host)});
  probe.addresses = std::move(found.addresses);
  if (probe.addresses.empty()) {
    probe.no_address = "the name servers of --resolver: " +
                       (found.error.empty() ? "no such name or address" : found.error);
  }
}

doctor::ServerProbe probe_of(const Wanted& wanted, const config::Config& config,
                             const tunnel::HostRules& insecure,
                             const std::optional<net::UpstreamProxy>& proxy) {
  doctor::ServerProbe probe;
  probe.host = probe.dial_host = wanted.host;
  probe.port = probe.dial_port = wanted.port;
  bool redirected = false;
  for (const auto& mapping : config.connect_to) {
    const bool fits =
        (mapping.from.address.empty() || equals_ignoring_case(mapping.from.address, wanted.host)) &&
        (mapping.from.port == 0 || mapping.from.port == wanted.port);
    if (!fits) continue;
    if (!mapping.to.address.empty()) probe.dial_host = mapping.to.address;
    if (mapping.to.port != 0) probe.dial_port = mapping.to.port;
    redirected = true;
    break;
  }
  probe.addresses = static_addresses(probe.dial_host, config);
  if (!redirected) probe.proxy = proxy_for(wanted, probe.addresses, proxy);
  if (!probe.proxy && probe.addresses.empty()) ask_chosen_resolver(config, probe);
  probe.from = config.ways_out.bind;
  probe.verify = insecure.decide(wanted.host).action != tunnel::HostRules::Action::intercept;
  probe.resolve_limit = config.deadlines.resolve;
  probe.connect_limit = config.deadlines.upstream_connect;
  probe.tls_limit = config.deadlines.upstream_tls;
  return probe;
}

/// What `run` would refuse beyond what `parse` has seen.
std::string later_problem(const config::Config& config) {
  try {
    (void)pipeline_settings(config);
    net::check_rules(config);
    const net::HostTls certificates{config};
    (void)certs::make_trust_store(config.upstream_ca);
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::vector<doctor::ServerFacts> probe_servers(const config::Invocation& invocation) {
  const auto& config = invocation.config;
  const auto hosts = hosts_to_try(invocation);
  if (hosts.empty()) return {};
  const auto trusted = certs::make_trust_store(config.upstream_ca);
  const auto insecure = tunnel::HostRules::make(config.upstream_insecure, {});
  const auto proxy = net::Connector::Ways{config}.proxy;
  std::vector<doctor::ServerFacts> facts;
  facts.reserve(hosts.size());
  for (const Wanted& wanted : hosts) {
    facts.push_back(doctor::probe_server(
        probe_of(wanted, config, insecure ? *insecure : tunnel::HostRules{}, proxy),
        trusted.get()));
  }
  return facts;
}

/// Ports that a phone has to reach; what the system will choose is not known yet.
std::vector<std::uint16_t> ports_to_reach(const std::vector<doctor::ListenerFacts>& listeners) {
  std::vector<std::uint16_t> ports;
  for (const auto& one : listeners) {
    const bool known = std::find(ports.begin(), ports.end(), one.port) != ports.end();
    if (!one.loopback_only && !known) ports.push_back(one.port);
  }
  return ports;
}

bool needs_no_ca(const config::Config& config) {
  return !config.certificates.empty() && net::HostTls{config}.covers(config.intercept);
}

doctor::AuthorityFacts authority_facts(const config::Config& config, bool usable_config) {
  doctor::AuthorityFacts facts;
  try {
    if (usable_config && needs_no_ca(config)) {
      facts.state = doctor::AuthorityFacts::State::not_needed;
      return facts;
    }
    // Nobody is asked on the terminal: the answer must not depend on who looks.
    const PassphrasePlaces places = ca_passphrase_places(config);
    certs::AskPassphrase ask;
    if (given_passphrase(places)) {
      ask = [places](const std::string&) { return given_passphrase(places); };
    }
    return doctor::probe_authority(config.ca_dir, now(), ask);
  } catch (const certs::CertificateError& error) {
    facts.state = doctor::AuthorityFacts::State::unusable;
    facts.problem = error.what();
    return facts;
  }
}

}  // namespace

int doctor(const config::Invocation& invocation) {
  const auto& config = invocation.config;
  doctor::Facts facts;
  facts.config = {invocation.config_file, invocation.config_problem};
  if (facts.config.problem.empty()) facts.config.problem = later_problem(config);
  for (const config::Listen& listen : config.ways_in.listeners) {
    facts.listeners.push_back(doctor::probe_listener(listen.address));
  }
  facts.firewalls = doctor::probe_firewalls(ports_to_reach(facts.listeners));
  facts.authority = authority_facts(config, facts.config.problem.empty());
  facts.clock = doctor::probe_clock(now());
  if (config.capture) {
    facts.capture = doctor::probe_capture(
        config::expand_time(*config.capture, std::chrono::system_clock::now()));
  } else {
    facts.capture.wanted = false;
  }
  facts.files = doctor::probe_files(config.limits.connections);
  facts.network = doctor::probe_network();
  facts.network.upstream_proxy = config.ways_out.proxy.has_value();
  if (facts.config.problem.empty()) facts.servers = probe_servers(invocation);
  const auto judgements = doctor::judge(facts);
  if (config.json) {
    put_out(doctor::report_json(judgements));
  } else {
    const std::size_t width = sink::terminal_width(STDOUT_FILENO);
    put_out(doctor::report_text(judgements, width == 0 ? 100 : width, theme_of(config)));
  }
  return doctor::exit_status(judgements);
}

}  // namespace eastap::app
