#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/render/theme.hpp"
#include "proxy/check/report.hpp"

/// Reports as text and JSON. What servers sent is made printable here.
namespace eastap::check {

struct Layout {
  const render::Theme* theme = nullptr;  ///< not null
  std::size_t width = 80;                ///< columns
};

/// One step: a line, below it what was seen, remarks, next steps. Ends with a line feed.
[[nodiscard]] std::string report_text(const Report& report, const Layout& layout);
/// Steps after each other that were skipped for one reason, together.
[[nodiscard]] std::string skipped_text(const std::vector<Report>& reports, const Layout& layout);
/// The line while a step is under way; no line feed.
[[nodiscard]] std::string running_text(std::string_view title, const Layout& layout);
[[nodiscard]] std::string summary_text(const Summary& summary, const Layout& layout);

/// One JSON object with a line feed: `{"type":"step",…}`, `{"type":"summary",…}`.
[[nodiscard]] std::string report_json(const Report& report);
[[nodiscard]] std::string summary_json(const Summary& summary, std::string_view subject);

}  // namespace eastap::check
