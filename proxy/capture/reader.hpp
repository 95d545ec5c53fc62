#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/result.hpp"
#include "decoder/base/time.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::capture {

/// Whether a file that begins with these octets (100 suffice) is a capture of eastap, of any
/// version.
[[nodiscard]] bool looks_like_capture(std::string_view first_octets);

struct ReaderSettings {
  /// After the last input, `next` looks for what was added since. Else the capture is read once.
  bool follow = false;
  /// Larger ones are an error in place of the exchange: a capture is untrusted input.
  std::size_t body_limit = 256u << 20;
  std::size_t head_limit = 16u << 20;
  /// Octets of requests kept so that an exchange's second value shares the first one's request.
  std::size_t request_cache = 16u << 20;
  /// Octets read ahead of `next`: each look into the file takes locks that cost more than a small
  /// row.
  std::size_t read_ahead = 1u << 20;
  std::string vfs;  ///< SQLite's file layer; empty: its default
};

/// One run of eastap that wrote into a capture.
struct CaptureRun {
  std::uint64_t first_position = 0;  ///< of its inputs, see Reader::position
  Timestamp started{};
  std::optional<Timestamp> ended;  ///< nothing: it was killed, or still writes
};

/// What a capture tells about itself.
struct CaptureFacts {
  int version = 0;  ///< of the schema
  std::string program_version, host;
  std::string series;        ///< `Series::mark` of the setting that made it; empty: none
  std::string continued_in;  ///< name of the file, in the same folder, in which the capture goes on
  std::string redacted;      ///< the level its octets were redacted at; empty: they are what came
  Timestamp created{};
  std::string decoder_version;    ///< of the derived tables
  bool derived_complete = false;  ///< every exchange has its derived rows, of that version
  std::uint64_t exchanges = 0, events = 0;  ///< as of `open`; also the measure for a progress bar
  bool being_written = false;               ///< an eastap has it open
  std::vector<CaptureRun> runs;             ///< in their order; at most 10 000
};

/// Reads the inputs of a capture in the order in which the pipeline took them. Needs no write
/// access, holds no transaction between calls, and memory for one exchange at a time (plus the
/// request cache).
class Reader {
 public:
  /// Errors: `not_found`; `unsupported` from a newer version; `malformed` not a capture, or too
  /// damaged to begin; `io`.
  [[nodiscard]] static Result<Reader> open(const std::filesystem::path& path,
                                           ReaderSettings settings = {});
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  /// The next input; nothing at the end (with `follow`: nothing new now, ask again in a while). An
  /// error stands for what could not be read there (`offset` is the sequence number); reading goes
  /// on after it as far as the damage allows.
  [[nodiscard]] std::optional<Result<pipeline::Input>> next();

  [[nodiscard]] const CaptureFacts& facts() const;

  /// Whether an eastap writes this capture now: a follower stops when it does not and nothing is
  /// left.
  [[nodiscard]] bool being_written() const;

  /// The capture that `facts().continued_in` named when it was last read, when it lies there and
  /// says itself that it continues this one. For a follower, once nothing is written here any more.
  [[nodiscard]] std::optional<std::filesystem::path> successor() const;

  /// Sequence number of the last input or error that `next` gave.
  [[nodiscard]] std::uint64_t position() const;

 private:
  class Core;
  explicit Reader(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace eastap::capture
