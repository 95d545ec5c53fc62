#include "proxy/app/wiring.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include "config/invocation.hpp"
#include "decoder/render/line_writer.hpp"

namespace eastap::app {
namespace {

spdlog::level::level_enum to_level(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::trace: return spdlog::level::trace;
    case config::LogLevel::debug: return spdlog::level::debug;
    case config::LogLevel::info: return spdlog::level::info;
    case config::LogLevel::warning: return spdlog::level::warn;
    case config::LogLevel::error: return spdlog::level::err;
    case config::LogLevel::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

// Sent by `StopSignal::raise` only. Stays blocked: a reader of the tail that goes away during the
// end (Ctrl-C ends both sides of a pipe) must not end the program in the middle of it.
constexpr int kRaised = SIGUSR1;

sigset_t outer_signals() {
  sigset_t signals{};
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  struct sigaction hang_up {};
  if (sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN) {
    sigaddset(&signals, SIGHUP);
  }
  return signals;
}

sigset_t stop_signals() {
  sigset_t signals = outer_signals();
  sigaddset(&signals, kRaised);
  return signals;
}

/// From now on a signal ends the process at once.
void let_signals_end_us() {
  const sigset_t signals = outer_signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

std::shared_ptr<spdlog::sinks::sink> log_target(const config::Config& config) {
  if (!config.log_file) return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  // Made here first: spdlog would create it readable for everyone.
  const int file =
      ::open(config.log_file->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) {
    throw config::ConfigError{"--log-file " + *config.log_file + ": " +
                              std::system_category().message(errno) +
                              ". Name a file in a folder that can be written."};
  }
  ::close(file);
  return std::make_shared<spdlog::sinks::basic_file_sink_mt>(*config.log_file);
}

/// What is wrong with rules and mutes, each with the place that says so; "" nothing.
std::string problems_of(const findings::Settings& settings, const config::Config& config) {
  std::string text;
  const auto add = [&](const std::string& origin, const findings::Settings& one) {
    for (const auto& problem : findings::problems(one))
      text += (text.empty() ? "" : "; ") + origin + ": " + problem;
  };
  for (const auto& [id, changes] : settings.rules) {
    findings::Settings one;
    one.rules.emplace(id, changes);
    add(config.rules.find(id)->second.origin, one);
  }
  for (std::size_t at = 0; at < settings.mutes.size(); ++at) {
    findings::Settings one;
    one.mutes.push_back(settings.mutes[at]);
    add(config.mutes[at].origin, one);
  }
  return text;
}

/// The real place is behind this one, which lets it be exchanged while others log.
class LogTarget : public spdlog::sinks::dist_sink_mt {
 public:
  explicit LogTarget(LogWords words) : words_{std::move(words)} {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!words_) {
      spdlog::sinks::dist_sink_mt::sink_it_(message);
      return;
    }
    const std::string changed =
        words_(std::string_view{message.payload.data(), message.payload.size()});
    spdlog::details::log_msg told = message;
    told.payload = changed;
    spdlog::sinks::dist_sink_mt::sink_it_(told);
  }

 private:
  LogWords words_;
};

bool has_terminal() {
  const int terminal = ::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return false;
  ::close(terminal);
  return true;
}

/// Which of standard input, output and error are terminals that have not hung up.
std::array<bool, 3> terminals() {
  return {::isatty(STDIN_FILENO) != 0, ::isatty(STDOUT_FILENO) != 0, ::isatty(STDERR_FILENO) != 0};
}

}  // namespace

std::string_view version() { return EASTAP_VERSION; }

std::shared_ptr<spdlog::logger> make_logger(const config::Config& config, LogWords words) {
  auto target = std::make_shared<LogTarget>(std::move(words));
  auto logger = std::make_shared<spdlog::logger>("eastap", std::move(target));
  change_logger(*logger, config);
  logger->flush_on(spdlog::level::info);
  return logger;
}

void change_logger(spdlog::logger& logger, const config::Config& config) {
  auto& target = dynamic_cast<spdlog::sinks::dist_sink_mt&>(*logger.sinks().front());
  target.set_sinks({log_target(config)});
  logger.set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  logger.set_level(to_level(config.log_level));
}

bool coloured(const config::Config& config, int descriptor) {
  switch (config.color) {
    case config::ColorMode::always: return true;
    case config::ColorMode::never: return false;
    case config::ColorMode::automatic: break;
  }
  return ::isatty(descriptor) != 0;
}

pipeline::PipelineSettings pipeline_settings(const config::Config& config) {
  pipeline::PipelineSettings settings;
  for (const auto& [rule, chosen] : config.rules) {
    findings::RuleSettings changed;
    changed.enabled = chosen.enabled;
    if (chosen.threshold) changed.threshold = static_cast<std::int64_t>(*chosen.threshold);
    if (chosen.escalate_at) changed.escalate_at = static_cast<std::int64_t>(*chosen.escalate_at);
    changed.window = chosen.window;
    if (chosen.severity) {
      changed.severity = findings::severity_from(*chosen.severity);
      if (!changed.severity) {
        throw config::ConfigError{chosen.origin + ": rule " + rule + ": severity \"" +
                                  *chosen.severity + "\" is none of info, notice, warning, error"};
      }
    }
    settings.findings.rules.emplace(rule, changed);
  }
  for (const config::MuteRule& mute : config.mutes) {
    settings.findings.mutes.push_back({mute.rule, mute.host, mute.user, mute.device, mute.folder});
  }
  settings.findings.watched_items = config.watched_items;
  settings.findings.sync_failed_subjects = config.sync_failed_subjects;
  if (const std::string text = problems_of(settings.findings, config); !text.empty())
    throw config::ConfigError{text};
  return settings;
}

const render::Theme& theme_of(const config::Config& config) {
  return coloured(config) ? render::kColourTheme : render::kPlainTheme;
}

std::unique_ptr<sink::Renderer> make_renderer(const config::Config& config) {
  switch (config.tail) {
    case config::TailMode::off: return nullptr;
    case config::TailMode::json: return std::make_unique<sink::JsonRenderer>();
    case config::TailMode::line:
    case config::TailMode::xml: break;
  }
  sink::LineRenderer::Settings settings;
  settings.bodies = config.tail == config::TailMode::xml;
  settings.style.theme = theme_of(config);
  settings.style.offset = &sink::local_offset;
  settings.width = [] { return sink::terminal_width(STDOUT_FILENO); };
  return std::make_unique<sink::LineRenderer>(std::move(settings));
}

bool fails(const config::Config& config, std::optional<findings::Severity> worst) {
  if (config.fail_on == config::FailOn::never || !worst) return false;
  return static_cast<int>(*worst) >= static_cast<int>(config.fail_on);
}

Result<std::string> read_input(const std::string& file, std::size_t limit) {
  const bool standard = file == "-";
  const int descriptor = standard ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const auto failure = [&] {
    return tl::unexpected(Error{Errc::io, 0, file + ": " + std::system_category().message(errno)});
  };
  if (descriptor < 0) return failure();
  std::string content;
  std::array<char, 65'536> piece{};
  for (;;) {
    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      auto error = failure();
      if (!standard) ::close(descriptor);
      return error;
    }
    if (got == 0) break;
    content.append(piece.data(), static_cast<std::size_t>(got));
    if (content.size() > limit) {
      if (!standard) ::close(descriptor);
      return tl::unexpected(
          Error{Errc::too_large, limit,
                file + " is larger than " + std::to_string(limit >> 20) + " MiB"});
    }
  }
  if (!standard) ::close(descriptor);
  return content;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {  // another program made the terminal non-blocking
        pollfd ready{descriptor, POLLOUT, 0};
        (void)::poll(&ready, 1, -1);
        continue;
      }
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string told(std::string_view message) {
  std::string text = message.starts_with("eastap ") ? "" : "eastap: ";
  text += message;
  std::string out;
  render::LineStyle style;
  style.width = sink::terminal_width(STDERR_FILENO);
  render::LineWriter{out, style}.wrapped(text, 0, 0, {});
  return out;
}

void tell(std::string_view message) { write_all(STDERR_FILENO, told(message)); }

void put_out(std::string_view text) {
  if (write_all(STDOUT_FILENO, text) || errno == EPIPE) return;
  throw config::ConfigError{"standard output cannot be written: " +
                            std::system_category().message(errno)};
}

void open_standard_files() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number is taken, which is this one.
    if (::fcntl(descriptor, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);
  }
}

StopSignal::StopSignal() : had_terminal_{has_terminal()}, terminals_{terminals()} {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

StopSignal::Asked StopSignal::wait(bool reloads, std::chrono::seconds interval,
                                   const std::function<void()>& idle) {
  const sigset_t signals = stop_signals();
  const timespec time{interval.count(), 0};
  siginfo_t received{};
  while (sigtimedwait(&signals, &received, &time) < 0) {
    if (errno == EAGAIN) idle();
  }
  // The kernel sends it when the terminal hangs up; a shell that got it passes it on.
  const bool hung_up = received.si_code == SI_KERNEL || (had_terminal_ && !has_terminal()) ||
                       terminals() != terminals_;
  if (reloads && received.si_signo == SIGHUP && !hung_up) return Asked::reload;
  let_signals_end_us();
  return Asked::stop;
}

bool StopSignal::wait_for(std::chrono::milliseconds limit) {
  const sigset_t signals = stop_signals();
  const timespec time{limit.count() / 1000, static_cast<long>(limit.count() % 1000) * 1'000'000};
  if (sigtimedwait(&signals, nullptr, &time) < 0) return false;
  let_signals_end_us();
  return true;
}

void StopSignal::raise() { ::kill(::getpid(), kRaised); }

}  // namespace eastap::app
