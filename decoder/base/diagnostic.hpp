#pragma once

#include <cstdint>
#include <string>

#include "decoder/base/result.hpp"

namespace eastap {

/// A remark on an input that was read all the same: what was odd, and where.
struct Diagnostic {
  Errc code = Errc::malformed;
  std::uint64_t offset = 0;  ///< octets from the start of `part`
  std::string part;  ///< "request head", "request body", "response body", "query", …; empty: the
                     ///< input itself
  std::string text;  ///< one sentence for the admin
  bool operator==(const Diagnostic&) const = default;
};

}  // namespace eastap
