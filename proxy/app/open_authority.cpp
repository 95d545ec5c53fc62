#include "proxy/app/open_authority.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "certs/name_constraints.hpp"
#include "certs/trust.hpp"
#include "config/invocation.hpp"
#include "proxy/app/host_name.hpp"
#include "proxy/app/passphrase.hpp"
#include "proxy/net/host_tls.hpp"

namespace eastap::app {
namespace {

/// --ca-permit is for a CA that is made: one that was there keeps its limits.
void tell_other_limits(const certs::Authority& authority, const certs::NameConstraints& wanted,
                       const config::Config& config, spdlog::logger& log) {
  if (wanted.empty() || authority.created) return;
  const std::string limits = certs::permitted_text({wanted});
  const std::string present = authority.permitted_text();
  if (present == limits) return;
  std::string command = "eastap ca renew --ca-dir " + config.ca_dir;
  for (const std::string& host : wanted.permitted()) command += " --permit " + host;
  log.warn(
      "the CA in {} was there before and signs for {}, not only for {} as --ca-permit says. To "
      "limit it: {} (phones have to install it again)",
      config.ca_dir, present.empty() ? "any host" : present, limits, command);
}

}  // namespace

certs::Authority open_authority(const config::Config& config, spdlog::logger& log) {
  const auto today = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto limits = certs::NameConstraints::permitting(config.ca_permit);
  if (!limits) throw config::ConfigError{"--ca-permit " + limits.error().detail};
  if (!config.certificates.empty() || !config.client_certificates.empty()) {
    const net::HostTls hosts{config};
    const certs::StoreHandle roots = certs::make_trust_store(config.upstream_ca);
    for (const auto& problem : hosts.problems(roots.get(), today)) log.warn(problem);
    if (hosts.covers(config.intercept)) return certs::make_stand_in(host_name(), today);
  }
  const PassphrasePlaces places = ca_passphrase_places(config);
  const std::optional<certs::Secret> given = given_passphrase(places);
  certs::AuthorityRequest request;  // for the first run
  request.permit = *limits;
  if (given) request.passphrase = &*given;
  certs::Authority authority =
      certs::load_or_create(config.ca_dir, host_name(), today, request, passphrase_source(places));
  tell_other_limits(authority, *limits, config, log);
  return authority;
}

}  // namespace eastap::app
