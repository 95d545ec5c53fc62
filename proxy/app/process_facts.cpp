#include "proxy/app/process_facts.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace eastap::app {

void add_process_facts(sink::Gauges& gauges) {
  std::uint64_t total = 0, resident = 0;  // in pages
  if (std::ifstream{"/proc/self/statm"} >> total >> resident) {
    gauges.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  std::error_code unreadable;
  const std::filesystem::directory_iterator files{"/proc/self/fd", unreadable};
  if (!unreadable) {
    gauges.open_files = static_cast<std::uint64_t>(std::distance(begin(files), end(files)));
  }
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0) {
    const auto microseconds = [](const timeval& time) {
      return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
             static_cast<std::uint64_t>(time.tv_usec);
    };
    gauges.cpu_microseconds = microseconds(used.ru_utime) + microseconds(used.ru_stime);
  }
}

}  // namespace eastap::app
