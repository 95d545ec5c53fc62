#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <unistd.h>

#include "decoder/render/printable.hpp"
#include "proxy/app/cards.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/reading.hpp"
#include "proxy/app/view.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/capture/reader.hpp"
#include "proxy/sink/summary.hpp"

namespace eastap::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFollowInterval{100};

}  // namespace

int replay(const config::Invocation& invocation) {
  const auto& config = invocation.config;
  (void)pipeline_settings(config);  // a wrong rule is told before anything is read or made
  const bool follow = invocation.command == config::Subcommand::tail;
  const RedactorPtr redactor = make_redactor(config);
  auto log = make_logger(config, log_words(redactor));

  InputFile file{invocation.file};
  capture::ReaderSettings settings;
  settings.follow = follow;
  auto reader = capture::Reader::open(file.path(), settings);
  file.opened();
  if (!reader) {
    tell(file.spoken(reader.error().detail));
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
  report::FindingStore found;
  View view{config, redactor,
            [&](const pipeline::RecordPtr& record) {
              summary.take(*record);
              if (const auto* one = std::get_if<findings::Finding>(&record->what)) found.take(*one);
              if (outlet) outlet->take(record);
            },
            reader->facts().redacted};

  RunByRun runs{*reader, view, [&] { found = report::FindingStore{}; }};
  const auto& facts = reader->facts();
  Progress progress{(facts.exchanges * 2) + facts.events,
                    ::isatty(STDERR_FILENO) != 0 && ::isatty(STDOUT_FILENO) == 0};
  std::uint64_t unreadable = 0;
  std::optional<Timestamp> first_time;
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
    runs.take(std::move(**input));
    progress.step();
  }
  runs.finish();
  if (outlet) outlet->close();

  const std::string continued_in = reader->facts().continued_in;
  std::string sentence = summary.sentence();
  if (unreadable != 0)
    sentence += "; " + std::to_string(unreadable) + " entries of the file could not be read";
  std::string text = short_cards(config, view.knowledge(), found) + told(sentence);
  if (!continued_in.empty() && !follow) {
    text += told("this capture goes on in " + render::printable(continued_in));
  }
  write_all(STDERR_FILENO, text);
  if (!lost.empty()) {
    throw config::ConfigError{"standard output cannot be written: " + lost};
  }
  if (fails(config, summary.worst())) return kFindings;
  return unreadable != 0 ? kUnreadable : kDone;
}

}  // namespace eastap::app
