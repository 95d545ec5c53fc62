#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "decoder/base/time.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/render/line.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/theme.hpp"

namespace eastap::render {

inline constexpr std::size_t kUnfitted = 0;
inline constexpr std::size_t kNarrowest = 40;

/// Puts coloured text onto one line, then ends it without spaces before the line feed.
class LineWriter {
 public:
  LineWriter(std::string& out, const LineStyle& style)
      : out_{out},
        theme_{style.theme},
        width_{style.width == kUnfitted ? kUnfitted : std::max(style.width, kNarrowest)} {}

  [[nodiscard]] const Theme& theme() const { return theme_; }
  [[nodiscard]] std::size_t width() const { return width_; }

  void put(std::string_view text, std::string_view role = {}) {
    if (text.empty()) return;
    flush_spaces();
    if (!role.empty()) out_ += role;
    out_ += text;
    if (!role.empty()) out_ += theme_.reset;
  }

  void space(std::size_t columns) { spaces_ += columns; }

  /// A cell of exactly `columns`; not cut where lines are not fitted.
  void cell(std::string_view text, std::size_t columns, std::string_view role = {},
            Align align = Align::left) {
    const std::string shown = width_ == kUnfitted ? std::string{text} : cut_to_width(text, columns);
    const std::size_t used = display_width(shown);
    const std::size_t filling = columns - std::min(columns, used);
    if (align == Align::right) space(filling);
    put(shown, role);
    if (align == Align::left) space(filling);
  }

  void end() {
    spaces_ = 0;
    out_ += '\n';
  }

  /// `text` on as many lines as it takes, each after `indent` columns; the first goes on where the
  /// line stands, `used` columns from its beginning.
  void wrapped(std::string_view text, std::size_t indent, std::size_t used, std::string_view role);

 private:
  void flush_spaces() {
    out_.append(spaces_, ' ');
    spaces_ = 0;
  }

  std::string& out_;
  const Theme& theme_;
  std::size_t width_;
  std::size_t spaces_ = 0;
};

/// "14:02:29", with milliseconds when `fractions`; in the style's time zone.
[[nodiscard]] std::string clock(Timestamp time, const LineStyle& style, bool fractions);

[[nodiscard]] std::string_view colour(const Theme& theme, findings::Severity severity);

}  // namespace eastap::render
