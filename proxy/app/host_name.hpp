#pragma once

#include <string>
#include <string_view>

namespace eastap::app {

/// This machine's name, "localhost" when it has none.
[[nodiscard]] std::string host_name();

/// Writes a certificate (nothing secret) for the user. Throws config::ConfigError naming the file.
void write_new_file(const std::string& path, std::string_view octets);

/// Writes a private key to a file that does not exist yet, mode 0600. Throws config::ConfigError.
void write_private_file(const std::string& path, std::string_view octets);

}  // namespace eastap::app
