#pragma once

#include <string_view>

namespace eastap::render {

/// What each role of a line begins with on the terminal (SGR sequences); `reset` ends it. All
/// empty: plain text. Whether output is a terminal and NO_COLOR is unset is the caller's to know.
struct Theme {
  std::string_view time, number, device, command, folder, detail, size;
  std::string_view success;  ///< 2xx
  std::string_view waiting;  ///< a request that hangs
  std::string_view odd;      ///< 3xx, 401, statuses that ask the device to do something
  std::string_view trouble;  ///< 4xx, 5xx, failures, what did not decode
  std::string_view dim;      ///< not ActiveSync, tunnels, explanations
  std::string_view info, notice, warning, error;  ///< severities of findings
  std::string_view reset;
};

inline constexpr Theme kPlainTheme{};

/// The 16 colours that every terminal maps to its own scheme; readable on dark and light.
inline constexpr Theme kColourTheme{.time = "\x1b[2m",
                                    .number = "\x1b[2m",
                                    .device = "\x1b[36m",
                                    .command = "\x1b[1m",
                                    .folder = "",
                                    .detail = "",
                                    .size = "",
                                    .success = "\x1b[32m",
                                    .waiting = "\x1b[34m",
                                    .odd = "\x1b[33m",
                                    .trouble = "\x1b[31m",
                                    .dim = "\x1b[2m",
                                    .info = "\x1b[36m",
                                    .notice = "\x1b[34m",
                                    .warning = "\x1b[33m",
                                    .error = "\x1b[1;31m",
                                    .reset = "\x1b[0m"};

}  // namespace eastap::render
