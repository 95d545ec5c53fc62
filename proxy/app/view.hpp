#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "config/config.hpp"
#include "decoder/base/time.hpp"
#include "proxy/pipeline/pipeline.hpp"
#include "proxy/redact/redactor.hpp"

namespace eastap::app {

/// What `--redact` and `--redact-key` ask for; nothing at level none. Throws config::ConfigError
/// when the key cannot be read. One for all that a command shows: without a key file each has
/// pseudonyms of its own.
using RedactorPtr = std::shared_ptr<const redact::Redactor>;
[[nodiscard]] RedactorPtr make_redactor(const config::Config& config);

/// Of `redactor`, for make_logger; none when nothing is hidden.
[[nodiscard]] std::function<std::string(std::string_view)> log_words(const RedactorPtr& redactor);

/// A pipeline whose records may be shown: what it understands was redacted before, as `config`
/// says. Whoever prints or exports records takes them from one of these. One thread.
class View {
 public:
  /// `redactor`: of `make_redactor`. `stored`: the level at which what comes was redacted already
  /// (capture::CaptureFacts). Throws config::ConfigError for rules that cannot be used.
  View(const config::Config& config, RedactorPtr redactor,
       std::function<void(pipeline::RecordPtr)> sink, std::string_view stored = {});

  void take(pipeline::Input&& input);
  void finish(Timestamp end) { pipeline_.finish(end); }
  void next_run(Timestamp end) { pipeline_.next_run(end); }
  /// Other rules for what follows, as Pipeline::change.
  void change(findings::Settings settings);
  [[nodiscard]] findings::Analyzer::Knowledge knowledge() const { return pipeline_.knowledge(); }
  /// Null: nothing is hidden.
  [[nodiscard]] const redact::Redactor* redactor() const { return redactor_.get(); }

 private:
  RedactorPtr redactor_;
  pipeline::Pipeline pipeline_;
};

}  // namespace eastap::app
