#pragma once

#include <string>
#include <string_view>

/// WBXML bodies of a phone that only looks ([MS-ASCMD] 2.2.1, [MS-ASPROV] 2.2.2): nothing in the
/// mailbox changes by them. `version` is one of `kVersions`.
namespace eastap::check {

struct Device {
  std::string_view id, user_agent;
};

/// DeviceInformation is inside from 14.1 on.
[[nodiscard]] std::string provision_ask(std::string_view version, const Device& device);
[[nodiscard]] std::string provision_acknowledge(std::string_view policy_key);
/// Settings with DeviceInformation, for 12.1 and 14.0.
[[nodiscard]] std::string device_information(const Device& device);
[[nodiscard]] std::string folder_sync();
/// With key "0" the first request, else one page of the last three days.
[[nodiscard]] std::string inbox_sync(std::string_view folder, std::string_view key);
[[nodiscard]] std::string item_estimate(std::string_view version, std::string_view folder,
                                        std::string_view key);
[[nodiscard]] std::string ping(std::string_view folder, unsigned seconds);

/// The question of Autodiscover v1, [MS-ASCMD] 2.2.1.1.
[[nodiscard]] std::string autodiscover_request(std::string_view address);

}  // namespace eastap::check
