#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// What credentials say of their owner, and nothing of the secret in them; for this folder only.
namespace eastap::http {

/// ` name="value"`, at most 256 octets of the value: printable UTF-8, everything else and `"` `%`
/// `<` `>` as %XX. Nothing for no value.
void add_attribute(std::string& out, std::string_view name, std::string_view value);

/// The user of a Basic credential; "" when there is none.
[[nodiscard]] std::string basic_user(std::string_view token);

struct NtlmFacts {
  std::uint32_t type = 0;  ///< 1 to 3; 0: no NTLM message
  std::string user;        ///< "DOMAIN\user", of a type 3
};

/// [MS-NLMP] 2.2.1, bare or inside SPNEGO.
[[nodiscard]] NtlmFacts ntlm_facts(std::string_view token);

/// The claims of a JWT that say who, for what and until when, as attributes. RFC 7519.
void add_claims(std::string& out, std::string_view token);

}  // namespace eastap::http
