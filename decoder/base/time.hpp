#pragma once

#include <chrono>

namespace eastap {

/// Wall-clock time in UTC, to the microsecond: what the capture stores and rules compute with.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using Microseconds = std::chrono::microseconds;

}  // namespace eastap
