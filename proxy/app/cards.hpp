#pragma once

#include <string>

#include "config/config.hpp"
#include "decoder/findings/analyzer.hpp"
#include "decoder/render/line.hpp"
#include "decoder/report/card.hpp"

namespace eastap::app {

/// How lines on that descriptor look: width, colours, local time.
[[nodiscard]] render::LineStyle line_style(const config::Config& config, int descriptor);

/// The short cards for stderr at the end of a run, `config.cards` of them; "" when it wants none
/// or there is no device.
[[nodiscard]] std::string short_cards(const config::Config& config,
                                      const findings::Analyzer::Knowledge& known,
                                      const report::FindingStore& found);

}  // namespace eastap::app
