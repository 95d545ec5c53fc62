/// The HTTP decoder on any octets: cut anywhere the events are the same, places lie in the stream
/// and in order, and every octet that is not framing is given.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/text.hpp"
#include "proxy/http/decoder.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace eastap;
using Kind = http::Event::Kind;

struct Seen {
  Kind kind = Kind::end;
  std::uint64_t offset = 0, end_offset = 0;
  std::string octets, text;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> run(http::Direction direction, std::string_view stream, unsigned seed,
                      bool whole) {
  http::Limits limits;
  limits.head_bytes = 300;
  limits.chunk_line_bytes = 40;
  http::Decoder decoder{direction, limits};
  for (const char* method : {"POST", "HEAD", "CONNECT", "GET"}) decoder.expect(method);
  std::vector<Seen> seen;
  const auto collect = [&](const std::vector<http::Event>& events) {
    for (const http::Event& event : events) {
      const bool piece = event.kind == Kind::body || event.kind == Kind::opaque;
      if (piece && !seen.empty() && seen.back().kind == event.kind) {
        seen.back().octets += event.octets;
        seen.back().end_offset = event.end_offset;
      } else {
        seen.push_back(
            {event.kind, event.offset, event.end_offset, std::string{event.octets}, event.text});
      }
    }
  };
  while (!stream.empty()) {
    seed = seed * 1664525U + 1013904223U;
    const std::size_t size = whole ? stream.size() : 1 + (seed >> 24) % 16;
    const std::string piece{stream.substr(0, size)};
    std::vector<http::Event> events;
    decoder.feed(as_octets(piece), events);
    collect(events);
    stream.remove_prefix(piece.size());
  }
  std::vector<http::Event> events;
  decoder.peer_closed(events);
  collect(events);
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto direction = (data[0] & 1) != 0 ? http::Direction::request : http::Direction::response;
  const std::string_view stream{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto whole = run(direction, stream, 0, true);
  require(whole == run(direction, stream, data[0], false));
  int malformed = 0;
  std::uint64_t before = 0;
  for (const Seen& event : whole) {
    require(event.offset <= event.end_offset && event.end_offset <= stream.size());
    if (event.kind == Kind::malformed) ++malformed;
    if (event.kind == Kind::remark || event.kind == Kind::malformed) continue;
    require(event.offset >= before);
    before = event.end_offset;
    if (event.kind != Kind::body) {
      require(event.octets == stream.substr(event.offset, event.octets.size()));
    }
  }
  require(malformed <= 1);
  return 0;
}
