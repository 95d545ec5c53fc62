#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.hpp"
#include "proxy/net/asio.hpp"
#include "proxy/net/connector.hpp"
#include "proxy/tls/context.hpp"
#include "proxy/tls/stream.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::net {

struct Dialled : Connected {
  bool verified = true;  ///< false: the admin said not to check this host's certificate
};

using DialResult = tl::expected<Dialled, DialFailure>;

/// Opens connections to servers: TCP by the connector, and TLS when asked for.
class Dialler {
 public:
  Dialler(const config::Config& config, const tunnel::HostRules& insecure, Connector& connector,
          tls::ClientContext& verifying, tls::ClientContext& unverifying);

  asio::awaitable<DialResult> connect(Target target, Purpose purpose = Purpose::octets);
  asio::awaitable<DialResult> connect_tls(Target target);

 private:
  const config::Config& config_;
  const tunnel::HostRules& insecure_;
  Connector& connector_;
  tls::ClientContext& verifying_;
  tls::ClientContext& unverifying_;
};

}  // namespace eastap::net
