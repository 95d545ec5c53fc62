#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/crypto.h>

namespace eastap::certs {

/// A passphrase; wiped when it goes away.
class Secret {
 public:
  explicit Secret(std::string text) : text_{std::move(text)} {}
  Secret(Secret&& other) noexcept : text_{std::move(other.text_)} { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = std::move(other.text_);
      other.wipe();
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const char* c_str() const { return text_.c_str(); }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  void wipe() noexcept {
    text_.resize(text_.capacity());  // a short text that was moved from is still in its place
    OPENSSL_cleanse(text_.data(), text_.size());
    text_.clear();
  }
  std::string text_;
};

/// Asked once when a file turns out to be encrypted. `what` names it for a prompt ("the CA key
/// /etc/eastap/ca.key"). Nothing: there is no passphrase to be had.
using AskPassphrase = std::function<std::optional<Secret>(const std::string& what)>;

/// The first line of `file`, else the environment's `variable`; nothing when neither is given.
/// Throws `CertificateError` when the file cannot be read or its first line is empty.
[[nodiscard]] std::optional<Secret> given_secret(const std::string& file, const char* variable);

}  // namespace eastap::certs
