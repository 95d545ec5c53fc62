#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include "proxy/doctor/facts.hpp"

namespace eastap::doctor {

/// The HTTP proxy that servers are reached through.
struct ByProxy {
  struct Refusal {
    std::string problem, next_step;
  };
  std::string host;
  std::uint16_t port = 0;
  std::vector<std::string> requests;  ///< CONNECT to the server's name, or to its known addresses
  /// What the head of the answer to one of `requests` means; nothing: the tunnel stands.
  std::function<std::optional<Refusal>(std::size_t request, std::string_view head)> refusal;
};

struct ServerProbe {
  std::string host;
  std::uint16_t port = 443;
  std::string dial_host;  ///< where --connect-to leads; else the same as `host`
  std::uint16_t dial_port = 443;
  std::vector<std::string> addresses;  ///< of `dial_host`, where they are known; else looked up
  std::string no_address;              ///< why there are none, when somebody else was asked
  std::vector<std::string> from;       ///< own addresses to connect from, one a family at most
  std::optional<ByProxy> proxy;        ///< then nothing is looked up or dialled but this
  bool verify = true;
  std::chrono::milliseconds resolve_limit{10'000}, connect_limit{15'000}, tls_limit{15'000};
};

/// As eastap would reach that server: name, TCP (each address in turn), TLS verified against
/// `trusted`, and one HEAD request whose Date tells the clock. Blocks for at most the limits.
[[nodiscard]] ServerFacts probe_server(const ServerProbe& probe, X509_STORE* trusted);

/// The Date field of an answer's head, RFC 9110 5.6.7 (IMF-fixdate); nothing when there is none.
[[nodiscard]] std::optional<Timestamp> date_of_answer(std::string_view head);

}  // namespace eastap::doctor
