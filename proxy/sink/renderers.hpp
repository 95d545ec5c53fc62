#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "decoder/render/line.hpp"
#include "proxy/sink/outlet.hpp"

namespace eastap::sink {

/// The tail for people: one line an event, `--tail line`; with both bodies decoded, `--tail xml`.
class LineRenderer final : public Renderer {
 public:
  struct Settings {
    bool bodies = false;
    render::LineStyle style;
    std::function<std::size_t()> width;  ///< asked anew for each event: terminals are resized
  };
  explicit LineRenderer(Settings settings);
  void append(std::string& out, const pipeline::Record& record) override;
  void append_note(std::string& out, const std::string& text) override;

 private:
  struct Held {
    std::string lines;
    std::uint64_t exchange = 0;  ///< whose line must come first
    Timestamp since{};
  };
  [[nodiscard]] bool first_time(const std::string& host);
  void append_exchange(std::string& out, const pipeline::ExchangeRecord& record);
  void append_finding(std::string& out, const findings::Finding& finding);
  void release_held(std::string& out, std::uint64_t exchange, Timestamp now);

  Settings settings_;
  // A phone meets a few hundred hosts; beyond this a host is named again, which harms nothing.
  static constexpr std::size_t kRememberedHosts = 4'096;
  std::unordered_set<std::string> tunnelled_;
  std::unordered_set<std::uint64_t> shown_;  // findings whose explanation was printed
  // Requests without a line yet: a finding that a request gave rise to is printed below its line,
  // not above it.
  std::unordered_map<std::uint64_t, Timestamp> unanswered_;
  std::vector<Held> held_;
  std::unordered_map<std::string, Timestamp> told_;  // troubles whose next step was printed
};

/// The records, one JSON object a line: `--tail json`, `--json`.
class JsonRenderer final : public Renderer {
 public:
  void append(std::string& out, const pipeline::Record& record) override;
  void append_note(std::string& out, const std::string& text) override;
};

/// Columns of the terminal behind `descriptor`; 0 when it is none.
[[nodiscard]] std::size_t terminal_width(int descriptor);
/// Its lines, likewise.
[[nodiscard]] std::size_t terminal_height(int descriptor);

/// Local time's distance from UTC, by the system's time zone.
[[nodiscard]] std::chrono::seconds local_offset(Timestamp time);

}  // namespace eastap::sink
