#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <spdlog/logger.h>
#include <unistd.h>

#include "proxy/app/commands.hpp"
#include "proxy/app/reading.hpp"
#include "proxy/app/view.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/capture/derived.hpp"

namespace eastap::app {
namespace {

/// As `run` understood the same inputs when it wrote the tables: nothing is hidden that the capture
/// itself does not hide.
class Understanding : public capture::Interpreter {
 public:
  Understanding(const config::Config& config, spdlog::logger& log, StopSignal& stop,
                const capture::Reader& reader, std::function<void(const pipeline::RecordPtr&)> emit)
      : log_{log},
        stop_{stop},
        view_{config, nullptr, std::move(emit), reader.facts().redacted},
        runs_{reader, view_},
        progress_{(reader.facts().exchanges * 2) + reader.facts().events,
                  ::isatty(STDERR_FILENO) != 0} {}

  bool take(pipeline::Input&& input) override {
    if (stop_.wait_for(std::chrono::milliseconds{0})) return false;
    runs_.take(std::move(input));
    progress_.step();
    return true;
  }
  void unreadable(const Error& error) override { log_.warn("{}", error.detail); }
  void finish() override { runs_.finish(); }

 private:
  spdlog::logger& log_;
  StopSignal& stop_;
  View view_;
  RunByRun runs_;
  Progress progress_;
};

std::string counted(std::uint64_t number, const std::string& one) {
  return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

std::string sentence(const std::string& file, const capture::RebuildCounts& counts) {
  std::string text = file + ": " + counted(counts.commands, "command") + " and " +
                     counted(counts.findings, "finding") + " derived anew from " +
                     counted(counts.inputs, "input");
  if (counts.unreadable != 0) {
    text += "; " + std::to_string(counts.unreadable) +
            (counts.unreadable == 1 ? " entry" : " entries") + " of the file could not be read";
  }
  return text;
}

}  // namespace

int rebuild(const config::Invocation& invocation) {
  const auto& config = invocation.config;
  const std::string& file = invocation.file;
  if (file == "-") {
    throw config::ConfigError{
        "eastap replay --rebuild: writes into the capture, so it wants a file and not stdin"};
  }
  (void)pipeline_settings(config);  // a wrong rule is told before anything is read or made
  auto log = make_logger(config, log_words(make_redactor(config)));
  // What cannot be read at all ends as replay does; what cannot be written, as run does.
  if (const auto readable = capture::Reader::open(file); !readable) {
    tell(readable.error().detail);
    return kUnreadable;
  }
  StopSignal stop;
  const auto counts = capture::rebuild_derived(
      file, std::string{version()},
      [&](const capture::Reader& reader, std::function<void(const pipeline::RecordPtr&)> emit) {
        return std::make_unique<Understanding>(config, *log, stop, reader, std::move(emit));
      });
  if (!counts) throw config::ConfigError{counts.error().detail};
  if (!*counts) throw config::ConfigError{file + ": stopped; its tables are as they were"};
  tell(sentence(file, **counts));
  return (*counts)->unreadable != 0 ? kUnreadable : kDone;
}

}  // namespace eastap::app
