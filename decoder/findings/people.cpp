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
  const auto* known = people_.use(name);
  return known == nullptr ? nullptr : known->get();
}

Person& People::get(std::string_view name) {
  if (Person* known = find(name)) return *known;
  while (people_.size() >= limit_) people_.erase(people_.oldest()->name);
  auto made = std::make_unique<Person>();
  made->name = name;
  const std::string_view key = made->name;
  return *people_.add(key, std::move(made));
}

}  // namespace eastap::findings
