#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "proxy/doctor/facts.hpp"

namespace eastap::doctor {

struct ServerProbe {
  std::string host;
  std::uint16_t port = 443;
  std::string dial_host;  ///< where --connect-to leads; else the same as `host`
  std::uint16_t dial_port = 443;
  bool verify = true;
  std::chrono::milliseconds resolve_limit{10'000}, connect_limit{15'000}, tls_limit{15'000};
};

/// As eastap would reach that server: name, TCP (each address in turn), TLS verified against
/// `trusted`, and one HEAD request whose Date tells the clock. Blocks for at most the limits.
[[nodiscard]] ServerFacts probe_server(const ServerProbe& probe, X509_STORE* trusted);

/// The Date field of an answer's head, RFC 9110 5.6.7 (IMF-fixdate); nothing when there is none.
[[nodiscard]] std::optional<Timestamp> date_of_answer(std::string_view head);

}  // namespace eastap::doctor
