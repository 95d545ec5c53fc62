#include "proxy/capture/capture_file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decoder/base/text.hpp"
#include "proxy/capture/schema.hpp"

namespace eastap::capture {
namespace {

std::string in_microseconds(Timestamp time) {
  return std::to_string(time.time_since_epoch().count());
}

std::string now_in_microseconds() {
  return in_microseconds(std::chrono::floor<Microseconds>(std::chrono::system_clock::now()));
}

Trouble trouble_of(const Error& error) {
  const bool denied = error.code == Errc::io || error.code == Errc::not_found;
  return {denied ? Trouble::Kind::denied : Trouble::Kind::damaged, error.detail + "."};
}

}  // namespace

bool CaptureFile::identify(const std::filesystem::path& path, Identity& identity) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return false;
  identity = {facts.st_dev, facts.st_ino};
  return true;
}

Error CaptureFile::failed() const { return open_error(database_.failure(), name()); }

Result<void> CaptureFile::open(const std::filesystem::path& path, const WriterSettings& settings) {
  program_version_ = settings.program_version;
  decoder_version_ = settings.decoder_version;
  vfs_ = settings.vfs;
  series_ = settings.series.string();
  redacted_ = settings.redacted;
  name_host_ = settings.name_host;
  path_ = path;
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  std::error_code problem;
  if (!std::filesystem::is_directory(folder, problem)) {
    return tl::unexpected(Error{Errc::not_found, 0,
                                path.string() + " cannot be created: there is no folder " +
                                    folder.string() + ". Create it, or choose another file"});
  }
  // One name for one file, however it was written: the lock goes by the name.
  if (auto canonical = std::filesystem::weakly_canonical(path, problem); !problem) {
    path_ = std::move(canonical);
  }
  if (std::filesystem::exists(path_, problem) &&
      !std::filesystem::is_regular_file(path_, problem)) {
    return tl::unexpected(
        Error{Errc::io, 0, path_.string() + " is not a file: choose another name"});
  }
  auto lock = LockFile::acquire(path_);
  if (!lock) return tl::unexpected(lock.error());
  lock_ = std::move(*lock);
  const auto created = create_empty();
  if (!created) return tl::unexpected(created.error());
  auto opened = open_database(*created);
  if (opened) opened = begin_session();
  if (!opened) {
    database_.close();
    if (*created) unlink(path_.c_str());
  }
  return opened;
}

/// SQLite would create the file with the process's umask; -wal and -shm take their mode from it.
Result<bool> CaptureFile::create_empty() {
  const int descriptor = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    close(descriptor);
    return true;
  }
  if (errno == EEXIST) return false;
  return tl::unexpected(Error{Errc::io, 0,
                              name() + " cannot be created: " + std::strerror(errno) +
                                  ". Choose a file that this user may write"});
}

Result<void> CaptureFile::open_database(bool created) {
  if (access(path_.c_str(), R_OK | W_OK) != 0) {
    return tl::unexpected(Error{Errc::io, 0,
                                name() + " cannot be written: " + std::strerror(errno) +
                                    ". Change its owner or mode, or choose another file"});
  }
  if (database_.open(name(), SQLITE_OPEN_READWRITE, vfs_) != SQLITE_OK) {
    return tl::unexpected(failed());
  }
  distrust_schema(database_);
  sqlite3_busy_timeout(database_.handle(), 500);
  if (!identify(path_, identity_)) {
    return tl::unexpected(Error{Errc::io, 0, name() + " was removed while it was opened"});
  }
  if (auto good = lay_out_or_check(); !good) return good;
  if (configure() != SQLITE_OK) return tl::unexpected(failed());
  if (!created) return renew_if_outdated();
  return {};
}

