#include "decoder/render/line_writer.hpp"

#include <array>
#include <cstdio>

#include "decoder/render/utf8.hpp"

namespace eastap::render {

void LineWriter::wrapped(std::string_view text, std::size_t indent, std::size_t used,
                         std::string_view role) {
  if (width_ == kUnfitted) {
    put(text, role);
    end();
    return;
  }
  std::size_t room = width_ - std::min(used, width_ - 1);
  while (!text.empty()) {
    std::size_t take = prefix_of_width(text, room);
    if (take < text.size()) {
      const std::size_t space = text[take] == ' ' ? take : text.substr(0, take).rfind(' ');
      if (space != std::string_view::npos && space > 0) {
        take = space;
      } else if (used > indent) {
        take = 0;  // the word may fit on a line of its own
      } else if (take == 0) {
        take = code_point_at(text, 0).length;
      }
    }
    put(text.substr(0, take), role);
    text.remove_prefix(take);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    end();
    if (text.empty()) return;
    used = indent;
    room = width_ - std::min(indent, width_ - 1);
    space(indent);
  }
}

std::string clock(Timestamp time, const LineStyle& style, bool fractions) {
  const std::chrono::seconds offset = style.offset ? style.offset(time) : std::chrono::seconds{0};
  const Timestamp local = time + offset;
  const std::chrono::hh_mm_ss parts{std::chrono::floor<std::chrono::milliseconds>(
      local - std::chrono::floor<std::chrono::days>(local))};
  std::array<char, 40> text{};
  int length = std::snprintf(
      text.data(), text.size(), "%02d:%02d:%02d", static_cast<int>(parts.hours().count()),
      static_cast<int>(parts.minutes().count()), static_cast<int>(parts.seconds().count()));
  std::string out{text.data(), static_cast<std::size_t>(length)};
  if (fractions) {
    length = std::snprintf(text.data(), text.size(), ".%03d",
                           static_cast<int>(parts.subseconds().count()));
    out.append(text.data(), static_cast<std::size_t>(length));
  }
  return out;
}

std::string_view colour(const Theme& theme, findings::Severity severity) {
  switch (severity) {
    case findings::Severity::info: return theme.info;
    case findings::Severity::notice: return theme.notice;
    case findings::Severity::warning: return theme.warning;
    case findings::Severity::error: return theme.error;
  }
  return theme.warning;
}

}  // namespace eastap::render
