#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "decoder/base/time.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/model/exchange.hpp"
#include "decoder/render/theme.hpp"

/// The tail's lines. Each function appends whole lines, line feed included, none wider than
/// `LineStyle::width`. A healthy event is one line; what is wrong continues on indented lines where
/// one does not hold it.
namespace eastap::render {

/// Seconds east of UTC at that moment.
using ZoneOffset = std::function<std::chrono::seconds(Timestamp)>;

struct LineStyle {
  std::size_t width = 0;  ///< columns; 0: not fitted (output is no terminal); below 40 counts as 40
  Theme theme = kPlainTheme;
  /// "→ …" below a failure. Who prints many lines may leave it out where `trouble_signature` was
  /// told a moment ago.
  bool next_steps = true;
  ZoneOffset offset = {};  ///< empty: UTC
};

/// An exchange that ended (answered, cut or given up).
void append_exchange_line(std::string& out, const model::Exchange& exchange,
                          const eas::Command& command, const LineStyle& style);

/// The same for exchanges in which the same went wrong, whatever the numbers in it; "" when nothing
/// did.
[[nodiscard]] std::string trouble_signature(const model::Exchange& exchange,
                                            const eas::Command& command);

/// A request that was just sent and may hang: "Ping  3 folders  waiting up to 470 s".
void append_waiting_line(std::string& out, const model::Exchange& exchange,
                         const eas::Command& command, const LineStyle& style);

/// An answer that is still arriving: "Sync  Inbox(5)  key 1, 1.2 MB so far".
void append_progress_line(std::string& out, const model::Exchange& exchange,
                          const eas::Command& command, const LineStyle& style);

/// "▲ warning  rule  summary (#211 #214)", then explanation and next step, wrapped. `repeated`: the
/// incident was shown before and only grew; the explanation is left out.
void append_finding_lines(std::string& out, const findings::Finding& finding,
                          const LineStyle& style, bool repeated = false);

/// A tunnel, TLS failure, upstream failure, refusal, malformed connection or note of the proxy.
void append_event_lines(std::string& out, const model::ConnectionEvent& event,
                        const LineStyle& style);

/// What `--tail xml` adds below the line: what the command says (command_facts.hpp), then both
/// bodies decoded with the meaning of values beside them, values above `shorten` octets cut; what
/// is not WBXML as text, and what did not decode in hex from where it stopped. Terminal-safe.
void append_bodies(std::string& out, const eas::Command& command, const LineStyle& style,
                   std::size_t shorten = 200);

}  // namespace eastap::render
