#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <unistd.h>

#include "decoder/findings/history.hpp"
#include "decoder/report/card.hpp"
#include "decoder/report/card_text.hpp"
#include "proxy/app/cards.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/reading.hpp"
#include "proxy/app/view.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/capture/reader.hpp"

namespace eastap::app {
namespace {

struct Collected {
  std::vector<report::Card> cards;
  std::uint64_t unreadable = 0, findings_lost = 0, forgotten = 0;
};

Collected collect(const config::Config& config, const RedactorPtr& redactor,
                  capture::Reader& reader, spdlog::logger& log) {
  Collected out;
  report::FindingStore found;
  View view{config, redactor,
            [&](const pipeline::RecordPtr& record) {
              if (const auto* one = std::get_if<findings::Finding>(&record->what)) found.take(*one);
            },
            reader.facts().redacted};
  std::size_t run = 0;
  const auto end_of_run = [&] {
    const auto knowledge = view.knowledge();
    for (report::Card& card : report::cards(knowledge, found.all())) {
      if (reader.facts().runs.size() > 1) card.run = run + 1;
      out.cards.push_back(std::move(card));
    }
    out.forgotten += knowledge.history.forgotten();
    out.findings_lost += found.lost();
    found = report::FindingStore{};
  };
  RunByRun runs{reader, view, end_of_run};
  const auto& facts = reader.facts();
  Progress progress{(facts.exchanges * 2) + facts.events, ::isatty(STDERR_FILENO) != 0};
  while (auto input = reader.next()) {
    if (!*input) {
      ++out.unreadable;
      log.warn("{}", input->error().detail);
      continue;
    }
    runs.take(std::move(**input));
    run = runs.run();
    progress.step();
  }
  runs.finish();
  end_of_run();
  return out;
}

}  // namespace

int report(const config::Invocation& invocation) {
  const auto& config = invocation.config;
  (void)pipeline_settings(config);  // a wrong rule is told before anything is read or made
  const RedactorPtr redactor = make_redactor(config);
  const auto log = make_logger(config, log_words(redactor));
  InputFile file{invocation.file};
  auto reader = capture::Reader::open(file.path(), {});
  file.opened();
  if (!reader) {
    tell(file.spoken(reader.error().detail));
    return kUnreadable;
  }
  const Collected all = collect(config, redactor, *reader, *log);
  std::vector<const report::Card*> chosen;
  if (invocation.device.empty()) {
    for (const report::Card& card : all.cards) chosen.push_back(&card);
  } else {
    std::string problem;
    chosen = report::select(all.cards, invocation.device, problem);
    if (chosen.empty()) throw config::ConfigError{"--device: " + problem};
  }
  const render::LineStyle style = line_style(config, STDOUT_FILENO);
  std::string text;
  std::optional<findings::Severity> worst;
  for (const report::Card* card : chosen) {
    if (config.json) {
      report::append_card_json(text, *card);
    } else {
      if (card != chosen.front()) text += '\n';
      report::append_card(text, *card, style);
    }
    if (card->worst() > worst) worst = card->worst();
  }
  put_out(text);
  std::string remark;
  if (chosen.empty()) remark += told("the capture has no ActiveSync device");
  if (all.forgotten != 0) {
    remark += told(std::to_string(all.forgotten) +
                   " devices that were silent longest have no card: more than fit into memory");
  }
  if (all.findings_lost != 0)
    remark += told(std::to_string(all.findings_lost) + " findings are left out");
  if (all.unreadable != 0)
    remark += told(std::to_string(all.unreadable) + " entries of the file could not be read");
  write_all(STDERR_FILENO, remark);
  if (fails(config, worst)) return kFindings;
  return all.unreadable != 0 ? kUnreadable : kDone;
}

}  // namespace eastap::app
