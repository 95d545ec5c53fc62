#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace eastap {

/// What is wrong with an input. Branch on this, never on the text of `detail`.
enum class Errc : std::uint8_t {
  truncated,  ///< the input ends inside a unit that its own lengths announce
  malformed,  ///< breaks the grammar of its format
  bad_base64,
  bad_text,     ///< text that is not in the encoding it must be in
  too_deep,     ///< nesting beyond the limit
  too_large,    ///< a length, count or expansion beyond the limit
  unsupported,  ///< well-formed, but of a version or kind this program does not read
  not_found,
  io,  ///< the operating system refused; `detail` holds its words
};

/// The word used in records and messages, e.g. "truncated".
[[nodiscard]] std::string_view to_string(Errc code);

struct Error {
  Errc code = Errc::malformed;
  std::uint64_t offset = 0;  ///< octets from the start of the input
  std::string detail;
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

}  // namespace eastap
