#include "proxy/portal/platform.hpp"

#include <algorithm>
#include <utility>

namespace eastap::portal {
namespace {

struct Names {
  Platform platform;
  std::string_view word, title, device;
};
constexpr std::array<Names, 7> kNames{{{Platform::ios, "ios", "iPhone", "iPhone"},
                                       {Platform::ipados, "ipados", "iPad", "iPad"},
                                       {Platform::android, "android", "Android", "Android device"},
                                       {Platform::windows, "windows", "Windows", "Windows PC"},
                                       {Platform::macos, "macos", "Mac", "Mac"},
                                       {Platform::linux, "linux", "Linux", "Linux computer"},
                                       {Platform::unknown, "unknown", "device", "device"}}};

const Names& names(Platform platform) {
  return *std::find_if(kNames.begin(), kNames.end(),
                       [&](const Names& one) { return one.platform == platform; });
}

}  // namespace

std::string_view word(Platform platform) { return names(platform).word; }
std::string_view title(Platform platform) { return names(platform).title; }
std::string_view device_name(Platform platform) { return names(platform).device; }

std::optional<Platform> platform_from(std::string_view text) {
  const auto found = std::find_if(kNames.begin(), kNames.end(),
                                  [&](const Names& one) { return one.word == text; });
  if (found == kNames.end() || found->platform == Platform::unknown) return std::nullopt;
  return found->platform;
}

Platform detect(std::string_view user_agent) {
  // In this order: Windows Phone claims to be Android and iPhone, Android to be Linux.
  static constexpr std::array<std::pair<std::string_view, Platform>, 10> kMarks{
      {{"Windows", Platform::windows},
       {"iPad", Platform::ipados},
       {"iPhone", Platform::ios},
       {"iPod", Platform::ios},
       {"Android", Platform::android},
       {"Macintosh", Platform::macos},
       {"Mac OS X", Platform::macos},
       {"CrOS", Platform::linux},
       {"Linux", Platform::linux},
       {"X11", Platform::linux}}};
  for (const auto& [mark, platform] : kMarks) {
    if (user_agent.find(mark) != std::string_view::npos) return platform;
  }
  return Platform::unknown;
}

}  // namespace eastap::portal
