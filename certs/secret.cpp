#include "certs/secret.hpp"

#include <cstdlib>

#include "certs/files.hpp"

namespace eastap::certs {

namespace {

// Octets; access tokens of Microsoft 365, which eastap check reads this way, have two to four kB.
constexpr std::size_t kLongest = 16 * 1024;

}  // namespace

std::optional<Secret> given_secret(const std::string& file, const char* variable) {
  if (!file.empty()) {
    const Secret whole{read_file(
        file, {"write the passphrase into it, mode 0600", "let eastap's user read it, mode 0600"})};
    std::string_view line = whole.text().substr(0, whole.text().find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.size() > kLongest) {
      fail(file, line.empty() ? "has no first line" : "has an overlong first line",
           "the first line is to be the passphrase");
    }
    return Secret{std::string{line}};
  }
  const char* value = variable != nullptr ? std::getenv(variable) : nullptr;
  if (value == nullptr || *value == '\0') return std::nullopt;
  return Secret{value};
}

}  // namespace eastap::certs
