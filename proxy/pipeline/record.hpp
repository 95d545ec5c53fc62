#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "decoder/eas/command.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/model/exchange.hpp"

namespace eastap::pipeline {

/// What enters the pipeline, live from a connection or from a capture, in one order.
using Input = std::variant<model::Exchange, model::ConnectionEvent>;

/// An exchange with what it means. `exchange.ending == open`: the request is complete and waits.
struct ExchangeRecord {
  model::Exchange exchange;
  eas::Command command;
};

/// What leaves the pipeline, in one order for live traffic and replay.
struct Record {
  std::variant<ExchangeRecord, model::ConnectionEvent, findings::Finding> what;
};

/// Immutable after hand-over, hence free to share between sinks.
using RecordPtr = std::shared_ptr<const Record>;

}  // namespace eastap::pipeline
