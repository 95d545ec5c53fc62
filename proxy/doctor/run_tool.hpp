#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace eastap::doctor {

struct ToolOutput {
  int status = 0;    ///< exit status; 128 + signal when it was killed
  std::string text;  ///< standard output, at most 1 MiB
};

/// Runs a tool of the system (looked for in /usr/sbin, /sbin, /usr/bin and /bin only, never in
/// PATH) with the locale C, no standard input, and standard error thrown away. Nothing when it is
/// not installed, or not done within `limit`: then it is killed.
[[nodiscard]] std::optional<ToolOutput> run_tool(const std::vector<std::string>& command,
                                                 std::chrono::milliseconds limit);

}  // namespace eastap::doctor
