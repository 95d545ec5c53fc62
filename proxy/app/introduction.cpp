#include "proxy/app/introduction.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include <unistd.h>

#include "proxy/app/wiring.hpp"
#include "proxy/net/machine.hpp"
#include "proxy/portal/markup.hpp"
#include "proxy/portal/qr.hpp"
#include "proxy/sink/renderers.hpp"

namespace eastap::app {
namespace {

using config::ListenMode;

/// The CA that a phone is about to trust, to compare with what it shows.
std::string described(const config::Config& config, const certs::Authority& authority) {
  const auto facts = authority.facts();
  std::string text;
  text += "     \"" + facts.subject + "\"" + (authority.created ? ", made just now" : "") + '\n';
  text += "     " + certs::certificate_file(config.ca_dir).string() + '\n';
  if (const std::string hosts = authority.permitted_text(); !hosts.empty()) {
    text += "     signs only for " + hosts + '\n';
  } else if (facts.subject == facts.issuer) {
    text += "     signs for any host; to limit it:\n     eastap ca renew --ca-dir " +
            config.ca_dir + " --permit DOMAIN\n";
  }
  // A SHA-256 in colon form is 95 characters: two lines.
  text += "     SHA-256 " + facts.sha256.substr(0, 48) + '\n';
  if (facts.sha256.size() > 48) text += "             " + facts.sha256.substr(48) + '\n';
  return text;
}

/// The code that leads a phone's camera to the page: only where a person can see it, and whole.
std::string qr_code(const std::string& url, bool coloured) {
  constexpr std::string_view indent = "     ";
  const auto code = portal::make_qr(url);
  const std::size_t width = sink::terminal_width(STDERR_FILENO);  // 0: no terminal
  if (width < indent.size() + portal::qr_width(code)) return {};
  return portal::qr_lines(code, indent, coloured);
}

/// The listener that a phone's proxy setting leads to, and that has the pages; nothing when phones
/// come in without a setting (reverse, transparent).
std::optional<std::size_t> phone_listener(const std::vector<net::BoundListener>& listeners) {
  for (const ListenMode wanted : {ListenMode::proxy, ListenMode::socks5}) {
    const auto found =
        std::find_if(listeners.begin(), listeners.end(),
                     [&](const net::BoundListener& one) { return one.mode == wanted; });
    if (found != listeners.end()) return static_cast<std::size_t>(found - listeners.begin());
  }
  return std::nullopt;
}

/// "     Also listening: socks5 0.0.0.0:1080", a line each.
std::string other_listeners(const std::vector<net::BoundListener>& listeners,
                            std::optional<std::size_t> told_already) {
  std::string text;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (i == told_already) continue;
    text += std::string{told_already ? "     Also listening: " : "     Listening: "} +
            std::string{to_string(listeners[i].mode)} + ' ' + listeners[i].address + '\n';
  }
  return text;
}

/// Where phones find a listener: of one that is bound to every address, those of this machine.
std::vector<std::string> addresses_of(const config::Endpoint& listen) {
  const bool everywhere = listen.address == "0.0.0.0" || listen.address == "::";
  std::vector<std::string> addresses;
  if (everywhere) addresses = net::lan_addresses();
  if (addresses.empty()) addresses.push_back(everywhere ? "127.0.0.1" : listen.address);
  return addresses;
}

/// " mail.* owa.*": four of the patterns, those that the user added first, and how many more.
std::string decrypted_hosts(std::vector<std::string> patterns, const redact::Redactor* redactor) {
  constexpr std::size_t kShown = 4, kColumns = 80 - 39;  // beside the words before them
  const std::vector<std::string> built_in = config::Config{}.intercept;
  std::stable_partition(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return std::find(built_in.begin(), built_in.end(), pattern) == built_in.end();
  });
  std::string text;
  std::size_t shown = 0;
  for (std::string& pattern : patterns) {
    if (redactor != nullptr) pattern = redactor->text(pattern);
    if (shown == kShown || (shown > 0 && text.size() + 1 + pattern.size() > kColumns)) break;
    text += ' ' + pattern;
    ++shown;
  }
  if (const std::size_t left = patterns.size() - shown; left > 0) {
    text += "\n     and " + std::to_string(left) + (left == 1 ? " more pattern" : " more patterns");
  }
  return text;
}

/// Steps 1 and 2 where the phone is set to us: the proxy, and the page with the certificate.
std::string setting(const config::Config& config, const net::BoundListener& listener,
                    const std::vector<std::string>& addresses, const certs::Authority& authority) {
  const std::string port = std::to_string(listener.port);
  const std::string page = portal::page_url(addresses.front(), listener.port);
  std::string text;
  text += listener.mode == ListenMode::proxy
              ? "  1  Phone, Wi-Fi > this network > proxy > manual (mobile data off):\n"
              : "  1  Phone, as SOCKS5 proxy (mobile data off):\n";
  text += "     server " + addresses.front() + "   port " + port + '\n';
  if (addresses.front().starts_with("127.") || addresses.front() == "::1") {
    text += "     (no phone reaches this address: --listen 0.0.0.0:" + port + ")\n";
  }
  if (addresses.size() > 1) {
    text += "     (this machine also is";
    for (std::size_t i = 1; i < addresses.size() && i < 4; ++i) text += ' ' + addresses[i];
    text += ")\n";
  }
  if (authority.stand_in) {
    text += "  2  No CA is needed: every decrypted host has a certificate of its own\n";
    if (config.pages.enabled) text += "     The page " + page + " tests the setting\n";
    return text;
  }
  if (config.pages.enabled) {
    text += "  2  Phone, camera or browser: " + page + '\n';
    text += "     or, through the proxy, http://eastap.test/  install, trust, test\n";
  } else {
    text += "  2  Phone: install and trust the certificate (eastap ca export)\n";
  }
  return text + described(config, authority);
}

}  // namespace

std::string introduction(const config::Config& config,
                         const std::vector<net::BoundListener>& listeners,
                         const certs::Authority& authority, const std::string& capture,
                         const redact::Redactor* redactor) {
  const auto chosen = phone_listener(listeners);
  std::string code, text;
  if (chosen) {
    const net::BoundListener& listener = listeners[*chosen];
    const auto addresses = addresses_of(config.ways_in.listeners[*chosen].address);
    if (config.pages.enabled && config.pages.qr) {
      code = qr_code(portal::page_url(addresses.front(), listener.port),
                     config.color != config::ColorMode::never);
    }
    text += setting(config, listener, addresses, authority);
  } else {
    text += "  1  Phones come in by DNS or the firewall: no proxy is set on them\n";
    text += authority.stand_in
                ? "  2  No CA is needed: every decrypted host has a certificate of its own\n"
                : "  2  Phone: install and trust the certificate (eastap ca export)\n" +
                      described(config, authority);
  }
  text += "  3  Open the mail app. Decrypted hosts:" + decrypted_hosts(config.intercept, redactor) +
          "; all others pass through untouched\n";
  text += capture.empty() ? "     No capture is kept (--no-capture)\n"
                          : "     Capture: " + capture + '\n';
  text += other_listeners(listeners, chosen);
  text += "     Ctrl-C stops\n";
  // Where not all of it fits, the code stands last: it is of no use without its upper edge.
  const auto lines = std::count(text.begin(), text.end(), '\n') +
                     std::count(code.begin(), code.end(), '\n') +
                     3;  // first, "ready", the cursor's
  const bool fits = sink::terminal_height(STDERR_FILENO) >= static_cast<std::size_t>(lines);
  return "eastap " + std::string{version()} + '\n' + (fits ? code + text : text + code);
}

}  // namespace eastap::app
