#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include <fcntl.h>
#include <unistd.h>

#include "decoder/render/printable.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/capture/reader.hpp"
#include "proxy/sink/summary.hpp"

namespace eastap::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFollowInterval{100};

/// When an input entered the pipeline, by the capture's own times.
Timestamp time_of(const pipeline::Input& input) {
  if (const auto* event = std::get_if<model::ConnectionEvent>(&input)) return event->time;
  const auto& exchange = std::get<model::Exchange>(input);
  if (exchange.ending == model::Ending::open || !exchange.response) return exchange.request->ended;
  return exchange.response->ended;
}

/// SQLite wants a file that it can read at any place: standard input is put into one that has no
/// name.
std::string spooled_input(std::FILE*& keep) {
  keep = std::tmpfile();
  if (keep == nullptr) {
    throw config::ConfigError{"no temporary file for standard input: " +
                              std::system_category().message(errno)};
  }
  std::array<char, 65'536> piece{};
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw config::ConfigError{"standard input cannot be read: " +
                                std::system_category().message(errno)};
    }
    if (got == 0) break;
    if (std::fwrite(piece.data(), 1, static_cast<std::size_t>(got), keep) !=
        static_cast<std::size_t>(got)) {
      throw config::ConfigError{"standard input does not fit into the temporary folder: " +
                                std::system_category().message(errno)};
    }
  }
  if (std::fflush(keep) != 0) {
    throw config::ConfigError{"standard input does not fit into the temporary folder: " +
                              std::system_category().message(errno)};
  }
  return "/dev/fd/" + std::to_string(::fileno(keep));
}

/// A bar on stderr while a long capture is read and stdout is no terminal itself.
class Progress {
 public:
  Progress(std::uint64_t total, bool shown) : total_{total}, shown_{shown && total > 5'000} {}
  ~Progress() {
    if (drawn_) write_all(STDERR_FILENO, "\r\x1b[K");
  }
  void step() {
    ++done_;
    if (!shown_ || done_ % 1'000 != 0) return;
    drawn_ = true;
    const std::uint64_t part = std::min<std::uint64_t>(20, done_ * 20 / total_);
    std::string bar(part, '#');
    bar.resize(20, '.');
    write_all(STDERR_FILENO,
              "\r[" + bar + "] " + std::to_string(done_) + " of " + std::to_string(total_));
  }

 private:
  std::uint64_t total_, done_ = 0;
  bool shown_, drawn_ = false;
};

}  // namespace

int replay(const config::Invocation& invocation) {
  const auto& config = invocation.config;
  const bool follow = invocation.command == config::Subcommand::tail;
  auto log = make_logger(config);

  std::FILE* spool = nullptr;
  const std::string path = invocation.file == "-" ? spooled_input(spool) : invocation.file;
  capture::ReaderSettings settings;
  settings.follow = follow;
  auto reader = capture::Reader::open(path, settings);
  if (!reader) {
    write_all(STDERR_FILENO, "eastap: " + reader.error().detail + '\n');
    return kUnreadable;
  }

  StopSignal stop;  // not before: Ctrl-C ends the reading of standard input
  const auto renderer = make_renderer(config);
  bool stopped = false;
  std::string lost;  // why the output could not be written; the outlet's until it is closed
  std::unique_ptr<sink::Outlet> outlet;
  if (renderer) {
    sink::Outlet::Callbacks callbacks;
    callbacks.closed = &StopSignal::raise;
    callbacks.failed = [&](const std::string& why) {
      lost = why;
      StopSignal::raise();
    };
    callbacks.give_up = [&] {
      stopped = stopped || stop.wait_for(std::chrono::milliseconds{0});
      return stopped;
    };
    outlet = std::make_unique<sink::Outlet>(STDOUT_FILENO, *renderer, sink::Outlet::WhenFull::wait,
                                            std::move(callbacks));
  }
  sink::Summary summary;
  pipeline::Pipeline pipeline{pipeline_settings(config), [&](const pipeline::RecordPtr& record) {
                                summary.take(*record);
                                if (outlet) outlet->take(record);
                              }};

  const auto& facts = reader->facts();
  Progress progress{(facts.exchanges * 2) + facts.events,
                    ::isatty(STDERR_FILENO) != 0 && ::isatty(STDOUT_FILENO) == 0};
  std::uint64_t unreadable = 0;
  std::optional<Timestamp> first_time;
  Timestamp last_time{};
  const auto started = Clock::now();
  while (!stopped) {
    auto input = reader->next();
    if (!input) {
      if (!follow) break;
      const bool writer_gone = !reader->being_written();
      if (writer_gone) {
        input = reader->next();  // what was committed between the two questions
        if (!input) {
          // The same run goes on in another file: so does the tail, with all it knows.
          const auto successor = reader->successor();
          if (!successor) break;
          auto next = capture::Reader::open(*successor, settings);
          if (!next) break;
          *reader = std::move(*next);
          continue;
        }
      } else {
        stopped = stop.wait_for(kFollowInterval);
        continue;
      }
    }
    if (!*input) {
      ++unreadable;
      log->warn("{}", input->error().detail);
      continue;
    }
    const Timestamp time = time_of(**input);
    if (!first_time) first_time = time;
    last_time = std::max(last_time, time);
    if (invocation.speed > 0) {
      const std::chrono::duration<double, std::micro> offset =
          (time - *first_time) / invocation.speed;
      const auto due = started + std::chrono::duration_cast<Clock::duration>(offset);
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - Clock::now());
      if (left.count() > 0 && !stopped) stopped = stop.wait_for(left);
    } else if (!stopped) {
      stopped = stop.wait_for(std::chrono::milliseconds{0});
    }
    if (stopped) break;
    pipeline.take(std::move(**input));
    progress.step();
  }
  pipeline.finish(last_time);
  if (outlet) outlet->close();
  if (spool != nullptr) std::fclose(spool);
  const std::string continued_in = reader->facts().continued_in;

  std::string text = "eastap: " + summary.sentence();
  if (unreadable != 0)
    text += "; " + std::to_string(unreadable) + " entries of the file could not be read";
  text += '\n';
  if (!continued_in.empty() && !follow) {
    text += "eastap: this capture goes on in " + render::printable(continued_in) + '\n';
  }
  write_all(STDERR_FILENO, text);
  if (!lost.empty()) {
    throw config::ConfigError{"standard output cannot be written: " + lost};
  }
  if (fails(config, summary.worst())) return kFindings;
  return unreadable != 0 ? kUnreadable : kDone;
}

}  // namespace eastap::app
