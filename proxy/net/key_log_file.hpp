#pragma once

#include <optional>
#include <string>

#include "proxy/tls/context.hpp"

namespace eastap::net {

/// Appends NSS key log lines to the file (0600, created when missing). No path: an empty function.
/// Throws `config::ConfigError` when the file cannot be opened.
[[nodiscard]] tls::KeyLog open_key_log(const std::optional<std::string>& path);

}  // namespace eastap::net
