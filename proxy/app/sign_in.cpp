#include "proxy/app/sign_in.hpp"

#include <array>
#include <optional>
#include <utility>

#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/secret.hpp"
#include "decoder/base/text.hpp"
#include "proxy/app/host_name.hpp"
#include "proxy/app/passphrase.hpp"
#include "proxy/app/wiring.hpp"

namespace eastap::app {
namespace {

/// A file that others can read is used, and told.
void warn_of_readers(const std::string& file, std::vector<std::string>& warnings) {
  struct stat facts {};
  if (file.empty() || ::stat(file.c_str(), &facts) != 0) return;
  if (S_ISREG(facts.st_mode) && (facts.st_mode & 077U) != 0) {
    warnings.push_back(file + " can be read by others; chmod 600 helps");
  }
}

}  // namespace

check::Secret read_secret(const config::CheckOptions& options, std::string user,
                          std::vector<std::string>& warnings) {
  check::Secret secret;
  secret.user = std::move(user);
  warn_of_readers(options.token_file, warnings);
  warn_of_readers(options.password_file, warnings);
  // A file wins over the environment, whichever of the two it holds.
  const bool by_file = !options.password_file.empty();
  const auto token =
      certs::given_secret(options.token_file, by_file ? nullptr : config::kTokenVariable);
  if (token) {
    secret.token = token->text();
  } else if (const auto password =
                 certs::given_secret(options.password_file, config::kPasswordVariable)) {
    secret.password = password->text();
  } else if (!secret.user.empty()) {
    const auto typed = asked_secret("password of " + secret.user + " (empty: without)");
    if (typed) secret.password = typed->text();
  }
  return secret;
}

std::string default_device_id(const std::string& user) {
  std::string seed =
      "eastap check\n" + host_name() + '\n' + std::to_string(::getuid()) + '\n' + user;
  if (const auto machine = read_input("/etc/machine-id", 4'096)) seed += '\n' + *machine;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(seed.data()), seed.size(), digest.data());
  return "EASTAPCHECK" + to_hex({reinterpret_cast<const char*>(digest.data()), 8});
}

}  // namespace eastap::app
