/// The opening of a SOCKS5 connection from any octets: the same for all cuts, nothing taken beyond
/// the request, no host that could break a line.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proxy/tunnel/socks5.hpp"

namespace {

using eastap::tunnel::Socks5;
using Need = Socks5::Need;

struct Played {
  std::size_t taken = 0;
  std::string sent;
};

Played play(Socks5& socks, std::string_view stream, unsigned piece, bool good) {
  Played played;
  while (played.taken < stream.size()) {
    std::string_view part = stream.substr(played.taken, piece);
    piece = std::max(1U, piece * 5 % 23);
    while (!part.empty()) {
      const std::size_t taken = socks.feed(part);
      if (taken == 0) return played;
      if (taken > part.size()) std::abort();
      played.taken += taken;
      part.remove_prefix(taken);
      played.sent += socks.reply();
      if (socks.need() != Need::credentials) continue;
      if (socks.user().size() > 255 || socks.password().size() > 255) std::abort();
      socks.verdict(good);
      played.sent += socks.reply();
    }
  }
  return played;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool wants = (data[0] & 1) != 0, good = (data[0] & 2) != 0;
  const std::string_view stream{reinterpret_cast<const char*>(data) + 1, size - 1};
  Socks5 whole{wants}, cut{wants};
  const Played one = play(whole, stream, 1U << 20U, good);
  const Played other = play(cut, stream, 1, good);
  if (one.taken != other.taken || one.sent != other.sent || whole.need() != cut.need() ||
      whole.host() != cut.host() || whole.port() != cut.port() || whole.reason() != cut.reason()) {
    std::abort();
  }
  if (wants && !good && whole.need() == Need::connect) std::abort();
  if (whole.need() == Need::connect && (whole.host().empty() || whole.port() == 0)) std::abort();
  for (const char c : whole.host()) {
    if (c <= ' ' || c > '~') std::abort();
  }
  return 0;
}
