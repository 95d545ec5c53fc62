#include "proxy/net/secret_file.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/invocation.hpp"

namespace eastap::net {
namespace {

constexpr std::size_t kMost = 4U << 20U;  // 10 000 users with hashes take 1.3 MiB

struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

}  // namespace

std::string read_secret_file(const std::string& path, const char* option) {
  const auto fail = [&](const std::string& why) {
    return config::ConfigError{std::string{option} + ' ' + path + ": " + why};
  };
  const auto system_error = [&] { return std::system_category().message(errno); };
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.descriptor < 0) throw fail(system_error() + ". Name a file that can be read.");
  struct stat facts {};
  if (::fstat(file.descriptor, &facts) != 0) throw fail(system_error() + ".");
  if (S_ISREG(facts.st_mode) && (facts.st_mode & S_IRWXO) != 0) {
    throw fail("everybody on this machine may read it; chmod o= it.");
  }
  std::string text;
  std::array<char, 16'384> piece{};
  for (;;) {
    const ssize_t got = ::read(file.descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw fail(system_error() + ".");
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kMost) throw fail("is larger than 4 MiB.");
  }
}

}  // namespace eastap::net
