#include "decoder/findings/clients.hpp"

#include <algorithm>

#include "decoder/findings/facts.hpp"

namespace eastap::findings {
namespace {

bool holds(const std::vector<std::string>& hosts, std::string_view host) {
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

}  // namespace

Clients::Client& Clients::of(std::string_view client) {
  if (const auto found = index_.find(client); found != index_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return *found->second;
  }
  if (order_.size() >= limit_) {
    index_.erase(order_.back().address);
    order_.pop_back();
  }
  order_.push_front({std::string{client}, {}, {}, {}, false});
  index_.emplace(order_.front().address, order_.begin());
  return order_.front();
}

const Clients::Client* Clients::find(std::string_view client) const {
  const auto found = index_.find(client);
  return found == index_.end() ? nullptr : &*found->second;
}

bool Clients::decrypted(std::string_view client, std::string_view host) {
  Client& known = of(client);
  if (!holds(known.hosts, host) && known.hosts.size() < kHosts) known.hosts.emplace_back(host);
  const auto failing = std::find(known.failing.begin(), known.failing.end(), host);
  if (failing == known.failing.end()) return false;
  known.failing.erase(failing);
  return true;
}

void Clients::failed(std::string_view client, std::string_view host) {
  Client& known = of(client);
  if (!holds(known.failing, host) && known.failing.size() < kHosts)
    known.failing.emplace_back(host);
}

void Clients::note_failure(const model::ConnectionEvent& event) {
  constexpr std::size_t kDetail = 256;
  std::vector<Failure>& failures = of(without_port(event.connection->client)).failures;
  const std::string& host = event.connection->host;
  auto found = std::find_if(failures.begin(), failures.end(), [&](const Failure& known) {
    return known.kind == event.kind && known.host == host && known.reason == event.reason;
  });
  if (found == failures.end()) {
    if (failures.size() >= kHosts) return;
    found = failures.insert(found, {event.kind, host, event.reason, {}, event.time, {}, 0});
  }
  found->detail = event.detail.substr(0, kDetail);
  found->last = std::max(found->last, event.time);
  ++found->count;
}

std::vector<const Clients::Client*> Clients::all() const {
  std::vector<const Client*> out;
  for (const Client& client : order_) out.push_back(&client);
  std::sort(out.begin(), out.end(),
            [](const Client* left, const Client* right) { return left->address < right->address; });
  return out;
}

bool Clients::any_decrypted(std::string_view client) const {
  const Client* known = find(client);
  return known != nullptr && !known->hosts.empty();
}

bool Clients::decrypted_host(std::string_view client, std::string_view host) const {
  const Client* known = find(client);
  return known != nullptr && holds(known->hosts, host);
}

bool Clients::has_certificate(std::string_view client) const {
  const Client* known = find(client);
  return known != nullptr && known->has_certificate;
}

}  // namespace eastap::findings
