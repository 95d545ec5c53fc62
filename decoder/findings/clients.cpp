#include "decoder/findings/clients.hpp"

#include <algorithm>

namespace eastap::findings {

void Clients::decrypted(std::string_view client, std::string_view host) {
  auto found = index_.find(client);
  if (found == index_.end()) {
    if (order_.size() >= limit_) {
      index_.erase(order_.back().address);
      order_.pop_back();
    }
    order_.push_front({std::string{client}, {}});
    found = index_.emplace(order_.front().address, order_.begin()).first;
  } else {
    order_.splice(order_.begin(), order_, found->second);
  }
  std::vector<std::string>& hosts = found->second->hosts;
  if (std::find(hosts.begin(), hosts.end(), host) == hosts.end() && hosts.size() < kHosts)
    hosts.emplace_back(host);
}

bool Clients::any_decrypted(std::string_view client) const { return index_.contains(client); }

bool Clients::decrypted_host(std::string_view client, std::string_view host) const {
  const auto found = index_.find(client);
  if (found == index_.end()) return false;
  const std::vector<std::string>& hosts = found->second->hosts;
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

}  // namespace eastap::findings
