#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/portal/web.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::portal {

/// Who gets pages, and under which names.
struct SiteRules {
  bool enabled = true;
  std::vector<tunnel::Network> allowed;    ///< clients; empty: all that may use the proxy
  std::vector<std::string> names;          ///< beside localhost and `kPageName`; no ports
  std::vector<tunnel::Address> addresses;  ///< of this machine
  std::vector<std::uint16_t> ports;        ///< at which we answer browsers, beside the one reached
  /// The host that the self-test calls: one that the CA may issue for.
  std::string probe{kProbeName};
  /// Every decrypted host has a certificate of its own: there is none for devices to install, and
  /// the self-test is about the proxy setting alone.
  bool no_ca = false;
};

/// The table of pages, and what holds for all of them.
///
/// A web page elsewhere can make a browser of the local network send us requests under a name of
/// its own (DNS rebinding) and read the answers. So a request must name us as we are known: by an
/// address of this machine and the listener's port, or by one of our names.
class Site {
 public:
  explicit Site(SiteRules rules);

  /// A later route of the same path replaces the earlier one. Before the first request.
  void add(Route route);

  /// Whether `host`:`port` is `kPageName` or the probe on the web's ports 80 and 443, where only
  /// these two are ours.
  [[nodiscard]] bool is_page(std::string_view host, std::uint16_t port) const;

  /// Whether a request to the proxy for `host`:`port` is for ourselves; `proxy_address` and
  /// `proxy_port` are where the client reached us.
  [[nodiscard]] bool is_own(std::string_view host, std::uint16_t port,
                            std::string_view proxy_address, std::uint16_t proxy_port) const;

  [[nodiscard]] const std::string& probe() const { return rules_.probe; }
  /// "https://probe.eastap.test"; http where no device has to trust a CA of ours.
  [[nodiscard]] std::string probe_origin() const;
  [[nodiscard]] bool no_ca() const { return rules_.no_ca; }

  /// 403: pages are off or not for this client. 400, 421: the request names no host, or another
  /// one. 405: neither GET nor HEAD. 404: no such page.
  [[nodiscard]] Reply answer(const Request& request) const;

 private:
  [[nodiscard]] bool is_magic(std::string_view host) const {
    return host == kPageName || host == rules_.probe;
  }
  [[nodiscard]] bool is_own_name(std::string_view host) const;
  [[nodiscard]] bool is_own_address(std::string_view host, std::string_view proxy_address) const;
  [[nodiscard]] bool is_own_port(std::uint16_t port, std::uint16_t proxy_port) const;

  SiteRules rules_;
  std::vector<Route> routes_;
};

}  // namespace eastap::portal
