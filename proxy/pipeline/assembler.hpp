#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/ids.hpp"
#include "decoder/base/time.hpp"
#include "decoder/model/exchange.hpp"
#include "proxy/http/decoder.hpp"
#include "proxy/http/mask.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::pipeline {

/// Where exchanges go: the queue to the pipeline thread, or a test.
class Output {
 public:
  virtual ~Output() = default;
  /// On a relay thread: must neither block nor throw for what the traffic is.
  virtual void take(Input&& input) = 0;
};

/// Numbers exchanges across all connections and threads of a run.
class ExchangeIds {
 public:
  explicit ExchangeIds(std::uint64_t first = 1) : next_{first} {}
  [[nodiscard]] ExchangeId take() { return {next_.fetch_add(1, std::memory_order_relaxed)}; }

 private:
  std::atomic<std::uint64_t> next_;
};

struct AssemblerLimits {
  /// Kept of an ActiveSync or Autodiscover body. Exchange's own limit for a message is 10 to 150
  /// MB.
  std::size_t body = 32 * 1024 * 1024;
  /// Kept of any other body on an intercepted host: enough to see an error page.
  std::size_t other_body = 64 * 1024;
  /// Unanswered pipelined requests. Phones pipeline none; each costs its head and body.
  std::size_t open_requests = 64;
  /// Reserved at once because a Content-Length announces it; more is reserved as it arrives.
  std::size_t reserve = 64 * 1024;
  /// An answer that has been arriving for `progress_first` is shown as far as it came, its first
  /// `progress_body` octets, and again at most every `progress_again` if more came.
  std::chrono::seconds progress_first{2}, progress_again{10};
  std::size_t progress_body = 256 * 1024;
  http::Limits http;
};

/// Turns the two directions of one client connection into exchanges. Lives on the relay thread;
/// told what the relay does, in the order in which it happens.
///
/// An exchange is handed on when its request is complete (`ending == open`), and again when it has
/// ended: when the response has come to its end *and* been handed to the operating system, or when
/// the connection ends. When the response ends first, or the request never completes, only the
/// second is handed on. Exchanges end in the order of their requests.
///
/// Of an answer that takes long, a `Progress` is handed on between the two.
///
/// While a request waits, an Assembler holds its octets and less than 2 KiB.
class Assembler {
 public:
  /// `ids`, `output` and `masker` must outlive it.
  Assembler(std::shared_ptr<const model::Connection> connection, ExchangeIds& ids, Output& output,
            const AssemblerLimits& limits, const http::Masker& masker);
  ~Assembler();
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;

  void from_device(std::span<const std::byte> octets, Timestamp now);
  void from_server(std::span<const std::byte> octets, Timestamp now);

  /// Nothing happened. To be told now and then, for no clock runs here: an answer that hangs half
  /// way is shown as far as it came.
  void time_passed(Timestamp now) { offer_progress(now); }

  /// The first `octets_total` octets of all that came `from_server` have been written toward the
  /// device. May run ahead of `from_server`.
  void delivered_to_device(std::uint64_t octets_total, Timestamp now);

  /// The device's side ended. Without `reset` the answer may still come and be delivered; an
  /// exchange that stays unanswered ends as `device_closed` once the server's side ends too, or at
  /// `stopped`. With `reset` everything ends now.
  void device_closed(Timestamp now, bool reset);
  /// The server's side ended. Whatever has no whole answer ends now; a whole answer still waits for
  /// its delivery.
  void server_closed(Timestamp now, bool reset);

  /// Nothing more will come. What is still open ends with `ending` and `error`, except that a side
  /// that closed before is what ended it. Must be called last; idempotent.
  void stopped(Timestamp now, model::Ending ending, std::string error);

 private:
  struct Open;
  using Events = std::vector<http::Event>;

  void on_requests(const Events& events, Timestamp now);
  void on_responses(const Events& events, Timestamp now);
  void begin_request(const http::Event& event, Timestamp now);
  void begin_response(const http::Event& event, Timestamp now);
  void request_ended(const http::Event& event, Timestamp now);
  void response_ended(const http::Event& event, Timestamp now);
  void request_cut(const http::Event& event, Timestamp now);
  void response_cut(const http::Event& event);
  void malformed(http::Direction direction, const Events& events, std::size_t index, Timestamp now);
  void offer_progress(Timestamp now);
  void settle(Timestamp now);
  void end_front(model::Ending ending, Timestamp now);
  void end_all(model::Ending ending, Timestamp now);
  void cut_answers(Timestamp now);
  void side_closed(model::Ending how, Timestamp now);
  void note(model::ConnectionEvent::Kind kind, std::string reason, std::string detail,
            Timestamp now);
  [[nodiscard]] Open* answering() const;

  std::shared_ptr<const model::Connection> connection_;
  ExchangeIds& ids_;
  Output& output_;
  const http::Masker& masker_;
  AssemblerLimits limits_;
  http::Decoder requests_;
  http::Decoder responses_;
  std::vector<std::unique_ptr<Open>> open_;  // in the order of their requests
  std::size_t answered_ = 0;                 // the first of open_ whose response has not ended
  Open* receiving_ = nullptr;                // whose request is still arriving
  std::optional<Timestamp> request_began_;   // of a head that is still arriving
  std::optional<Timestamp> response_began_;
  std::uint64_t delivered_ = 0;
  std::uint64_t opaque_up_ = 0, opaque_down_ = 0;
  bool upgraded_ = false;
  bool device_gone_ = false, server_gone_ = false;
  bool deaf_ = false;  // everything has ended: octets that still arrive belong to nothing
  bool stopped_ = false;
  bool overflown_ = false;                         // more unanswered requests than the limit
  bool unasked_noted_ = false;                     // once a connection is enough
  model::Ending closed_by_ = model::Ending::open;  // who closed first
  Timestamp closed_at_{};
  std::string broken_;  // why answers can no longer be told apart
  std::string error_;   // of `stopped`
};

}  // namespace eastap::pipeline
