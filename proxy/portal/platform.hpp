#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace eastap::portal {

enum class Platform : std::uint8_t { ios, ipados, android, windows, macos, linux, unknown };

/// Those a user may choose by hand.
inline constexpr std::array kPlatforms{Platform::ios,     Platform::ipados, Platform::android,
                                       Platform::windows, Platform::macos,  Platform::linux};

[[nodiscard]] std::string_view word(Platform platform);         ///< "ios", for the query
[[nodiscard]] std::string_view title(Platform platform);        ///< "Windows", to choose it
[[nodiscard]] std::string_view device_name(Platform platform);  ///< "Windows PC", for "this ..."
[[nodiscard]] std::optional<Platform> platform_from(std::string_view word);

/// By the browser's User-Agent. An iPad that asks for desktop pages names itself a Mac and cannot
/// be told from one here; the page's script knows by its touch screen.
[[nodiscard]] Platform detect(std::string_view user_agent);

[[nodiscard]] constexpr bool takes_profiles(Platform platform) {
  return platform == Platform::ios || platform == Platform::ipados || platform == Platform::macos;
}
[[nodiscard]] constexpr bool has_second_switch(Platform platform) {
  return platform == Platform::ios || platform == Platform::ipados;
}

}  // namespace eastap::portal
