#include "proxy/app/cards.hpp"

#include <unistd.h>

#include "decoder/render/theme.hpp"
#include "decoder/report/card_text.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/sink/renderers.hpp"

namespace eastap::app {

render::LineStyle line_style(const config::Config& config, int descriptor) {
  render::LineStyle style;
  style.theme = coloured(config, descriptor) ? render::kColourTheme : render::kPlainTheme;
  style.offset = &sink::local_offset;
  style.width = sink::terminal_width(descriptor);
  return style;
}

std::string short_cards(const config::Config& config, const findings::Analyzer::Knowledge& known,
                        const report::FindingStore& found) {
  if (config.cards == 0) return {};
  const auto all = report::cards(known, found.all());
  if (all.empty()) return {};
  const render::LineStyle style = line_style(config, STDERR_FILENO);
  std::string out;
  for (const report::Card* card : report::most_telling(all, config.cards)) {
    out += '\n';
    report::append_short_card(out, *card, style);
  }
  if (all.size() > config.cards) {
    out += "\nand " + std::to_string(all.size() - config.cards) +
           " more devices: eastap report FILE, or --cards\n";
  }
  return out + '\n';
}

}  // namespace eastap::app
