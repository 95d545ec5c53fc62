#include "proxy/sink/outlet.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using namespace eastap;
using sink::Outlet;

namespace {

using Clock = std::chrono::steady_clock;

/// Each record is a line of `size` octets.
class Lines final : public sink::Renderer {
 public:
  explicit Lines(std::size_t size = 16) : size_{size} {}
  void append(std::string& out, const pipeline::Record& record) override {
    out += "half a ";
    const auto& event = std::get<model::ConnectionEvent>(record.what);
    if (event.reason == "bad") throw std::runtime_error{"cannot be drawn"};
    out.resize(out.size() - 7);
    out += event.reason;
    out.append(size_, '.');
    out += '\n';
  }
  void append_note(std::string& out, const std::string& text) override {
    out += "note: " + text + '\n';
  }

 private:
  std::size_t size_;
};

pipeline::RecordPtr record(std::string reason) {
  model::ConnectionEvent event;
  event.reason = std::move(reason);
  return std::make_shared<const pipeline::Record>(pipeline::Record{std::move(event)});
}

struct Pipe {
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  }
  ~Pipe() {
    close_reader();
    ::close(ends[1]);
  }
  void close_reader() {
    if (ends[0] >= 0) ::close(ends[0]);
    ends[0] = -1;
  }
  std::string read_until(const std::string& last) const {
    std::string all;
    std::array<char, 4096> piece{};
    while (all.find(last) == std::string::npos) {
      const ssize_t got = ::read(ends[0], piece.data(), piece.size());
      if (got <= 0) break;
      all.append(piece.data(), static_cast<std::size_t>(got));
    }
    return all;
  }
  std::array<int, 2> ends{-1, -1};
};

bool soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 2'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return false;
}

}  // namespace

TEST_SUITE("proxy.sink.outlet") {
  TEST_CASE("what is said and taken goes out in order, and closing writes what waits") {
    Pipe pipe;
    Lines lines;
    Outlet outlet{pipe.ends[1], lines, Outlet::WhenFull::drop, {}};
    outlet.say("ready\n");
    outlet.take(record("one"));
    outlet.take(record("two"));
    outlet.close();
    CHECK(pipe.read_until("two................\n") ==
          "ready\none................\ntwo................\n");
  }

  TEST_CASE("a reader that stopped reading holds up neither taking nor the end") {
    Pipe pipe;
    Lines lines{1'000};
    Outlet outlet{pipe.ends[1], lines, Outlet::WhenFull::drop, {}};
    for (int i = 0; i < 1'000; ++i) outlet.take(record("x"));  // 1 MB into a pipe of 64 KiB
    // A reader that took a little: the pipe has room for a page, not for a large write.
    std::array<char, 8'192> some{};
    REQUIRE(::read(pipe.ends[0], some.data(), some.size()) > 0);
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    std::atomic<bool> closed = false;
    std::thread closing{[&] {
      outlet.close();
      closed = true;
    }};
    const bool in_time = soon([&] { return closed.load(); });
    CHECK(in_time);
    if (!in_time) pipe.close_reader();  // frees the thread, so that the test ends
    closing.join();
  }

  TEST_CASE("a full outlet drops, and tells how many when the reader is back") {
    Pipe pipe;
    Lines lines{100};
    Outlet outlet{pipe.ends[1], lines, Outlet::WhenFull::drop, {}};
    for (int i = 0; i < 60'000; ++i) outlet.take(record("x"));
    outlet.take(record("x"));
    const std::string text = pipe.read_until("events are not shown");
    CHECK(text.find("events are not shown") != std::string::npos);
  }

  TEST_CASE("with `wait` nothing is left out") {
    Pipe pipe;
    Lines lines{1};
    Outlet outlet{pipe.ends[1], lines, Outlet::WhenFull::wait, {}};
    std::thread reading{[&] {
      const std::string text = pipe.read_until("last");
      std::size_t count = 0;
      for (const char c : text) count += c == '\n' ? 1 : 0;
      CHECK(count == 50'001);
    }};
    for (int i = 0; i < 50'000; ++i) outlet.take(record("x"));
    outlet.take(record("last"));
    outlet.close();
    reading.join();
  }

  TEST_CASE("with `wait`, who takes can be told to give up while the reader does not read") {
    Pipe pipe;
    Lines lines{100};
    std::atomic<int> asked = 0;
    Outlet::Callbacks callbacks;
    callbacks.give_up = [&] { return ++asked > 2; };
    Outlet outlet{pipe.ends[1], lines, Outlet::WhenFull::wait, std::move(callbacks)};
    const auto began = Clock::now();
    while (asked <= 2 && Clock::now() - began < std::chrono::seconds{20}) {
      outlet.take(record("x"));
    }
    CHECK(asked > 2);
    outlet.close();
    CHECK(Clock::now() - began < std::chrono::seconds{15});
  }

  TEST_CASE("a reader that goes away is told once, and frees who waits for room") {
    Pipe pipe;
    Lines lines{100};
    std::atomic<int> closed = 0;
    std::atomic<int> failed = 0;
    Outlet::Callbacks callbacks;
    callbacks.closed = [&] { ++closed; };
    callbacks.failed = [&](const std::string&) { ++failed; };
    Outlet outlet{pipe.ends[1], lines, Outlet::WhenFull::wait, std::move(callbacks)};
    std::thread leaving{[&] {
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
      pipe.close_reader();
    }};
    for (int i = 0; i < 100'000; ++i) outlet.take(record("x"));
    leaving.join();
    CHECK(soon([&] { return closed == 1; }));
    outlet.close();
    CHECK(closed == 1);
    CHECK(failed == 0);
  }

  TEST_CASE("a full disk is no reader that went away: the tail says so once and tries again") {
    Lines lines;
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    std::atomic<int> closed = 0;
    std::atomic<int> failed = 0;
    Outlet::Callbacks callbacks;
    callbacks.closed = [&] { ++closed; };
    callbacks.failed = [&](const std::string& why) {
      CHECK(why.find("space") != std::string::npos);
      ++failed;
    };
    Outlet outlet{full, lines, Outlet::WhenFull::drop, std::move(callbacks)};
    outlet.take(record("one"));
    REQUIRE(soon([&] { return failed == 1; }));
    // Room again: the same descriptor is a pipe now.
    Pipe pipe;
    REQUIRE(::dup2(pipe.ends[1], full) == full);
    outlet.take(record("two"));
    CHECK(pipe.read_until("two").starts_with("one"));
    outlet.close();
    CHECK(closed == 0);
    CHECK(failed == 1);
    ::close(full);
  }

  TEST_CASE("with `wait` a full disk is the end of it, and is told") {
    Lines lines;
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    std::atomic<int> failed = 0;
    Outlet::Callbacks callbacks;
    callbacks.failed = [&](const std::string&) { ++failed; };
    Outlet outlet{full, lines, Outlet::WhenFull::wait, std::move(callbacks)};
    for (int i = 0; i < 50'000; ++i) outlet.take(record("x"));
    outlet.close();
    CHECK(failed == 1);
    ::close(full);
  }

  TEST_CASE("a record that cannot be rendered leaves a note and nothing of itself") {
    Pipe pipe;
    Lines lines{0};
    Outlet outlet{pipe.ends[1], lines, Outlet::WhenFull::drop, {}};
    outlet.take(record("before"));
    outlet.take(record("bad"));
    outlet.take(record("after"));
    outlet.close();
    CHECK(pipe.read_until("after\n") ==
          "before\nnote: a record cannot be shown: cannot be drawn\nafter\n");
  }
}
