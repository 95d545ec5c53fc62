#pragma once

#include <string>
#include <string_view>

namespace eastap::eas::values {

/// What the masked credential of an Authorization field still says, `Bearer <masked digest="…"
/// upn="…" exp="…">`: who, for which resource, from which app, and until when.
struct Credential {
  std::string scheme;                          ///< "Bearer", "Basic"
  std::string user;                            ///< upn, or user of Basic and NTLM
  std::string audience, issuer, app, expires;  ///< `expires` in RFC 3339
  bool operator==(const Credential&) const = default;
};

/// Empty members for what the field does not say.
[[nodiscard]] Credential read_credential(std::string_view masked_authorization);

/// "Bearer for alice@contoso.test, audience https://outlook.office365.com, app Apple Mail, until
/// 2026-11-20T15:02:11Z"; "" when the field says nothing.
[[nodiscard]] std::string words(const Credential& credential);

}  // namespace eastap::eas::values
