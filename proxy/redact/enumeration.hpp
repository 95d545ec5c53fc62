#pragma once

#include <string>
#include <string_view>

#include "proxy/redact/text.hpp"

namespace eastap::redact {

/// A value of an enumeration: "IPM.Note.SMIME", "Email", "text/html". It is no host name although
/// it has dots, and its own words are nobody's name ("Email" of email@contoso.test); names that
/// `scope.identities` knows in other words ("IPM.Note.Contoso") are replaced. What has '@', white
/// space or the form of an address is `without_identities`. Unchanged at `content`.
[[nodiscard]] std::string redacted_word(const Scope& scope, std::string_view value);

}  // namespace eastap::redact
