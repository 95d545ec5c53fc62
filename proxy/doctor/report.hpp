#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "decoder/render/theme.hpp"
#include "proxy/doctor/judge.hpp"

namespace eastap::doctor {

/// A line or more a judgement: verdict, topic, words, and the remedy below, wrapped to `width`
/// columns; a closing line counts what is bad.
[[nodiscard]] std::string report_text(const std::vector<Judgement>& judgements, std::size_t width,
                                      const render::Theme& theme);

/// One object a line: {"type":"doctor","topic","verdict","text","remedy"}.
[[nodiscard]] std::string report_json(const std::vector<Judgement>& judgements);

}  // namespace eastap::doctor
