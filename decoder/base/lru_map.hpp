#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

namespace eastap {

/// Pointers by name, and the order in which they were last used. The order is kept in eight octets
/// a place, apart from everything else: with 100 000 places that are used in turns, the nodes of a
/// std::list would be most of the cache misses. At most 2^32 - 2 places.
template <class Pointer>
class LruMap {
 public:
  LruMap() : links_(1) {}

  [[nodiscard]] std::size_t size() const { return index_.size(); }
  [[nodiscard]] bool empty() const { return index_.empty(); }

  /// Null when there is none. Does not count as a use.
  [[nodiscard]] Pointer* find(std::string_view key) {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &values_[found->second - 1];
  }
  [[nodiscard]] const Pointer* find(std::string_view key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &values_[found->second - 1];
  }

  /// The same, which is then the latest used.
  [[nodiscard]] Pointer* use(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    if (links_[kEnds].older != found->second) {
      unlink(found->second);
      link(found->second);
    }
    return &values_[found->second - 1];
  }

  /// As the latest used. `key` is not in the map yet, and what it views (usually a member of the
  /// value) lives as long as the value is here. The reference holds until the next call.
  Pointer& add(std::string_view key, Pointer value) {
    Place place = free_;
    if (place != kEnds) {
      free_ = links_[place].older;
      values_[place - 1] = std::move(value);
    } else {
      values_.push_back(std::move(value));
      links_.emplace_back();
      place = static_cast<Place>(values_.size());
    }
    link(place);
    index_.emplace(key, place);
    return values_[place - 1];
  }

  /// No effect when there is none. `key` may be the one that the value holds.
  void erase(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    const Place place = found->second;
    index_.erase(found);
    unlink(place);
    links_[place].older = std::exchange(free_, place);
    const Pointer gone = std::exchange(values_[place - 1], Pointer{});
  }

  /// The longest unused; the map is not empty.
  [[nodiscard]] Pointer& oldest() { return values_[links_[kEnds].newer - 1]; }

  /// Calls `take(pointer)` for each, the latest used first, until it gives false.
  template <class Take>
  void newest_first(Take&& take) const {
    for (Place at = links_[kEnds].older; at != kEnds; at = links_[at].older) {
      if (!take(values_[at - 1])) return;
    }
  }

 private:
  using Place = std::uint32_t;
  static constexpr Place kEnds = 0;  ///< before the latest and after the oldest
  struct Link {
    Place newer = kEnds, older = kEnds;
  };

  void unlink(Place place) {
    const Link link = links_[place];
    links_[link.newer].older = link.older;
    links_[link.older].newer = link.newer;
  }
  void link(Place place) {
    const Place second = links_[kEnds].older;
    links_[place] = {kEnds, second};
    links_[second].newer = place;
    links_[kEnds].older = place;
  }

  std::vector<Link> links_;      ///< [0]: the ends; of a free place, `older` is the next free one
  std::vector<Pointer> values_;  ///< of place 1 and on
  Place free_ = kEnds;
  boost::unordered_flat_map<std::string_view, Place, std::hash<std::string_view>> index_;
};

}  // namespace eastap
