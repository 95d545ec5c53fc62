#include "decoder/findings/fault.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kPageOctets = 4'096;
constexpr std::size_t kValueOctets = 120;

/// Signs of products that stand before Exchange, in Server, Via, further header names or the page.
struct Product {
  std::string_view sign, name;
};
constexpr std::array kInHead{
    Product{"cloudflare", "Cloudflare"},
    Product{"cf-ray:", "Cloudflare"},
    Product{"bigip", "F5 BIG-IP"},
    Product{"big-ip", "F5 BIG-IP"},
    Product{"netscaler", "Citrix NetScaler"},
    Product{"ns-cache", "Citrix NetScaler"},
    Product{"microsoft-azure-application-gateway", "Azure Application Gateway"},
    Product{"x-azure-ref:", "Azure Front Door"},
    Product{"awselb", "AWS load balancer"},
    Product{"akamai", "Akamai"},
    Product{"x-squid-error:", "Squid"},
    Product{"squid", "Squid"},
    Product{"haproxy", "HAProxy"},
    Product{"nginx", "nginx"},
    Product{"openresty", "nginx"},
    Product{"envoy", "Envoy"},
    Product{"varnish", "Varnish"},
    Product{"traefik", "Traefik"},
    Product{"apache", "Apache"},
    Product{"lighttpd", "lighttpd"},
    Product{"caddy", "Caddy"},
    Product{"kemp", "Kemp LoadMaster"},
    Product{"barracuda", "Barracuda"},
    Product{"fortiweb", "Fortinet FortiWeb"},
    Product{"zscaler", "Zscaler"},
    Product{"bluecoat", "Blue Coat ProxySG"},
    Product{"sophos", "Sophos"},
};
constexpr std::array kInPage{
    Product{"forefront tmg", "Forefront TMG"},
    Product{"threat management gateway", "Forefront TMG"},
    Product{"isa server", "ISA Server"},
    Product{"all servers drained", "Forefront TMG"},
    Product{"error code: 64", "Forefront TMG"},
    Product{"unified access gateway", "Forefront UAG"},
    Product{"web application proxy", "Web Application Proxy"},
    Product{"no server is available to handle this request", "HAProxy"},
    Product{"the requested url was rejected", "F5 BIG-IP"},
    Product{"cloudflare", "Cloudflare"},
    Product{"incapsula", "Imperva"},
    Product{"squid", "Squid"},
    Product{"<center>nginx", "nginx"},
    Product{"web application firewall", "web application firewall"},
};

template <std::size_t N>
std::string_view product_in(std::string_view lower_text, const std::array<Product, N>& products) {
  for (const Product& product : products) {
    if (lower_text.find(product.sign) != std::string_view::npos) return product.name;
  }
  return {};
}

std::string field(std::string_view name, std::string_view value) {
  return std::string{name} + ": " + std::string{value.substr(0, kValueOctets)};
}

Fault of_exchange(const Facts& facts) {
  const AnswerHeaders& head = facts.head;
  if (!head.back_end.empty())
    return {Party::back_end, "Exchange server " + std::string{head.back_end},
            field("X-BEServer", head.back_end)};
  if (!head.front_end.empty()) {
    return {Party::front_end, "Exchange front end " + std::string{head.front_end},
            field("X-FEServer", head.front_end) + ", no X-BEServer"};
  }
  if (!head.calculated_back_end.empty()) {
    return {Party::front_end,
            "Exchange's front end before " + std::string{head.calculated_back_end},
            field("X-CalculatedBETarget", head.calculated_back_end) + ", no X-BEServer"};
  }
  if (!head.diag_info.empty())
    return {Party::back_end, "Exchange server " + std::string{head.diag_info},
            field("X-DiagInfo", head.diag_info)};
  if (!head.activesync.empty())
    return {Party::back_end, "Exchange", field("MS-Server-ActiveSync", head.activesync)};
  return {Party::front_end, "Exchange", field("request-id", head.request_id)};
}

bool is_web_server_of_exchange(std::string_view server) {
  return server.starts_with("Microsoft-IIS") || server.starts_with("Microsoft-HTTPAPI");
}

Fault of_others(const Facts& facts) {
  const AnswerHeaders& head = facts.head;
  const model::Message& response = *facts.exchange->response;
  const std::string lower_head = to_lower(response.head.raw());
  const std::string lower_page = to_lower(std::string_view{response.body}.substr(0, kPageOctets));
  std::string evidence = "no Exchange header";
  if (!head.server.empty()) evidence += "; " + field("Server", head.server);
  if (!head.via.empty()) evidence += "; " + field("Via", head.via);
  if (facts.command->server && !facts.command->server->page_title.empty())
    evidence += "; page \"" + facts.command->server->page_title.substr(0, kValueOctets) + '"';

  std::string_view product = product_in(lower_head, kInHead);
  if (product.empty()) product = product_in(lower_page, kInPage);
  if (!product.empty())
    return {Party::middlebox, std::string{product} + ", not Exchange", evidence};
  if (is_web_server_of_exchange(head.server) && head.via.empty())
    return {Party::front_end, "the web server " + std::string{head.server} + ", before Exchange",
            evidence};
  std::string name{head.server.substr(0, kValueOctets)};
  if (!head.via.empty())
    name += (name.empty() ? "" : ", ") + ("via " + std::string{head.via.substr(0, kValueOctets)});
  if (!name.empty()) return {Party::middlebox, name + ", not Exchange", evidence};
  if (lower_page.find("<html") != std::string::npos)
    return {Party::middlebox, "a gateway's HTML page, not Exchange", evidence};
  return {Party::unknown, "unknown origin: no Exchange header", evidence};
}

/// Statuses that the request itself brings about, whoever answers.
bool is_devices_fault(const Facts& facts) {
  if (facts.http == 400) return !facts.head.as_error.empty();
  return facts.http == 401 || facts.http == 456 || facts.http == 457;
}

}  // namespace

std::string_view to_string(Party party) {
  constexpr std::array<std::string_view, 7> kWords{"none",      "device", "front_end", "back_end",
                                                   "middlebox", "proxy",  "unknown"};
  return kWords[static_cast<std::size_t>(party)];
}

Fault fault_of(const Facts& facts) {
  if (facts.exchange->ending == model::Ending::proxy_failed) {
    return {Party::proxy, "this proxy itself",
            facts.exchange->error.empty() ? "the exchange ended in the proxy"
                                          : facts.exchange->error.substr(0, kValueOctets)};
  }
  if (facts.http < 400 || facts.exchange->response == nullptr) return {};
  if (is_devices_fault(facts)) {
    const bool malformed = facts.http == 400;
    return {Party::device, malformed ? "the device's request" : "the device's credentials",
            malformed ? field("X-MS-ASError", facts.head.as_error)
                      : "HTTP " + std::to_string(facts.http) + " to this request"};
  }
  return facts.head.from_exchange() ? of_exchange(facts) : of_others(facts);
}

Fault fault_of(const model::Exchange& exchange, const eas::Command& command) {
  if (exchange.connection == nullptr || exchange.request == nullptr) return {};
  Facts facts = request_facts(exchange, command);
  if (exchange.ending != model::Ending::open) add_answer(facts, facts.sent);
  return fault_of(facts);
}

std::string made_by(const Facts& facts) {
  const Fault fault = fault_of(facts);
  if (fault.party == Party::none) return {};
  return fault.who + " (" + fault.evidence + ")";
}

}  // namespace eastap::findings