Result<void> CaptureFile::lay_out_or_check() {
  const auto pages = database_.number("PRAGMA page_count", -1);
  if (pages < 0) return tl::unexpected(failed());
  if (pages > 0) return check_schema(database_, name());
  int code = create_schema(database_, program_version_, decoder_version_);
  if (code == SQLITE_OK && !redacted_.empty()) code = set_meta(database_, "redacted", redacted_);
  if (code == SQLITE_OK && !name_host_) code = set_meta(database_, "host", "");
  if (code == SQLITE_OK &&
      (series_.empty() || set_meta(database_, "series", series_) == SQLITE_OK)) {
    return {};
  }
  const Error error = failed();
  if (sqlite3_get_autocommit(database_.handle()) == 0) database_.run("ROLLBACK");
  return tl::unexpected(error);
}

int CaptureFile::configure() {
  // A file system without shared memory refuses the write-ahead log; a rollback journal does too.
  return database_.run(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8000; "
      "PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 33554432; "
      "PRAGMA temp_store = MEMORY");
}

Result<void> CaptureFile::renew_if_outdated() {
  if (meta_value(database_, "decoder_version") == decoder_version_ &&
      database_.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN "
                       "('commands', 'findings')") == 2) {
    return {};
  }
  int code = database_.run("BEGIN IMMEDIATE");
  const bool complete = database_.number("SELECT EXISTS (SELECT 1 FROM exchanges)") == 0;
  if (code == SQLITE_OK) code = renew_derived(database_, decoder_version_, complete);
  if (code == SQLITE_OK) code = database_.run("COMMIT");
  if (code == SQLITE_OK) {
    dropped_derived_ = !complete;
    return {};
  }
  const Error error = failed();
  if (sqlite3_get_autocommit(database_.handle()) == 0) database_.run("ROLLBACK");
  return tl::unexpected(error);
}

void CaptureFile::read_next_numbers() {
  const auto after = [this](const char* sql) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(database_.number(sql), 0)) + 1;
  };
  next_ids_.exchange = {after("SELECT max(id) FROM exchanges")};
  next_ids_.connection = {after("SELECT max(id) FROM connections")};
  next_ids_.finding = {after("SELECT max(id) FROM findings")};
  next_sequence_ = std::max({after("SELECT max(seq_open) FROM exchanges"),
                             after("SELECT max(seq_end) FROM exchanges"),
                             after("SELECT max(seq) FROM connection_events"),
                             after("SELECT max(first_seq) - 1 FROM sessions")});
}

Result<void> CaptureFile::begin_session() {
  read_next_numbers();
  Statement insert;
  if (insert.prepare(database_.handle(),
                     "INSERT INTO sessions (program_version, host, started, first_seq) "
                     "SELECT ?1, (SELECT value FROM meta WHERE key = 'host'), ?2 + 0, ?3") !=
      SQLITE_OK) {
    return tl::unexpected(failed());
  }
  const std::string now = now_in_microseconds();
  insert.bind_words(1, program_version_);
  insert.bind_words(2, now);
  insert.bind(3, static_cast<std::int64_t>(next_sequence_));
  if (insert.execute() != SQLITE_OK) return tl::unexpected(failed());
  session_ = static_cast<std::uint64_t>(sqlite3_last_insert_rowid(database_.handle()));
  return {};
}

Result<void> CaptureFile::open_successor(const std::filesystem::path& path,
                                         const WriterSettings& settings, CaptureFile& previous,
                                         std::uint64_t sequence) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    return tl::unexpected(Error{Errc::io, 0, path.string() + " is there already"});
  }
  if (auto opened = open(path, settings); !opened) return opened;
  const auto base_name = [](const CaptureFile& file) { return file.path_.filename().string(); };
  int code = set_meta(database_, "continues", base_name(previous));
  const std::string first = "UPDATE sessions SET first_seq = " + std::to_string(sequence) +
                            " WHERE id = " + std::to_string(session_);
  if (code == SQLITE_OK) code = database_.run(first.c_str());
  Result<void> result;
  if (code != SQLITE_OK) {
    result = tl::unexpected(failed());
  } else if (set_meta(previous.database_, "continued_in", base_name(*this)) != SQLITE_OK) {
    result = tl::unexpected(previous.failed());
  }
  if (!result) {
    database_.close();
    for (const char* part : {"", "-wal", "-shm"}) unlink((path_.string() + part).c_str());
    lock_.release();
  }
  return result;
}

