#include "proxy/capture/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/capture/capture_file.hpp"
#include "proxy/capture/lock_file.hpp"
#include "proxy/capture/queue_cost.hpp"
#include "proxy/capture/retention.hpp"
#include "proxy/capture/row_store.hpp"

namespace eastap::capture {
namespace {

using Clock = std::chrono::steady_clock;

/// Rows of a transaction at most: its octets are bounded by `batch_bytes`.
constexpr std::size_t kBatchRecords = 4096;

std::string counted(std::uint64_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

/// No signal of the process is taken on the writer's thread; a file size limit becomes an error.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

class Writer::Core {
 public:
  Core(WriterSettings settings, NoteCallback note, NewsCallback news)
      : settings_{std::move(settings)},
        note_{std::move(note)},
        news_{std::move(news)},
        rotation_{settings_.rotation} {}
  ~Core() { close(); }

  Result<void> open(const std::filesystem::path& path) {
    SignalsBlocked blocked;
    auto opened = file_->open(path, settings_);
    if (!opened) return tl::unexpected(opened.error());
    path_ = file_->name();
    begun_ = file_->begun();
    next_ids_ = file_->next_ids();
    next_sequence_ = file_->next_sequence();
    if (rows_.attach(file_->database().handle(), file_->session()) != SQLITE_OK) {
      return tl::unexpected(Error{Errc::malformed, 0,
                                  path.string() + " is damaged (" +
                                      file_->database().failure().words +
                                      "): keep it aside and begin a new one"});
    }
    if (file_->dropped_derived() && news_) {
      news_(path_.string() + " was written with another version of the decoder: what its tables " +
            "(commands, findings) held was dropped, and they begin with this run; when it has " +
            "ended, `eastap replay " + path_.string() + " --rebuild` derives all of them anew.");
    }
    thread_ = std::thread{[this] { run(); }};
    return {};
  }

  void write(pipeline::RecordPtr record) noexcept;
  bool flush(std::chrono::milliseconds limit);
  void close(std::optional<Timestamp> ended = {});
  [[nodiscard]] NextIds next_ids() const { return next_ids_; }
  [[nodiscard]] WriterCounters counters() const {
    const std::lock_guard lock{mutex_};
    WriterCounters counters = counters_;
    counters.backlog_bytes = queued_bytes_;
    return counters;
  }
  [[nodiscard]] std::filesystem::path path() const {
    const std::lock_guard lock{mutex_};
    return path_;
  }
  void set_rotation(const RotationLimits& limits) {
    const std::lock_guard lock{mutex_};
    rotation_ = limits;
    look_again_ = true;
    wake_.notify_one();
  }

 private:
  void run();
  bool admit(pipeline::RecordPtr& record, std::size_t& cost);
  void count_lost(const pipeline::Record& record);
  void work_off();
  bool store_some();
  bool ready_file();
  bool store(std::span<const Queued> batch);
  void release(std::size_t records, const StoreCounts& counts);
  void trouble(Trouble::Kind kind, const std::string& words);
  void settled();
  void rotate_if_due();
  [[nodiscard]] std::uint64_t first_waiting() const;
  void clean_up();
  [[nodiscard]] RotationLimits rotation() const {
    const std::lock_guard lock{mutex_};
    return rotation_;
  }
  [[nodiscard]] Timestamp now() const {
    return settings_.now ? settings_.now()
                         : std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
  }
  void tell_losses();
  [[nodiscard]] std::string losses_since_told(const WriterCounters& now) const;
  void abandon_rest();
  [[nodiscard]] bool stopping() const {
    const std::lock_guard lock{mutex_};
    return stop_;
  }
  void tell(const std::string& words) {
    if (note_) note_(words);
  }

  const WriterSettings settings_;
  const NoteCallback note_;
  const NewsCallback news_;
  NextIds next_ids_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;      ///< the writer's thread
  std::condition_variable progress_;  ///< callers of `flush`
  std::filesystem::path path_;        ///< the file at hand, for `path`
  RotationLimits rotation_;
  bool look_again_ = false;  ///< the limits are other ones now
  std::vector<Queued> incoming_;
  Clock::time_point first_arrival_{};
  std::uint64_t next_sequence_ = 1;
  std::size_t queued_bytes_ = 0;  ///< of `incoming_` and `backlog_`
  std::size_t queued_records_ = 0;
  WriterCounters counters_;
  bool idle_ = false, hurried_ = false, hurry_ = false, stop_ = false, closed_ = false;

  // Of the writer's thread (and of `open` and `close`, when it does not run).
  std::unique_ptr<CaptureFile> file_ = std::make_unique<CaptureFile>();
  Timestamp begun_{};                   ///< the file at hand
  Clock::time_point next_rotation_{};   ///< not earlier, after one that failed
  Clock::time_point next_retention_{};  ///< when old files are looked at again
  bool rotation_failed_ = false;        ///< and that was told
  RowStore rows_;
  std::vector<Queued> backlog_;
  std::size_t done_ = 0;  ///< records at the front of `backlog_` that are stored
  Trouble::Kind trouble_ = Trouble::Kind::none;
  Clock::time_point trouble_since_{}, next_try_{};
  WriterCounters told_;        ///< losses that a closing note has told
  WriterCounters first_told_;  ///< losses in the note that opened the present state
  WriterCounters seen_;        ///< as of the last look
  bool losses_told_ = false;
  std::thread thread_;
};

// --- the caller's side ------------------------------------------------------------------------

void Writer::Core::count_lost(const pipeline::Record& record) {
  if (std::holds_alternative<findings::Finding>(record.what)) {
    ++counters_.findings_lost;
  } else {
    ++counters_.inputs_lost;
  }
}

bool Writer::Core::admit(pipeline::RecordPtr& record, std::size_t& cost) {
  // One record may go beyond the limit: else a body larger than it could never be stored.
  if (queued_bytes_ < settings_.backlog_bytes) return true;
  if (queued_bytes_ >= settings_.backlog_bytes / 4 * 5) return false;
  if (const auto* exchange = std::get_if<pipeline::ExchangeRecord>(&record->what)) {
    record = without_bodies(*exchange);
    cost = cost_of(*record);
    ++counters_.bodies_lost;
  }
  return true;
}

void Writer::Core::write(pipeline::RecordPtr record) noexcept {
  // An answer still arriving is kept when it has ended.
  if (!record || std::holds_alternative<pipeline::ProgressRecord>(record->what)) return;
  const std::lock_guard lock{mutex_};
  const bool is_input = !std::holds_alternative<findings::Finding>(record->what);
  // A lost input keeps its number, so that the gap can be seen in the file.
  const std::uint64_t sequence = is_input ? next_sequence_++ : 0;
  try {
    std::size_t cost = cost_of(*record);
    if (stop_ || !admit(record, cost)) {
      count_lost(*record);
      return;
    }
    if (incoming_.empty()) first_arrival_ = Clock::now();
    incoming_.push_back(Queued{record, sequence, cost});
    queued_bytes_ += cost;
    ++queued_records_;
  } catch (const std::bad_alloc&) {
    count_lost(*record);
    return;
  }
  // At most two wake-ups a batch, however many records it has.
  if (idle_ || (!hurried_ && queued_bytes_ >= settings_.batch_bytes)) {
    hurried_ = !idle_;
    idle_ = false;
    wake_.notify_one();
  }
}

bool Writer::Core::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  const std::uint64_t lost = counters_.inputs_lost + counters_.findings_lost;
  const auto empty = [this] { return queued_records_ == 0; };
  hurry_ = true;
  wake_.notify_one();
  const bool in_time = progress_.wait_for(lock, limit, empty);
  hurry_ = false;
  return in_time && lost == counters_.inputs_lost + counters_.findings_lost;
}

void Writer::Core::close(std::optional<Timestamp> ended) {
  {
    const std::lock_guard lock{mutex_};
    if (closed_) return;
    closed_ = true;
    stop_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  SignalsBlocked blocked;
  rows_.detach();
  if (trouble_ == Trouble::Kind::none) tell_losses();
  if (const auto failed = file_->finish(ended); failed.kind != Trouble::Kind::none) {
    trouble(failed.kind, failed.words);
  }
}

// --- the writer's thread ----------------------------------------------------------------------

void Writer::Core::run() {
  pthread_setname_np(pthread_self(), "capture");
  SignalsBlocked blocked;
  std::unique_lock lock{mutex_};
  for (;;) {
    while (queued_records_ == 0 && !stop_) {
      idle_ = true;
      const bool deletes = rotation_.deletes() && !settings_.series.empty();
      if (deletes && (Clock::now() >= next_retention_ || std::exchange(look_again_, false))) {
        lock.unlock();
        clean_up();
        lock.lock();
      } else if (deletes) {
        wake_.wait_until(lock, next_retention_);
      } else {
        wake_.wait(lock);
      }
    }
    idle_ = false;
    if (queued_records_ == 0) break;
    const bool failing = trouble_ != Trouble::Kind::none;
    const auto due = failing ? next_try_ : first_arrival_ + settings_.commit_interval;
    wake_.wait_until(lock, due, [&] {
      return stop_ || (!failing && (hurry_ || queued_bytes_ >= settings_.batch_bytes));
    });
    hurried_ = false;
    const bool last = stop_;
    lock.unlock();
    work_off();
    if (Clock::now() >= next_retention_) clean_up();
    lock.lock();
    if (last && trouble_ != Trouble::Kind::none) {
      lock.unlock();
      abandon_rest();
      return;
    }
  }
}

void Writer::Core::work_off() {
  try {
    for (;;) {
      if (done_ == backlog_.size()) {
        backlog_.clear();
        done_ = 0;
        const std::lock_guard lock{mutex_};
        backlog_.swap(incoming_);
        if (backlog_.empty()) break;
      }
      rotate_if_due();
      if (!store_some()) break;
    }
  } catch (const std::bad_alloc&) {
    trouble(Trouble::Kind::other, "out of memory");
  }
  tell_losses();
}

bool Writer::Core::store_some() {
  if (!ready_file()) return false;
  std::size_t last = done_;
  for (std::size_t octets = 0; last < backlog_.size() && last - done_ < kBatchRecords &&
                               (last == done_ || octets < settings_.batch_bytes);
       ++last) {
    octets += backlog_[last].cost;
  }
  return store(std::span<const Queued>{backlog_}.subspan(done_, last - done_));
}

bool Writer::Core::ready_file() {
  if (file_->is_ready()) return true;
  rows_.detach();
  const auto outcome = file_->reopen();
  if (outcome.kind != Trouble::Kind::none) {
    trouble(outcome.kind, outcome.words);
    return false;
  }
  if (file_->take_begun_anew()) {
    rows_.forget_file();
    begun_ = now();
    tell("The capture " + file_->name() +
         " was removed or moved while it was being written: a new one was begun in its place. "
         "What was stored before is in the old file, if that was kept.");
  }
  if (rows_.attach(file_->database().handle(), file_->session()) != SQLITE_OK) {
    const auto failed = file_->explain(file_->database().failure());
    file_->abandon();
    trouble(failed.kind, failed.words);
    return false;
  }
  return true;
}

bool Writer::Core::store(std::span<const Queued> batch) {
  StoreCounts counts;
  const int code = rows_.store(batch, counts);
  if (code != SQLITE_OK) {
    const auto failed = file_->explain(rows_.failure());
    // After a mere lock the connection is good; anything else is begun from the start.
    if (failed.kind != Trouble::Kind::locked) {
      rows_.detach();
      file_->abandon();
    }
    trouble(failed.kind, failed.words);
    return false;
  }
  release(batch.size(), counts);
  settled();
  return true;
}

void Writer::Core::release(std::size_t records, const StoreCounts& counts) {
  std::size_t octets = 0;
  for (std::size_t index = done_; index < done_ + records; ++index) {
    octets += backlog_[index].cost;
    backlog_[index].record.reset();
  }
  done_ += records;
  const std::uint64_t file_bytes = bytes_of(file_->name());
  const std::lock_guard lock{mutex_};
  counters_.file_bytes = file_bytes;
  queued_bytes_ -= octets;
  queued_records_ -= records;
  counters_.inputs_stored += counts.inputs;
  counters_.inputs_lost += counts.lost;
  counters_.bodies_lost += counts.bodies_lost;
  ++counters_.commits;
  if (queued_records_ == 0) progress_.notify_all();
}

// --- one file after the other -----------------------------------------------------------------

/// The number of the first input that the file at hand will not have.
std::uint64_t Writer::Core::first_waiting() const {
  for (std::size_t index = done_; index < backlog_.size(); ++index) {
    if (backlog_[index].sequence != 0) return backlog_[index].sequence;
  }
  const std::lock_guard lock{mutex_};
  for (const Queued& item : incoming_) {
    if (item.sequence != 0) return item.sequence;
  }
  return next_sequence_;
}

/// Between two transactions, when something waits to be stored: a quiet file stays as it is. What
/// is still unanswered in the old file is stored whole in the new one when its answer has come.
void Writer::Core::rotate_if_due() {
  const RotationLimits limits = rotation();
  if (!limits.rotates() || settings_.series.empty() || trouble_ != Trouble::Kind::none ||
      !file_->is_ready() || Clock::now() < next_rotation_ ||
      !is_due(limits, bytes_of(file_->name()), begun_, now())) {
    return;
  }
  const auto taken = [](const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored) || is_locked(path);
  };
  const std::filesystem::path path = Series{settings_.series}.next(now(), taken);
  auto next = std::make_unique<CaptureFile>();
  Result<void> opened = tl::unexpected(Error{Errc::io, 0, "every name is taken"});
  if (!path.empty()) opened = next->open_successor(path, settings_, *file_, first_waiting());
  if (!opened) {
    next_rotation_ = Clock::now() + 10 * settings_.retry_interval;
    if (!std::exchange(rotation_failed_, true)) {
      tell("The capture goes on in " + file_->name() +
           " beyond its limit, because no new file can " + "be begun: " + opened.error().detail +
           ". It is tried again every " + std::to_string(settings_.retry_interval.count() / 100) +
           " s.");
    }
    return;
  }
  rotation_failed_ = false;
  rows_.detach();
  rows_.forget_file();
  const std::string old = file_->name();
  if (const auto failed = file_->finish(); failed.kind != Trouble::Kind::none) {
    tell("The capture " + old + " could not be closed properly: " + failed.words);
  }
  file_ = std::move(next);
  begun_ = now();
  // A failure shows again, with its words, when the next batch is stored.
  if (rows_.attach(file_->database().handle(), file_->session()) != SQLITE_OK) file_->abandon();
  {
    const std::lock_guard lock{mutex_};
    path_ = file_->name();
    ++counters_.files_begun;
  }
  if (news_) news_("The capture " + old + " goes on in " + file_->name() + ".");
  clean_up();
}

void Writer::Core::clean_up() {
  next_retention_ = Clock::now() + settings_.retention_interval;
  const RotationLimits limits = rotation();
  if (!limits.deletes() || settings_.series.empty()) return;
  const auto done = apply_retention(limits, Series{settings_.series}, file_->name(), now());
  for (const auto& failure : done.failed)
    tell("An old capture cannot be deleted: " + failure + ".");
  if (done.deleted.empty()) return;
  std::string names;
  for (const auto& file : done.deleted) {
    names += (names.empty() ? "" : ", ") + file.path.filename().string();
  }
  {
    const std::lock_guard lock{mutex_};
    counters_.files_deleted += done.deleted.size();
  }
  if (news_) news_("Deleted by the limits on what is kept: " + names + ".");
}

void Writer::Core::trouble(Trouble::Kind kind, const std::string& words) {
  const auto now = Clock::now();
  next_try_ = now + settings_.retry_interval;
  {
    const std::lock_guard lock{mutex_};
    ++counters_.failures;
    counters_.failing = true;
  }
  if (kind == trouble_) return;
  if (trouble_ == Trouble::Kind::none) trouble_since_ = now;
  trouble_ = kind;
  std::string note = "The capture " + file_->name() + " cannot be written: " + words;
  if (!stopping()) {
    note += " Traffic goes on; up to " + std::to_string(settings_.backlog_bytes >> 20) +
            " MiB wait in memory, and the file is tried again every second.";
  }
  tell(note);
}

void Writer::Core::settled() {
  if (trouble_ == Trouble::Kind::none) return;
  trouble_ = Trouble::Kind::none;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - trouble_since_).count();
  WriterCounters now;
  {
    const std::lock_guard lock{mutex_};
    counters_.failing = false;
    now = counters_;
  }
  const bool whole = now.inputs_lost == told_.inputs_lost && now.bodies_lost == told_.bodies_lost;
  const std::string note = "The capture " + file_->name() + " is being written again, after " +
                           counted(static_cast<std::uint64_t>(seconds), "second", "seconds") +
                           ": " + (whole ? "nothing was lost" : losses_since_told(now)) + ".";
  told_ = now;
  seen_ = now;
  losses_told_ = false;
  tell(note);
}

void Writer::Core::tell_losses() {
  WriterCounters now;
  bool empty = false;
  {
    const std::lock_guard lock{mutex_};
    now = counters_;
    empty = queued_records_ == 0;
  }
  const bool failing = trouble_ != Trouble::Kind::none;
  const bool grew = now.inputs_lost != seen_.inputs_lost || now.bodies_lost != seen_.bodies_lost;
  seen_ = now;
  if (grew && !losses_told_) {
    losses_told_ = true;
    first_told_ = now;
    tell("The capture " + file_->name() + " does not hold everything: " + losses_since_told(now) +
         (failing ? " so far."
                  : " so far, because the disk is slower than the traffic, or a "
                    "number was given twice."));
  } else if (!grew && losses_told_ && empty && !failing) {
    losses_told_ = false;
    if (now.inputs_lost != first_told_.inputs_lost || now.bodies_lost != first_told_.bodies_lost) {
      tell("The capture " + file_->name() + " has caught up: meanwhile " + losses_since_told(now) +
           ".");
    }
    told_ = now;
  }
}

std::string Writer::Core::losses_since_told(const WriterCounters& now) const {
  return counted(now.inputs_lost - told_.inputs_lost, "exchange or event was",
                 "exchanges or events were") +
         " lost, " + counted(now.bodies_lost - told_.bodies_lost, "was", "were") +
         " stored without bodies";
}

/// At the end of the run, with a file that does not take it.
void Writer::Core::abandon_rest() {
  std::uint64_t lost = 0;
  {
    const std::lock_guard lock{mutex_};
    for (std::size_t index = done_; index < backlog_.size(); ++index) {
      count_lost(*backlog_[index].record);
    }
    for (const auto& item : incoming_) count_lost(*item.record);
    queued_bytes_ = 0;
    queued_records_ = 0;
    lost = counters_.inputs_lost - told_.inputs_lost;
    progress_.notify_all();
  }
  backlog_.clear();
  incoming_.clear();
  done_ = 0;
  tell("eastap stops while the capture " + file_->name() + " cannot be written: " +
       counted(lost, "exchange or event", "exchanges or events") + " of this run are not in it.");
}

// --- the public face --------------------------------------------------------------------------

Writer::Writer(std::unique_ptr<Core> core) : core_{std::move(core)} {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& path,
                                             WriterSettings settings, NoteCallback note,
                                             NewsCallback news) {
  auto core = std::make_unique<Core>(std::move(settings), std::move(note), std::move(news));
  if (auto opened = core->open(path); !opened) return tl::unexpected(opened.error());
  return std::unique_ptr<Writer>{new Writer{std::move(core)}};
}

void Writer::write(pipeline::RecordPtr record) noexcept { core_->write(std::move(record)); }
NextIds Writer::next_ids() const { return core_->next_ids(); }
bool Writer::flush(std::chrono::milliseconds limit) { return core_->flush(limit); }
void Writer::close(std::optional<Timestamp> ended) { core_->close(ended); }
WriterCounters Writer::counters() const { return core_->counters(); }
std::filesystem::path Writer::path() const { return core_->path(); }
void Writer::set_rotation(const RotationLimits& limits) { core_->set_rotation(limits); }

}  // namespace eastap::capture
