#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "decoder/base/time.hpp"
#include "proxy/pipeline/assembler.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::pipeline {

struct QueueLimits {
  /// Octets waiting or in work. Above: exchanges keep their heads only. Above twice that: dropped.
  std::size_t bytes = 128 * 1024 * 1024;
  /// How long traffic is gathered after the first item, so that load costs 200 wake-ups a second
  /// and not one an exchange.
  std::chrono::milliseconds gather{5};
};

/// Relay threads put in, the pipeline thread takes out. Putting in never waits for the taker.
class InputQueue final : public Output {
 public:
  struct Counts {
    std::uint64_t taken = 0;           ///< items put in
    std::uint64_t bodies_dropped = 0;  ///< of these, exchanges that kept their heads only
    std::uint64_t dropped = 0;         ///< items lost whole
    std::size_t bytes = 0;             ///< waiting or in work now
  };

  explicit InputQueue(const QueueLimits& limits = {});

  /// From any thread. After `close` items are dropped and counted.
  void take(Input&& input) override;

  /// Replaces `batch` by everything that waits, in order; waits until there is something, and then
  /// for `gather`, unless the queue fills or is closed. The octets of the batch count as in work
  /// until the next call. When items were dropped, a `proxy_note` (reason "queue_full") with their
  /// number is the last of the batch. False: closed and drained; `batch` is empty.
  [[nodiscard]] bool pop_all(std::vector<Input>& batch);

  /// Like pop_all, without waiting. False: nothing there.
  [[nodiscard]] bool try_pop_all(std::vector<Input>& batch);

  /// Ends pop_all's waiting once everything is drained.
  void close();

  [[nodiscard]] Counts counts() const;

 private:
  bool hand_over(std::vector<Input>& batch);

  const QueueLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Input> items_;
  Counts counts_;
  std::size_t in_work_ = 0;
  std::uint64_t dropped_unsaid_ = 0;
  Timestamp last_dropped_{};
  bool sleeping_ = false;   // the taker waits for a first item
  bool gathering_ = false;  // the taker waits for more of them
  bool closed_ = false;
};

}  // namespace eastap::pipeline
