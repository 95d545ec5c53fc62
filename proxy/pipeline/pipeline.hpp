#pragma once

#include <functional>
#include <utility>

#include "decoder/base/time.hpp"
#include "decoder/eas/limits.hpp"
#include "decoder/eas/session.hpp"
#include "decoder/findings/analyzer.hpp"
#include "decoder/findings/settings.hpp"
#include "decoder/model/exchange.hpp"
#include "proxy/http/content_coding.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::pipeline {

struct PipelineSettings {
  http::CodingLimits coding;
  eas::Limits eas;
  findings::Settings findings;
  /// Called with each document that is decoded, before anything reads it; may be empty.
  std::function<void(wbxml::Document&)> finish_document;
};

/// Understands what enters, in order, and hands on records: live traffic and replay take the same
/// way, so that both give the same records. One thread.
class Pipeline {
 public:
  /// `sink` gets each exchange or event, followed by the findings that it gave rise to.
  Pipeline(PipelineSettings settings, std::function<void(RecordPtr)> sink);

  void take(Input&& input);

  /// Other rules for what follows, as `findings::Analyzer::change`. Called between two inputs.
  void change(findings::Settings settings) { analyzer_.change(std::move(settings)); }

  /// No more input: findings that were waiting for `end` to pass are handed on.
  void finish(Timestamp end);

  /// What follows was seen by another run of eastap, whose memory began empty: so does this one's,
  /// and both tell the same. `end`: of the run before.
  void next_run(Timestamp end);

  /// What the rules have learned, for a report.
  [[nodiscard]] findings::Analyzer::Knowledge knowledge() const { return analyzer_.knowledge(); }

 private:
  void take_exchange(model::Exchange&& exchange);
  void take_progress(model::Exchange&& exchange);
  void hand_on(std::vector<findings::Finding>&& found);

  PipelineSettings settings_;
  std::function<void(RecordPtr)> sink_;
  eas::Session session_;
  findings::Analyzer analyzer_;
};

}  // namespace eastap::pipeline
