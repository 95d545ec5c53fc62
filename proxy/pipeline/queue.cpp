#include "proxy/pipeline/queue.hpp"

#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace eastap::pipeline {
namespace {

std::size_t size_of(const std::shared_ptr<const model::Message>& message) {
  return message ? sizeof(model::Message) + message->head.raw().size() + message->body.size() : 0;
}

std::size_t size_of(const Input& input) {
  if (const auto* exchange = std::get_if<model::Exchange>(&input)) {
    return sizeof(Input) + size_of(exchange->request) + size_of(exchange->response);
  }
  if (const auto* progress = std::get_if<Progress>(&input)) {
    return sizeof(Input) + size_of(progress->exchange.response);  // the request was counted before
  }
  const auto& event = std::get<model::ConnectionEvent>(input);
  return sizeof(Input) + event.reason.size() + event.detail.size();
}

Timestamp time_of(const Input& input) {
  if (const auto* exchange = std::get_if<model::Exchange>(&input)) {
    return exchange->ending == model::Ending::open ? exchange->request->ended : exchange->ended;
  }
  return std::get<model::ConnectionEvent>(input).time;
}

std::shared_ptr<const model::Message> without_body(
    const std::shared_ptr<const model::Message>& message) {
  if (!message || message->body.empty()) return message;
  auto bare = std::make_shared<model::Message>();
  bare->head = message->head;
  bare->body_size = message->body_size;
  bare->wire_size = message->wire_size;
  bare->complete = message->complete;
  bare->began = message->began;
  bare->ended = message->ended;
  return bare;
}

/// True when there were bodies to drop.
bool drop_bodies(Input& input) {
  auto* exchange = std::get_if<model::Exchange>(&input);
  if (exchange == nullptr) return false;
  const bool had = (exchange->request && !exchange->request->body.empty()) ||
                   (exchange->response && !exchange->response->body.empty());
  if (!had) return false;
  exchange->request = without_body(exchange->request);
  exchange->response = without_body(exchange->response);
  exchange->bodies_dropped = true;
  return true;
}

}  // namespace

InputQueue::InputQueue(const QueueLimits& limits) : limits_{limits} {}

void InputQueue::take(Input&& input) {
  std::size_t size = size_of(input);
  bool wake = false;
  const bool is_progress = std::holds_alternative<Progress>(input);
  {
    // Copying heads under the lock happens only when the queue is full; the taker holds it for a
    // swap of pointers.
    const std::lock_guard lock{mutex_};
    // Left out under load, and no loss: what it shows comes again with the whole answer.
    if (is_progress && (closed_ || counts_.bytes + size > limits_.bytes / 2)) return;
    if (counts_.bytes + size > limits_.bytes && drop_bodies(input)) {
      size = size_of(input);
      ++counts_.bodies_dropped;
    }
    if (closed_ || counts_.bytes + size > 2 * limits_.bytes) {
      ++counts_.dropped;
      ++dropped_unsaid_;
      last_dropped_ = time_of(input);
      return;
    }
    ++counts_.taken;
    counts_.bytes += size;
    items_.push_back(std::move(input));
    const bool filling = gathering_ && counts_.bytes > limits_.bytes / 4;
    wake = std::exchange(sleeping_, false) || filling;
    if (filling) gathering_ = false;
  }
  if (wake) wake_.notify_one();
}

bool InputQueue::hand_over(std::vector<Input>& batch) {
  // Called under the lock. What was in work has been dealt with by now.
  counts_.bytes -= in_work_;
  in_work_ = counts_.bytes;
  batch.clear();
  batch.swap(items_);
  if (dropped_unsaid_ > 0) {
    model::ConnectionEvent event;
    event.kind = model::ConnectionEvent::Kind::proxy_note;
    event.time = last_dropped_;
    event.reason = "queue_full";
    event.detail = std::to_string(std::exchange(dropped_unsaid_, 0)) +
                   " exchanges or events were not recorded: traffic came faster than it could be "
                   "decoded and written (the relayed traffic itself is complete)";
    batch.emplace_back(std::move(event));
  }
  return !batch.empty();
}

bool InputQueue::pop_all(std::vector<Input>& batch) {
  batch.clear();  // outside the lock: freeing bodies takes time
  std::unique_lock lock{mutex_};
  counts_.bytes -= std::exchange(in_work_, 0);
  if (items_.empty() && dropped_unsaid_ == 0 && !closed_) {
    sleeping_ = true;
    wake_.wait(lock, [&] { return !items_.empty() || dropped_unsaid_ > 0 || closed_; });
    sleeping_ = false;
  }
  if (!closed_ && counts_.bytes <= limits_.bytes / 4 && limits_.gather.count() > 0) {
    gathering_ = true;
    wake_.wait_for(lock, limits_.gather, [&] { return closed_ || !gathering_; });
    gathering_ = false;
  }
  return hand_over(batch);
}

bool InputQueue::try_pop_all(std::vector<Input>& batch) {
  batch.clear();
  const std::lock_guard lock{mutex_};
  return hand_over(batch);
}

void InputQueue::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  wake_.notify_all();
}

InputQueue::Counts InputQueue::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

}  // namespace eastap::pipeline
