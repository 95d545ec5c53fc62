#include "proxy/net/connector.hpp"

#include <algorithm>
#include <utility>

#include "config/invocation.hpp"
#include "proxy/net/secret_file.hpp"
#include "proxy/tunnel/proxy_users.hpp"

namespace eastap::net {
namespace {

using asio::ip::tcp;
using config::ConfigError;

DialFailure refusal(std::string reason, std::string summary, std::string detail) {
  DialFailure result = dial_failure(std::move(reason), std::move(summary), std::move(detail));
  result.refused_by_rule = true;
  return result;
}

const char* no_files_left() {
  return "This machine has no file left to open: raise it with ulimit -n, or allow fewer "
         "connections.";
}

std::optional<UpstreamProxy> upstream_proxy(const config::WaysOut& ways) {
  if (!ways.proxy) {
    if (ways.proxy_credentials || !ways.without_proxy.empty()) {
      throw ConfigError{
          "--upstream-proxy-credentials and --no-upstream-proxy are about the proxy that "
          "--upstream-proxy names; give that too."};
    }
    return std::nullopt;
  }
  UpstreamProxy proxy;
  proxy.address.host = ways.proxy->address;
  proxy.address.port = ways.proxy->port;
  auto direct = tunnel::HostRules::make(ways.without_proxy, {});
  if (!direct) throw ConfigError{"--no-upstream-proxy: " + direct.error().detail};
  proxy.direct = std::move(*direct);
  if (!ways.proxy_credentials) return proxy;
  constexpr const char* option = "--upstream-proxy-credentials";
  const std::string text = read_secret_file(*ways.proxy_credentials, option);
  const std::string line = text.substr(0, text.find_first_of("\r\n"));
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos || colon == 0) {
    throw ConfigError{std::string{option} + ' ' + *ways.proxy_credentials +
                      ": the first line is not user:password."};
  }
  proxy.authorization = tunnel::basic_authorization(line.substr(0, colon), line.substr(colon + 1));
  return proxy;
}

std::vector<asio::ip::address> own_addresses(const std::vector<std::string>& texts) {
  std::vector<asio::ip::address> addresses;
  for (const std::string& text : texts) {
    error_code error;
    const auto address = asio::ip::make_address(text, error);
    const bool second = std::any_of(addresses.begin(), addresses.end(), [&](const auto& other) {
      return other.is_v4() == address.is_v4();
    });
    if (error || second) {
      throw ConfigError{"--bind " + text +
                        ": one IPv4 and one IPv6 address of this machine are wanted at most."};
    }
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

Connector::Ways::Ways(const config::Config& config)
    : proxy{upstream_proxy(config.ways_out)},
      bind{own_addresses(config.ways_out.bind)},
      name_servers{config::server_list(config.ways_out.name_servers)} {
  auto made = tunnel::PortRules::make(config.ways_in.ports);
  if (!made) throw ConfigError{"--allow-port: " + made.error().detail};
  ports = std::move(*made);
}

Connector::Connector(const config::Config& config, Ways ways, const tunnel::AddressRules& targets,
                     Resolver& resolver, OwnConnections* own)
    : config_{config}, ways_{std::move(ways)}, targets_{targets}, resolver_{resolver}, own_{own} {}

std::optional<config::Endpoint> Connector::redirected(const Target& target) const {
  if (target.instead) {
    config::Endpoint to = *target.instead;
    if (to.port == 0) to.port = target.port;
    return to;
  }
  for (const auto& rule : config_.connect_to) {
    const bool host_fits = rule.from.address.empty() || rule.from.address == target.host;
    const bool port_fits = rule.from.port == 0 || rule.from.port == target.port;
    if (host_fits && port_fits) {
      config::Endpoint to = rule.to;
      if (to.address.empty()) to.address = target.host;
      if (to.port == 0) to.port = target.port;
      return to;
    }
  }
  return std::nullopt;
}

bool Connector::by_proxy(const Target& target) const {
  return ways_.proxy &&
         ways_.proxy->direct.decide(target.host).action == tunnel::HostRules::Action::tunnel;
}

std::optional<DialFailure> Connector::refused(const Target& target,
                                              const asio::ip::address& address, std::uint16_t port,
                                              bool chosen) const {
  const std::string where = authority(target.host, target.port);
  const auto word = targets_.target_refused(to_address(address), port);
  // What the admin chose may lead anywhere but back here.
  if (!word || (chosen && *word != "self")) return std::nullopt;
  if (*word == "self") {
    return refusal("self", where + " is this proxy itself",
                   "The address leads to a port on which this proxy listens. Point the client at "
                   "the mail server's name; when DNS leads that name here, tell its real address: "
                   "--host " +
                       target.host + "=ADDR");
  }
  const std::string text = unmapped(address).to_string();
  return refusal(
      std::string{*word},
      where + " leads to " + text + ", which clients may not reach through the proxy",
      "Loopback, link-local and this machine's own addresses are refused so that a client cannot "
      "reach services here. If it is wanted: --allow-target " +
          text + (unmapped(address).is_v4() ? "/32" : "/128"));
}

std::vector<asio::ip::address> Connector::static_addresses(const std::string& host) const {
  std::vector<asio::ip::address> addresses;
  for (const auto& entry : config_.ways_out.hosts) {
    error_code error;
    const auto address = asio::ip::make_address(entry.address, error);
    if (entry.name == host && !error) addresses.push_back(address);
  }
  return addresses;
}

asio::awaitable<Resolver::Answer> Connector::addresses_of(std::string host) {
  Resolver::Answer known;
  known.addresses = static_addresses(host);
  if (!known.addresses.empty()) co_return known;
  co_return co_await resolver_.resolve(std::move(host), config_.deadlines.resolve,
                                       ways_.name_servers);
}

asio::awaitable<RaceResult> Connector::race(std::vector<tcp::endpoint> endpoints) {
  RaceSettings settings;
  settings.limit = config_.deadlines.upstream_connect;
  settings.from = ways_.bind;
  co_return co_await connect_first(std::move(endpoints), std::move(settings));
}

Connected Connector::made(RaceResult& won) const {
  OwnConnections::Token token;
  if (own_ != nullptr) {
    error_code gone;
    const auto own_end = won.socket->local_endpoint(gone);
    if (!gone) token = own_->add(own_end);
  }
  return Connected{tls::Stream{std::move(*won.socket)}, authority(won.endpoint), std::move(token),
                   std::nullopt};
}

asio::awaitable<Connector::Result> Connector::connect(Target target, Purpose purpose) {
  if (!target.instead && !ways_.ports.allowed(target.port)) {
    const std::string port = std::to_string(target.port);
    co_return tl::unexpected(refusal(
        "port",
        authority(target.host, target.port) + ": clients may not reach port " + port +
            " through the proxy",
        "Phones need web, mail and the ports above 1023. If it is wanted: --allow-port " + port));
  }
  if (!redirected(target) && by_proxy(target)) {
    co_return co_await connect_by_proxy(std::move(target), purpose);
  }
  co_return co_await connect_directly(std::move(target));
}

asio::awaitable<Connector::Result> Connector::connect_directly(Target target) {
  const auto redirect = redirected(target);
  const std::string host = redirect ? redirect->address : target.host;
  const std::uint16_t port = redirect ? redirect->port : target.port;
  Resolver::Answer answer;
  if (target.address && !redirect) {
    answer.addresses.push_back(*target.address);
  } else {
    answer = co_await addresses_of(host);
  }
  if (answer.addresses.empty()) {
    const std::string ask = ways_.name_servers.empty()
                                ? "this machine's DNS knows it: getent hosts " + host
                                : "the DNS server of --resolver (" + ways_.name_servers +
                                      ") knows it, or tell its address: --host " + host + "=ADDR";
    co_return tl::unexpected(
        dial_failure("resolve", "the name " + host + " cannot be resolved: " + answer.error,
                     "Check the spelling of the host in the phone's account, and that " + ask));
  }
  std::vector<tcp::endpoint> endpoints;
  std::optional<DialFailure> by_rule;
  for (const auto& address : in_turns(answer.addresses)) {
    auto refused_here = refused(target, address, port, redirect.has_value());
    if (refused_here) {
      by_rule = std::move(refused_here);
    } else {
      endpoints.emplace_back(address, port);
    }
  }
  if (endpoints.empty()) co_return tl::unexpected(std::move(*by_rule));
  RaceResult result = co_await race(std::move(endpoints));
  if (result.socket) co_return made(result);
  DialFailure failed = dial_failure(
      "connect", authority(target.host, target.port) + " cannot be reached: " + result.errors,
      result.out_of_files ? no_files_left()
                          : "The server is down, a firewall is between, or the port is wrong. Try "
                            "from this machine: openssl s_client -connect " +
                                authority(host, port));
  failed.nobody_listens = result.all_refused;
  co_return tl::unexpected(std::move(failed));
}

asio::awaitable<Connector::Result> Connector::reach_proxy(const Target& target) {
  const UpstreamProxy& proxy = *ways_.proxy;
  const std::string where = authority(proxy.address.host, proxy.address.port);
  auto answer = co_await addresses_of(proxy.address.host);
  std::vector<tcp::endpoint> endpoints;
  for (const auto& address : in_turns(answer.addresses)) {
    if (!refused(proxy.address, address, proxy.address.port, true)) {
      endpoints.emplace_back(address, proxy.address.port);
    }
  }
  if (endpoints.empty()) {
    const std::string why = answer.addresses.empty()
                                ? "its name cannot be resolved: " + answer.error
                                : std::string{"that is this proxy itself"};
    co_return tl::unexpected(dial_failure("upstream_proxy",
                                          "the upstream proxy " + where + " cannot be used: " + why,
                                          "Check --upstream-proxy. The server was not asked."));
  }
  RaceResult result = co_await race(std::move(endpoints));
  if (result.socket) co_return made(result);
  co_return tl::unexpected(dial_failure(
      "upstream_proxy", "the upstream proxy " + where + " cannot be reached: " + result.errors,
      result.out_of_files ? no_files_left()
                          : "Check --upstream-proxy, and that the proxy runs. The server "
                            "was not asked; to go past the proxy: --no-upstream-proxy " +
                                target.host));
}

asio::awaitable<Connector::Result> Connector::tunnel_by_proxy(const Target& target,
                                                              std::string where) {
  auto connected = co_await reach_proxy(target);
  if (!connected) co_return tl::unexpected(std::move(connected.error()));
  Target asked;
  asked.host = std::move(where);
  asked.port = target.port;
  connected->address = authority(asked.host, asked.port) + " through " + connected->address;
  auto refusal_of_proxy = co_await open_tunnel(connected->stream, *ways_.proxy, std::move(asked),
                                               config_.deadlines.upstream_connect);
  if (refusal_of_proxy) co_return tl::unexpected(std::move(*refusal_of_proxy));
  co_return std::move(*connected);
}

asio::awaitable<Connector::Result> Connector::connect_by_proxy(Target target, Purpose purpose) {
  error_code no_literal;
  const auto literal = target.address && target.host.empty()
                           ? *target.address
                           : asio::ip::make_address(target.host, no_literal);
  std::optional<DialFailure> by_rule;
  if (!no_literal) by_rule = refused(target, literal, target.port, false);
  if (is_localhost(target.host)) {  // to another proxy it is its own
    by_rule = refused(target, asio::ip::address_v4::loopback(), target.port, false);
  }
  if (by_rule) co_return tl::unexpected(std::move(*by_rule));

  // The proxy looks names up by its own DNS; an address that the admin gave goes before that. Plain
  // requests take a tunnel then, too: in absolute form the address would replace the name in Host
  // (RFC 9112 3.2.2).
  DialFailure last;
  const auto known = static_addresses(target.host);
  for (const auto& address : known) {
    auto refused_here = refused(target, address, target.port, false);
    if (refused_here) {
      last = std::move(*refused_here);
      continue;
    }
    std::string where = address.to_string();
    auto connected = co_await tunnel_by_proxy(target, std::move(where));
    if (connected) co_return std::move(*connected);
    last = std::move(connected.error());
  }
  if (!known.empty()) {
    last.summary = target.host + " is " + known.front().to_string() + " by --host: " + last.summary;
    co_return tl::unexpected(std::move(last));
  }
  if (purpose == Purpose::octets) {
    std::string where = target.host;
    co_return co_await tunnel_by_proxy(target, std::move(where));
  }
  auto connected = co_await reach_proxy(target);
  if (!connected) co_return tl::unexpected(std::move(connected.error()));
  connected->address = authority(target.host, target.port) + " through " + connected->address;
  connected->proxy_authorization = ways_.proxy->authorization;
  co_return std::move(*connected);
}

}  // namespace eastap::net
