#include "proxy/net/key_log_file.hpp"

#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "config/invocation.hpp"

namespace eastap::net {
namespace {

/// Shared by all threads.
class KeyLogFile {
 public:
  explicit KeyLogFile(const std::string& path)
      : file_{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)} {
    if (file_ < 0) {
      throw config::ConfigError{"--keylog " + path + ": " + std::system_category().message(errno) +
                                ". Name a file in a folder that can be written."};
    }
  }
  ~KeyLogFile() { ::close(file_); }
  KeyLogFile(const KeyLogFile&) = delete;
  KeyLogFile& operator=(const KeyLogFile&) = delete;

  void append(std::string_view line) {
    std::string text{line};
    text += '\n';
    // One write a line: O_APPEND keeps lines of several threads whole. A full disk costs the key
    // log its line and the traffic nothing.
    [[maybe_unused]] const auto written = ::write(file_, text.data(), text.size());
  }

 private:
  int file_;
};

}  // namespace

tls::KeyLog open_key_log(const std::optional<std::string>& path) {
  if (!path) return {};
  auto file = std::make_shared<KeyLogFile>(*path);
  return [file](std::string_view line) { file->append(line); };
}

}  // namespace eastap::net
