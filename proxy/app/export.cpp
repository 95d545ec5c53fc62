#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <unistd.h>

#include "proxy/app/commands.hpp"
#include "proxy/app/reading.hpp"
#include "proxy/app/view.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/capture/reader.hpp"
#include "proxy/capture/writer.hpp"

namespace eastap::app {
namespace {

/// Far below the writer's own limit, at which it would keep heads only.
constexpr std::size_t kWaitAbove = 16U << 20U;

/// The writer takes what a proxy cannot hold up; a copy can wait for the disk.
void keep_pace(capture::Writer& writer) {
  if (writer.counters().backlog_bytes > kWaitAbove) {
    (void)writer.flush(std::chrono::milliseconds{10'000});
  }
}

std::unique_ptr<capture::Writer> new_capture(const std::string& path, config::RedactLevel level,
                                             std::string& trouble) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
    throw config::ConfigError{path + " exists already; name a file that does not"};
  }
  capture::WriterSettings settings;
  settings.program_version = version();
  settings.decoder_version = version();
  if (level != config::RedactLevel::none) settings.redacted = to_string(level);
  settings.name_host = level != config::RedactLevel::identity;
  auto opened = capture::Writer::open(path, std::move(settings),
                                      [&trouble](const std::string& text) { trouble = text; });
  if (!opened) throw config::ConfigError{opened.error().detail};
  return std::move(*opened);
}

}  // namespace

int capture_export(const config::Invocation& invocation) {
  config::Config config = invocation.config;
  const config::RedactLevel level = config.redact.value_or(config::RedactLevel::identity);
  config.redact = level;
  (void)pipeline_settings(config);  // a wrong rule is told before anything is read or made
  const RedactorPtr redactor = make_redactor(config);
  auto log = make_logger(config, log_words(redactor));
  InputFile file{invocation.file};
  auto reader = capture::Reader::open(file.path());
  file.opened();
  if (!reader) {
    tell(file.spoken(reader.error().detail));
    return kUnreadable;
  }
  std::string trouble;  // the writer's until it is closed
  auto writer = new_capture(invocation.output, level, trouble);
  const auto& facts = reader->facts();
  Progress progress{(facts.exchanges * 2) + facts.events, ::isatty(STDERR_FILENO) != 0};
  std::uint64_t unreadable = 0, exchanges = 0;
  {
    View view{config, redactor,
              [&](const pipeline::RecordPtr& record) {
                writer->write(record);
                keep_pace(*writer);
              },
              facts.redacted};
    RunByRun runs{*reader, view};
    while (auto input = reader->next()) {
      progress.step();
      if (!*input) {
        ++unreadable;
        log->warn("{}", input->error().detail);
        continue;
      }
      if (const auto* exchange = std::get_if<model::Exchange>(&**input)) {
        if (exchange->ending != model::Ending::open) ++exchanges;
      }
      runs.take(std::move(**input));
    }
    runs.finish();
  }
  writer->close();
  const auto stored = writer->counters();
  if (stored.inputs_lost != 0 || stored.bodies_lost != 0) {
    throw config::ConfigError{invocation.output + " is not complete: " + trouble};
  }
  std::string text = invocation.output + ": " + std::to_string(exchanges) +
                     " exchanges, redacted: " + std::string{to_string(level)};
  if (unreadable != 0) {
    text += "; " + std::to_string(unreadable) + " entries of the capture could not be read";
  }
  tell(text);
  return unreadable != 0 ? kUnreadable : kDone;
}

}  // namespace eastap::app
