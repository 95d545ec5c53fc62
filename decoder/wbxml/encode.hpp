#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decoder/base/result.hpp"
#include "decoder/codepages/tag.hpp"
#include "decoder/wbxml/document.hpp"

/// The way back: trees and XML to WBXML 1.3 as ActiveSync has it ([MS-ASWBXML] 2.1).
namespace eastap::wbxml {

/// Writes a body token by token; code page switches and the "has content" flag are its business.
///
///     Builder body;
///     body.open(airsync::kSync).open(airsync::kCollections).add(airsync::kSyncKey, "0");
///     std::string octets = std::move(body).finish();
class Builder {
 public:
  Builder();
  /// Begins an element inside the one that is open.
  Builder& open(codepages::Tag tag);
  /// Ends the innermost open element; without one it does nothing.
  Builder& close();
  /// Text of the open element, as STR_I; as OPAQUE when it holds a NUL, which STR_I cannot carry.
  Builder& text(std::string_view value);
  Builder& opaque(std::string_view octets);
  /// One character by its number, as ENTITY.
  Builder& entity(std::uint32_t code_point);
  /// An element with a value: OPAQUE where the tag's row says so, text else; none when it is "".
  Builder& add(codepages::Tag tag, std::string_view value = {});
  /// Closes what is open and gives the body.
  [[nodiscard]] std::string finish() &&;

 private:
  friend Result<std::string> encode(const Document& document);
  void content();

  std::string out_;
  std::string open_tags_;       ///< one octet a level: 1 when its element has content
  std::size_t last_token_ = 0;  ///< of the innermost element while it has no content yet
  std::uint8_t page_ = 0;
};

/// The document's tree as a body of its own: the same header fields, string table, tags and values;
/// text always as STR_I. Decoding the result gives the same tree (offsets aside), also of a
/// document that was cut: what was open is closed. Errors: `malformed` when there is no root.
[[nodiscard]] Result<std::string> encode(const Document& document);

/// XML in the form that eastap prints, to a body: an element's page is its namespace (default or by
/// prefix; case and a trailing colon are ignored), `encoding="base64"` is sent as OPAQUE and so is
/// the text of a tag whose row says so (`encoding="opaque"` and `encoding="text"` decide
/// otherwise);
/// `<unknown page="n" token="0xNN">` stands for what the tables lack. White space between elements,
/// comments and processing instructions are left out.
///
/// Errors: `malformed` (not well-formed XML, no root, text beside elements of the root's kind that
/// cannot be sent); `not_found` (no such namespace or tag); `bad_base64`; `unsupported` (an
/// attribute that WBXML of ActiveSync cannot carry); `too_deep` (beyond 256). Offsets are octets of
/// `xml`.
[[nodiscard]] Result<std::string> encode_xml(std::string_view xml);

}  // namespace eastap::wbxml
