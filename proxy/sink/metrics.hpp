#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "decoder/base/time.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::sink {

/// What other parts count, as of one moment. `Metrics::render` turns it into text.
struct Gauges {
  std::uint64_t connections_accepted = 0, connections_refused = 0, connections_open = 0;
  std::uint64_t queue_bytes = 0, queue_items = 0, queue_bodies_dropped = 0, queue_dropped = 0;
  bool has_capture = false;
  std::uint64_t capture_file_bytes = 0, capture_backlog_bytes = 0;
  std::uint64_t capture_inputs_stored = 0, capture_inputs_lost = 0, capture_bodies_lost = 0;
  std::uint64_t capture_files_begun = 0, capture_files_deleted = 0;
  bool capture_failing = false;
  std::uint64_t reloads = 0, reloads_refused = 0;
  Timestamp started{};  ///< this process
  std::uint64_t resident_bytes = 0, open_files = 0;
  std::uint64_t cpu_microseconds = 0;
  std::string_view version;
};

/// Counts records for Prometheus. `take` and `render` may come from different threads.
///
/// Labels come from closed lists: names of commands ([MS-ASHTTP] 2.2.1.1.1.1.2, OPTIONS,
/// Autodiscover, "other"), classes of HTTP statuses, rules, severities, our own words for failures.
/// Never a device, user, host or address: metrics are kept for years and read by many.
class Metrics {
 public:
  Metrics();

  void take(const pipeline::Record& record);

  /// The text exposition format, version 0.0.4. The order of everything is fixed.
  [[nodiscard]] std::string render(const Gauges& gauges) const;

  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  /// Upper bounds of the duration buckets in milliseconds; the longest heartbeat is 3 540 s.
  static constexpr std::array<std::int64_t, 14> kBounds{
      5, 10, 25, 50, 100, 250, 500, 1'000, 2'500, 10'000, 60'000, 600'000, 1'800'000, 3'600'000};
  struct Histogram {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    std::uint64_t microseconds = 0;
  };
  using Pair = std::pair<std::string, std::string>;

  void take_exchange(const pipeline::ExchangeRecord& record);
  void take_event(const model::ConnectionEvent& event);
  void take_finding(const findings::Finding& finding);

  mutable std::mutex mutex_;
  std::map<Pair, std::uint64_t> exchanges_;        ///< command, class of status
  std::map<std::string, std::uint64_t> statuses_;  ///< of the statuses that say something here
  std::map<std::string, std::uint64_t> endings_;
  std::map<Pair, std::uint64_t> findings_;  ///< rule, severity when it opened
  std::map<Pair, std::uint64_t> events_;    ///< kind, reason
  std::array<Histogram, 2> durations_;      ///< all others; those that wait for news
  std::uint64_t request_octets_ = 0, response_octets_ = 0;
  std::uint64_t open_ = 0, waiting_ = 0;
  std::map<std::uint64_t, bool> open_ids_;  ///< exchange → waits for news
  std::uint64_t bodies_not_decoded_ = 0;
  std::uint64_t highest_finding_ = 0;
};

}  // namespace eastap::sink
