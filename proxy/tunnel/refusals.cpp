#include "proxy/tunnel/refusals.hpp"

namespace eastap::tunnel {
namespace {

std::string key_of(std::string_view client, std::string_view host) {
  std::string key{client};
  key += '\0';  // in no address and no host name
  key += host;
  return key;
}

}  // namespace

Refusals::Entry* Refusals::find(std::string_view client, std::string_view host) {
  const auto found = index_.find(key_of(client, host));
  if (found == index_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return &*found->second;
}

bool Refusals::spared(std::string_view client, std::string_view host, Time now) {
  if (settings_.after == 0 || order_.empty()) return false;
  Entry* known = find(client, host);
  if (known == nullptr || known->until == Time{}) return false;
  if (now < known->until) return true;
  known->until = {};
  known->count = settings_.after - 1;
  return false;
}

bool Refusals::refused(std::string_view client, std::string_view host, Time now) {
  if (settings_.after == 0) return false;
  Entry* known = find(client, host);
  if (known == nullptr) {
    if (!order_.empty() && order_.size() >= settings_.limit) {
      index_.erase(order_.back().key);
      order_.pop_back();
    }
    order_.push_front({key_of(client, host), 0, {}});
    index_.emplace(order_.front().key, order_.begin());
    known = &order_.front();
  }
  if (known->until != Time{}) return false;  // of a connection that began before it was spared
  if (++known->count < settings_.after) return false;
  known->until = now + settings_.spare_for;
  return true;
}

void Refusals::accepted(std::string_view client, std::string_view host) {
  if (order_.empty()) return;
  const auto found = index_.find(key_of(client, host));
  if (found == index_.end()) return;
  order_.erase(found->second);
  index_.erase(found);
}

}  // namespace eastap::tunnel
