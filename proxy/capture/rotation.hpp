#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/time.hpp"

/// When a capture goes on in a new file, what that is called, and which old ones may go. Pure: the
/// file system is the caller's.
namespace eastap::capture {

/// 0 everywhere: one file, kept for ever.
struct RotationLimits {
  std::uint64_t file_bytes = 0;      ///< a file ends when it has reached that much
  std::chrono::seconds file_age{0};  ///< or when it was begun so long ago
  std::uint64_t kept_bytes = 0;      ///< of all files together, the open one included
  std::chrono::seconds kept_age{0};  ///< since a file was written last
  [[nodiscard]] bool rotates() const { return file_bytes != 0 || file_age.count() != 0; }
  [[nodiscard]] bool deletes() const { return kept_bytes != 0 || kept_age.count() != 0; }
  bool operator==(const RotationLimits&) const = default;
};

/// Whether the file at hand has reached one of its limits. A clock that was set back does not
/// count.
[[nodiscard]] bool is_due(const RotationLimits& limits, std::uint64_t bytes, Timestamp begun,
                          Timestamp now);

/// A file that is no longer written.
struct ClosedFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  Timestamp written{};  ///< last
  bool operator==(const ClosedFile&) const = default;
};

/// Those to delete, the oldest first. `open_bytes`: of the file at hand, which always stays.
[[nodiscard]] std::vector<ClosedFile> to_delete(const RotationLimits& limits,
                                                std::vector<ClosedFile> closed,
                                                std::uint64_t open_bytes, Timestamp now);

/// The files that one setting of --capture makes: its pattern, with strftime's fields in the last
/// part only (`folder_is_fixed`).
class Series {
 public:
  explicit Series(std::filesystem::path pattern) : pattern_{std::move(pattern)} {}

  /// What the files carry as their mark: the absolute pattern.
  [[nodiscard]] std::string mark() const { return pattern_.string(); }
  [[nodiscard]] std::filesystem::path folder() const { return pattern_.parent_path(); }
  [[nodiscard]] bool folder_is_fixed() const;

  /// The name of a successor begun at `now` (local time): the pattern with the time in it; without
  /// fields NAME-YYYYmmdd-HHMMSS.EXT; and NAME-2.EXT, -3 … where `exists` says that it is taken.
  /// Empty after 10 000 of them.
  [[nodiscard]] std::filesystem::path next(
      Timestamp now, const std::function<bool(const std::filesystem::path&)>& exists) const;

  /// Whether a file of that name (without folder) can come from this pattern. Never of a name that
  /// differs in more than digits, and the names of days, months and zones.
  [[nodiscard]] bool matches(std::string_view file_name) const;

 private:
  std::filesystem::path pattern_;
};

}  // namespace eastap::capture
