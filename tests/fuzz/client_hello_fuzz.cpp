/// The ClientHello reader on any octets: the same for all cuts, places inside the stream.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decoder/base/text.hpp"
#include "proxy/tunnel/client_hello.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eastap;
  using State = tunnel::ClientHelloReader::State;
  const std::string_view stream{reinterpret_cast<const char*>(data), size};
  tunnel::ClientHelloReader whole, cut;
  whole.feed(as_octets(stream));
  std::size_t at = 0;
  for (unsigned step = 1; at < stream.size(); step = step * 5 % 23) {
    const std::string piece{stream.substr(at, step)};
    cut.feed(as_octets(piece));
    at += piece.size();
  }
  if (whole.state() != cut.state() || whole.error() != cut.error() ||
      whole.protocol() != cut.protocol()) {
    std::abort();
  }
  if (whole.state() == State::done && !(whole.hello() == cut.hello())) std::abort();
  if (whole.error().offset > stream.size()) std::abort();
  for (const char c : whole.hello().sni) {
    if (c <= ' ' || c > '~') std::abort();
  }
  return 0;
}
