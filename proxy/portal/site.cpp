#include "proxy/portal/site.hpp"

#include <algorithm>
#include <utility>

#include "decoder/render/printable.hpp"

namespace eastap::portal {
Site::Site(SiteRules rules) : rules_{std::move(rules)} {
  for (auto& name : rules_.names) name = tunnel::normalised_host(name);
  rules_.names.emplace_back("localhost");
}

void Site::add(Route route) {
  const auto same = std::find_if(routes_.begin(), routes_.end(),
                                 [&](const Route& other) { return other.path == route.path; });
  if (same != routes_.end()) {
    *same = std::move(route);
  } else {
    routes_.push_back(std::move(route));
  }
}

bool Site::is_own_name(std::string_view host) const {
  return is_magic(host) ||
         std::find(rules_.names.begin(), rules_.names.end(), host) != rules_.names.end();
}

bool Site::is_own_address(std::string_view host, std::string_view proxy_address) const {
  const auto address = tunnel::parse_address(host);
  if (!address) return false;
  if (address == tunnel::parse_address(proxy_address)) return true;
  return std::find(rules_.addresses.begin(), rules_.addresses.end(), *address) !=
         rules_.addresses.end();
}

bool Site::is_own_port(std::uint16_t port, std::uint16_t proxy_port) const {
  return port == proxy_port ||
         std::find(rules_.ports.begin(), rules_.ports.end(), port) != rules_.ports.end();
}

bool Site::is_page(std::string_view host, std::uint16_t port) const {
  return (port == 80 || port == 443) && is_magic(tunnel::normalised_host(host));
}

bool Site::is_own(std::string_view host, std::uint16_t port, std::string_view proxy_address,
                  std::uint16_t proxy_port) const {
  if (is_page(host, port)) return true;
  const std::string name = tunnel::normalised_host(host);
  return is_own_port(port, proxy_port) &&
         (is_own_name(name) || is_own_address(name, proxy_address));
}

std::string Site::probe_origin() const {
  return (rules_.no_ca ? "http://" : "https://") + rules_.probe;
}

Reply Site::answer(const Request& request) const {
  if (!rules_.enabled) return plain(403, "the pages of this proxy are switched off (--no-pages)");
  if (!rules_.allowed.empty()) {
    const auto client = tunnel::parse_address(request.client);
    const bool allowed = client && std::any_of(rules_.allowed.begin(), rules_.allowed.end(),
                                               [&](const tunnel::Network& range) {
                                                 return range.contains(*client);
                                               });
    if (!allowed) {
      return plain(403, "the pages of this proxy are not for " + request.client +
                            "; the administrator may add it: --allow-pages " + request.client);
    }
  }
  if (request.host.empty()) return plain(400, "the request names no host");
  const bool known =
      is_own_name(request.host) || (is_own_port(request.host_port, request.proxy_port) &&
                                    is_own_address(request.host, request.proxy_address));
  if (!known) {
    return plain(421, "this proxy is not known as \"" +
                          render::printable(request.host.substr(0, 253)) + "\". Open http://" +
                          std::string{kPageName} +
                          "/ through the proxy, or its address with the port; the administrator "
                          "may add a name: --page-host NAME");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    Reply refused = plain(405, "pages are read with GET only");
    refused.fields.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  const auto route = std::find_if(routes_.begin(), routes_.end(),
                                  [&](const Route& one) { return one.path == request.path; });
  if (route == routes_.end()) {
    return plain(404, "there is no such page; / tells how a phone is set up");
  }
  return route->answer(request);
}

}  // namespace eastap::portal
