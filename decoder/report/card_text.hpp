#pragma once

#include <string>

#include "decoder/render/line.hpp"
#include "decoder/report/card.hpp"

namespace eastap::report {

/// The whole card, some twenty lines, each within `style.width`. Terminal-safe.
void append_card(std::string& out, const Card& card, const render::LineStyle& style);

/// The card for the end of a run: who, the checklist in one paragraph, where it stopped, and the
/// three gravest findings.
void append_short_card(std::string& out, const Card& card, const render::LineStyle& style);

/// One JSON object and a line feed, `"type":"device"`.
void append_card_json(std::string& out, const Card& card);

}  // namespace eastap::report
