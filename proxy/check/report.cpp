#include "proxy/check/report.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace eastap::check {
namespace {

bool did(const std::vector<Report>& reports, std::string_view id) {
  return std::any_of(reports.begin(), reports.end(), [id](const Report& report) {
    return report.id == id && (report.verdict == Verdict::ok || report.verdict == Verdict::warning);
  });
}

/// How far a phone would have come.
std::string good_words(const std::vector<Report>& reports, std::string_view subject) {
  if (did(reports, "ping")) {
    return "a phone can set up " + std::string{subject} + ", sync mail and wait for more";
  }
  if (did(reports, "auth")) {
    return std::string{subject} + " answers as an ActiveSync server; nothing was signed in to";
  }
  return "what could be tested of " + std::string{subject} + " works";
}

const Report* first_with(const std::vector<Report>& reports, Verdict verdict) {
  const auto found = std::find_if(reports.begin(), reports.end(), [verdict](const Report& report) {
    return report.verdict == verdict;
  });
  return found == reports.end() ? nullptr : &*found;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kWords{"ok", "warning", "failed", "skipped"};
  return kWords[static_cast<std::size_t>(verdict)];
}

void Report::remark(Verdict found, std::string text, std::string next_step) {
  remarks.push_back({found, std::move(text), std::move(next_step)});
  verdict = verdict == Verdict::skipped ? found : std::max(verdict, found);
}

std::string Report::next_step() const {
  for (const Verdict worst : {Verdict::failed, Verdict::warning}) {
    for (const Remark& remark : remarks) {
      if (remark.verdict == worst && !remark.next_step.empty()) return remark.next_step;
    }
  }
  return {};
}

Summary summarise(const std::vector<Report>& reports, std::string_view subject) {
  Summary summary;
  for (const Report& report : reports) {
    switch (report.verdict) {
      case Verdict::ok: ++summary.ok; break;
      case Verdict::warning: ++summary.warnings; break;
      case Verdict::failed: ++summary.failed; break;
      case Verdict::skipped: ++summary.skipped; break;
    }
  }
  if (const Report* failed = first_with(reports, Verdict::failed)) {
    summary.verdict = Verdict::failed;
    const auto remark =
        std::find_if(failed->remarks.begin(), failed->remarks.end(),
                     [](const Remark& one) { return one.verdict == Verdict::failed; });
    summary.sentence = "a phone would fail at " + failed->title;
    if (remark != failed->remarks.end()) summary.sentence += ": " + remark->text;
    summary.next_step = failed->next_step();
  } else if (const Report* warned = first_with(reports, Verdict::warning)) {
    summary.verdict = Verdict::warning;
    summary.sentence = good_words(reports, subject) + ", with " + std::to_string(summary.warnings) +
                       (summary.warnings == 1 ? " warning" : " warnings");
    summary.next_step = warned->next_step();
  } else {
    summary.sentence = good_words(reports, subject);
  }
  return summary;
}

}  // namespace eastap::check
