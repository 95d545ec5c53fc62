#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "decoder/base/ids.hpp"
#include "decoder/base/result.hpp"
#include "decoder/base/time.hpp"
#include "proxy/capture/rotation.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::capture {

struct WriterSettings {
  std::string program_version;  ///< told in the file
  /// Of what is derived (commands, findings). A capture with another one loses its derived rows
  /// when it is opened for writing, which is told as news; `rebuild_derived` brings them back.
  std::string decoder_version;
  /// The level that a new capture's octets were redacted at, told in the file; empty: not at all.
  std::string redacted;
  /// A new capture names this machine.
  bool name_host = true;
  /// From hand-over to commit; with the commit itself it stays below the promised 250 ms.
  std::chrono::milliseconds commit_interval{150};
  std::chrono::milliseconds retry_interval{1000};  ///< while the file cannot be written
  /// A transaction begins early when that much waits, and holds about that much.
  std::size_t batch_bytes = 1u << 20;
  /// Of records not yet on disk, decoded documents included. Above it new exchanges are kept
  /// without bodies, and above 5/4 of it not at all; both are counted and told.
  std::size_t backlog_bytes = 64u << 20;
  std::string vfs;  ///< SQLite's file layer; empty: its default. Tests put failing disks here.
  RotationLimits rotation;
  /// The pattern that the file's name came from, absolute: new files carry it as their mark, are
  /// named by it, and are deleted by it. Empty: no rotation, no mark.
  std::filesystem::path series;
  std::chrono::milliseconds retention_interval{60'000};  ///< between two looks at old files
  /// The clock of rotation and retention; tests have one of their own.
  std::function<Timestamp()> now;
};

/// Called on the writer's thread (at open and close: on the caller's), once for each change of
/// state: trouble, other trouble, writing again. Whole sentences that name file, loss and remedy.
using NoteCallback = std::function<void(std::string note)>;
/// Likewise, of what went as planned: the capture goes on in another file, old ones were deleted,
/// the rows of an older decoder were dropped.
using NewsCallback = std::function<void(std::string news)>;

/// The first numbers that the capture does not know yet.
struct NextIds {
  ExchangeId exchange{1};
  ConnectionId connection{1};
  FindingId finding{1};
};

struct WriterCounters {
  std::uint64_t inputs_stored = 0;  ///< hand-overs of exchanges, and connection events
  std::uint64_t inputs_lost = 0;    ///< never stored: the backlog was full, or the row impossible
  std::uint64_t bodies_lost = 0;    ///< hand-overs stored with heads only
  std::uint64_t findings_lost = 0;
  std::uint64_t commits = 0;
  std::uint64_t failures = 0;       ///< transactions that had to be tried again
  std::uint64_t backlog_bytes = 0;  ///< now
  std::uint64_t file_bytes = 0;     ///< of the file at hand with its log, as of the last commit
  std::uint64_t files_begun = 1;    ///< by this writer, the first one included
  std::uint64_t files_deleted = 0;
  bool failing = false;  ///< now
};

/// Appends records to a capture file on a thread of its own. A slow, full or vanished disk costs
/// the caller nothing: records wait in a bounded backlog, and the file is tried again every second.
class Writer {
 public:
  /// Creates the capture (mode 0600) or continues one. Errors, each naming file and remedy:
  /// `unsupported` from a newer version; `malformed` not a capture, or damaged; `not_found` the
  /// directory is missing; `io` not writable, or another eastap writes it.
  [[nodiscard]] static Result<std::unique_ptr<Writer>> open(const std::filesystem::path& path,
                                                            WriterSettings settings,
                                                            NoteCallback note,
                                                            NewsCallback news = {});
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Takes the records in the order in which the pipeline emits them; one thread at a time. Never
  /// blocks on the disk, never throws. After `close` records are dropped and counted as lost.
  void write(pipeline::RecordPtr record) noexcept;

  /// As of `open`: where connections, exchanges and findings of this run begin to count.
  [[nodiscard]] NextIds next_ids() const;

  /// Waits until everything handed over so far was committed; false when it did not happen in
  /// `limit`.
  bool flush(std::chrono::milliseconds limit);

  /// Stores what waits, folds the write-ahead log back and leaves one file. What cannot be
  /// stored now is told by a note and counted as lost. Also done by the destructor. `ended`: until
  /// when this run looked on, for replay; nothing: now.
  void close(std::optional<Timestamp> ended = {});

  [[nodiscard]] WriterCounters counters() const;

  /// Other limits from the next batch on. From any thread.
  void set_rotation(const RotationLimits& limits);

  /// The file at hand.
  [[nodiscard]] std::filesystem::path path() const;

 private:
  class Core;
  explicit Writer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace eastap::capture
