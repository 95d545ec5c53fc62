#pragma once

#include <cstddef>
#include <string_view>

namespace eastap {

/// Insertions, removals and replacements of octets between two names. Time and memory grow with
/// the product and the second length: cut what a peer or user chose before.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

}  // namespace eastap
