#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

namespace {

Option switched_off(std::string flag, std::string key, std::string summary, std::string detail,
                    bool& (*field)(Config&)) {
  Option option = named(std::move(flag), "", std::move(key), Group::pages, in::run,
                        std::move(summary), std::move(detail));
  option.form = Form::truth;
  option.apply = [field](Invocation& to, const Values& values, const std::string&) {
    field(to.config) = !truth_from(values.back());
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return Values{field(copy) ? "false" : "true"};
  };
  return option;
}

}  // namespace

void add_page_options(std::vector<Option>& table) {
  table.push_back(switched_off(
      "--no-pages", "no_pages", "answer no browser",
      "The proxy's own pages (http://ADDRESS:PORT/ and http://eastap.test/ through the proxy) tell "
      "how a phone is set up, hold the certificate, and test it. Without them install the "
      "certificate by other means: eastap ca export.",
      [](Config& config) -> bool& { return config.pages.enabled; }));
  Option allow = list(
      named("--allow-pages", "CIDR", "allow_pages", Group::pages, in::run, "clients that get pages",
            "Of those that --allow lets in. Pages are only answered to requests "
            "that call this proxy by an address or name of its own.",
            "192.168.1.0/24"),
      [](Config& config) -> Values& { return config.pages.allow; });
  allow.default_text = "as --allow";
  table.push_back(allow);
  table.push_back(list(
      named("--page-host", "NAME", "page_host", Group::pages, in::run,
            "further name of this machine",
            "A name or address by which browsers reach the pages, beside the addresses of this "
            "machine, its host name, localhost and eastap.test. Needed behind a port mapping or "
            "a DNS alias: a request under another name is refused, since a foreign web page could "
            "have sent it.",
            "tap.example.com"),
      [](Config& config) -> Values& { return config.pages.names; }));
  table.push_back(switched_off("--no-qr", "no_qr", "no QR code at the start",
                               "The code leads a phone's camera to the page that sets it up. It is "
                               "only shown on a terminal.",
                               [](Config& config) -> bool& { return config.pages.qr; }));
  table.push_back(number<unsigned>(
      named("--tunnel-after-failures", "N", "tunnel_after_failures", Group::pages, in::run,
            "let a phone pass that refuses N times",
            "When a phone has refused this proxy's certificate for a host N times in a row, that "
            "host is passed through undecrypted for that phone, so that it keeps working; the tail "
            "says so once. 0: never."),
      [](Config& config) -> unsigned& { return config.trust.tunnel_after_failures; }, 0, 1000));
  Option tunnel_for = duration(
      named("--tunnel-for", "", "tunnel_for", Group::pages, in::run, "and for how long",
            "Afterwards the host is tried again for that phone."),
      [](Config& config) -> std::chrono::milliseconds& { return config.trust.tunnel_for; },
      std::chrono::seconds{1}, std::chrono::hours{24 * 7});
  tunnel_for.group = Group::pages;
  table.push_back(tunnel_for);
}

}  // namespace eastap::config
