#include "proxy/capture/retention.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/capture/lock_file.hpp"
#include "proxy/capture/reader.hpp"

namespace eastap::capture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNames = 100'000;

/// Of a regular file of this user; a link is none.
std::optional<struct stat> own_file(const fs::path& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return std::nullopt;
  if (!S_ISREG(facts.st_mode) || facts.st_uid != ::geteuid()) return std::nullopt;
  return facts;
}

/// A database that is no capture must not even be opened as one.
bool begins_like_capture(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return false;
  std::array<char, 100> head{};
  const ssize_t got = ::read(file, head.data(), head.size());
  ::close(file);
  return got == static_cast<ssize_t>(head.size()) &&
         looks_like_capture(std::string_view{head.data(), head.size()});
}

bool carries_mark(const fs::path& path, const std::string& mark) {
  if (!begins_like_capture(path)) return false;
  const auto reader = Reader::open(path);
  return reader && reader->facts().series == mark;
}

Timestamp written(const struct stat& facts) {
  return Timestamp{
      std::chrono::seconds{facts.st_mtim.tv_sec} +
      std::chrono::floor<Microseconds>(std::chrono::nanoseconds{facts.st_mtim.tv_nsec})};
}

std::optional<ClosedFile> look_at(const fs::path& path, const Series& series) {
  const auto facts = own_file(path);
  if (!facts || is_locked(path) || !carries_mark(path, series.mark())) return std::nullopt;
  return ClosedFile{path, bytes_of(path), written(*facts)};
}

}  // namespace

std::uint64_t bytes_of(const fs::path& capture) {
  std::uint64_t bytes = 0;
  for (const char* part : {"", "-wal"}) {
    struct stat facts {};
    const std::string path = capture.string() + part;
    if (::stat(path.c_str(), &facts) == 0) bytes += static_cast<std::uint64_t>(facts.st_size);
  }
  return bytes;
}

std::vector<ClosedFile> closed_files(const Series& series, const fs::path& open_file) {
  std::vector<ClosedFile> found;
  std::error_code error;
  const fs::path folder = series.folder().empty() ? fs::path{"."} : series.folder();
  std::size_t seen = 0;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end && seen < kMostNames;
       at.increment(error), ++seen) {
    const fs::path& path = at->path();
    if (!series.matches(path.filename().string())) continue;
    std::error_code ignored;
    if (path == open_file || fs::equivalent(path, open_file, ignored)) continue;
    if (auto file = look_at(path, series)) found.push_back(std::move(*file));
  }
  return found;
}

Deletion apply_retention(const RotationLimits& limits, const Series& series,
                         const fs::path& open_file, Timestamp now) {
  Deletion result;
  if (!limits.deletes()) return result;
  for (auto& file : to_delete(limits, closed_files(series, open_file), bytes_of(open_file), now)) {
    const auto again = look_at(file.path, series);
    if (!again || *again != file) continue;
    if (::unlink(file.path.c_str()) != 0) {
      result.failed.push_back(file.path.string() + ": " + std::strerror(errno));
      continue;
    }
    for (const char* part : {"-wal", "-shm"}) {
      const fs::path beside = file.path.string() + part;
      if (own_file(beside)) (void)::unlink(beside.c_str());
    }
    result.deleted.push_back(std::move(file));
  }
  return result;
}

}  // namespace eastap::capture
