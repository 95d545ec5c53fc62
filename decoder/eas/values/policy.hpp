#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eastap::eas::values {

/// One setting of a policy document ([MS-ASPROV] 2.2.2), in words: ("MinDevicePasswordLength",
/// "6") is "PIN ≥ 6", and so is ("MinimumPasswordLength", "6") of the WAP documents before 12.0. ""
/// for a value outside its range and for names that it does not have.
[[nodiscard]] std::string setting_words(std::string_view name, std::string_view value);

/// What a policy asks of the device beyond the defaults, most important first, in one line: "PIN ≥
/// 6, encryption required, wipe after 8". "nothing demanded" when all settings are defaults; ""
/// when there is no setting.
[[nodiscard]] std::string policy_words(
    const std::vector<std::pair<std::string, std::string>>& settings);

}  // namespace eastap::eas::values
