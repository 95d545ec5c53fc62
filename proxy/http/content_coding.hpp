#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/diagnostic.hpp"
#include "decoder/model/header_list.hpp"

namespace eastap::http {

struct CodingLimits {
  /// Octets that one body may grow to: twice the largest body that is kept.
  std::size_t output = 64 * 1024 * 1024;
  /// Nobody uses two; each costs up to `output`.
  std::size_t codings = 4;
};

/// A body with its content codings undone, as far as that went.
struct DecodedBody {
  std::string octets;
  /// `truncated`: the coded input ends early; `malformed`: it breaks off at `offset`; `too_large`:
  /// it grows beyond the limit; `unsupported`: a coding that is not known. `offset` counts octets
  /// of the body as received (of the outermost coding).
  std::vector<Diagnostic> diagnostics;
  bool whole = true;   ///< every coding was undone to its end
  double ratio = 1.0;  ///< octets out for each octet in
};

/// The codings of `head` in the order in which they were applied, lower case, without "identity".
[[nodiscard]] std::vector<std::string> content_codings(const model::HeaderList& head);

/// Undoes gzip (and x-gzip), deflate (zlib or raw), br, zstd, the last of `codings` first. A body
/// that is not in the coding that its head names comes back as received, with a diagnostic. `part`
/// names the body in diagnostics ("request body"). Memory is bounded by two times `limits.output`.
[[nodiscard]] DecodedBody undo_content_codings(const std::vector<std::string>& codings,
                                               std::string_view body, std::string_view part,
                                               const CodingLimits& limits = {});

/// `head` of a body whose coding was undone before it was stored: its Content-Encoding fields
/// renamed, so that the body stands for itself. `cut`: the body did not decode whole.
[[nodiscard]] model::HeaderList without_coding(const model::HeaderList& head, bool cut);

/// Of such a head, whether the body decoded whole; nothing of any other head.
[[nodiscard]] std::optional<bool> undone_coding_whole(const model::HeaderList& head);

}  // namespace eastap::http
