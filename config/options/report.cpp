#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

void add_report_options(std::vector<Option>& table) {
  Option device = named("--device", "ID", "", Group::output, in::report, "the card of this device",
                        "A DeviceId, or the address of a client that never came as far as having "
                        "one; its beginning is enough where no other begins so.");
  device.apply = [](Invocation& to, const Values& values, const std::string&) {
    if (values.back().empty()) throw Complaint{"names no device"};
    to.device = values.back();
  };
  device.default_text = "all";
  table.push_back(device);
  table.push_back(number<std::uint32_t>(
      named("--cards", "N", "cards", Group::output, kWatchers, "device cards at the end, on stderr",
            "How far each device came, where it stopped and why: of this many devices, those with "
            "troubles first. 0: none. eastap report has all of it."),
      [](Config& config) -> std::uint32_t& { return config.cards; }, 0, 1'000));
  table.back().excludes = {"--rebuild"};
}

}  // namespace eastap::config
