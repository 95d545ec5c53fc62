#pragma once

#include <string>
#include <vector>

#include "certs/authority.hpp"
#include "config/config.hpp"
#include "proxy/net/server.hpp"
#include "proxy/redact/redactor.hpp"

namespace eastap::app {

/// What a person needs before the phone is in hand: where the proxy is, how its CA comes onto the
/// phone, what is decrypted. `capture`: its path; empty: none is kept. Ends with a line break;
/// lines stay within 80 columns where names and paths allow it. `redactor` (may be null) hides what
/// the decrypted hosts are called.
[[nodiscard]] std::string introduction(const config::Config& config,
                                       const std::vector<net::BoundListener>& listeners,
                                       const certs::Authority& authority,
                                       const std::string& capture,
                                       const redact::Redactor* redactor);

}  // namespace eastap::app
