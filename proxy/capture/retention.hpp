#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "decoder/base/time.hpp"
#include "proxy/capture/rotation.hpp"

namespace eastap::capture {

/// Octets of a capture and its log; 0 when it is gone.
[[nodiscard]] std::uint64_t bytes_of(const std::filesystem::path& capture);

/// The files of `series` that are no longer written: named like it, lying in its folder, regular,
/// of this user, captures that carry its mark, and held by no eastap. All others are left alone,
/// whatever they are called. Looks at no more than 100 000 names.
[[nodiscard]] std::vector<ClosedFile> closed_files(const Series& series,
                                                   const std::filesystem::path& open_file);

struct Deletion {
  std::vector<ClosedFile> deleted;
  std::vector<std::string> failed;  ///< file and reason
};

/// Deletes what the limits do not let stay, each with its log. A file that changed since
/// `closed_files` looked at it stays.
[[nodiscard]] Deletion apply_retention(const RotationLimits& limits, const Series& series,
                                       const std::filesystem::path& open_file, Timestamp now);

}  // namespace eastap::capture
