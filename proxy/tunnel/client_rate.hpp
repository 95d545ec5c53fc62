#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "proxy/tunnel/host_rules.hpp"

namespace eastap::tunnel {

/// What counts as one client: an IPv4 address, or the /64 that every IPv6 host has to itself
/// (RFC 4291 2.5.1), from which it may take as many addresses as it likes.
[[nodiscard]] Address client_of(const Address& address);

/// A table of the clients seen last. Bounded: the one not seen for longest gives way.
template <class Key, class Value>
class RecentTable {
 public:
  explicit RecentTable(std::size_t most) : most_{most} {}

  /// The value of `key`, made by default when it is new. Valid until the next call.
  Value& at(const Key& key) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return entries_.front().second;
    }
    entries_.emplace_front(key, Value{});
    by_key_.emplace(key, entries_.begin());
    if (entries_.size() > most_) {
      by_key_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return entries_.front().second;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  std::size_t most_;
  Entries entries_;  // seen last first
  std::map<Key, typename Entries::iterator> by_key_;
};

/// How often each client may do something: a token bucket a client. Not thread-safe.
class ClientRate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Settings {
    std::uint32_t per_second = 0;  ///< in the long run; 0: no limit
    std::uint32_t burst = 1;       ///< at once, after a rest
  };

  /// 4 096 clients of ~150 octets. A client that is forgotten starts with a full bucket.
  explicit ClientRate(std::size_t most_clients = 4'096) : buckets_{most_clients} {}

  /// True: `client` may, and it has been counted. `now` never goes back.
  [[nodiscard]] bool admit(const Address& client, const Settings& settings, Time now);

 private:
  struct Bucket {
    double tokens = -1;  // -1: new
    Time filled{};
  };
  RecentTable<Address, Bucket> buckets_;
};

/// Keeps what repeats from filling the tail: of the same thing about the same client one note in a
/// while, with the number of those that were left out. Not thread-safe.
class RepeatedNotes {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kQuiet{60};

  explicit RepeatedNotes(std::size_t most = 4'096) : seen_{most} {}

  /// Nothing: it was told less than `kQuiet` ago, and is counted. Else how many were left out since
  /// it was told last. `what` is one of the program's own words.
  [[nodiscard]] std::optional<std::uint64_t> tell(const Address& client, const std::string& what,
                                                  Time now);

 private:
  struct Seen {
    bool told = false;
    Time last{};
    std::uint64_t left_out = 0;
  };
  RecentTable<std::pair<Address, std::string>, Seen> seen_;
};

}  // namespace eastap::tunnel
