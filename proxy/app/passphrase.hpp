#pragma once

#include <optional>
#include <string>

#include "certs/secret.hpp"
#include "config/config.hpp"

/// Where passphrases come from: never from the command line, which other users can read.
namespace eastap::app {

/// Where to look for one, in this order; the terminal last.
struct PassphrasePlaces {
  std::optional<std::string> file;  ///< its first line
  const char* variable = nullptr;   ///< of the environment
};

/// Of the CA key.
[[nodiscard]] PassphrasePlaces ca_passphrase_places(const config::Config& config);

/// From file or variable; nothing when neither is given. Throws certs::CertificateError when the
/// file cannot be read or its first line is empty.
[[nodiscard]] std::optional<certs::Secret> given_passphrase(const PassphrasePlaces& places);

/// File, variable, else the terminal when there is one: "passphrase of WHAT: ", without echo.
[[nodiscard]] certs::AskPassphrase passphrase_source(PassphrasePlaces places);

/// Typed on the terminal after "PROMPT: ", without echo; may be empty. Nothing without a terminal.
[[nodiscard]] std::optional<certs::Secret> asked_secret(const std::string& prompt);

/// File, variable, else asked for twice on the terminal. `how` says how else it can be given, for
/// the config::ConfigError when there is no terminal, or it is empty.
[[nodiscard]] certs::Secret new_passphrase(const PassphrasePlaces& places, const std::string& what,
                                           const std::string& how);

}  // namespace eastap::app
