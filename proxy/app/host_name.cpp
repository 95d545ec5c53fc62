#include "proxy/app/host_name.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "config/invocation.hpp"
#include "proxy/app/wiring.hpp"

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

void write_private_file(const std::string& path, std::string_view octets) {
  // Never over another file: its mode, or what it links to, would be another's choice.
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool good = file >= 0 && write_all(file, octets);
  int why = errno;
  if (file >= 0 && ::close(file) != 0 && good) {
    good = false;
    why = errno;
  }
  if (good) return;
  if (file >= 0) ::unlink(path.c_str());
  throw config::ConfigError{path + " cannot be written: " + std::system_category().message(why)};
}

}  // namespace eastap::app
