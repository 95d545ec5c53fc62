#include <string>
#include <utility>

#include "decoder/codepages/pages/page18_settings.hpp"
#include "decoder/eas/reading.hpp"

/// Settings, [MS-ASCMD] 2.2.1.18.
namespace eastap::eas {
namespace {

namespace settings = codepages::settings;

bool is_group(codepages::Tag tag) {
  return tag == settings::kOof || tag == settings::kDevicePassword ||
         tag == settings::kDeviceInformation || tag == settings::kUserInformation ||
         tag == settings::kRightsManagementInformation;
}

SettingsGroup& group_named(Command& command, std::string_view name) {
  for (SettingsGroup& group : command.settings) {
    if (group.name == name) return group;
  }
  SettingsGroup& group = command.settings.emplace_back();
  group.name = name;
  return group;
}

/// Every value below `parent`, in document order. A recovery password is no value to show.
void read_values(Reading& reading, SettingsGroup& group, wbxml::Element parent) {
  const wbxml::Document& document = parent.document();
  for (std::uint32_t i = parent.index() + 1; i < parent.node().end; ++i) {
    const wbxml::Element element{document, i};
    if (element.is(settings::kPassword) || element.value().empty() || element.name().empty()) {
      continue;
    }
    if (group.values.size() >= reading.limits.values) {
      reading.remark_limit("settings", reading.limits.values);
      return;
    }
    group.values.emplace_back(element.name(), reading.text(element));
  }
}

std::string value_of(const SettingsGroup& group, std::string_view name) {
  for (const auto& [key, value] : group.values) {
    if (key == name) return value;
  }
  return {};
}

std::string device_words(const SettingsGroup& group) {
  std::string words;
  for (const std::string_view name : {"Model", "OS", "FriendlyName", "MobileOperator"}) {
    const std::string value = value_of(group, name);
    if (value.empty() || words.find(value) != std::string::npos) continue;
    if (!words.empty()) words += ", ";
    words += value;
  }
  return words.empty() ? "device information" : words;
}

std::string oof_words(const std::string& state) {
  if (state == "0") return "off";
  if (state == "1") return "on";
  if (state == "2") return "on for a time";
  return state;
}

std::string asked_words(const SettingsGroup& group) {
  const std::string verb = group.set ? "set " : "read ";
  if (group.name == "DeviceInformation") {
    return group.set ? "device: " + device_words(group) : "read device information";
  }
  if (group.name == "Oof") {
    const std::string state = group.set ? value_of(group, "OofState") : "";
    return verb + "out-of-office" + (state.empty() ? "" : ' ' + oof_words(state));
  }
  if (group.name == "DevicePassword") return "store recovery password";
  if (group.name == "UserInformation") return "read user information";
  if (group.name == "RightsManagementInformation") return "read rights templates";
  return verb + group.name;
}

std::string answer_words(const SettingsGroup& group) {
  if (group.set) return {};
  if (group.name == "Oof") {
    const std::string state = value_of(group, "OofState");
    return state.empty() ? "" : "out-of-office " + oof_words(state);
  }
  if (group.name == "UserInformation") {
    const std::string primary = value_of(group, "PrimarySmtpAddress");
    return primary.empty() ? value_of(group, "SMTPAddress") : primary;
  }
  return {};
}

}  // namespace

void read_settings_groups(Reading& reading, wbxml::Element parent, bool of_answer) {
  for (const wbxml::Element child : parent.children()) {
    if (!is_group(child.tag())) continue;
    SettingsGroup& group = group_named(reading.command, child.name());
    const auto set = child.child(settings::kSet);
    const auto get = child.child(settings::kGet);
    if (!of_answer) {
      group.set = set.has_value();
      if (set) read_values(reading, group, *set);
      continue;
    }
    const std::string scope = "Settings." + group.name;
    group.status = reading.child_status(Level::part, scope, group.name, child, settings::kStatus);
    if (get && !group.set) {
      read_values(reading, group, *get);
    } else if (!group.set) {
      // Rights templates and some servers' answers stand beside Status, without Get.
      for (const wbxml::Element value : child.children()) {
        if (!value.is(settings::kStatus)) read_values(reading, group, value);
      }
    }
  }
}

void read_settings(Reading& reading) {
  Command& command = reading.command;
  if (reading.asked) {
    read_settings_groups(reading, *reading.asked, false);
    std::vector<std::string> words;
    for (const SettingsGroup& group : command.settings) words.push_back(asked_words(group));
    command.asked = clipped(joined(words, 5), reading.limits.line_octets);
  }
  if (reading.answered) {
    reading.child_status(Level::command, "Settings", "", *reading.answered, settings::kStatus);
    read_settings_groups(reading, *reading.answered, true);
    std::vector<std::string> words;
    for (const SettingsGroup& group : command.settings) {
      if (std::string answer = answer_words(group); !answer.empty()) {
        words.push_back(std::move(answer));
      }
    }
    command.outcome = clipped(joined(words, 3), reading.limits.line_octets);
  }
}

}  // namespace eastap::eas
