#pragma once

#include <string>
#include <vector>

#include "config/check_options.hpp"
#include "proxy/check/http_client.hpp"

namespace eastap::app {

/// The secret for `eastap check`: of a file, the environment, or typed on the terminal without
/// echo; nothing when there is none. `warnings`: a password file that others can read. Throws
/// config::ConfigError.
[[nodiscard]] check::Secret read_secret(const config::CheckOptions& options, std::string user,
                                        std::vector<std::string>& warnings);

/// "EASTAPCHECK" and 16 hex digits, the same each time for this machine, user of the machine and
/// `user`; tells nothing about them.
[[nodiscard]] std::string default_device_id(const std::string& user);

}  // namespace eastap::app
