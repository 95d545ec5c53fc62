#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

void add_proxy_options(std::vector<Option>& table) {
  add_way_in_options(table);
  Option intercept = host_list(named("--intercept", "PATTERN", "intercept", Group::proxy, in::run,
                                     "host to decrypt; adds to the list",
                                     "Hosts that no pattern names are tunnelled untouched. A "
                                     "pattern is a name, a name with * for any "
                                     "characters, an address or a range (10.0.0.0/8). Of the "
                                     "patterns that match a host the most specific "
                                     "decides, also between this list and the tunnel list. Flag "
                                     "and variable add to the list of config file "
                                     "or default; the pattern none first empties it."),
                               [](Config& config) -> Values& { return config.intercept; });
  intercept.default_text = "mail.* etc., see --man";
  table.push_back(intercept);
  Option tunnel = host_list(named("--tunnel", "PATTERN", "tunnel", Group::proxy, in::run,
                                  "host never to decrypt; adds likewise",
                                  "For hosts that a wider intercept pattern matches. Patterns and "
                                  "the word none as with --intercept."),
                            [](Config& config) -> Values& { return config.tunnel; });
  tunnel.default_text = "see --man";
  table.push_back(tunnel);
  Option allow =
      list(named("--allow", "CIDR", "allow", Group::proxy, in::run, "clients let in",
                 "Replaces the default, so that --allow 192.168.1.23 lets in a single phone."),
           [](Config& config) -> Values& { return config.allow; });
  allow.default_text = "private ranges, loopback";
  table.push_back(allow);
  Option allow_target =
      list(named("--allow-target", "CIDR", "allow_target", Group::proxy, in::run,
                 "destinations otherwise refused",
                 "Clients cannot reach loopback, link-local addresses and this machine through the "
                 "proxy unless they "
                 "are named here, for example for a server that runs on the same machine.",
                 "127.0.0.0/8"),
           [](Config& config) -> Values& { return config.allow_target; });
  table.push_back(allow_target);
  add_access_options(table);
  Option threads = number<unsigned>(
      named("--threads", "N", "threads", Group::proxy, in::run, "relay threads",
            "0 means one less than the machine has cores, at least one."),
      [](Config& config) -> unsigned& { return config.threads; }, 0, 256);
  threads.default_text = "cores - 1";
  table.push_back(threads);
}

}  // namespace eastap::config
