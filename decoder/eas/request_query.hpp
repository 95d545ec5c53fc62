#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoder/base/diagnostic.hpp"
#include "decoder/base/result.hpp"

namespace eastap::eas {

/// The query part of an EAS request URI, [MS-ASHTTP] 2.2.1.1.1.
struct RequestQuery {
  bool base64 = false;
  std::uint8_t protocol_version = 0;         ///< tenths: 141 is 14.1; 0 in a plain query
  std::optional<std::uint8_t> command_code;  ///< base64 only, [MS-ASHTTP] 2.2.1.1.1.1.2
  std::string command;                       ///< "Sync"; "command 42" for a code without a name
  std::string user, device_id, device_type;
  std::optional<std::uint16_t> locale;
  std::optional<std::uint32_t> policy_key;
  bool save_in_sent = false;
  bool accepts_multipart = false;
  /// What has no member above: AttachmentName, CollectionId, ItemId, LongId, Occurrence, … in
  /// order.
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<Diagnostic> diagnostics;  ///< only `read_query` fills this
  bool operator==(const RequestQuery&) const = default;

  /// Value of the first of `parameters` with that name, ASCII case ignored.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

/// Parameters kept of one query; further ones are dropped with a diagnostic.
inline constexpr std::size_t kMaxQueryParameters = 64;

/// Reads the base64 form, [MS-ASHTTP] 2.2.1.1.1.1.
///
/// `text` is everything after '?', as received. Errors: `bad_base64`; `truncated` when a length
/// octet points past the end (`offset` counts decoded octets). Unknown command codes are kept, not
/// refused. A device id of 16 octets that are no text is a GUID and becomes 32 hex digits.
[[nodiscard]] Result<RequestQuery> parse_base64_query(std::string_view text);

/// Reads the plain form by name: in any order, ASCII case ignored, percent-decoded. The first of
/// several equal names counts. Error: `malformed` when there is no Cmd.
[[nodiscard]] Result<RequestQuery> parse_plain_query(std::string_view text);

/// Either form. Plain when it names `Cmd=`, else base64, else plain without a command. Never fails:
/// what could be read before an error stays, and `diagnostics` (part "query") says what is wrong.
[[nodiscard]] RequestQuery read_query(std::string_view text);

/// "Sync" for 0 …; "" for codes that [MS-ASHTTP] does not assign.
[[nodiscard]] std::string_view command_name(std::uint8_t code);
[[nodiscard]] std::optional<std::uint8_t> command_code(std::string_view name);
/// The spelling of [MS-ASHTTP] when `name` is a known command in any ASCII case, else `name`.
[[nodiscard]] std::string_view canonical_command(std::string_view name);

/// "16.1" for 161; "" for 0.
[[nodiscard]] std::string version_text(std::uint8_t tenths);

/// The user inside a masked Authorization value (credentials are masked before a head gets here):
/// `Basic <masked user="CONTOSO\alice" digest="1a2b3c4d">`, or the `upn` of a token. %XX inside the
/// quotes is undone. Nothing when there is none.
[[nodiscard]] std::optional<std::string> masked_user(std::string_view authorization);
/// The digest inside it: equal for equal credentials.
[[nodiscard]] std::optional<std::string> masked_digest(std::string_view authorization);

/// One person in all spellings: `CONTOSO\alice`, `alice@contoso.test` and `Alice` give "alice".
[[nodiscard]] std::string normalised_user(std::string_view user);

}  // namespace eastap::eas
