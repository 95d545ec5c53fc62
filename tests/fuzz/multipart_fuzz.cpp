// A multipart answer of ItemOperations, [MS-ASCMD] 2.2.1.10.1.1, on arbitrary octets. Properties:
// parts lie inside the body and keep to the limit, remarks too; a table that lies is remarked on;
// cutting the body never makes a part grow; a redacted body has the same parts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/eas/body.hpp"
#include "proxy/redact/body.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace eastap;

const redact::Pseudonyms kNames{"a key of at least 16 octets"};

std::vector<eas::Body::Part> parts_of(std::string_view body, std::vector<Diagnostic>& remarks) {
  eas::Limits limits;
  limits.parts = 32;
  const auto parts = eas::read_parts(body, "response body", limits, remarks);
  require(parts.size() <= limits.parts);
  for (const auto& [offset, size] : parts) {
    require(std::uint64_t{offset} + size <= body.size());
  }
  require(remarks.size() <= 16);
  for (const Diagnostic& remark : remarks) require(remark.offset <= body.size());
  return parts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  std::vector<Diagnostic> remarks, of_cut, of_redacted;
  const auto parts = parts_of(input, remarks);
  if (size > 0) {
    const auto cut = parts_of(input.substr(0, size - 1), of_cut);
    require(cut.size() <= parts.size());
    for (std::size_t i = 0; i < cut.size(); ++i) require(cut[i].size <= parts[i].size);
  }
  std::vector<Diagnostic> whole;
  eas::BodyOctets octets;
  octets.octets = std::make_shared<const std::string>(input);
  const eas::Body body = eas::read_body(std::move(octets), "application/vnd.ms-sync.multipart",
                                        "response body", eas::Limits{}, false, whole);
  for (const Diagnostic& remark : whole) require(remark.offset <= size);
  if (body.kind != eas::Body::Kind::multipart) return 0;
  redact::Scope scope;
  scope.names = &kNames;
  for (const auto level : {redact::Level::content, redact::Level::identity}) {
    scope.level = level;
    const std::string changed = redact::redacted_multipart(scope, input);
    if (!remarks.empty()) continue;
    const auto after = parts_of(changed, of_redacted);
    require(of_redacted.empty() && after.size() == parts.size());
    for (std::size_t i = 1; i < parts.size(); ++i) require(after[i].size == parts[i].size);
  }
  return 0;
}
