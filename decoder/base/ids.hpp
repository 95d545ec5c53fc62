#pragma once

#include <compare>
#include <cstdint>

namespace eastap {

/// A number that cannot be mistaken for a number of another kind. 0 is "none".
template <class Kind>
struct Id {
  std::uint64_t value = 0;
  auto operator<=>(const Id&) const = default;
  explicit operator bool() const { return value != 0; }
};

using ConnectionId = Id<struct ConnectionIdKind>;  ///< one client connection to the proxy, from 1
using ExchangeId = Id<struct ExchangeIdKind>;      ///< one request with its response, from 1
using FindingId = Id<struct FindingIdKind>;        ///< one incident, from 1

}  // namespace eastap
