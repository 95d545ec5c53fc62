#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

#include "certs/authority.hpp"

/// Files of keys and certificates, read and written with care. Private to certs/.
namespace eastap::certs {

/// Throws `CertificateError`: "FILE: what; remedy".
[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what,
                       const std::string& remedy);
[[nodiscard]] std::string words_of(int error_number);

/// An open file, closed when it goes away.
class File {
 public:
  File(const std::filesystem::path& path, int flags, ::mode_t mode = 0);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

enum class Presence { none, present };
[[nodiscard]] Presence presence_of(const std::filesystem::path& file);

/// What to do about a file that cannot be read.
struct ReadRemedies {
  std::string missing, other;
};
/// All of it, at most 1 MiB: a PEM file of a CA with its chain has a few kB. Throws.
[[nodiscard]] std::string read_file(const std::filesystem::path& file,
                                    const ReadRemedies& remedies);
/// The same for files of a CA folder.
[[nodiscard]] std::string read_ca_file(const std::filesystem::path& file);

/// Written whole and with its mode before it gets its name; `staged` and `target` are in one
/// folder. For the holder of the folder's lock.
void write_staged(const std::filesystem::path& staged, std::string_view text, ::mode_t mode);
void publish(const std::filesystem::path& staged, const std::filesystem::path& target);
/// Makes the names of published files last.
void sync_folder(const std::filesystem::path& folder);

/// Made with mode 0700 unless it is there.
void make_folder(const std::filesystem::path& ca_dir);

/// Held by the one process that changes the folder's CA. A file, as folders cannot be locked on
/// NFS.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& ca_dir);

 private:
  File file_;
};

/// "others can read FILE; chmod 600 FILE" when they can; else "".
[[nodiscard]] std::string open_to_others(const std::filesystem::path& file,
                                         const std::string& what);

}  // namespace eastap::certs
