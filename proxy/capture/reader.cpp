#include "proxy/capture/reader.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "decoder/base/text.hpp"
#include "proxy/capture/lock_file.hpp"
#include "proxy/capture/row_reader.hpp"
#include "proxy/capture/schema.hpp"
#include "proxy/capture/sqlite.hpp"

namespace eastap::capture {
namespace {

/// Hand-overs fetched at a time.
constexpr int kPage = 256;
/// Of a damaged file, rows looked at when its indexes cannot be used: 24 octets of memory each.
constexpr std::size_t kSalvaged = 1'000'000;
/// SQLite's own steps for one call: a file that makes a statement run longer is not a capture.
constexpr int kStepsBetweenChecks = 100'000;
constexpr int kChecks = 20'000;

constexpr std::string_view kPageOfPlaces =
    "SELECT seq_open, 0, id FROM exchanges WHERE seq_open > ?1 "
    "UNION ALL SELECT seq_end, 1, id FROM exchanges WHERE seq_end > ?1 "
    "UNION ALL SELECT seq, 2, seq FROM connection_events WHERE seq > ?1 "
    "ORDER BY 1 LIMIT ?2";

struct FileFacts {
  dev_t device = 0;
  ino_t file = 0;
  off_t size = 0;
  std::int64_t changed = 0;  ///< nanoseconds
  bool operator==(const FileFacts&) const = default;
};

FileFacts facts_of(const std::string& name) {
  struct stat found {};
  if (stat(name.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, found.st_size,
          std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

std::size_t size_of(const pipeline::Input& input) {
  std::size_t octets = sizeof input;
  if (const auto* exchange = std::get_if<model::Exchange>(&input)) {
    for (const auto& message : {exchange->request, exchange->response}) {
      if (message) octets += message->head.raw().size() + message->body.size();
    }
  }
  return octets;
}

std::string uri_of(const std::string& path) {
  std::string uri{"file:"};
  for (const char letter : path) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '/' || letter == '.' ||
                       letter == '-' || letter == '_';
    if (plain) {
      uri.push_back(letter);
    } else {
      uri += "%" + to_hex(std::string_view{&letter, 1});
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

bool looks_like_capture(std::string_view first_octets) {
  constexpr std::string_view kMagic{"SQLite format 3\0", 16};
  constexpr std::size_t kApplicationIdAt = 68;
  if (!first_octets.starts_with(kMagic) || first_octets.size() < kApplicationIdAt + 4) return false;
  std::uint32_t application = 0;
  for (const char octet : first_octets.substr(kApplicationIdAt, 4)) {
    application = (application << 8) | static_cast<unsigned char>(octet);
  }
  return application == static_cast<std::uint32_t>(kApplicationId);
}

class Reader::Core {
 public:
  Core(std::filesystem::path path, ReaderSettings settings)
      : path_{std::move(path)}, settings_{std::move(settings)} {}

  Result<void> open();
  std::optional<Result<pipeline::Input>> next();
  [[nodiscard]] const CaptureFacts& facts() const { return facts_; }
  [[nodiscard]] bool being_written() const { return is_locked(path_); }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] std::optional<std::filesystem::path> successor() const;

 private:
  struct Place {
    std::uint64_t sequence = 0;
    RowReader::What what = RowReader::What::event;
    std::int64_t row = 0;
  };

  Result<void> connect();
  Result<void> connect_as(const std::string& name, int flags);
  void disconnect();
  void read_facts();
  std::vector<CaptureRun> runs();
  bool reconnect(std::optional<Error>& error);
  std::optional<Error> fetch_places();
  void read_ahead();
  Result<pipeline::Input> take_read();
  bool take_place(std::uint64_t after);
  void salvage();
  void salvage_from(std::string_view sql, RowReader::What first, RowReader::What second);
  static int count_steps(void* self);

  std::filesystem::path path_;
  ReaderSettings settings_;
  CaptureFacts facts_;
  Database database_;
  Statement page_;
  std::optional<RowReader> rows_;
  struct Read {
    std::uint64_t sequence = 0;
    Result<pipeline::Input> input;
  };

  std::deque<Read> read_;  ///< not given yet
  std::vector<Place> places_;
  std::size_t next_place_ = 0;
  std::uint64_t position_ = 0;
  bool ended_ = false;  ///< nothing can come any more
  int checks_left_ = kChecks;
  std::array<FileFacts, 2> seen_{};  ///< capture and log, before the last look into them
};

int Reader::Core::count_steps(void* self) {
  return --static_cast<Core*>(self)->checks_left_ < 0 ? 1 : 0;
}

Result<void> Reader::Core::open() {
  std::error_code problem;
  if (!std::filesystem::exists(path_, problem)) {
    return tl::unexpected(
        Error{Errc::not_found, 0, "there is no capture " + path_.string() + ": check its name"});
  }
  if (!std::filesystem::is_regular_file(path_, problem)) {
    return tl::unexpected(Error{Errc::malformed, 0, path_.string() + " is not a file"});
  }
  if (auto canonical = std::filesystem::canonical(path_, problem); !problem) {
    path_ = std::move(canonical);
  }
  if (auto connected = connect(); !connected) return connected;
  read_facts();
  facts_.exchanges = static_cast<std::uint64_t>(
      std::max<std::int64_t>(database_.number("SELECT count(*) FROM exchanges"), 0));
  facts_.events = static_cast<std::uint64_t>(
      std::max<std::int64_t>(database_.number("SELECT count(*) FROM connection_events"), 0));
  facts_.being_written = being_written();
  return {};
}

Result<void> Reader::Core::connect() {
  auto connected = connect_as(path_.string(), SQLITE_OPEN_READONLY);
  if (connected || connected.error().code != Errc::io) return connected;
  // A capture that was copied to a read-only place while in WAL mode: SQLite cannot make the
  // files it coordinates by, and without a log none are needed.
  if (facts_of(path_.string() + "-wal").size != 0) return connected;
  auto frozen = connect_as(uri_of(path_.string()), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  return frozen ? frozen : connected;
}

Result<void> Reader::Core::connect_as(const std::string& name, int flags) {
  checks_left_ = kChecks;
  const auto failed = [&](const std::optional<Error>& error = {}) -> Result<void> {
    Error why = error ? *error : open_error(database_.failure(), path_.string());
    disconnect();
    return tl::unexpected(std::move(why));
  };
  if (database_.open(name, flags, settings_.vfs) != SQLITE_OK) return failed();
  sqlite3* handle = database_.handle();
  distrust_schema(database_);
  // A row holds both messages; SQLite's own ceiling is 10^9.
  const auto row_limit = std::min<std::size_t>(
      2 * (settings_.body_limit + settings_.head_limit) + (1U << 20), 1'000'000'000);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, static_cast<int>(row_limit));
  sqlite3_busy_timeout(handle, 1000);
  sqlite3_progress_handler(handle, kStepsBetweenChecks, &Core::count_steps, this);
  if (database_.run("PRAGMA query_only = 1; PRAGMA cell_size_check = 1; PRAGMA mmap_size = 0; "
                    "PRAGMA temp_store = MEMORY") != SQLITE_OK) {
    return failed();
  }
  if (database_.number("PRAGMA page_count", -1) == 0) {
    return failed(Error{Errc::malformed, 0, path_.string() + " is empty: not a capture"});
  }
  if (auto good = check_schema(database_, path_.string()); !good) return failed(good.error());
  if (page_.prepare(handle, kPageOfPlaces) != SQLITE_OK) return failed();
  if (!rows_) rows_.emplace(settings_);
  if (rows_->attach(handle) != SQLITE_OK) return failed();
  return {};
}

void Reader::Core::disconnect() {
  page_.finalize();
  if (rows_) rows_->detach();
  database_.close();
}

void Reader::Core::read_facts() {
  facts_.version = static_cast<int>(database_.number("PRAGMA user_version"));
  facts_.program_version = meta_value(database_, "program_version");
  facts_.host = meta_value(database_, "host");
  facts_.series = meta_value(database_, "series");
  facts_.continued_in = meta_value(database_, "continued_in");
  facts_.redacted = meta_value(database_, "redacted");
  facts_.decoder_version = meta_value(database_, "decoder_version");
  facts_.derived_complete = meta_value(database_, "derived_complete") == "1";
  facts_.runs = runs();
  facts_.created =
      Timestamp{Microseconds{to_integer(meta_value(database_, "created")).value_or(0)}};
}

std::optional<std::filesystem::path> Reader::Core::successor() const {
  const std::string& name = facts_.continued_in;
  // The name is the file's own word: it leads nowhere but beside it, and there only to its like.
  if (name.empty() || name.find('/') != std::string::npos || name == "." || name == "..") {
    return std::nullopt;
  }
  const auto path = path_.parent_path() / name;
  Database database;
  if (database.open(path.string(), SQLITE_OPEN_READONLY, settings_.vfs) != SQLITE_OK) {
    return std::nullopt;
  }
  distrust_schema(database);
  sqlite3_busy_timeout(database.handle(), 1000);
  if (!check_schema(database, path.string())) return std::nullopt;
  if (meta_value(database, "continues") != path_.filename().string()) return std::nullopt;
  return path;
}

std::vector<CaptureRun> Reader::Core::runs() {
  constexpr std::size_t kMost = 10'000;  // a run a minute for a week
  std::vector<CaptureRun> out;
  Statement query;
  if (query.prepare(database_.handle(),
                    "SELECT first_seq, started, ended FROM sessions ORDER BY id") != SQLITE_OK) {
    return out;
  }
  while (query.step() == SQLITE_ROW && out.size() < kMost) {
    CaptureRun run;
    run.first_position = static_cast<std::uint64_t>(std::max<std::int64_t>(query.number(0), 0));
    run.started = Timestamp{Microseconds{query.number(1)}};
    if (query.type(2) == SQLITE_INTEGER) run.ended = Timestamp{Microseconds{query.number(2)}};
    out.push_back(run);
  }
  return out;
}

/// For a follower: opens the file again when something may have been added.
bool Reader::Core::reconnect(std::optional<Error>& error) {
  const std::array<FileFacts, 2> now{facts_of(path_.string()), facts_of(path_.string() + "-wal")};
  if (now[0] == FileFacts{}) return false;  // removed; its writer begins a new one
  const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  // Two changes within a tick of the clock look like one: only an old state is known to be seen.
  constexpr std::int64_t kOld = 2'000'000'000;
  if (now == seen_ && wall - now[0].changed > kOld && wall - now[1].changed > kOld) return false;
  seen_ = now;
  const Timestamp created_before = facts_.created;
  if (auto connected = connect(); !connected) {
    // Between removal and layout of a new file there is little to read; later there is.
    if (connected.error().code == Errc::unsupported) {
      ended_ = true;
      error = connected.error();
    }
    return false;
  }
  read_facts();
  if (facts_.created != created_before) {
    // Another file of that name. Our own writer goes on counting in it; a stranger's begins below.
    const auto last = database_.number(
        "SELECT max(coalesce((SELECT max(seq_open) FROM exchanges), 0), "
        "coalesce((SELECT max(seq_end) FROM exchanges), 0), "
        "coalesce((SELECT max(seq) FROM connection_events), 0))");
    if (last >= 0 && static_cast<std::uint64_t>(last) <= position_) position_ = 0;
    rows_->forget_file();
  }
  return true;
}

std::optional<Result<pipeline::Input>> Reader::Core::next() {
  if (!read_.empty()) return take_read();
  checks_left_ = kChecks;
  if (next_place_ == places_.size()) {
    places_.clear();
    next_place_ = 0;
    if (ended_) return std::nullopt;
    std::optional<Error> error;
    if (database_.is_open() || reconnect(error)) error = fetch_places();
    if (error) return tl::unexpected(std::move(*error));
    if (places_.empty()) {
      if (settings_.follow) disconnect();  // so that the writer can fold its log and stop
      return std::nullopt;
    }
  }
  read_ahead();
  return take_read();
}

Result<pipeline::Input> Reader::Core::take_read() {
  Read read = std::move(read_.front());
  read_.pop_front();
  position_ = read.sequence;
  return std::move(read.input);
}

void Reader::Core::read_ahead() {
  // In one transaction, so that SQLite locks once and not for each row; a failure to begin it shows
  // again, with its words, at the row.
  const bool begun = database_.run("BEGIN") == SQLITE_OK;
  std::size_t octets = 0;
  do {
    const Place place = places_[next_place_++];
    auto input = rows_->read(place.what, place.row);
    if (input) {
      octets += size_of(*input);
    } else {
      input.error().offset = place.sequence;
    }
    read_.push_back({place.sequence, std::move(input)});
  } while (next_place_ < places_.size() && octets < settings_.read_ahead && checks_left_ > 0);
  if (begun) database_.run("COMMIT");
}

std::optional<Error> Reader::Core::fetch_places() {
  if (settings_.follow) {
    seen_ = {facts_of(path_.string()), facts_of(path_.string() + "-wal")};
  }
  page_.bind(1, static_cast<std::int64_t>(position_));
  page_.bind(2, kPage);
  std::uint64_t last = position_;
  int code = page_.step();
  for (; code == SQLITE_ROW; code = page_.step()) {
    if (!take_place(last)) break;
    last = places_.back().sequence;
  }
  const bool odd = code == SQLITE_ROW;
  const SqlFailure failure = database_.failure();
  page_.reset();
  if (code == SQLITE_DONE) return std::nullopt;
  if (odd) {
    // Numbers sort before everything else: what follows are texts and blobs.
    if (!places_.empty()) return std::nullopt;
    ended_ = true;
    return Error{Errc::malformed, position_,
                 path_.string() + " is damaged: entries after number " + std::to_string(position_) +
                     " have no number"};
  }
  if ((code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED) {
    places_.clear();
    if (!settings_.follow) ended_ = true;
    return Error{Errc::io, position_, path_.string() + " is locked by another program"};
  }
  if (!places_.empty()) return std::nullopt;  // deliver these first, then meet the damage again
  ended_ = true;
  salvage();
  return Error{Errc::malformed, position_,
               path_.string() + " is damaged (" + failure.words + "): from number " +
                   std::to_string(position_ + 1) + " on what can still be found follows"};
}

/// Takes the present row of `page_`; false when it cannot be one of ours.
bool Reader::Core::take_place(std::uint64_t after) {
  if (page_.type(0) != SQLITE_INTEGER || page_.type(2) != SQLITE_INTEGER) return false;
  const auto sequence = page_.number(0);
  if (sequence < 0 || static_cast<std::uint64_t>(sequence) < after) return false;
  places_.push_back({static_cast<std::uint64_t>(sequence),
                     static_cast<RowReader::What>(page_.number(1)), page_.number(2)});
  return true;
}

/// The indexes do not lead on: looks through the tables themselves, around unreadable stretches.
void Reader::Core::salvage() {
  using What = RowReader::What;
  salvage_from("SELECT id, seq_open, seq_end FROM exchanges NOT INDEXED WHERE id > ?1 ORDER BY id",
               What::opening, What::end);
  salvage_from("SELECT seq, seq, NULL FROM connection_events WHERE seq > ?1 ORDER BY seq",
               What::event, What::event);
  std::stable_sort(places_.begin(), places_.end(), [](const Place& left, const Place& right) {
    return left.sequence < right.sequence;
  });
}

void Reader::Core::salvage_from(std::string_view sql, RowReader::What first,
                                RowReader::What second) {
  Statement scan;
  if (scan.prepare(database_.handle(), sql) != SQLITE_OK) return;
  const auto keep = [this, &scan](int column, RowReader::What what) {
    const auto sequence = scan.number(column);
    if (scan.type(column) != SQLITE_INTEGER || sequence < 0 ||
        static_cast<std::uint64_t>(sequence) <= position_ || places_.size() >= kSalvaged) {
      return;
    }
    places_.push_back({static_cast<std::uint64_t>(sequence), what, scan.number(0)});
  };
  std::int64_t last = 0;
  std::int64_t hop = 1;
  constexpr std::int64_t kFarthest = std::int64_t{1} << 32;
  // After an unreadable page, farther and farther ahead until rows come again.
  while (hop <= kFarthest && checks_left_ > 0) {
    scan.bind(1, last);
    int code = scan.step();
    for (; code == SQLITE_ROW; code = scan.step()) {
      if (scan.number(0) <= last) break;
      last = scan.number(0);
      hop = 1;
      keep(1, first);
      keep(2, second);
    }
    scan.reset();
    if (code == SQLITE_DONE || code == SQLITE_ROW) return;
    last += hop;
    hop *= 2;
  }
}

Reader::Reader(std::unique_ptr<Core> core) : core_{std::move(core)} {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<Reader> Reader::open(const std::filesystem::path& path, ReaderSettings settings) {
  auto core = std::make_unique<Core>(path, std::move(settings));
  if (auto opened = core->open(); !opened) return tl::unexpected(opened.error());
  return Reader{std::move(core)};
}

std::optional<Result<pipeline::Input>> Reader::next() { return core_->next(); }
const CaptureFacts& Reader::facts() const { return core_->facts(); }
bool Reader::being_written() const { return core_->being_written(); }
std::optional<std::filesystem::path> Reader::successor() const { return core_->successor(); }
std::uint64_t Reader::position() const { return core_->position(); }

}  // namespace eastap::capture
