#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/redact/level.hpp"
#include "proxy/redact/pseudonyms.hpp"

/// Texts of every kind, redacted. Pure; a text that holds nothing to hide comes back unchanged.
namespace eastap::redact {

/// What one exchange is redacted by.
struct Scope {
  const Pseudonyms* names = nullptr;  ///< never null; outlives this
  Level level = Level::content;       ///< content or identity
  std::string user;                   ///< whose device asks, as its request says; may be empty
  /// Parts of subjects that are known to everybody and that rules look for.
  const std::vector<std::string>* phrases = nullptr;
  /// Names known of this exchange and what stands for them, for free text.
  std::vector<std::pair<std::string, std::string>> identities;

  [[nodiscard]] bool hides_identity() const { return level == Level::identity; }
  /// Whether `address` is the account's own: it is no secret where identities are shown.
  [[nodiscard]] bool is_own(std::string_view address) const;
};

/// `text` hidden, except for the phrases that everybody knows.
[[nodiscard]] std::string hidden_text(const Scope& scope, std::string_view text);

/// `text` hidden line by line: line ends and leading white space stay.
[[nodiscard]] std::string hidden_lines(const Scope& scope, std::string_view text);

/// One mail address, perhaps with "mailto:" before it, as in a list of them.
[[nodiscard]] std::string redacted_address(const Scope& scope, std::string_view address);

/// A list of mail addresses: punctuation stays, display names and comments are hidden. Addresses
/// are hidden but for `@` and `.` (the account's own stay); at `identity` they are pseudonyms.
[[nodiscard]] std::string redacted_addresses(const Scope& scope, std::string_view list);

/// A page or message that some server wrote: words that such texts are made of ("Service
/// Unavailable", markup) and numbers of up to three digits stay, all others are hidden.
[[nodiscard]] std::string plain_words(const Scope& scope, std::string_view text);

/// Text that stays, but for mail addresses, host names, IP addresses and what `scope.identities`
/// knows. Unchanged at `content`.
[[nodiscard]] std::string without_identities(const Scope& scope, std::string_view text);

/// The same of text that anybody may stand in: of what is no known name only plain words stay.
[[nodiscard]] std::string told_words(const Scope& scope, std::string_view text);

/// An attachment's reference: "5%3a12%3a0" stays, anything else is hidden.
[[nodiscard]] std::string redacted_reference(const Scope& scope, std::string_view text);
/// A meeting's UID; unchanged at `content`.
[[nodiscard]] std::string redacted_uid(const Scope& scope, std::string_view text);
[[nodiscard]] std::string redacted_global_id(const Scope& scope, std::string_view base64);

}  // namespace eastap::redact
