#include "proxy/check/names.hpp"

#include "proxy/tunnel/host_rules.hpp"

namespace eastap::check {

std::string address_words(const LookedUp& found) {
  using Outcome = LookedUp::Outcome;
  switch (found.outcome) {
    case Outcome::found: break;
    case Outcome::no_such_name: return "no such name";
    case Outcome::no_data: return "no address";
    case Outcome::failed: return "look-up failed: " + found.error;
  }
  std::string words;
  for (const std::string& address : found.addresses) {
    words += (words.empty() ? "" : ", ") + address;
  }
  for (const std::string& alias : found.aliases) words += ", alias of " + alias;
  return words;
}

bool is_address(const std::string& host) { return tunnel::parse_address(host).has_value(); }

}  // namespace eastap::check
