#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <vector>

#include <unistd.h>

#include "certs/trust.hpp"
#include "decoder/base/text.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/doctor/judge.hpp"
#include "proxy/doctor/probe_host.hpp"
#include "proxy/doctor/probe_server.hpp"
#include "proxy/doctor/report.hpp"
#include "proxy/net/host_tls.hpp"
#include "proxy/net/server.hpp"
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

doctor::ServerProbe probe_of(const Wanted& wanted, const config::Config& config,
                             const tunnel::HostRules& insecure) {
  doctor::ServerProbe probe;
  probe.host = probe.dial_host = wanted.host;
  probe.port = probe.dial_port = wanted.port;
  for (const auto& mapping : config.connect_to) {
    const bool fits =
        (mapping.from.address.empty() || equals_ignoring_case(mapping.from.address, wanted.host)) &&
        (mapping.from.port == 0 || mapping.from.port == wanted.port);
    if (!fits) continue;
    if (!mapping.to.address.empty()) probe.dial_host = mapping.to.address;
    if (mapping.to.port != 0) probe.dial_port = mapping.to.port;
    break;
  }
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
  std::vector<doctor::ServerFacts> facts;
  facts.reserve(hosts.size());
  for (const Wanted& wanted : hosts) {
    facts.push_back(doctor::probe_server(
        probe_of(wanted, config, insecure ? *insecure : tunnel::HostRules{}), trusted.get()));
  }
  return facts;
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
  facts.firewalls = doctor::probe_firewalls(config.ways_in.listeners.front().address.port);
  facts.authority = doctor::probe_authority(config.ca_dir, now());
  facts.clock = doctor::probe_clock(now());
  if (config.capture) {
    facts.capture = doctor::probe_capture(
        config::expand_time(*config.capture, std::chrono::system_clock::now()));
  } else {
    facts.capture.wanted = false;
  }
  facts.files = doctor::probe_files(config.limits.connections);
  facts.network = doctor::probe_network();
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
