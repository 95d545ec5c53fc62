#pragma once

#include <spdlog/logger.h>

#include "certs/authority.hpp"
#include "config/config.hpp"

namespace eastap::app {

/// The CA that `run` signs with: the one of --ca-dir, made on the first run and limited to
/// --ca-permit then; a stand-in where every host of the intercept list has a certificate of its
/// own. What is not as the admin meant it goes to `log`. Throws `certs::CertificateError`, and
/// `config::ConfigError` for a --ca-permit that is no host, before anything is made.
[[nodiscard]] certs::Authority open_authority(const config::Config& config, spdlog::logger& log);

}  // namespace eastap::app
