#include "proxy/doctor/report.hpp"

#include <algorithm>
#include <string_view>

#include "decoder/render/json_writer.hpp"
#include "decoder/render/printable.hpp"

namespace eastap::doctor {
namespace {

constexpr std::size_t kVerdictWidth = 9, kTopicWidth = 11;
constexpr std::size_t kIndent = kVerdictWidth + kTopicWidth;

std::string_view colour_of(Verdict verdict, const render::Theme& theme) {
  switch (verdict) {
    case Verdict::good: return theme.success;
    case Verdict::note: return theme.notice;
    case Verdict::warning: return theme.warning;
    case Verdict::bad: return theme.error;
    case Verdict::unseen: return theme.dim;
  }
  return {};
}

/// The words of `text` from column `indent` on, each line within `width`.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent,
                    std::size_t width) {
  const std::size_t room = std::max<std::size_t>(width > indent ? width - indent : 0, 20);
  bool first = true;
  while (!text.empty()) {
    std::string_view line = text.substr(0, render::prefix_of_width(text, room));
    if (line.size() < text.size() && text[line.size()] != ' ') {
      // A word longer than the line (a path, a host) is not cut: it would not copy whole.
      const std::size_t space = line.rfind(' ');
      line = space != std::string_view::npos && space > 0 ? line.substr(0, space)
                                                          : text.substr(0, text.find(' '));
    }
    if (!first) out += '\n' + std::string(indent, ' ');
    first = false;
    out += line;
    text.remove_prefix(line.size());
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  out += '\n';
}

}  // namespace

std::string report_text(const std::vector<Judgement>& judgements, std::size_t width,
                        const render::Theme& theme) {
  std::string out;
  std::size_t bad = 0, warnings = 0;
  for (const Judgement& one : judgements) {
    bad += one.verdict == Verdict::bad ? 1 : 0;
    warnings += one.verdict == Verdict::warning ? 1 : 0;
    out += colour_of(one.verdict, theme);
    render::append_cell(out, to_string(one.verdict), kVerdictWidth);
    out += theme.reset;
    render::append_cell(out, one.topic, kTopicWidth);
    append_wrapped(out, render::printable(one.words), kIndent, width);
    if (one.remedy.empty()) continue;
    out += std::string(kIndent, ' ');
    out += theme.dim;
    append_wrapped(out, "→ " + render::printable(one.remedy), kIndent, width);
    out.insert(out.size() - 1, theme.reset);
  }
  out += bad == 0 ? "nothing is in the way" : std::to_string(bad) + " to be mended first";
  if (warnings != 0) {
    out += ", " + std::to_string(warnings) + (warnings == 1 ? " warning" : " warnings");
  }
  return out + '\n';
}

std::string report_json(const std::vector<Judgement>& judgements) {
  std::string out;
  for (const Judgement& one : judgements) {
    render::JsonWriter json{out};
    json.begin_object();
    json.member("type", "doctor");
    json.member("topic", one.topic);
    json.member("verdict", to_string(one.verdict));
    json.member("text", one.words);
    json.member_if("remedy", std::string_view{one.remedy});
    json.end_object();
    out += '\n';
  }
  return out;
}

}  // namespace eastap::doctor
