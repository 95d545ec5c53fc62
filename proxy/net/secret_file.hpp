#pragma once

#include <string>

namespace eastap::net {

/// The text of a file that holds passwords. Throws `config::ConfigError`, naming `option`, when it
/// cannot be read, is larger than 4 MiB, or others than owner and group may read it.
[[nodiscard]] std::string read_secret_file(const std::string& path, const char* option);

}  // namespace eastap::net
