#pragma once

#include <cstddef>
#include <string_view>

namespace eastap {

/// Insertions, removals, replacements and swaps of neighbouring octets between two names (optimal
/// string alignment). Time and memory grow with
/// the product and the second length: cut what a peer or user chose before.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

}  // namespace eastap