Timestamp CaptureFile::begun() {
  return Timestamp{Microseconds{to_integer(meta_value(database_, "created")).value_or(0)}};
}

bool CaptureFile::is_ready() const {
  Identity named;
  return database_.is_open() && identify(path_, named) && named == identity_ && lock_.in_place();
}

Trouble CaptureFile::reopen() {
  if (database_.is_open()) {
    // The file may have been moved: with its log folded in it stays readable under its new name.
    // Closing alone does not do that for a file that is not where it was; a failure changes
    // nothing.
    database_.run("PRAGMA wal_checkpoint(TRUNCATE)");
    database_.close();
  }
  if (!lock_.in_place()) {
    lock_.release();
    auto lock = LockFile::acquire(path_);
    if (!lock) return {Trouble::Kind::denied, lock.error().detail + "."};
    lock_ = std::move(*lock);
  }
  const auto created = create_empty();
  if (!created) return trouble_of(created.error());
  if (!*created) {
    Identity named;
    if (!identify(path_, named) || named != identity_) {
      return {Trouble::Kind::replaced,
              "another file lies in its place. Move that away: a new capture begins then."};
    }
  }
  auto opened = open_database(*created);
  if (opened && *created) opened = begin_session();
  if (!opened) {
    const SqlFailure failure = database_.failure();
    const Trouble why = failure.code == SQLITE_OK ? trouble_of(opened.error()) : explain(failure);
    database_.close();
    // An empty one would be taken for somebody else's at the next try.
    if (*created) unlink(path_.c_str());
    return why;
  }
  begun_anew_ = begun_anew_ || *created;
  return {};
}

Trouble CaptureFile::finish(std::optional<Timestamp> ended) {
  if (!database_.is_open()) {
    lock_.release();
    return {};
  }
  sqlite3_busy_timeout(database_.handle(), 1000);
  const std::string mark =
      "UPDATE sessions SET ended = " + (ended ? in_microseconds(*ended) : now_in_microseconds()) +
      " WHERE id = " + std::to_string(session_);
  int code = database_.run(mark.c_str());
  if (code == SQLITE_OK) {
    // With a reader in the file the log stays; it holds nothing then, or is folded in later.
    code = database_.run("PRAGMA wal_checkpoint(TRUNCATE)");
    if ((code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED) code = SQLITE_OK;
  }
  if (code == SQLITE_OK) {
    code = database_.run("PRAGMA journal_mode = DELETE");
    if ((code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED) code = SQLITE_OK;
  }
  Trouble trouble;
  if (code != SQLITE_OK) {
    trouble = explain(database_.failure());
    trouble.words += " What was stored until now is whole; keep " + name() + "-wal with it.";
  }
  database_.close();
  lock_.release();
  return trouble;
}

Trouble CaptureFile::explain(const SqlFailure& failure) const {
  using Kind = Trouble::Kind;
  if (failure.system_error == ENOSPC || failure.system_error == EDQUOT) {
    return {Kind::full, "the disk is full. Free some space on it."};
  }
  if (failure.system_error == EFBIG) {
    return {Kind::full, "it has reached the largest size allowed for a file here (ulimit -f)."};
  }
  switch (failure.code & 0xFF) {
    case SQLITE_FULL: return {Kind::full, "the disk is full. Free some space on it."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Kind::locked, "another program has locked it. Close that program's transaction."};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: {
      const std::string reason =
          failure.system_error != 0 ? std::strerror(failure.system_error) : failure.words;
      return {Kind::denied, reason + ". Make the file and its folder writable again."};
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Kind::damaged, "it is damaged (" + failure.words +
                                 "). Move it away: a new capture begins then, and `eastap "
                                 "replay` reads what is left of the old one."};
    default: {
      std::string reason = failure.words;
      if (failure.system_error != 0) {
        reason += std::string{" ("} + std::strerror(failure.system_error) + ")";
      }
      return {Kind::other, reason + ". Check the disk."};
    }
  }
}

}  // namespace eastap::capture
