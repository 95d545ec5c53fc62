#pragma once

#include <cstddef>
#include <string>

#include "decoder/eas/command.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/model/exchange.hpp"

/// The records of `--json` and `--tail json`: one JSON object a line, UTF-8, line feed included.
/// Absent is absent. Times are RFC 3339 in UTC to the microsecond, durations milliseconds with
/// fractions.
namespace eastap::render {

struct RecordJsonOptions {
  bool messages = true;  ///< `request` and `response`: heads, documents, bodies
  std::size_t body_limit =
      64 << 10;  ///< octets kept of a body that has no document; more is marked `truncated`
};

/// `{"type":"exchange", …}` for an exchange that ended.
void append_exchange_json(std::string& out, const model::Exchange& exchange,
                          const eas::Command& command, const RecordJsonOptions& options = {});

/// `{"type":"waiting", …}` for a request that was just sent and may hang: the identifying fields of
/// its later exchange record (same `id`), `waiting` and `request`.
void append_waiting_json(std::string& out, const model::Exchange& exchange,
                         const eas::Command& command, const RecordJsonOptions& options = {});

/// `{"type":"progress", …}` of an answer still arriving: the identifying fields of its later
/// exchange record (same `id`), `response_bytes` so far, and `response` as far as it decoded. Live
/// only.
void append_progress_json(std::string& out, const model::Exchange& exchange,
                          const eas::Command& command, const RecordJsonOptions& options = {});

/// `{"type":"finding", …}`; the last one with an `id` holds.
void append_finding_json(std::string& out, const findings::Finding& finding);

/// `{"type":"tunnel"|"tls_failure"|"upstream_failure"|"refused"|"malformed"|"note", …}`.
void append_event_json(std::string& out, const model::ConnectionEvent& event);

}  // namespace eastap::render
