#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include <sys/types.h>

#include "decoder/base/result.hpp"
#include "decoder/base/time.hpp"
#include "proxy/capture/lock_file.hpp"
#include "proxy/capture/sqlite.hpp"
#include "proxy/capture/writer.hpp"

namespace eastap::capture {

/// Why a capture cannot be written now, in words for the admin, remedy included.
struct Trouble {
  enum class Kind : std::uint8_t { none, full, locked, denied, replaced, damaged, other };
  Kind kind = Kind::none;
  std::string words;
};

/// The open database of a writer, its lock, and which file it is. Statements on it belong to others
/// and must be gone before `abandon`, `reopen` and `finish`.
class CaptureFile {
 public:
  CaptureFile() = default;
  ~CaptureFile() { abandon(); }
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;

  /// As `Writer::open` says.
  [[nodiscard]] Result<void> open(const std::filesystem::path& path,
                                  const WriterSettings& settings);

  /// A new file in which `previous` goes on: `open`, with numbers that go on at `sequence`, and
  /// each of the two naming the other. Afterwards `previous` is still to be finished. On an error
  /// the new file is gone again, and `previous` as it was.
  [[nodiscard]] Result<void> open_successor(const std::filesystem::path& path,
                                            const WriterSettings& settings, CaptureFile& previous,
                                            std::uint64_t sequence);

  /// When it was begun, by its own word.
  [[nodiscard]] Timestamp begun();

  /// Open, and still the file of that name, and ours alone.
  [[nodiscard]] bool is_ready() const;

  /// Opens the same file again, or begins a new one when it is gone.
  [[nodiscard]] Trouble reopen();
  /// True once after `reopen` had to begin a new file.
  [[nodiscard]] bool take_begun_anew() { return std::exchange(begun_anew_, false); }

  /// Whether `open` dropped the rows that another decoder had derived: the tables know nothing of
  /// what the capture held before.
  [[nodiscard]] bool dropped_derived() const { return dropped_derived_; }

  void abandon() { database_.close(); }

  /// Marks the clean end (at `ended`, else now), folds the log back, closes and unlocks.
  [[nodiscard]] Trouble finish(std::optional<Timestamp> ended = {});

  [[nodiscard]] Trouble explain(const SqlFailure& failure) const;

  [[nodiscard]] Database& database() { return database_; }
  [[nodiscard]] std::uint64_t session() const { return session_; }
  [[nodiscard]] std::string name() const { return path_.string(); }
  [[nodiscard]] NextIds next_ids() const { return next_ids_; }
  [[nodiscard]] std::uint64_t next_sequence() const { return next_sequence_; }

 private:
  struct Identity {
    dev_t device = 0;
    ino_t file = 0;
    bool operator==(const Identity&) const = default;
  };

  [[nodiscard]] static bool identify(const std::filesystem::path& path, Identity& identity);
  [[nodiscard]] Result<bool> create_empty();
  [[nodiscard]] Result<void> open_database(bool created);
  [[nodiscard]] Result<void> lay_out_or_check();
  [[nodiscard]] Result<void> renew_if_outdated();
  [[nodiscard]] Result<void> begin_session();
  int configure();
  void read_next_numbers();
  [[nodiscard]] Error failed() const;

  std::filesystem::path path_;
  std::string program_version_, decoder_version_, vfs_, series_, redacted_;
  bool name_host_ = true;
  LockFile lock_;
  Database database_;
  Identity identity_;
  std::uint64_t session_ = 0;
  std::uint64_t next_sequence_ = 1;
  NextIds next_ids_;
  bool begun_anew_ = false;
  bool dropped_derived_ = false;
};

}  // namespace eastap::capture
