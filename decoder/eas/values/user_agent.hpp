#pragma once

#include <string>
#include <string_view>

namespace eastap::eas::values {

/// What Apple's User-Agent says: `Apple-iPhone8C4/1504.100`.
struct AppleAgent {
  std::string model;    ///< "iPhone8,4"
  std::string build;    ///< "15D100"; "" when the digits give none
  std::string version;  ///< "iOS 11.2.6" of a known build, "iOS 15" of one of known number in front
  bool operator==(const AppleAgent&) const = default;
};

/// Empty members when it is none of Apple's.
[[nodiscard]] AppleAgent parse_apple_agent(std::string_view user_agent);

/// "iPhone8,4, iOS 11.2.6 (build 15D100)"; "" when nothing more can be said than the text says.
[[nodiscard]] std::string user_agent_words(std::string_view user_agent);

}  // namespace eastap::eas::values
