#pragma once

#include <filesystem>
#include <optional>

#include <sys/types.h>

#include "decoder/base/result.hpp"

namespace eastap::capture {

/// `<capture>-lock` beside a capture: at most one eastap writes it, and everyone may read. Not a
/// lock on the capture itself, because closing any descriptor of that would drop SQLite's own
/// locks.
class LockFile {
 public:
  LockFile() = default;
  ~LockFile() { release(); }
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;

  /// `io`: another process has it (its number is told), or the folder is not writable.
  [[nodiscard]] static Result<LockFile> acquire(const std::filesystem::path& capture);

  /// False when the file was removed, so that another eastap could take the name.
  [[nodiscard]] bool in_place() const;

  /// Removes the file.
  void release();

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Whether some process holds the lock of that capture. Takes no lock itself.
[[nodiscard]] bool is_locked(const std::filesystem::path& capture);

}  // namespace eastap::capture
