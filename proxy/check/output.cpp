#include "proxy/check/output.hpp"

#include <algorithm>

#include "decoder/render/json_writer.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"

namespace eastap::check {
namespace {

constexpr std::size_t kDurationWidth = 8;
constexpr std::string_view kIndent = "    ";

struct Mark {
  std::string_view sign, word, colour;
};

Mark mark_of(Verdict verdict, const render::Theme& theme) {
  switch (verdict) {
    case Verdict::ok: return {"✓", "ok", theme.success};
    case Verdict::warning: return {"!", "warning", theme.warning};
    case Verdict::failed: return {"✗", "failed", theme.error};
    case Verdict::skipped: return {"-", "skipped", theme.dim};
  }
  return {};
}

/// `text` in lines of `width` columns, cut at spaces; `lead` before the first, as many spaces
/// before the others. A word that fits on no line (a URL) is cut.
void append_wrapped(std::string& out, std::string_view lead, std::string_view text,
                    std::string_view colour, const Layout& layout) {
  const std::string safe = render::printable(text);
  std::string_view left = safe;
  const std::size_t indent = render::display_width(lead);
  const std::size_t room = layout.width > indent + 20 ? layout.width - indent : 20;
  bool first = true;
  while (first || !left.empty()) {
    std::size_t end = render::prefix_of_width(left, room);
    if (end < left.size()) {
      const std::size_t space = left.rfind(' ', end);
      if (space != std::string_view::npos && space > 0) end = space;
    }
    out += colour;
    out += first ? std::string{lead} : std::string(indent, ' ');
    out += left.substr(0, end);
    if (!colour.empty()) out += layout.theme->reset;
    out += '\n';
    left.remove_prefix(std::min(std::max<std::size_t>(end, 1), left.size()));
    while (left.starts_with(' ')) left.remove_prefix(1);
    first = false;
  }
}

void append_title(std::string& out, const Report& report, const Layout& layout) {
  const Mark mark = mark_of(report.verdict, *layout.theme);
  if (report.verdict == Verdict::skipped) {
    append_wrapped(out, std::string{mark.sign} + ' ', report.title + ": skipped, " + report.because,
                   layout.theme->dim, layout);
    return;
  }
  const std::size_t room = layout.width > kDurationWidth + 20 ? layout.width : 40;
  out += mark.colour;
  out += mark.sign;
  if (!mark.colour.empty()) out += layout.theme->reset;
  out += ' ';
  out += layout.theme->command;
  render::append_cell(out, render::printable(report.title), room - 2 - kDurationWidth);
  out += layout.theme->reset;
  const bool waited = report.duration > Microseconds::zero();
  render::append_cell(out, waited ? render::duration_words(report.duration) : "", kDurationWidth,
                      render::Align::right);
  while (out.ends_with(' ')) out.pop_back();
  out += '\n';
}

}  // namespace

std::string report_text(const Report& report, const Layout& layout) {
  const render::Theme& theme = *layout.theme;
  std::string out;
  append_title(out, report, layout);
  for (const std::string& line : report.evidence) {
    append_wrapped(out, kIndent, line, theme.dim, layout);
  }
  for (const Remark& remark : report.remarks) {
    const Mark mark = mark_of(remark.verdict, theme);
    append_wrapped(out, "  " + std::string{mark.sign} + ' ', remark.text, mark.colour, layout);
    if (!remark.next_step.empty()) {
      append_wrapped(out, std::string{kIndent} + "→ ", remark.next_step, "", layout);
    }
  }
  return out;
}

std::string skipped_text(const std::vector<Report>& reports, const Layout& layout) {
  if (reports.size() == 1) return report_text(reports.front(), layout);
  std::string out, titles;
  for (const Report& report : reports) titles += (titles.empty() ? "" : "; ") + report.title;
  append_wrapped(out, "- ", titles + ": skipped, " + reports.front().because, layout.theme->dim,
                 layout);
  return out;
}

std::string running_text(std::string_view title, const Layout& layout) {
  return std::string{layout.theme->waiting} + "… " +
         render::cut_to_width(render::printable(title), layout.width - 3) +
         std::string{layout.theme->reset};
}

std::string summary_text(const Summary& summary, const Layout& layout) {
  const Mark mark = mark_of(summary.verdict, *layout.theme);
  std::string out = "\n";
  append_wrapped(out, std::string{mark.word} + ": ", summary.sentence, mark.colour, layout);
  if (!summary.next_step.empty()) append_wrapped(out, "→ ", summary.next_step, "", layout);
  const auto count = [](unsigned number, std::string_view word) {
    return number == 0 ? std::string{} : ", " + std::to_string(number) + ' ' + std::string{word};
  };
  const std::string counts = count(summary.ok, "ok") + count(summary.warnings, "with warnings") +
                             count(summary.failed, "failed") + count(summary.skipped, "skipped");
  append_wrapped(out, "", "steps: " + (counts.empty() ? "none" : counts.substr(2)),
                 layout.theme->dim, layout);
  return out;
}

std::string report_json(const Report& report) {
  std::string out;
  render::JsonWriter writer{out};
  writer.begin_object();
  writer.member("type", "step");
  writer.member("id", report.id);
  writer.member("title", report.title);
  writer.member("verdict", to_string(report.verdict));
  writer.member_if("because", report.because);
  writer.key("duration_ms");
  writer.thousandths(report.duration.count());
  writer.key("evidence");
  writer.begin_array();
  for (const std::string& line : report.evidence) writer.value(line);
  writer.end_array();
  writer.key("remarks");
  writer.begin_array();
  for (const Remark& remark : report.remarks) {
    writer.begin_object();
    writer.member("verdict", to_string(remark.verdict));
    writer.member("text", remark.text);
    writer.member_if("next_step", remark.next_step);
    writer.end_object();
  }
  writer.end_array();
  writer.member_if("next_step", report.next_step());
  writer.end_object();
  return out + '\n';
}

std::string summary_json(const Summary& summary, std::string_view subject) {
  std::string out;
  render::JsonWriter writer{out};
  writer.begin_object();
  writer.member("type", "summary");
  writer.member("subject", subject);
  writer.member("verdict", to_string(summary.verdict));
  writer.member("ok", summary.ok);
  writer.member("warnings", summary.warnings);
  writer.member("failed", summary.failed);
  writer.member("skipped", summary.skipped);
  writer.member("sentence", summary.sentence);
  writer.member_if("next_step", summary.next_step);
  writer.end_object();
  return out + '\n';
}

}  // namespace eastap::check
