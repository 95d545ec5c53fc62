#include "config/ways.hpp"

#include <algorithm>
#include <array>

#include "config/values.hpp"
#include "config/ways_values.hpp"

namespace eastap::config {
namespace {

constexpr std::array kModes{ListenMode::proxy, ListenMode::reverse, ListenMode::transparent,
                            ListenMode::socks5};

std::string written(const Endpoint& endpoint) {
  const bool literal6 = endpoint.address.find(':') != std::string::npos;
  const std::string host = literal6 ? "[" + endpoint.address + "]" : endpoint.address;
  return endpoint.port == 0 ? host : host + ":" + std::to_string(endpoint.port);
}

/// "HOST", "HOST:PORT", "[V6]", "[V6]:PORT", a bare V6; port 0 when there is none.
Endpoint host_and_port(std::string_view text, std::string_view whole, std::string_view wanted) {
  const bool bare_v6 = is_literal(std::string{text}) && text.find(':') != std::string_view::npos;
  if (bare_v6) return {std::string{text}, 0};
  const bool has_port = text.starts_with('[') ? text.find("]:") != std::string_view::npos
                                              : text.find(':') != std::string_view::npos;
  Endpoint endpoint =
      endpoint_from(has_port ? std::string{text} : std::string{text} + ":", whole, wanted);
  const bool port_is_missing = has_port && endpoint.port == 0;
  if (endpoint.address.empty() || port_is_missing) {
    throw Complaint{in_quotes(whole) + " is not " + std::string{wanted}};
  }
  return endpoint;
}

}  // namespace

std::string_view to_string(ListenMode mode) {
  switch (mode) {
    case ListenMode::proxy: return "proxy";
    case ListenMode::reverse: return "reverse";
    case ListenMode::transparent: return "transparent";
    case ListenMode::socks5: return "socks5";
  }
  return "";
}

// Web and mail as phones use them, and everything above: push services (5223, 5228), EWS and OWA on
// ports of their own. Not here: what lets a phone speak to the machines around the proxy (SSH, SMB,
// LDAP, remote shells) or send mail past the servers that know it (25).
const std::vector<std::string>& default_allow_port() {
  static const std::vector<std::string> ports{"80",  "110", "143", "443", "465",
                                              "587", "853", "993", "995", "1024-65535"};
  return ports;
}

Listen listener_from(std::string_view text) {
  const std::string_view whole = text;
  Listen listen;
  const std::string_view word = text.substr(0, text.find(':'));
  const auto mode = std::find_if(kModes.begin(), kModes.end(),
                                 [&](ListenMode one) { return word == to_string(one); });
  if (mode != kModes.end()) {
    listen.mode = *mode;
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  const std::size_t equals = text.find('=');
  if (equals != std::string_view::npos) {
    if (listen.mode != ListenMode::reverse) {
      throw Complaint{in_quotes(whole) + ": only a listener of mode reverse has a target"};
    }
    listen.target = host_and_port(text.substr(equals + 1), whole,
                                  "reverse:ADDR:PORT=HOST:PORT, as in "
                                  "reverse:0.0.0.0:443=mail.contoso.com:443");
    text = text.substr(0, equals);
  }
  listen.address = listen_from(text);
  return listen;
}

std::string listener_text(const Listen& listen) {
  std::string text =
      listen.mode == ListenMode::proxy ? "" : std::string{to_string(listen.mode)} + ":";
  const bool literal6 = listen.address.address.find(':') != std::string::npos;
  text += literal6 ? "[" + listen.address.address + "]" : listen.address.address;
  text += ":" + std::to_string(listen.address.port);
  if (listen.target) text += "=" + written(*listen.target);
  return text;
}

std::string listener_from_row(const std::map<std::string, std::string>& row) {
  std::string text;
  std::string address, target;
  for (const auto& [key, value] : row) {
    if (key == "address") {
      address = value;
    } else if (key == "target") {
      target = value;
    } else if (key == "mode") {
      const bool known = std::any_of(kModes.begin(), kModes.end(), [&mode = value](ListenMode one) {
        return mode == to_string(one);
      });
      if (!known) {
        throw Complaint{"mode " + in_quotes(value) +
                        " is none of proxy, reverse, transparent or socks5"};
      }
      text = value + ":";
    } else if (key == "port") {
      throw Complaint{
          "a listener has no \"port\": it is part of the address; write address = \"ADDR:PORT\", "
          "as in address = \"0.0.0.0:8888\""};
    } else {
      throw Complaint{"a listener has no " + in_quotes(key) + ", only address, mode and target"};
    }
  }
  if (address.empty()) throw Complaint{"the address is missing, as in address = \"0.0.0.0:8888\""};
  return text + address + (target.empty() ? "" : "=" + target);
}

StaticHost static_host_from(std::string_view text) {
  const auto wrong = [&] {
    return Complaint{in_quotes(text) + " is not NAME=ADDR, as in mail.contoso.com=192.0.2.10"};
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) throw wrong();
  StaticHost host{std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)}};
  if (host.address.starts_with('[') && host.address.ends_with(']')) {
    host.address = host.address.substr(1, host.address.size() - 2);
  }
  if (!is_literal(host.address) || host.name.find_first_of(" \t/:@*") != std::string::npos) {
    throw wrong();
  }
  for (char& c : host.name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (host.name.size() > 1 && host.name.ends_with('.')) host.name.pop_back();
  return host;
}

Endpoint upstream_proxy_from(std::string_view text) {
  constexpr std::string_view kWanted =
      "[http://]HOST:PORT, as in proxy.contoso.com:3128; a user and password belong into a file "
      "(--upstream-proxy-credentials)";
  std::string_view rest = text;
  if (rest.starts_with("http://")) rest.remove_prefix(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Endpoint endpoint;
  // Never with the text: somebody may have written a password into it.
  if (rest.find('@') != std::string_view::npos || rest.find("://") != std::string_view::npos) {
    throw Complaint{"the value is not " + std::string{kWanted}};
  }
  endpoint = endpoint_from(rest, text, kWanted);
  if (endpoint.address.empty() || endpoint.port == 0) {
    throw Complaint{in_quotes(text) + " is not " + std::string{kWanted}};
  }
  return endpoint;
}

Endpoint name_server_from(std::string_view text) {
  constexpr std::string_view kWanted = "the address of a DNS server, as in 192.0.2.53";
  Endpoint endpoint = host_and_port(text, text, kWanted);
  if (!is_literal(endpoint.address)) {
    throw Complaint{in_quotes(text) + " is not " + std::string{kWanted}};
  }
  return endpoint;
}

std::string own_address_from(std::string_view text) {
  std::string address{text};
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  if (!is_literal(address)) {
    throw Complaint{in_quotes(text) + " is not an address of this machine, as in 192.168.1.5"};
  }
  return address;
}

std::string server_list(const std::vector<Endpoint>& servers) {
  std::string text;
  for (const Endpoint& server : servers) {
    const bool v6 = server.address.find(':') != std::string::npos;
    if (!text.empty()) text += ',';
    text += v6 ? '[' + server.address + ']' : server.address;
    text += ':' + std::to_string(server.port == 0 ? 53 : server.port);
  }
  return text;
}

}  // namespace eastap::config
