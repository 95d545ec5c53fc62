#include "proxy/app/passphrase.hpp"

#include <array>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/ui.h>
#include <termios.h>
#include <unistd.h>

#include "config/invocation.hpp"

namespace eastap::app {
namespace {

constexpr int kLongest = 1000;

bool has_terminal() {
  const int terminal = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return false;
  ::close(terminal);
  return true;
}

/// The terminal does not show what is typed, from before the prompt is seen: OpenSSL prints it
/// first, and a quick hand would be echoed.
class Unseen {
 public:
  Unseen() : terminal_{::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)} {
    if (::tcgetattr(terminal_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(terminal_, TCSANOW, &silent) == 0;
  }
  ~Unseen() {
    if (changed_) ::tcsetattr(terminal_, TCSANOW, &before_);
    if (terminal_ >= 0) ::close(terminal_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool changed_ = false;
};

/// `twice`: for a new one. Throws when the user gives up.
certs::Secret prompted(const std::string& prompt, bool twice) {
  // `run` keeps these blocked for its own waiting; here Ctrl-C has to end the question.
  sigset_t interrupts{};
  sigset_t before{};
  sigemptyset(&interrupts);
  sigaddset(&interrupts, SIGINT);
  sigaddset(&interrupts, SIGTERM);
  pthread_sigmask(SIG_UNBLOCK, &interrupts, &before);
  const Unseen unseen;
  std::array<char, kLongest + 1> line{};
  const int failed =
      UI_UTIL_read_pw_string(line.data(), kLongest, (prompt + ": ").c_str(), twice ? 1 : 0);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  certs::Secret answer{std::string{line.data()}};
  OPENSSL_cleanse(line.data(), line.size());
  if (failed != 0) throw config::ConfigError{"no " + prompt + " was given"};
  return answer;
}

}  // namespace

PassphrasePlaces ca_passphrase_places(const config::Config& config) {
  return {config.passphrase_file, "EASTAP_CA_PASSPHRASE"};
}

std::optional<certs::Secret> given_passphrase(const PassphrasePlaces& places) {
  return certs::given_secret(places.file.value_or(""), places.variable);
}

certs::AskPassphrase passphrase_source(PassphrasePlaces places) {
  return [places = std::move(places)](const std::string& what) -> std::optional<certs::Secret> {
    if (auto given = given_passphrase(places)) return given;
    if (!has_terminal()) return std::nullopt;
    return prompted("passphrase of " + what, false);
  };
}

std::optional<certs::Secret> asked_secret(const std::string& prompt) {
  if (!has_terminal()) return std::nullopt;
  return prompted(prompt, false);
}

certs::Secret new_passphrase(const PassphrasePlaces& places, const std::string& what,
                             const std::string& how) {
  std::optional<certs::Secret> chosen = given_passphrase(places);
  if (!chosen && !has_terminal()) {
    throw config::ConfigError{"there is no terminal to ask for the " + what + "; " + how};
  }
  if (!chosen) chosen = prompted("new " + what, true);
  if (chosen->empty()) throw config::ConfigError{"the " + what + " is empty; " + how};
  return std::move(*chosen);
}

}  // namespace eastap::app
