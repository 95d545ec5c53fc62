#include "certs/files.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eastap::certs {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFileLimit = 1U << 20U;

}  // namespace

void fail(const fs::path& file, const std::string& what, const std::string& remedy) {
  throw CertificateError{file.string() + ": " + what + "; " + remedy};
}

std::string words_of(int error_number) { return std::generic_category().message(error_number); }

File::File(const fs::path& path, int flags, ::mode_t mode)
    : number_{::open(path.c_str(), flags | O_CLOEXEC, mode)} {}

File::~File() {
  if (number_ >= 0) ::close(number_);
}

Presence presence_of(const fs::path& file) {
  struct ::stat status {};
  if (::stat(file.c_str(), &status) == 0) return Presence::present;
  const int why = errno;
  if (why == ENOENT) return Presence::none;
  fail(file, words_of(why),
       "run eastap as the user who owns the CA folder, or give another --ca-dir");
}

std::string read_file(const fs::path& file, const ReadRemedies& remedies) {
  const File input{file, O_RDONLY};
  int why = errno;
  std::string text;
  if (input) {
    std::string buffer(8192, '\0');
    ::ssize_t got = 0;
    while ((got = ::read(input.number(), buffer.data(), buffer.size())) > 0 &&
           text.size() <= kFileLimit) {
      text.append(buffer, 0, static_cast<std::size_t>(got));
    }
    if (got >= 0) {
      if (text.size() <= kFileLimit) return text;
      fail(file, "is larger than 1 MiB and no such file", remedies.other);
    }
    why = errno;
  }
  fail(file, words_of(why), why == ENOENT ? remedies.missing : remedies.other);
}

std::string read_ca_file(const fs::path& file) {
  return read_file(file, {"create a CA with 'eastap ca create' or give its folder with --ca-dir",
                          "run eastap as the user who owns it, or give another --ca-dir"});
}

void write_staged(const fs::path& staged, std::string_view text, ::mode_t mode) {
  ::unlink(staged.c_str());  // left by a process that was killed; we hold the lock
  const File output{staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode};
  bool good = static_cast<bool>(output);
  while (good && !text.empty()) {
    const ::ssize_t put = ::write(output.number(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    good = put >= 0;
    if (good) text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (!good || ::fsync(output.number()) != 0) {
    const int why = errno;
    ::unlink(staged.c_str());
    fail(staged, "cannot be written: " + words_of(why),
         "make the folder writable and free some space, or give another --ca-dir");
  }
}

void publish(const fs::path& staged, const fs::path& target) {
  if (::rename(staged.c_str(), target.c_str()) == 0) return;
  fail(target, "cannot be written: " + words_of(errno), "give another --ca-dir");
}

void sync_folder(const fs::path& folder) {
  if (const File opened{folder, O_RDONLY | O_DIRECTORY}; opened) ::fsync(opened.number());
}

void make_folder(const fs::path& ca_dir) {
  const std::string remedy = "make it writable for this user or give another folder with --ca-dir";
  std::error_code error;
  if (ca_dir.has_parent_path()) {
    fs::create_directories(ca_dir.parent_path(), error);
    if (error && !fs::is_directory(ca_dir.parent_path())) {
      fail(ca_dir, "the CA folder cannot be made: " + error.message(), remedy);
    }
  }
  if (::mkdir(ca_dir.c_str(), S_IRWXU) == 0) return;
  const int why = errno;
  if (why == EEXIST && fs::is_directory(ca_dir, error)) return;
  fail(ca_dir, "the CA folder cannot be made: " + words_of(why), remedy);
}

FolderLock::FolderLock(const fs::path& ca_dir)
    : file_{ca_dir / "ca.lock", O_RDWR | O_CREAT | O_NOFOLLOW, S_IRUSR | S_IWUSR} {
  int result = file_ ? 0 : -1;
  while (file_ && (result = ::flock(file_.number(), LOCK_EX)) != 0 && errno == EINTR) {
  }
  if (result != 0) {
    fail(ca_dir, "the CA folder cannot be written: " + words_of(errno),
         "make it writable for this user or give another folder with --ca-dir");
  }
}

std::string open_to_others(const fs::path& file, const std::string& what) {
  struct ::stat status {};
  if (::stat(file.c_str(), &status) != 0 || (status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  return file.string() + ": others can read " + what + "; chmod 600 " + file.string();
}

}  // namespace eastap::certs
