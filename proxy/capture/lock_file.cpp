#include "proxy/capture/lock_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eastap::capture {
namespace {

std::filesystem::path lock_path(const std::filesystem::path& capture) {
  return capture.native() + "-lock";
}

bool is_same_file(int descriptor, const std::filesystem::path& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const auto size = pread(descriptor, text.data(), text.size() - 1, 0);
  std::string digits;
  for (ssize_t at = 0; at < size; ++at) {
    const char letter = text[static_cast<std::size_t>(at)];
    if (letter < '0' || letter > '9') break;
    digits.push_back(letter);
  }
  return digits.empty() ? "" : " (process " + digits + ")";
}

}  // namespace

LockFile::LockFile(LockFile&& other) noexcept
    : path_{std::move(other.path_)}, descriptor_{std::exchange(other.descriptor_, -1)} {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  if (this != &other) {
    release();
    path_ = std::move(other.path_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

Result<LockFile> LockFile::acquire(const std::filesystem::path& capture) {
  const auto path = lock_path(capture);
  // A holder that stops removes the file: whoever got the lock on a removed one begins again.
  for (int attempt = 0; attempt < 8; ++attempt) {
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) {
      return tl::unexpected(Error{Errc::io, 0,
                                  capture.string() + " cannot be written: " + path.string() + ": " +
                                      std::strerror(errno) +
                                      ". Choose a folder that this user may write to"});
    }
    // Open file description locks: they end with this descriptor, not with any other one.
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (fcntl(descriptor, F_OFD_SETLK, &whole) != 0) {
      const int reason = errno;
      Error error{Errc::io, 0, ""};
      if (reason == EAGAIN || reason == EACCES) {
        error.detail = capture.string() + " is being written by another eastap" +
                       holder(descriptor) + ": stop that one, or choose another file";
      } else {
        error.detail = capture.string() + " cannot be locked: " + std::strerror(reason);
      }
      close(descriptor);
      return tl::unexpected(std::move(error));
    }
    if (!is_same_file(descriptor, path)) {
      close(descriptor);
      continue;
    }
    const std::string number = std::to_string(getpid()) + "\n";
    // For the message above only; a full disk may refuse it.
    if (ftruncate(descriptor, 0) == 0 && pwrite(descriptor, number.data(), number.size(), 0) < 0) {
      static_cast<void>(ftruncate(descriptor, 0) == 0);
    }
    LockFile lock;
    lock.path_ = path;
    lock.descriptor_ = descriptor;
    return lock;
  }
  return tl::unexpected(Error{Errc::io, 0,
                              capture.string() + " cannot be locked: its lock file keeps "
                                                 "being removed"});
}

bool LockFile::in_place() const { return descriptor_ >= 0 && is_same_file(descriptor_, path_); }

void LockFile::release() {
  if (descriptor_ < 0) return;
  if (is_same_file(descriptor_, path_)) unlink(path_.c_str());
  close(descriptor_);
  descriptor_ = -1;
}

bool is_locked(const std::filesystem::path& capture) {
  const int descriptor = open(lock_path(capture).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return false;
  struct flock whole {};
  whole.l_type = F_RDLCK;
  whole.l_whence = SEEK_SET;
  const bool asked = fcntl(descriptor, F_OFD_GETLK, &whole) == 0;
  close(descriptor);
  return asked && whole.l_type != F_UNLCK;
}

}  // namespace eastap::capture
