#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>
#include <unordered_set>

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
  [[nodiscard]] bool first_time(const std::string& host);

  Settings settings_;
  // A phone meets a few hundred hosts; beyond this a host is named again, which harms nothing.
  static constexpr std::size_t kRememberedHosts = 4'096;
  std::unordered_set<std::string> tunnelled_;
  std::unordered_map<std::uint64_t, findings::Severity> shown_;  // by finding
};

/// The records, one JSON object a line: `--tail json`, `--json`.
class JsonRenderer final : public Renderer {
 public:
  void append(std::string& out, const pipeline::Record& record) override;
  void append_note(std::string& out, const std::string& text) override;
};

/// Columns of the terminal behind `descriptor`; 0 when it is none.
[[nodiscard]] std::size_t terminal_width(int descriptor);

/// Local time's distance from UTC, by the system's time zone.
[[nodiscard]] std::chrono::seconds local_offset(Timestamp time);

}  // namespace eastap::sink
