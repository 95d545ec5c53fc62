#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

void add_output_options(std::vector<Option>& table) {
  Option tail = word<TailMode>(
      named("--tail", "MODE", "tail", Group::output, kWatchers, "line, xml, json or off",
            "line: one line an event. xml: with the decoded bodies. json: one record a line."),
      [](Config& config) -> TailMode& { return config.tail; }, tail_from);
  tail.apply = [](Invocation& to, const Values& values, const std::string&) {
    to.config.tail = tail_from(values.back());
    to.config.json = to.config.tail == TailMode::json;
  };
  tail.words = {"line", "xml", "json", "off"};
  tail.excludes = {"--json", "--rebuild"};
  table.push_back(tail);
  Option json = named("--json", "", "json", Group::output,
                      kWatchers | in::report | in::decode | in::explain | in::ca_show | in::check,

                      "machine-readable output", "The same as --tail json where that exists.");
  json.form = Form::truth;
  json.apply = [](Invocation& to, const Values& values, const std::string&) {
    const bool json_wanted = truth_from(values.back());
    to.config.json = json_wanted;
    if (json_wanted) {
      to.config.tail = TailMode::json;
    } else if (to.config.tail == TailMode::json) {
      to.config.tail = TailMode::line;
    }
    to.body_form = json_wanted ? BodyForm::json : BodyForm::xml;
  };
  json.shown = [](const Config&) { return Values{"false"}; };
  json.excludes = {"--tail", "--xml", "--hex", "--rebuild"};
  table.push_back(json);
  table.push_back(word<FailOn>(
      named("--fail-on", "SEVERITY", "fail_on", Group::output, kWatchers | in::report,
            "end with 1 on such findings", "info, notice, warning, error or never."),
      [](Config& config) -> FailOn& { return config.fail_on; }, fail_on_from));
  table.back().words = {"info", "notice", "warning", "error", "never"};
  table.back().excludes = {"--rebuild"};
  table.push_back(word<ColorMode>(
      named("--color", "WHEN", "color", Group::output, in::all, "auto, always or never",
            "auto: when the output is a terminal and NO_COLOR is not set."),
      [](Config& config) -> ColorMode& { return config.color; }, color_from));
  table.back().words = {"auto", "always", "never"};
  Option speed = named(
      "--speed", "N", "", Group::output, in::replay, "replay at N times the real speed",
      "1 keeps the pauses as they were, 10 shortens them to a tenth. 0: as fast as it reads.");
  speed.apply = [](Invocation& to, const Values& values, const std::string&) {
    to.speed = speed_from(values.back());
  };
  speed.shown = [](const Config&) { return Values{"0"}; };
  speed.default_text = "0: at once";
  speed.excludes = {"--rebuild"};
  table.push_back(speed);
  Option rebuild = named(
      "--rebuild", "", "", Group::output, in::replay, "derive the capture's own tables anew",
      "Instead of showing anything: the tables of the file that hold what was understood (commands "
      "and findings, for sqlite3) are filled again from the stored octets, with today's decoder "
      "and rules. The octets stay as they are. For a capture of an older eastap, or after rules "
      "changed.");
  rebuild.form = Form::truth;
  rebuild.apply = [](Invocation& to, const Values& values, const std::string&) {
    to.rebuild = truth_from(values.back());
  };
  rebuild.excludes = {"--tail",  "--json",   "--fail-on",   "--speed",
                      "--cards", "--redact", "--redact-key"};
  table.push_back(rebuild);
}

}  // namespace eastap::config
