#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/authority.hpp"
#include "certs/extensions.hpp"

namespace eastap::certs {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFileLimit = 1U << 20U;  // a PEM file of a CA with its chain has a few kB
constexpr int kWeakRsaBits = 2048;             // iOS 13 refuses less, Apple 103769
constexpr std::chrono::days kEndsSoon{30};

[[noreturn]] void fail(const fs::path& file, const std::string& what, const std::string& remedy) {
  throw CertificateError{file.string() + ": " + what + "; " + remedy};
}

std::string words_of(int error_number) { return std::generic_category().message(error_number); }

class File {
 public:
  File(const fs::path& path, int flags, ::mode_t mode = 0)
      : number_{::open(path.c_str(), flags | O_CLOEXEC, mode)} {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

enum class Presence { none, present };

Presence presence_of(const fs::path& file) {
  struct ::stat status {};
  if (::stat(file.c_str(), &status) == 0) return Presence::present;
  const int why = errno;
  if (why == ENOENT) return Presence::none;
  fail(file, words_of(why),
       "run eastap as the user who owns the CA folder, or give another --ca-dir");
}

std::string read_file(const fs::path& file) {
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
      fail(file, "is larger than 1 MiB and no CA file", "give the folder of the CA with --ca-dir");
    }
    why = errno;
  }
  fail(file, words_of(why),
       why == ENOENT ? "create a CA with 'eastap ca create' or give its folder with --ca-dir"
                     : "run eastap as the user who owns it, or give another --ca-dir");
}

/// Written whole and with its mode before it gets its name; `staged` and `target` are in one
/// folder.
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

/// Held by the one process that creates a CA in the folder. A file, as folders cannot be locked on
/// NFS.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& ca_dir)
      : file_{ca_dir / "ca.lock", O_RDWR | O_CREAT | O_NOFOLLOW, S_IRUSR | S_IWUSR} {
    int result = file_ ? 0 : -1;
    while (file_ && (result = ::flock(file_.number(), LOCK_EX)) != 0 && errno == EINTR) {
    }
    if (result != 0) {
      fail(ca_dir, "the CA folder cannot be written: " + words_of(errno),
           "make it writable for this user or give another folder with --ca-dir");
    }
  }

 private:
  File file_;
};

CertHandle certificate_from(BIO* source) {
  return CertHandle{PEM_read_bio_X509(source, nullptr, nullptr, nullptr)};
}

BioHandle bio_of(const std::string& text) {
  BioHandle source{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!source) throw CertificateError{drain_errors("read PEM").detail};
  return source;
}

extern "C" int eastap_note_encrypted(char*, int, int, void* asked) noexcept {
  *static_cast<bool*>(asked) = true;
  return -1;
}

KeyHandle load_key(const fs::path& file) {
  const std::string text = read_file(file);
  const BioHandle source = bio_of(text);
  bool encrypted = false;
  KeyHandle key{PEM_read_bio_PrivateKey(source.get(), nullptr, eastap_note_encrypted, &encrypted)};
  if (!key) {
    const std::string why = drain_errors("no private key in PEM").detail;
    if (encrypted) {
      fail(file, "the key is encrypted and eastap cannot ask for its passphrase",
           "write it without one: openssl pkey -in ca.key -out plain.key, then chmod 600");
    }
    fail(file, "is damaged or of another format (" + why + ")",
         "restore it, or move ca.key and ca.pem away and let eastap create a new CA");
  }
  const int kind = EVP_PKEY_get_base_id(key.get());
  if (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key.get()) < kWeakRsaBits) {
    fail(file,
         "an RSA key of " + std::to_string(EVP_PKEY_get_bits(key.get())) +
             " bit, which phones refuse",
         "use RSA of at least 2048 bit or EC P-256");
  }
  if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC) {
    fail(file, "a key of a kind that phones do not accept", "use EC P-256 or RSA");
  }
  return key;
}

/// The CA certificate, then its issuers.
std::vector<CertHandle> load_certificates(const fs::path& file) {
  const std::string text = read_file(file);
  const BioHandle source = bio_of(text);
  std::vector<CertHandle> certificates;
  constexpr std::size_t kChainLimit = 10;
  while (certificates.size() < kChainLimit) {
    CertHandle certificate = certificate_from(source.get());
    if (!certificate) break;
    certificates.push_back(std::move(certificate));
  }
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string why = drain_errors("no certificate in PEM").detail;
  if (certificates.empty() || (!end && certificates.size() < kChainLimit)) {
    fail(file, "is damaged or of another format (" + why + ")",
         "restore it, or move ca.key and ca.pem away and let eastap create a new CA");
  }
  return certificates;
}

void check_usable(const fs::path& file, X509* certificate, SystemTime now) {
  const std::string other =
      "put a CA certificate and its key there, or give another folder with --ca-dir";
  if ((X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) == 0) {
    fail(file, "may not sign certificates (its key usage lacks keyCertSign)", other);
  }
  if (X509_check_ca(certificate) != 1)
    fail(file, "is not a CA certificate (basicConstraints CA:TRUE is missing)", other);
  const SystemTime not_before = to_system_time(X509_get0_notBefore(certificate));
  const SystemTime not_after = to_system_time(X509_get0_notAfter(certificate));
  if (now > not_after) {
    fail(file, "the CA expired on " + date_text(not_after),
         "move ca.pem and ca.key away, start eastap again and install the new CA on the phone");
  }
  if (now < not_before) {
    fail(file,
         "the CA is valid only from " + date_text(not_before) + ", and this machine's clock says " +
             date_text(now),
         "set the clock, or give another folder with --ca-dir");
  }
}

