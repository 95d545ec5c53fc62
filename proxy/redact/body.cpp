#include "proxy/redact/body.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/eas/body.hpp"
#include "proxy/redact/mime.hpp"

namespace eastap::redact {
namespace {

using Kind = eas::Body::Kind;

void append_little_endian(std::string& out, std::uint64_t value) {
  for (int shift = 0; shift < 32; shift += 8) {
    out += static_cast<char>(static_cast<unsigned char>(value >> shift & 255U));
  }
}

std::uint32_t little_endian(std::string_view octets, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8U | static_cast<std::uint8_t>(octets[at + i]);
  return value;
}

}  // namespace

std::string redacted_multipart(const Scope& scope, std::string_view body) {
  std::vector<Diagnostic> ignored;
  const auto parts = eas::read_parts(body, "", eas::Limits{}, ignored);
  const std::size_t table = std::min<std::size_t>(
      body.size(), parts.empty() ? 4 : 4 + std::size_t{8} * little_endian(body, 0));
  std::string out{body.substr(0, table)};
  std::string contents;
  std::size_t at = table;
  std::int64_t moved = 0;  // how much further the next part begins
  for (std::size_t index = 0; index < parts.size(); ++index) {
    const auto [offset, size] = parts[index];
    if (offset < at || 4 + index * 8 + 8 > table) break;  // parts that overlap: hidden below
    contents += scope.names->hidden(body.substr(at, offset - at));
    const std::string_view part = body.substr(offset, size);
    const std::string changed =
        index == 0 ? redacted_wbxml(scope, part) : scope.names->hidden(part);
    std::string entry;
    const auto delta = static_cast<std::int64_t>(changed.size()) - static_cast<std::int64_t>(size);
    append_little_endian(entry,
                         static_cast<std::uint64_t>(little_endian(body, 4 + index * 8) + moved));
    append_little_endian(entry,
                         static_cast<std::uint64_t>(little_endian(body, 8 + index * 8) + delta));
    out.replace(4 + index * 8, 8, entry);
    contents += changed;
    moved += delta;
    at = std::size_t{offset} + size;
  }
  return out + contents + scope.names->hidden(body.substr(at));
}

std::string redacted_body(const Scope& scope, std::string_view content_type, std::string_view body,
                          bool file) {
  if (body.empty()) return {};
  if (file) return scope.names->hidden(body);
  std::vector<Diagnostic> ignored;
  eas::BodyOctets octets;
  octets.octets = std::make_shared<const std::string>(body);
  switch (eas::read_body(std::move(octets), content_type, "", eas::Limits{}, false, ignored).kind) {
    case Kind::none: break;
    case Kind::wbxml: return redacted_wbxml(scope, body);
    case Kind::multipart: return redacted_multipart(scope, body);
    case Kind::mime: return redacted_mime(scope, body);
    case Kind::xml: return redacted_xml(scope, body);
    case Kind::json: return redacted_json(scope, body);
    case Kind::html:
    case Kind::text: return plain_words(scope, body);
    case Kind::other: break;
  }
  return scope.names->hidden(body);
}

}  // namespace eastap::redact
