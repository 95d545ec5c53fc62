#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "decoder/wbxml/document.hpp"

/// Credentials and other secrets overwritten, before a message leaves the thread that relays it.
namespace eastap::http {

class KeyedMac;

/// Masks message heads. One serves every thread.
///
/// What stands in place of a credential:
/// - `Basic <masked user="CONTOSO\alice" digest="1a2b3c4d">`
/// - `Bearer <masked digest="…" upn="…" aud="…" iss="…" appid="…" exp="1764000000">`: the claims
/// only
///   of a JWT that has them; an empty `Bearer` stays as it is
/// - `NTLM <masked type="3" user="CONTOSO\alice" digest="…">`, `Negotiate <masked type="1"
/// digest="…">`, also in
///   challenges; Kerberos has no type
/// - `Digest <masked digest="…">` for further known schemes; `<masked digest="…">` for anything
/// else
/// - `name=<masked>` for cookies and secret query parameters
///
/// `digest` is the first 4 octets of HMAC-SHA256 of the credential (of a JWT its signature) under
/// the salt: equal credentials show as equal within one run and tell nothing beyond. Inside the
/// quotes `"`, `%`,
/// `<`, `>` and everything outside printable UTF-8 stand as %XX; each value is at most 256 octets.
class Masker {
 public:
  /// `salt`: random, of this process, never stored.
  explicit Masker(const std::array<std::uint8_t, 32>& salt);
  ~Masker();

  /// `head` as received, whole or cut anywhere, well-formed or not. Lines stay as they are, except
  /// that a masked value that was folded stands on one line.
  [[nodiscard]] std::string head(std::string_view head) const;

  /// First 4 octets of the HMAC as 8 hexadecimal digits.
  [[nodiscard]] std::string digest(std::string_view secret) const;

 private:
  [[nodiscard]] std::string value(std::string_view compared_name, std::string_view value) const;
  [[nodiscard]] std::string credential(std::string_view value) const;
  [[nodiscard]] std::string challenge(std::string_view value) const;

  std::unique_ptr<KeyedMac> mac_;
};

/// `text` (a URL, or text holding some) with passwords in `//user:password@` and the values of
/// secret query parameters (password, access_token, code, client_secret …) replaced by `<masked>`,
/// also of URLs that stand in another one with %XX.
[[nodiscard]] std::string mask_url_secrets(std::string_view text);

/// Overwrites secret values in place with '*'; lengths and structure stay. True when it changed
/// any. `application/x-www-form-urlencoded`:
bool mask_form_secrets(std::string& body);
/// JSON, well-formed or cut: string and number values of secret names, and all inside an object or
/// array of such a name. Digits become '1', so that numbers stay numbers.
bool mask_json_secrets(std::string& body);
/// XML: the text of elements named Password, BinarySecurityToken and the like, in any namespace.
bool mask_xml_secrets(std::string& body);

/// The three above, chosen by `content_type` (a header's value), and by the first octet when that
/// says nothing; and what any text repeats of a request's credentials (mask_echo.hpp).
bool mask_text_secrets(std::string_view content_type, std::string& body);

/// False when `body` surely holds none of the elements that mask_wbxml_secrets looks for. Fast.
[[nodiscard]] bool may_hold_wbxml_secrets(std::string_view body);

/// Overwrites in `body`, the octets that `document` was decoded from, the values of
/// Settings:Password, Search:Password and ItemOperations:Password with '*'; what follows such an
/// element that was cut is overwritten to the end. Lengths stay, so `document` fits the result too.
bool mask_wbxml_secrets(const wbxml::Document& document, std::string& body);

}  // namespace eastap::http