std::vector<std::string> warnings_for(const fs::path& key, X509* certificate, SystemTime now) {
  std::vector<std::string> warnings;
  struct ::stat status {};
  if (::stat(key.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    warnings.push_back(key.string() + ": others can read the CA key; chmod 600 " + key.string());
  }
  const SystemTime not_after = to_system_time(X509_get0_notAfter(certificate));
  if (not_after - now < kEndsSoon) {
    warnings.push_back("the CA expires on " + date_text(not_after) +
                       "; move ca.pem and ca.key away before, and install the new CA on the phone");
  }
  return warnings;
}

/// A creator that was killed between its two renames left ca.key and the staged certificate:
/// finishes its work.
bool finished_interrupted_creation(const fs::path& staged, const fs::path& ca_dir) {
  if (presence_of(staged) == Presence::none) return false;
  const std::vector<CertHandle> certificates = load_certificates(staged);
  const KeyHandle key = load_key(key_file(ca_dir));
  const bool fits = X509_check_private_key(certificates.front().get(), key.get()) == 1;
  static_cast<void>(drain_errors("compare"));  // a key that does not fit is an answer
  if (fits) publish(staged, certificate_file(ca_dir));
  return fits;
}

std::string key_pem(EVP_PKEY* key) {
  const BioHandle out{BIO_new(BIO_s_secmem())};
  if (!out ||
      PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    throw CertificateError{drain_errors("write the CA key").detail};
  }
  const char* data = nullptr;
  const long length = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

/// With the lock held. Nothing when there is a CA by now.
std::optional<Authority> create_unless_present(const fs::path& ca_dir, const std::string& host_name,
                                               SystemTime now) {
  const fs::path certificate = certificate_file(ca_dir);
  const fs::path key = key_file(ca_dir);
  const fs::path staged_certificate = ca_dir / "ca.pem.new";
  const fs::path staged_key = ca_dir / "ca.key.new";
  const bool has_certificate = presence_of(certificate) == Presence::present;
  const bool has_key = presence_of(key) == Presence::present;
  if (has_certificate && has_key) return std::nullopt;
  if (has_certificate) {
    fail(key, "is missing beside ca.pem",
         "restore it, or move ca.pem away and let eastap create a new CA");
  }
  if (has_key) {
    if (finished_interrupted_creation(staged_certificate, ca_dir)) return std::nullopt;
    fail(certificate, "is missing beside ca.key",
         "restore it, or move ca.key away and let eastap create a new CA");
  }
  Authority authority = make_authority(host_name, now);
  std::string secret = key_pem(authority.key());
  write_staged(staged_certificate, authority.pem(), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  try {
    write_staged(staged_key, secret, S_IRUSR | S_IWUSR);
    OPENSSL_cleanse(secret.data(), secret.size());
    publish(staged_key, key);
    publish(staged_certificate, certificate);
  } catch (const CertificateError&) {
    OPENSSL_cleanse(secret.data(), secret.size());
    // The key may have been published: then the staged certificate is what completes it.
    if (presence_of(key) == Presence::none) ::unlink(staged_certificate.c_str());
    throw;
  }
  if (const File folder{ca_dir, O_RDONLY | O_DIRECTORY}; folder) ::fsync(folder.number());
  authority.created = true;
  return authority;
}

}  // namespace

fs::path certificate_file(const fs::path& ca_dir) { return ca_dir / "ca.pem"; }
fs::path key_file(const fs::path& ca_dir) { return ca_dir / "ca.key"; }

Authority create(const fs::path& ca_dir, const std::string& host_name, SystemTime now) {
  make_folder(ca_dir);
  const FolderLock lock{ca_dir};
  std::optional<Authority> authority = create_unless_present(ca_dir, host_name, now);
  if (!authority) {
    fail(certificate_file(ca_dir), "there is a CA already",
         "use it ('eastap ca show'), or move ca.pem and ca.key away first: phones that trust it "
         "will not trust a new one");
  }
  return std::move(*authority);
}

Authority load(const fs::path& ca_dir, SystemTime now) {
  const fs::path file = certificate_file(ca_dir);
  std::vector<CertHandle> certificates = load_certificates(file);
  KeyHandle key = load_key(key_file(ca_dir));
  CertHandle certificate = std::move(certificates.front());
  certificates.erase(certificates.begin());
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    static_cast<void>(drain_errors("compare"));
    fail(key_file(ca_dir), "is not the key of the certificate in ca.pem",
         "restore the one that belongs to it, or move both away and let eastap create a new CA");
  }
  check_usable(file, certificate.get(), now);
  std::vector<std::string> warnings = warnings_for(key_file(ca_dir), certificate.get(), now);
  const auto is_root = [](const CertHandle& one) {
    return (X509_get_extension_flags(one.get()) & EXFLAG_SS) != 0;
  };
  std::vector<CertHandle> chain;
  if (!is_root(certificate)) {
    chain.push_back(share(certificate.get()));
    for (CertHandle& issuer : certificates) {
      if (!is_root(issuer)) chain.push_back(std::move(issuer));
    }
  }
  Authority authority{std::move(certificate), std::move(key), std::move(chain)};
  authority.warnings = std::move(warnings);
  return authority;
}

Authority load_or_create(const fs::path& ca_dir, const std::string& host_name, SystemTime now) {
  // A CA in a folder that we may only read needs no lock.
  if (presence_of(certificate_file(ca_dir)) == Presence::present &&
      presence_of(key_file(ca_dir)) == Presence::present) {
    return load(ca_dir, now);
  }
  make_folder(ca_dir);
  const FolderLock lock{ca_dir};
  if (std::optional<Authority> authority = create_unless_present(ca_dir, host_name, now)) {
    return std::move(*authority);
  }
  return load(ca_dir, now);
}

}  // namespace eastap::certs
