#include <algorithm>
#include <array>
#include <string_view>

#include "config/options/options.hpp"

namespace eastap::config {

namespace {

/// What SIGHUP lets take effect, for connections and records that begin after it. Everything else
/// is fixed at the start: sockets, threads, the CA, and where output goes.
constexpr std::array kReloaded = std::to_array<std::string_view>({"--intercept",
                                                                  "--tunnel",
                                                                  "--allow",
                                                                  "--allow-target",
                                                                  "--upstream-ca",
                                                                  "--upstream-insecure",
                                                                  "--connect-to",
                                                                  "--keylog",
                                                                  "--certificate",
                                                                  "--client-certificate",
                                                                  "--legacy-tls",
                                                                  "--capture-max-size",
                                                                  "--capture-max-age",
                                                                  "--capture-keep-size",
                                                                  "--capture-keep-age",
                                                                  "--fail-on",
                                                                  "--rule",
                                                                  "--mute",
                                                                  "--watch-item",
                                                                  "--failed-mail-subject",
                                                                  "--limit-body",
                                                                  "--limit-connections",
                                                                  "--limit-connections-per-client",
                                                                  "--deadline-request-head",
                                                                  "--deadline-client-hello",
                                                                  "--deadline-client-tls",
                                                                  "--deadline-resolve",
                                                                  "--deadline-upstream-connect",
                                                                  "--deadline-upstream-tls",
                                                                  "--deadline-waiting",
                                                                  "--deadline-close",
                                                                  "--deadline-stop",
                                                                  "--log-level",
                                                                  "--log-file",
                                                                  "--allow-port",
                                                                  "--proxy-users",
                                                                  "--limit-connection-rate",
                                                                  "--bind",
                                                                  "--host",
                                                                  "--resolver",
                                                                  "--upstream-proxy",
                                                                  "--upstream-proxy-credentials",
                                                                  "--no-upstream-proxy",
                                                                  "--no-pages",
                                                                  "--allow-pages",
                                                                  "--page-host",
                                                                  "--tunnel-after-failures",
                                                                  "--tunnel-for",
                                                                  "--cards"});

}  // namespace

void let_reload(std::vector<Option>& table) {
  for (Option& option : table) {
    option.reloads = std::find(kReloaded.begin(), kReloaded.end(), option.flag) != kReloaded.end();
  }
}

}  // namespace eastap::config
