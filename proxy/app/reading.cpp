#include "proxy/app/reading.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

#include <fcntl.h>
#include <unistd.h>

#include "config/invocation.hpp"
#include "proxy/app/wiring.hpp"

namespace eastap::app {

Timestamp time_of(const pipeline::Input& input) {
  if (const auto* event = std::get_if<model::ConnectionEvent>(&input)) return event->time;
  const auto& exchange = std::get<model::Exchange>(input);
  if (exchange.ending == model::Ending::open || !exchange.response) return exchange.request->ended;
  return exchange.response->ended;
}

InputFile::InputFile(const std::string& file) : path_{file}, standard_{file == "-"} {
  if (standard_) spool();
}

std::string InputFile::spoken(std::string message) const {
  const std::size_t at = standard_ ? message.find(path_) : std::string::npos;
  return at == std::string::npos ? message : message.replace(at, path_.size(), "standard input");
}

void InputFile::spool() {
  std::error_code none;
  const auto folder = std::filesystem::temp_directory_path(none);
  path_ = (none ? std::filesystem::path{"/tmp"} : folder) / "eastap-stdin-XXXXXX";
  const int descriptor = ::mkostemp(path_.data(), O_CLOEXEC);
  if (descriptor < 0) {
    throw config::ConfigError{"no temporary file for standard input: " +
                              std::system_category().message(errno)};
  }
  temporary_ = true;
  std::string trouble;
  std::array<char, 65'536> piece{};
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) trouble = "standard input cannot be read: ";
    if (got <= 0) break;
    if (!write_all(descriptor, {piece.data(), static_cast<std::size_t>(got)})) {
      trouble = "standard input does not fit into the temporary folder: ";
      break;
    }
  }
  if (!trouble.empty()) trouble += std::system_category().message(errno);
  ::close(descriptor);
  if (trouble.empty()) return;
  opened();
  throw config::ConfigError{trouble};
}

void InputFile::opened() {
  if (std::exchange(temporary_, false)) ::unlink(path_.c_str());
}

Progress::Progress(std::uint64_t total, bool shown)
    : total_{total}, shown_{shown && total > 5'000} {}

Progress::~Progress() {
  if (drawn_) write_all(STDERR_FILENO, "\r\x1b[K");
}

void Progress::step() {
  ++done_;
  if (!shown_ || done_ % 1'000 != 0) return;
  drawn_ = true;
  const std::uint64_t part = std::min<std::uint64_t>(20, done_ * 20 / total_);
  std::string bar(part, '#');
  bar.resize(20, '.');
  write_all(STDERR_FILENO,
            "\r[" + bar + "] " + std::to_string(done_) + " of " + std::to_string(total_));
}

Timestamp RunByRun::end_of_run() const {
  const auto& runs = reader_.facts().runs;
  if (run_ >= runs.size() || !runs[run_].ended) return last_;
  return std::max(last_, *runs[run_].ended);
}

void RunByRun::take(pipeline::Input&& input) {
  const auto& runs = reader_.facts().runs;
  std::size_t now = run_;
  while (now + 1 < runs.size() && runs[now + 1].first_position <= reader_.position()) ++now;
  if (now != run_ && begun_) {
    view_.finish(end_of_run());
    if (before_next_) before_next_();
    view_.next_run(end_of_run());
    last_ = {};
  }
  run_ = now;
  begun_ = true;
  last_ = std::max(last_, time_of(input));
  view_.take(std::move(input));
}

void RunByRun::finish() { view_.finish(end_of_run()); }

}  // namespace eastap::app
