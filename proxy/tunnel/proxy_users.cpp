#include "proxy/tunnel/proxy_users.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "decoder/base/text.hpp"

namespace eastap::tunnel {
namespace {

using Digest = std::array<unsigned char, 32>;

bool equal(const Digest& one, const Digest& other) {
  return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

/// "$y$j9T$…": not a password, but what crypt(3) made of one.
bool looks_hashed(std::string_view text) { return text.size() > 3 && text.front() == '$'; }

/// Runs crypt(3) with `hash` as its setting; "" when it knows no such method.
std::string crypted(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();  // 32 KiB
  const char* result = crypt_r(password.c_str(), hash.c_str(), data.get());
  std::string text = result == nullptr || *result == '*' ? "" : result;
  OPENSSL_cleanse(data.get(), sizeof(crypt_data));
  return text;
}

}  // namespace

std::optional<Credentials> basic_credentials(std::string_view field_value) {
  field_value = trimmed(field_value);
  constexpr std::string_view scheme = "basic ";
  if (field_value.size() < scheme.size() ||
      !equals_ignoring_case(field_value.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  auto decoded = from_base64(trimmed(field_value.substr(scheme.size())));
  if (!decoded) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  Credentials credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
  OPENSSL_cleanse(decoded->data(), decoded->size());
  return credentials;
}

std::string basic_authorization(std::string_view user, std::string_view password) {
  return "Basic " + to_base64(std::string{user} + ':' + std::string{password});
}

struct ProxyUsers::State {
  struct Entry {
    Digest user{};
    std::optional<Digest> pair;  // user and password; of a hashed one once it was found right
    std::string hash;            // empty: the password was in the file
  };

  Digest key{};
  std::vector<Entry> entries;
  std::mutex mutex;  // of the pairs that `check` adds

  [[nodiscard]] Digest digest(std::string_view user, std::string_view password) const {
    std::string text = std::to_string(user.size()) + ':';
    text += user;
    text += password;
    Digest result{};
    unsigned length = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data(), &length);
    OPENSSL_cleanse(text.data(), text.size());
    return result;
  }

  [[nodiscard]] bool is_known(const Digest& pair) {
    const std::scoped_lock lock{mutex};
    bool found = false;
    for (const Entry& entry : entries) found |= entry.pair && equal(*entry.pair, pair);
    return found;
  }

  [[nodiscard]] Entry* of(std::string_view user) {
    const Digest wanted = digest(user, "");
    Entry* found = nullptr;
    for (Entry& entry : entries) {
      if (equal(entry.user, wanted)) found = &entry;
    }
    return found;
  }
};

ProxyUsers::ProxyUsers() : state_{std::make_unique<State>()} {
  if (RAND_bytes(state_->key.data(), static_cast<int>(state_->key.size())) != 1) {
    throw std::bad_alloc{};  // OpenSSL has no other reason once it is seeded
  }
}
ProxyUsers::ProxyUsers(ProxyUsers&&) noexcept = default;
ProxyUsers& ProxyUsers::operator=(ProxyUsers&&) noexcept = default;
ProxyUsers::~ProxyUsers() = default;

bool ProxyUsers::empty() const { return state_->entries.empty(); }

Result<ProxyUsers> ProxyUsers::parse(std::string_view file) {
  ProxyUsers users;
  std::size_t number = 0;
  const auto wrong = [&](Errc code, const char* why) {
    return tl::unexpected(Error{code, number, "line " + std::to_string(number) + " " + why});
  };
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trimmed(line).empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == line.size()) {
      return wrong(Errc::malformed, "is not user:password or user:hash");
    }
    const std::string_view user = line.substr(0, colon);
    const std::string_view secret = line.substr(colon + 1);
    if (user.size() > kLongest || secret.size() > kLongest) {
      return wrong(Errc::malformed, "has a user or password of more than 255 octets");
    }
    if (users.state_->entries.size() == kMost) {
      return wrong(Errc::too_large, "is one user too many");
    }
    if (users.state_->of(user) != nullptr) {
      return wrong(Errc::malformed, "names a user that an earlier line has named");
    }
    State::Entry entry;
    entry.user = users.state_->digest(user, "");
    if (looks_hashed(secret)) {
      entry.hash = secret;
      if (crypt_checksalt(entry.hash.c_str()) == CRYPT_SALT_INVALID ||
          crypted("probe", entry.hash).empty()) {
        return wrong(Errc::malformed,
                     "has a hash that crypt(3) does not know; make one with mkpasswd, or with "
                     "openssl passwd -6");
      }
    } else {
      entry.pair = users.state_->digest(user, secret);
    }
    users.state_->entries.push_back(std::move(entry));
  }
  if (users.empty()) return wrong(Errc::malformed, "is the last, and there is no user in the file");
  return users;
}

bool ProxyUsers::is_cheap(std::string_view user, std::string_view password) const {
  if (state_->is_known(state_->digest(user, password))) return true;
  const bool any_hashed =
      std::any_of(state_->entries.begin(), state_->entries.end(),
                  [](const State::Entry& entry) { return !entry.hash.empty(); });
  return !any_hashed;
}

bool ProxyUsers::check(std::string_view user, std::string_view password) const {
  if (user.size() > kLongest || password.size() > kLongest) return false;
  const Digest pair = state_->digest(user, password);
  if (state_->is_known(pair)) return true;
  State::Entry* const entry = state_->of(user);
  // An unknown user takes as long as a known one, so that names cannot be found out.
  const auto hashed = std::find_if(state_->entries.begin(), state_->entries.end(),
                                   [](const State::Entry& one) { return !one.hash.empty(); });
  if (hashed == state_->entries.end()) return false;
  const bool right_user = entry != nullptr && !entry->hash.empty();
  const std::string& hash = right_user ? entry->hash : hashed->hash;
  std::string given{password};
  const bool text_fits = given.find('\0') == std::string::npos;  // crypt(3) would stop there
  const std::string result = crypted(given, hash);
  OPENSSL_cleanse(given.data(), given.size());
  const bool same =
      result.size() == hash.size() && CRYPTO_memcmp(result.data(), hash.data(), hash.size()) == 0;
  if (!right_user || !same || !text_fits) return false;
  const std::scoped_lock lock{state_->mutex};
  entry->pair = pair;
  return true;
}

}  // namespace eastap::tunnel
