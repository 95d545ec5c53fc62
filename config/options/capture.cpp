#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

void add_capture_options(std::vector<Option>& table) {
  Option capture = optional_text(
      named(
          "--capture", "FILE", "capture", Group::capture, in::run, "where to keep the traffic",
          "%Y %m %d %H %M %S stand for the start time, %% for a per cent sign. The default is a "
          "new file in the "
          "current folder for each run. Passwords and tokens are masked; mail is not. Mode 0600."),
      [](Config& config) -> std::optional<std::string>& { return config.capture; });
  capture.excludes = {"--no-capture"};
  capture.default_text = "a new file in this folder";
  table.push_back(capture);
  Option none = named("--no-capture", "", "no_capture", Group::capture, in::run, "keep nothing");
  none.form = Form::truth;
  none.apply = [](Invocation& to, const Values& values, const std::string&) {
    if (truth_from(values.back())) {
      to.config.capture.reset();
    } else if (!to.config.capture) {
      to.config.capture = std::string{kDefaultCapture};
    }
  };
  none.shown = [](const Config&) { return Values{"false"}; };
  none.excludes = {"--capture"};
  table.push_back(none);
}

}  // namespace eastap::config
