#include "proxy/portal/platform.hpp"

#include <algorithm>
#include <utility>

namespace eastap::portal {
namespace {

struct Names {
  Platform platform;
  std::string_view word, title;
};
constexpr std::array<Names, 7> kNames{{{Platform::ios, "ios", "iPhone"},
                                       {Platform::ipados, "ipados", "iPad"},
                                       {Platform::android, "android", "Android"},
                                       {Platform::windows, "windows", "Windows"},
                                       {Platform::macos, "macos", "Mac"},
                                       {Platform::linux, "linux", "Linux"},
                                       {Platform::unknown, "unknown", "device"}}};

const Names& names(Platform platform) {
  return *std::find_if(kNames.begin(), kNames.end(),
                       [&](const Names& one) { return one.platform == platform; });
}

}  // namespace

std::string_view word(Platform platform) { return names(platform).word; }
std::string_view title(Platform platform) { return names(platform).title; }

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
