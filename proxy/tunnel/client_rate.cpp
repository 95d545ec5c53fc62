#include "proxy/tunnel/client_rate.hpp"

#include <algorithm>

namespace eastap::tunnel {

Address client_of(const Address& address) {
  if (address.is_v4()) return address;
  Address network = address;
  std::fill(network.octets.begin() + 8, network.octets.end(), std::uint8_t{0});
  return network;
}

bool ClientRate::admit(const Address& client, const Settings& settings, Time now) {
  if (settings.per_second == 0) return true;
  Bucket& bucket = buckets_.at(client_of(client));
  const double most = settings.burst;
  if (bucket.tokens < 0) {
    bucket.tokens = most;
  } else {
    const std::chrono::duration<double> passed = now - bucket.filled;
    bucket.tokens = std::min(most, bucket.tokens + passed.count() * settings.per_second);
  }
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

std::optional<std::uint64_t> RepeatedNotes::tell(const Address& client, const std::string& what,
                                                 Time now) {
  Seen& seen = seen_.at({client_of(client), what});
  if (seen.told && now - seen.last < kQuiet) {
    ++seen.left_out;
    return std::nullopt;
  }
  const std::uint64_t left_out = seen.left_out;
  seen = {true, now, 0};
  return left_out;
}

}  // namespace eastap::tunnel
