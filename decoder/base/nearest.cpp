#include "decoder/base/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace eastap {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t at = 0; at < left.size(); ++at) {
    std::size_t diagonal = row[0];
    row[0] = at + 1;
    for (std::size_t other = 0; other < right.size(); ++other) {
      const std::size_t above = row[other + 1];
      row[other + 1] =
          std::min({above + 1, row[other] + 1, diagonal + (left[at] == right[other] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace eastap
