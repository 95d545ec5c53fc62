#include "proxy/sink/outlet.hpp"

#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include <poll.h>
#include <pthread.h>
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

// A write larger than a pipe's buffer would block until the reader took all of it.
constexpr std::size_t kPiece = 32 * 1024;

}  // namespace

Outlet::Outlet(int descriptor, Renderer& renderer, WhenFull when_full, std::function<void()> closed)
    : descriptor_{descriptor},
      renderer_{renderer},
      when_full_{when_full},
      closed_callback_{std::move(closed)},
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
    room_.wait(lock, [&] { return !full() || broken_ || closing_; });
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
      if (entry.record) {
        renderer_.append(text, *entry.record);
      } else {
        text += entry.text;
      }
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

bool Outlet::write_out(std::string_view text) {
  int patience = 0;
  while (!text.empty()) {
    // Asked before each write, so that a reader that stopped reading cannot hold up the end.
    pollfd ready{descriptor_, POLLOUT, 0};
    const int polled = ::poll(&ready, 1, 200);
    if (polled == 0) {
      const std::scoped_lock lock{mutex_};
      if (closing_ && ++patience >= 10) {
        broken_ = true;
        return false;
      }
      continue;
    }
    const ssize_t written = ::write(descriptor_, text.data(), std::min(text.size(), kPiece));
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      {
        const std::scoped_lock lock{mutex_};
        broken_ = true;
        entries_.clear();
        room_.notify_all();
      }
      if (closed_callback_) closed_callback_();
      return false;
    }
    patience = 0;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace eastap::sink
