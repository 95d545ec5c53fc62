#include "proxy/pipeline/queue.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace eastap::pipeline {
namespace {

Input exchange(std::uint64_t id, std::size_t body = 0) {
  model::Exchange out;
  out.id = {id};
  auto request = std::make_shared<model::Message>();
  request->head = model::HeaderList{"GET / HTTP/1.1\r\n\r\n"};
  request->body = std::string(body, 'x');
  request->body_size = body;
  out.request = request;
  return out;
}

std::uint64_t id_of(const Input& input) { return std::get<model::Exchange>(input).id.value; }

QueueLimits limits(std::size_t bytes) { return {bytes, std::chrono::milliseconds{0}}; }

}  // namespace

TEST_SUITE("proxy.pipeline.queue") {
  TEST_CASE("what goes in comes out in order") {
    InputQueue queue{limits(1 << 20)};
    for (std::uint64_t id = 1; id <= 5; ++id) queue.take(exchange(id));
    std::vector<Input> batch;
    REQUIRE(queue.pop_all(batch));
    REQUIRE(batch.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) CHECK(id_of(batch[i]) == i + 1);
    CHECK_FALSE(queue.try_pop_all(batch));
    CHECK(queue.counts().bytes == 0);
  }

  TEST_CASE(
      "above the limit bodies are dropped and marked, above twice that items are, with one note") {
    InputQueue queue{limits(10'000)};
    queue.take(exchange(1, 9'000));
    queue.take(exchange(2, 9'000));
    for (std::uint64_t id = 3; id < 100; ++id) queue.take(exchange(id, 500));
    std::vector<Input> batch;
    REQUIRE(queue.pop_all(batch));
    const auto& first = std::get<model::Exchange>(batch[0]);
    const auto& second = std::get<model::Exchange>(batch[1]);
    CHECK_FALSE(first.bodies_dropped);
    CHECK(first.request->body.size() == 9'000);
    CHECK(second.bodies_dropped);
    CHECK(second.request->body.empty());
    CHECK(second.request->body_size == 9'000);
    CHECK(second.request->head.start_line() == "GET / HTTP/1.1");
    const auto counts = queue.counts();
    CHECK(counts.dropped > 0);
    CHECK(counts.taken + counts.dropped == 99);
    CHECK(counts.bodies_dropped == 98);
    CHECK(counts.bytes <= 20'000);
    CHECK(batch.size() == counts.taken + 1);
    const auto& note = std::get<model::ConnectionEvent>(batch.back());
    CHECK(note.reason == "queue_full");
    CHECK(note.detail.starts_with(std::to_string(counts.dropped) + " exchanges"));
    CHECK_FALSE(queue.try_pop_all(batch));
  }

  TEST_CASE("what is in work counts until the next call") {
    InputQueue queue{limits(10'000)};
    queue.take(exchange(1, 9'000));
    std::vector<Input> batch;
    REQUIRE(queue.pop_all(batch));
    queue.take(exchange(2, 9'000));
    CHECK(queue.counts().bodies_dropped == 1);
    REQUIRE(queue.pop_all(batch));
    CHECK_FALSE(queue.try_pop_all(batch));
    queue.take(exchange(3, 9'000));
    CHECK(queue.counts().bodies_dropped == 1);
  }

  TEST_CASE("close drains everything and then ends") {
    InputQueue queue;
    queue.take(exchange(1));
    queue.close();
    queue.take(exchange(2));
    std::vector<Input> batch;
    REQUIRE(queue.pop_all(batch));
    CHECK(id_of(batch[0]) == 1);
    CHECK(batch.size() == 2);  // and the note of what came too late
    CHECK_FALSE(queue.pop_all(batch));
  }

  TEST_CASE("close wakes a taker that waits") {
    InputQueue queue;
    std::thread taker{[&] {
      std::vector<Input> batch;
      CHECK_FALSE(queue.pop_all(batch));
    }};
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    queue.close();
    taker.join();
  }

  TEST_CASE("several threads lose nothing and keep their order; load is taken in few batches") {
    InputQueue queue{{.bytes = 1 << 30, .gather = std::chrono::milliseconds{5}}};
    constexpr std::uint64_t kEach = 20'000;
    std::vector<std::uint64_t> last(3);
    std::uint64_t seen = 0, batches = 0;
    std::thread taker{[&] {
      std::vector<Input> batch;
      while (queue.pop_all(batch)) {
        ++batches;
        for (const Input& input : batch) {
          const std::uint64_t id = id_of(input);
          CHECK(id % kEach + 1 > last[id / kEach]);
          last[id / kEach] = id % kEach + 1;
          ++seen;
        }
      }
    }};
    std::vector<std::thread> givers;
    for (std::uint64_t thread = 0; thread < 3; ++thread) {
      givers.emplace_back([&queue, thread] {
        for (std::uint64_t i = 0; i < kEach; ++i) queue.take(exchange(thread * kEach + i));
      });
    }
    for (auto& giver : givers) giver.join();
    queue.close();
    taker.join();
    CHECK(seen == 3 * kEach);
    CHECK(batches < 2000);
  }
}

}  // namespace eastap::pipeline
