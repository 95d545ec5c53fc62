#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decoder/base/time.hpp"

namespace eastap::render {

[[nodiscard]] std::string grouped(std::uint64_t number);  ///< "48 090"
[[nodiscard]] std::string count_words(std::uint64_t count, std::string_view one,
                                      std::string_view many);  ///< "1 folder", "2 500 folders"
[[nodiscard]] std::string size_words(std::uint64_t octets);    ///< "812 B", "48.2 kB", "3.1 MB"
[[nodiscard]] std::string duration_words(
    Microseconds duration);  ///< "38 ms", "12.4 s", "2:07.9", "1:00:03"

}  // namespace eastap::render
