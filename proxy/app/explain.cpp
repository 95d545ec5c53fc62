#include "decoder/explain/explain.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include <unistd.h>

#include "decoder/explain/print.hpp"
#include "decoder/render/theme.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/sink/renderers.hpp"

namespace eastap::app {
namespace {

explain::Settings settings_of(const config::Config& config) {
  const findings::Settings settings = pipeline_settings(config).findings;
  explain::Settings out;
  out.mutes = settings.mutes;
  for (const auto& [rule, changes] : settings.rules) {
    explain::RuleSetting& to = out.rules[rule];
    to.changes = changes;
    const auto found = config.rules.find(rule);
    if (found != config.rules.end()) to.set_at = found->second.origins;
  }
  return out;
}

}  // namespace

int explain(const config::Invocation& invocation) {
  constexpr std::size_t kWidest = 100;  // longer lines are hard to read
  constexpr std::size_t kUnknown = 80;
  const std::size_t columns = sink::terminal_width(STDOUT_FILENO);
  const std::size_t width = columns == 0 ? kUnknown : std::min(columns, kWidest);
  const render::Theme& theme =
      coloured(invocation.config) ? render::kColourTheme : render::kPlainTheme;
  const explain::Settings settings = settings_of(invocation.config);
  std::string out;
  if (invocation.words.empty()) {
    if (invocation.config.json) {
      explain::append_overview_json(out);
      out += '\n';
    } else {
      explain::append_overview_text(out, width, theme);
    }
    put_out(out);
    return kDone;
  }
  const explain::Answer answer = explain::explain(invocation.words, settings);
  if (invocation.config.json) {
    explain::append_json(out, answer);
    out += '\n';
    put_out(out);
  } else {
    explain::append_text(out, answer, width, theme);
    if (answer.found()) {
      put_out(out);
    } else {
      tell(out);
    }
  }
  return answer.found() ? kDone : kUsage;
}

}  // namespace eastap::app
