#include "proxy/portal/client_log.hpp"

#include <utility>

namespace eastap::portal {

ClientFacts& ClientLog::of(std::string_view client) {
  if (const auto found = index_.find(client); found != index_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return found->second->facts;
  }
  if (order_.size() >= limit_) {
    index_.erase(order_.back().client);
    order_.pop_back();
  }
  order_.push_front({std::string{client}, {}});
  index_.emplace(order_.front().client, order_.begin());
  return order_.front().facts;
}

void ClientLog::refused(std::string_view client, Timestamp at, std::string reason) {
  ClientFacts& facts = of(client);
  facts.refused = at;
  facts.reason = std::move(reason);
}

bool ClientLog::tell(std::string_view client, std::string_view verdict) {
  ClientFacts& facts = of(client);
  if (facts.told == verdict) return false;
  facts.told = verdict;
  return true;
}

ClientFacts ClientLog::facts(std::string_view client) const {
  const auto found = index_.find(client);
  return found == index_.end() ? ClientFacts{} : found->second->facts;
}

}  // namespace eastap::portal
