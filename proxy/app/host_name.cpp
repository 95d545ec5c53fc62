#include "proxy/app/host_name.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include <unistd.h>

#include "config/invocation.hpp"

namespace eastap::app {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

void write_new_file(const std::string& path, std::string_view octets) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file.write(octets.data(), static_cast<std::streamsize>(octets.size()));
  file.close();
  if (!file) {
    throw config::ConfigError{path +
                              " cannot be written: " + std::system_category().message(errno)};
  }
}

}  // namespace eastap::app
