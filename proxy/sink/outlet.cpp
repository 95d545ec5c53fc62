#include "proxy/sink/outlet.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eastap::sink {
namespace {

std::size_t octets_of(const pipeline::Record& record) {
  if (const auto* progress = std::get_if<pipeline::ProgressRecord>(&record.what)) {
    return 2'048 + progress->exchange.response->body.size();
  }
  const auto* exchange = std::get_if<pipeline::ExchangeRecord>(&record.what);
  if (exchange == nullptr) return 256;
  std::size_t octets = 2'048;
  if (exchange->exchange.request) octets += exchange->exchange.request->body.size();
  if (exchange->exchange.response) octets += exchange->exchange.response->body.size();
  return octets;
}

constexpr std::size_t kPiece = 32 * 1024;

// poll says that a pipe or terminal takes PIPE_BUF octets; a larger write would block, for ever
// when the reader has stopped reading. A file always takes a whole piece.
std::size_t largest_write_to(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) ? kPiece : PIPE_BUF;
}

}  // namespace

Outlet::Outlet(int descriptor, Renderer& renderer, WhenFull when_full, Callbacks callbacks)
    : descriptor_{descriptor},
      renderer_{renderer},
      when_full_{when_full},
      callbacks_{std::move(callbacks)},
      largest_write_{largest_write_to(descriptor)},
      limits_{},
      thread_{[this] { run(); }} {
  pthread_setname_np(thread_.native_handle(), "outlet");
}

Outlet::~Outlet() { close(); }

void Outlet::say(std::string text) {
  const std::scoped_lock lock{mutex_};
  if (closing_ || broken_) return;
  octets_ += text.size();
  const std::size_t octets = text.size();
  entries_.push_back({nullptr, std::move(text), octets});
  if (sleeping_) wake_.notify_one();
}

void Outlet::take(pipeline::RecordPtr record) {
  const std::size_t octets = octets_of(*record);
  std::unique_lock lock{mutex_};
  const auto full = [&] {
    return entries_.size() >= limits_.records ||
           (!entries_.empty() && octets_ + octets > limits_.octets);
  };
  if (full()) {
    if (when_full_ == WhenFull::drop) {
      ++dropped_;
      return;
    }
    while (!room_.wait_for(lock, std::chrono::milliseconds{100},
                           [&] { return !full() || broken_ || closing_; })) {
      if (!callbacks_.give_up) continue;
      lock.unlock();
      const bool enough = callbacks_.give_up();
      lock.lock();
      if (enough) return;
    }
  }
  if (closing_ || broken_) return;
  octets_ += octets;
  entries_.push_back({std::move(record), {}, octets});
  if (sleeping_) wake_.notify_one();
}

void Outlet::close() {
  {
    const std::scoped_lock lock{mutex_};
    closing_ = true;
    wake_.notify_one();
    room_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Outlet::run() {
  std::deque<Entry> batch;
  std::string text;
  for (;;) {
    std::uint64_t dropped = 0;
    {
      std::unique_lock lock{mutex_};
      sleeping_ = true;
      wake_.wait(lock, [&] { return !entries_.empty() || closing_; });
      sleeping_ = false;
      if (entries_.empty() && dropped_ == 0) return;
      batch.swap(entries_);
      octets_ = 0;
      dropped = std::exchange(dropped_, 0);
      room_.notify_all();
    }
    for (const Entry& entry : batch) {
      append(text, entry);
      if (text.size() >= kPiece) {
        if (!write_out(text)) return;
        text.clear();
      }
    }
    batch.clear();
    if (dropped != 0) {
      renderer_.append_note(
          text,
          std::to_string(dropped) +
              " events are not shown: this output was too slow for them (the capture has them)");
    }
    if (!write_out(text)) return;
    text.clear();
  }
}

void Outlet::append(std::string& text, const Entry& entry) {
  if (!entry.record) {
    text += entry.text;
    return;
  }
  const std::size_t before = text.size();
  try {
    renderer_.append(text, *entry.record);
  } catch (const std::exception& error) {
    // What cannot be shown must not end the program that carries the traffic.
    text.resize(before);
    renderer_.append_note(text, std::string{"a record cannot be shown: "} + error.what());
  }
}

void Outlet::give_up() {
  const std::scoped_lock lock{mutex_};
  broken_ = true;
  entries_.clear();
  room_.notify_all();
}

bool Outlet::patient(int& patience) {
  std::unique_lock lock{mutex_};
  if (!closing_ || ++patience < 10) return true;
  lock.unlock();
  give_up();
  return false;
}

bool Outlet::write_out(std::string_view text) {
  int patience = 0;
  while (!text.empty()) {
    // Asked before each write, so that a reader that stopped reading cannot hold up the end.
    pollfd ready{descriptor_, POLLOUT, 0};
    const int polled = ::poll(&ready, 1, 200);
    if (polled < 0) continue;  // a signal
    if (polled == 0) {
      if (!patient(patience)) return false;
      continue;
    }
    const ssize_t written =
        ::write(descriptor_, text.data(), std::min(text.size(), largest_write_));
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      if (errno == EPIPE) {
        give_up();
        if (callbacks_.closed) callbacks_.closed();
        return false;
      }
      const std::string why = std::system_category().message(errno);
      if (!std::exchange(failing_, true) && callbacks_.failed) callbacks_.failed(why);
      if (when_full_ == WhenFull::wait) {
        give_up();
        return false;
      }
      {
        std::unique_lock lock{mutex_};
        wake_.wait_for(lock, std::chrono::seconds{1}, [&] { return closing_; });
      }
      patience += 4;
      if (!patient(patience)) return false;
      continue;
    }
    failing_ = false;
    patience = 0;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace eastap::sink
