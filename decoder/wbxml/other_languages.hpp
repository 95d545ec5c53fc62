#pragma once

#include <string>
#include <string_view>

#include "decoder/base/result.hpp"
#include "decoder/wbxml/document.hpp"

/// The bridge to libwbxml: WBXML that is not ActiveSync, and a second opinion on what is.
namespace eastap::wbxml {

struct OtherDocument {
  std::string language;  ///< e.g. "SyncML 1.2", "WML 1.3"
  std::string xml;       ///< UTF-8, indented
  bool operator==(const OtherDocument&) const = default;
};

/// The language that a document's header names, e.g. "SyncML 1.2"; "" for ActiveSync; "public
/// identifier 0x1234" or the identifier's own text for one that is not known.
[[nodiscard]] std::string other_language(const Document& document);

/// A body of SyncML, OMA Client Provisioning, WML, SI/SL, Wireless Village … as XML, by libwbxml.
///
/// It is called only on a body that our own decoder read to its end within limits (256 levels,
/// 100 000 elements, some 7 000 beside each other, characters up to U+10FFFF, 4 MiB body, 4 MiB out
/// of the string table), since libwbxml ends the process, or is busy for minutes, on what lies
/// beyond; a document inside a SyncML value counts like the whole. Errors: `unsupported` for
/// ActiveSync and for languages that libwbxml does not know; what the decoder said (`truncated`,
/// `malformed`, `too_deep`, `too_large`, `bad_text`) with its offset; `malformed` with libwbxml's
/// words.
[[nodiscard]] Result<OtherDocument> decode_other(std::string_view body);

/// An ActiveSync body as libwbxml reads it, behind the same limits. For comparisons; no part of the
/// decoder.
[[nodiscard]] Result<std::string> libwbxml_xml(std::string_view body);

/// XML to WBXML by libwbxml's own tables; `xml` names its language by DOCTYPE or root namespace.
/// ActiveSync is sent without a string table. Recursive inside: for our own XML, not for a peer's;
/// refuses (`too_deep`, `too_large`) XML of more than 256 levels or 16 MiB.
[[nodiscard]] Result<std::string> libwbxml_encode(std::string_view xml);

}  // namespace eastap::wbxml
