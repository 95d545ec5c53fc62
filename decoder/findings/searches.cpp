#include "decoder/findings/searches.hpp"

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/findings/context.hpp"
#include "decoder/findings/fault.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kSteps = 8, kHops = 10, kVisited = 32;

bool is_autodiscover_host(std::string_view host) { return host.starts_with("autodiscover"); }

std::string step_words(const Facts& facts) {
  const auto& found = facts.command->autodiscover;
  if (facts.http == 0) return "no answer";
  if (facts.http != 200) return "HTTP " + number(facts.http) + ", " + maker_of(facts);
  if (found && found->error_code) return "error " + number(*found->error_code);
  if (found && !found->error_name.empty()) return found->error_name.substr(0, 60);
  return "200 without a server's address";
}

}  // namespace

Searches::Search& Searches::of(std::string_view address, std::string_view client, Timestamp at) {
  const auto fits = [&](const Search& one) {
    if (!address.empty() && !one.address.empty()) return equals_ignoring_case(one.address, address);
    return one.client == client;
  };
  auto known = std::find_if(searches_.begin(), searches_.end(), fits);
  if (known == searches_.end()) {
    if (searches_.size() >= limit_) searches_.erase(searches_.begin());
    searches_.emplace_back();
    known = std::prev(searches_.end());
    known->began = at;
  }
  if (known->address.empty()) known->address = address.substr(0, 256);
  known->client = client;
  known->last = std::max(known->last, at);
  return *known;
}

void Searches::add_step(Search& search, std::string_view host, const std::string& what,
                        ExchangeId exchange) {
  if (search.hosts.size() < kSteps) search.hosts.emplace_back(host);
  if (search.steps.size() < kSteps)
    search.steps.push_back(std::string{host.substr(0, 120)} + ": " + what);
  if (exchange && search.exchanges.size() < kSteps) search.exchanges.push_back(exchange);
}

void Searches::observe(const Facts& facts, People& people) {
  const eas::Command& command = *facts.command;
  const auto& found = command.autodiscover;
  const std::string_view address =
      found && !found->email.empty() ? std::string_view{found->email} : command.user;
  const std::string_view client = without_port(facts.exchange->connection->client);
  const bool credentials =
      !facts.exchange->request->head.find("Authorization").value_or("").empty();
  if (facts.http == 401 && !credentials) return;  // a challenge
  if (facts.http == 200 && found && !found->url.empty()) {
    std::erase_if(searches_, [&](const Search& one) {
      if (address.empty() || one.address.empty()) return one.client == client;
      return normalised_user(one.address) == normalised_user(address);
    });
    if (!address.empty()) people.get(normalised_user(address)).add_address(address);
    return;
  }
  Search& search = of(address, client, facts.ended);
  const std::string& host = facts.exchange->connection->host;
  const bool moved = facts.http == 301 || facts.http == 302 || facts.http == 307 ||
                     facts.http == 308 || (found && !found->redirect.empty());
  if (moved) {
    const std::uint64_t url =
        hash_of(facts.head.location.empty() && found ? std::string_view{found->redirect}
                                                     : facts.head.location);
    const bool again =
        std::find(search.visited.begin(), search.visited.end(), url) != search.visited.end();
    if (search.visited.size() < kVisited) search.visited.push_back(url);
    if (again || search.visited.size() > kHops)
      add_step(search, host, "redirects that lead back", facts.id);
    return;
  }
  add_step(search, host, step_words(facts), facts.id);
}

void Searches::observe(const model::ConnectionEvent& event) {
  if (event.connection == nullptr || !is_autodiscover_host(event.connection->host)) return;
  if (event.kind != model::ConnectionEvent::Kind::client_tls_failed &&
      event.kind != model::ConnectionEvent::Kind::upstream_failed)
    return;
  Search& search = of({}, without_port(event.connection->client), event.time);
  add_step(search, event.connection->host,
           event.reason == "certificate" ? "its certificate is bad"
                                         : "connection failed, " + event.reason,
           {});
}

void Searches::report(const Search& search, Timestamp at, Incidents& incidents) {
  if (search.steps.empty() || search.address.empty()) return;
  Subject subject;
  Incident* incident =
      incidents.count(RuleId::autodiscover_failed, subject, to_lower(search.address), at, {});
  if (incident == nullptr) return;
  incident->first = std::min(incident->first, search.began);
  incident->user = search.address;
  incident->host = search.hosts.empty() ? std::string{} : search.hosts.back();
  for (const ExchangeId exchange : search.exchanges) incidents.add_example(*incident, exchange);
  for (const std::string& host : search.hosts) {
    Subject of_host;
    of_host.host = host;
    incident->because(incidents.open(RuleId::tls_upstream_bad, of_host, ""));
  }
  std::string steps;
  for (const std::string& step : search.steps) steps += (steps.empty() ? "" : "; ") + step;
  incident->summary = words({"no ActiveSync server was found for ", search.address, ": ", steps});
}

void Searches::ended_by(std::string_view client, std::string_view person, Timestamp at,
                        Incidents& incidents) {
  for (auto search = searches_.begin(); search != searches_.end();) {
    const bool own = search->client == client &&
                     (search->address.empty() || normalised_user(search->address) == person);
    if (!own || search->last > at) {
      ++search;
      continue;
    }
    report(*search, at, incidents);
    search = searches_.erase(search);
  }
}

void Searches::settle(Timestamp now, std::chrono::seconds quiet, Incidents& incidents) {
  for (auto search = searches_.begin(); search != searches_.end();) {
    if (search->last + quiet > now) {
      ++search;
      continue;
    }
    report(*search, search->last + quiet, incidents);
    search = searches_.erase(search);
  }
}

}  // namespace eastap::findings
