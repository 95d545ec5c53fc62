#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proxy/net/asio.hpp"
#include "proxy/pipeline/assembler.hpp"
#include "proxy/tls/stream.hpp"

namespace eastap::net {

/// Octets passed so far; read by the idle sweep of the same thread.
struct RelayCounters {
  std::uint64_t up = 0;  ///< from the device to the server
  std::uint64_t down = 0;
  std::chrono::steady_clock::time_point last_activity = std::chrono::steady_clock::now();
};

/// Who ended a relay first.
struct RelayEnd {
  bool device_first = false;
  bool reset = false;
  std::string tls_error;  ///< what came was not valid TLS, or a TLS alert
  int alert = -1;         ///< the alert, RFC 8446 6
};

/// Passes octets both ways until both directions have ended. Byte-exact and at once: what arrives
/// is offered to the other side before anything else looks at it, and reading stops while the other
/// side does not take (TCP's flow control reaches the far end). An end is passed on as it came:
/// close_notify as close_notify, FIN as FIN, RST as RST.
///
/// `watch` may be null (tunnels). It sees every octet after it was offered to the other side.
/// `early_device`: octets of the device that were read before the relay began.
asio::awaitable<RelayEnd> relay(tls::Stream& device, tls::Stream& server, RelayCounters& counters,
                                pipeline::Assembler* watch, std::vector<std::byte> early_device);

}  // namespace eastap::net
