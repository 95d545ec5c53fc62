#include "config/option_forms.hpp"
#include "config/options/options.hpp"
#include "config/ways_values.hpp"

namespace eastap::config {
namespace {

/// A list whose items are more than text. Each level replaces what lower ones say.
template <class Item>
Option list_of(Option option, std::vector<Item>& (*field)(Config&),
               Item (*from)(std::string_view)) {
  option.form = Form::list;
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    std::vector<Item> items;
    for (const std::string& value : values) items.push_back(from(value));
    field(to.config) = std::move(items);
  };
  return option;
}

}  // namespace

void add_way_in_options(std::vector<Option>& table) {
  Option listen = list_of<Listen>(
      named("--listen", "[MODE:]ADDR:PORT", "listen", Group::proxy, in::run,
            "where phones reach the proxy",
            "May be given several times. Port 0 picks a free one and prints it; [::]:8888 listens "
            "on IPv6. MODE is proxy (the default: an HTTP proxy, as phones are set to), socks5, "
            "reverse (the name of the mail server leads here by DNS; goes on to the server that "
            "the client names, or to a fixed one: reverse:0.0.0.0:443=mail.contoso.com:443) or "
            "transparent (the firewall leads connections here by REDIRECT or TPROXY). In the "
            "config file also tables [[listen]] with address, mode and target."),
      [](Config& config) -> std::vector<Listen>& { return config.ways_in.listeners; },
      &listener_from);
  listen.apply = [apply = listen.apply](Invocation& to, const Values& values,
                                        const std::string& place) {
    if (values.empty()) throw Complaint{"the list is empty, so no phone could come in"};
    apply(to, values, place);
  };
  listen.tables = Tables::rows;
  listen.row = &listener_from_row;
  listen.shown = [](const Config& config) {
    Values values;
    for (const Listen& one : config.ways_in.listeners) values.push_back(listener_text(one));
    return values;
  };
  table.push_back(listen);
}

void add_access_options(std::vector<Option>& table) {
  Option ports = host_list(
      named("--allow-port", "PORT", "allow_port", Group::proxy, in::run,
            "port of servers to be reached; adds to the list",
            "A port or a range (1024-65535). Flag and variable add to the list of config file or "
            "default; the word none first empties it. The default has web, mail and everything "
            "above 1023, and leaves out what phones do not need: SSH, file shares, sending mail "
            "past their own server."),
      [](Config& config) -> Values& { return config.ways_in.ports; });
  ports.default_text = "web, mail, 1024-65535";
  table.push_back(ports);
  table.push_back(optional_text(
      named("--proxy-users", "FILE", "proxy_users", Group::proxy, in::run,
            "who may use the proxy, by password",
            "Lines of user:password or user:hash, the hash as mkpasswd or openssl passwd -6 makes "
            "it; nobody else may read the file. Clients are asked by HTTP Basic or SOCKS5 (RFC "
            "1929); what they answer is never passed on, stored or shown. Reverse and transparent "
            "listeners cannot ask.",
            "/etc/eastap/users"),
      [](Config& config) -> std::optional<std::string>& { return config.ways_in.users; }));
}

void add_way_out_options(std::vector<Option>& table) {
  Option proxy =
      named("--upstream-proxy", "HOST:PORT", "upstream_proxy", Group::certificates, in::run,
            "HTTP proxy to reach servers through",
            "By CONNECT; it looks the names up, but for those that --host names: these it is "
            "asked for by address.",
            "proxy.contoso.com:3128");
  proxy.form = Form::text;
  proxy.apply = [](Invocation& to, const Values& values, const std::string&) {
    to.config.ways_out.proxy = upstream_proxy_from(values.back());
  };
  table.push_back(proxy);
  table.push_back(optional_text(
      named("--upstream-proxy-credentials", "FILE", "upstream_proxy_credentials",
            Group::certificates, in::run, "its user:password",
            "One line, sent as Basic; nobody else may read the file.", "/etc/eastap/upstream"),
      [](Config& config) -> std::optional<std::string>& {
        return config.ways_out.proxy_credentials;
      }));
  table.push_back(
      list(named("--no-upstream-proxy", "HOST", "no_upstream_proxy", Group::certificates, in::run,
                 "server reached without it", "Patterns as with --intercept.", "*.contoso.com"),
           [](Config& config) -> Values& { return config.ways_out.without_proxy; }));
  table.push_back(list_of<std::string>(
      named("--bind", "ADDR", "bind", Group::certificates, in::run, "own address to connect from",
            "Of a machine with several; one of IPv4 and one of IPv6 at most.", "192.168.1.5"),
      [](Config& config) -> Values& { return config.ways_out.bind; }, &own_address_from));
  Option hosts = list_of<StaticHost>(
      named("--host", "NAME=ADDR", "hosts", Group::certificates, in::run,
            "address of a server, whatever DNS says",
            "In the config file also a table [hosts] of names and addresses. When the name of the "
            "mail server leads to this machine (a reverse listener), this is how its real address "
            "is told. Certificates and Host are still about the name; an upstream proxy is asked "
            "to connect to the address.",
            "mail.contoso.com=192.0.2.10"),
      [](Config& config) -> std::vector<StaticHost>& { return config.ways_out.hosts; },
      &static_host_from);
  hosts.tables = Tables::pairs;
  table.push_back(hosts);
  table.push_back(list_of<Endpoint>(
      named("--resolver", "ADDR[:PORT]", "resolver", Group::certificates, in::run | in::check,
            "DNS server to ask instead of the system's",
            "Several are asked in turn. The system's /etc/hosts does not count then. For eastap "
            "check, name the one that phones use, to see what they see.",
            "192.0.2.53"),
      [](Config& config) -> std::vector<Endpoint>& { return config.ways_out.name_servers; },
      &name_server_from));
}

}  // namespace eastap::config
