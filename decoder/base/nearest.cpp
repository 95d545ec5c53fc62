#include "decoder/base/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace eastap {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  // rows of the table, for `left` up to at - 1, at and at + 1
  std::vector<std::size_t> before(right.size() + 1), last(right.size() + 1), row(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t at = 0; at < left.size(); ++at) {
    row[0] = at + 1;
    for (std::size_t other = 0; other < right.size(); ++other) {
      row[other + 1] = std::min({last[other + 1] + 1, row[other] + 1,
                                 last[other] + (left[at] == right[other] ? 0U : 1U)});
      const bool swapped = at > 0 && other > 0 && left[at] == right[other - 1] &&
                           left[at - 1] == right[other] && left[at] != left[at - 1];
      if (swapped) row[other + 1] = std::min(row[other + 1], before[other - 1] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last.back();
}

}  // namespace eastap
