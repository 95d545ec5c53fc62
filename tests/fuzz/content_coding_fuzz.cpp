/// Content codings on any octets: the limit holds, offsets lie in the input, and whole means
/// silent.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/content_coding.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eastap;
  if (size < 1) return 0;
  static const char* const kNames[] = {"gzip", "deflate", "br", "zstd"};
  std::vector<std::string> codings{kNames[data[0] & 3]};
  if ((data[0] & 4) != 0) codings.emplace_back(kNames[(data[0] >> 3) & 3]);
  const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};
  const http::CodingLimits limits{1 << 18, 4};
  const auto decoded = http::undo_content_codings(codings, body, "body", limits);
  // What cannot be decoded comes back as received.
  if (decoded.octets.size() > limits.output && decoded.octets != body) std::abort();
  for (const Diagnostic& diagnostic : decoded.diagnostics) {
    if (diagnostic.offset > body.size()) std::abort();
  }
  if (!decoded.whole && decoded.diagnostics.empty()) std::abort();
  return 0;
}
