#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "proxy/pipeline/record.hpp"

namespace eastap::sink {

/// Turns records into text.
class Renderer {
 public:
  virtual ~Renderer() = default;
  /// Appends what is to be shown of `record`, or nothing.
  virtual void append(std::string& out, const pipeline::Record& record) = 0;
  /// Appends a remark of the program itself.
  virtual void append_note(std::string& out, const std::string& text) = 0;
};

/// Writes what a Renderer makes of records to a file descriptor, on a thread of its own: a terminal
/// that was stopped (Ctrl-S) or a slow pipe must hold up neither the capture nor the rules.
class Outlet {
 public:
  enum class WhenFull {
    drop,  ///< live: records are left out and their number is told
    wait,  ///< replay: nothing is left out
  };
  struct Limits {
    std::size_t records = 20'000;
    std::size_t octets = 64U << 20;  ///< of the bodies these hold
  };

  struct Callbacks {
    /// Once, on the outlet's thread: the reader of the pipe has gone.
    std::function<void()> closed;
    /// On the outlet's thread: the output cannot be written (a full disk, a terminal that went
    /// away); once until it can again. With `drop` it is tried again every second, with `wait` this
    /// is the end of it.
    std::function<void(const std::string& why)> failed;
    /// On the thread of `take` while it waits: whether to stop waiting. Asked a few times a second.
    std::function<bool()> give_up;
  };

  Outlet(int descriptor, Renderer& renderer, WhenFull when_full, Callbacks callbacks);
  ~Outlet();
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  /// Text that goes out before any record taken later.
  void say(std::string text);
  void take(pipeline::RecordPtr record);

  /// Writes what waits and joins the thread. A reader that does not read is given up after two
  /// seconds without progress.
  void close();

 private:
  struct Entry {
    pipeline::RecordPtr record;
    std::string text;
    std::size_t octets = 0;
  };
  void run();
  void append(std::string& text, const Entry& entry);
  void give_up();
  /// Waits a moment, then whether to try again; false once the end has waited long enough.
  bool patient(int& patience);
  bool write_out(std::string_view text);
  bool failing_ = false;  // of the outlet's thread: the last write failed

  const int descriptor_;
  Renderer& renderer_;
  const WhenFull when_full_;
  const Callbacks callbacks_;
  const std::size_t largest_write_;
  const Limits limits_;
  std::mutex mutex_;
  std::condition_variable wake_, room_;
  std::deque<Entry> entries_;
  std::size_t octets_ = 0;
  std::uint64_t dropped_ = 0;
  bool sleeping_ = false;
  bool closing_ = false;
  bool broken_ = false;
  std::thread thread_;
};

}  // namespace eastap::sink
