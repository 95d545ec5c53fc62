#include "decoder/findings/people.hpp"

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/findings/facts.hpp"

namespace eastap::findings {

namespace {
constexpr std::size_t kAddresses = 32;
}

void Person::add_address(std::string_view address) {
  if (address.find('@') == std::string_view::npos || addresses.size() >= kAddresses) return;
  const std::uint64_t hash = hash_of(to_lower(address));
  if (std::find(addresses.begin(), addresses.end(), hash) == addresses.end())
    addresses.push_back(hash);
}

bool Person::owns(std::string_view address) const {
  return std::find(addresses.begin(), addresses.end(), hash_of(to_lower(address))) !=
         addresses.end();
}

Person* People::find(std::string_view name) {
  const auto found = index_.find(name);
  if (found == index_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return &*found->second;
}

Person& People::get(std::string_view name) {
  if (Person* known = find(name)) return *known;
  while (order_.size() >= limit_) {
    index_.erase(order_.back().name);
    order_.pop_back();
  }
  order_.emplace_front().name = name;
  index_.emplace(order_.front().name, order_.begin());
  return order_.front();
}

}  // namespace eastap::findings
