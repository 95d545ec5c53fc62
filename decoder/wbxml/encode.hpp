#pragma once

#include <cstddef>
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
///
/// Values and closes outside of the root are ignored.
class Builder {
 public:
  /// `header`: what stands before the first token.
  explicit Builder(std::string header = activesync_header());
  /// 03 01 6A 00: version 1.3, no public identifier, UTF-8, no string table.
  [[nodiscard]] static std::string activesync_header() { return {"\x03\x01\x6A\x00", 4}; }

  /// Begins an element inside the one that is open.
  Builder& open(codepages::Tag tag);
  /// The same, named by a string at `index` of the header's string table (LITERAL).
  Builder& open_literal(std::uint8_t page, std::uint32_t index);
  /// Ends the innermost open element.
  Builder& close();
  /// Text of the open element, as STR_I; as OPAQUE when it holds a NUL, which STR_I cannot carry.
  Builder& text(std::string_view value);
  Builder& opaque(std::string_view octets);
  /// One character by its number, as ENTITY.
  Builder& entity(std::uint32_t code_point);
  /// Tokens as they are: EXT_* or PI.
  Builder& extension(std::string_view tokens);
  /// An attribute list with its END, directly after `open`.
  Builder& attributes(std::string_view tokens);
  /// An element with a value: OPAQUE where the tag's row says so, text else; none when it is "".
  Builder& add(codepages::Tag tag, std::string_view value = {});
  /// Closes what is open and gives the body.
  [[nodiscard]] std::string finish() &&;

 private:
  bool begin_content();
  void begin_element(codepages::Tag tag);

  std::string out_;
  std::string has_content_;   ///< one octet an open element
  std::size_t token_at_ = 0;  ///< of the innermost element, while it has no content
  std::uint8_t page_ = 0;
};

/// The document's tree as a body of its own: the same header fields, string table, tags and values;
/// text always as STR_I. Decoding the result gives the same tree (offsets aside), also of a
/// document that was cut: what was open is closed. Errors: `malformed` when there is no root.
[[nodiscard]] Result<std::string> encode(const Document& document);

/// Whether the piece at `index` is its element's attributes: its first piece, where the token says
/// that it has some.
[[nodiscard]] bool is_attributes(const Document& document, std::uint32_t index);

/// Tags whose octets other tools write as hex or base64 without saying so: the ConversationIds and
/// the ConversationIndex, [MS-ASEMAIL] 2.2.2.19 and 2.2.2.20.
[[nodiscard]] bool is_conversation(codepages::Tag tag);

/// XML in the form that eastap prints, to a body: an element's page is its namespace (default or by
/// prefix; case and a trailing colon are ignored; an undeclared prefix may be the namespace itself,
/// as in fragments of EAS Inspector's output). `encoding="base64"` is sent as OPAQUE,
/// `encoding="base64-text"` as a string, and so is text: OPAQUE where the tag's row says so, else a
/// string (`encoding="opaque"` and `encoding="text"` decide otherwise, and let a value be empty).
/// Of a tag that `is_conversation` without `encoding`, hex or base64 of as many octets as it has is
/// taken for them: EAS Inspector writes base64 there, Exchange's mailbox log hex.
///
/// In any namespace: `<unknown page="n" token="0xNN">` for what the tables lack,
/// `<literal name="" page="n">`, and `<piece>`, `<entity code="0x…"/>`, `<extension>`,
/// `<attributes>` for content between elements. White space between elements, comments and
/// processing instructions are left out; line ends stay as they are.
///
/// Exchange's mailbox log leaves content out: `<Subject bytes="19"/>`, `<Body=496 bytes/>`. As many
/// asterisks take its place; `elided`, when given, gets the number of such values.
///
/// Errors, with offsets in octets of `xml` (of the element, or near it): `malformed` (not
/// well-formed, no root or several, a wrong `unknown`, elements inside base64); `not_found` (no
/// such namespace or tag); `bad_base64`; `bad_text` (not UTF-8); `unsupported` (an attribute that
/// ActiveSync cannot carry, a value beside `bytes`); `too_large` (32 MiB of values left out);
/// `too_deep` (beyond 256 levels).
[[nodiscard]] Result<std::string> encode_xml(std::string_view xml, std::size_t* elided = nullptr);

}  // namespace eastap::wbxml
