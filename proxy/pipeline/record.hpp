#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "decoder/eas/command.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/model/exchange.hpp"

namespace eastap::pipeline {

/// An answer that is still arriving, as far as it came: `exchange.response` is a copy, never
/// complete, its body the first part. Seen live only: the capture does not keep it, nothing is
/// learned from it and no rule sees it, so that replay gives the same of everything else.
struct Progress {
  model::Exchange exchange;
};

/// What enters the pipeline, live from a connection or from a capture, in one order.
using Input = std::variant<model::Exchange, model::ConnectionEvent, Progress>;

/// An exchange with what it means. `exchange.ending == open`: the request is complete and waits.
struct ExchangeRecord {
  model::Exchange exchange;
  eas::Command command;
};

/// A `Progress` with what it means: `command.response` is what decoded so far.
struct ProgressRecord {
  model::Exchange exchange;
  eas::Command command;
};

/// What leaves the pipeline, in one order for live traffic and replay (`ProgressRecord` aside).
struct Record {
  std::variant<ExchangeRecord, model::ConnectionEvent, findings::Finding, ProgressRecord> what;
};

/// Immutable after hand-over, hence free to share between sinks.
using RecordPtr = std::shared_ptr<const Record>;

}  // namespace eastap::pipeline
