#pragma once

#include <cstddef>
#include <string>

#include "decoder/wbxml/document.hpp"

namespace eastap::render {

struct XmlOptions {
  bool pretty = true;  ///< a line an element, indented by 2; else no white space of ours at all
  bool declaration = false;  ///< `<?xml version="1.0" encoding="utf-8"?>` first
  std::size_t margin = 0;    ///< spaces before every line of ours (pretty only)
  std::size_t shorten =
      0;  ///< values above so many octets are cut there, with a note of their length; 0: whole
  bool meanings = false;  ///< what a value says (`<FilterType>2`) in a comment beside it: "3 days"
                          ///< (pretty only)
  bool mark_stop =
      false;  ///< a document that is not complete ends in a comment that says where and why
};

/// The document as well-formed XML 1.0 in UTF-8, whatever the body held. Nothing when no root
/// decoded. Iterative; time and space linear in the body.
///
/// - `xmlns="AirSync"`: the default namespace is set where an element's code page differs from its
///   parent's. A token that the tables lack is `<unknown page="n" token="0xNN">` and leaves the
///   namespace as it is; a LITERAL is `<literal name="…">`.
/// - A value is text where it is UTF-8 of characters that XML 1.0 can hold, else the whole value is
///   base64 and the element says `encoding="base64"` where it
///   travelled as OPAQUE, `"base64-text"` where as a string (XML cannot hold control characters,
///   not even as references). Either way the value's octets can be had back: CR, C1 controls and
///   bidi controls are written as character references, which survive an XML parser's line-end
///   handling and cannot act on a terminal.
/// - A text that travelled otherwise than its tag's row says, or is empty, has `encoding="opaque"`
///   or `"text"`, and so has an opaque ConversationId that is text: `wbxml::encode_xml` gives the
///   same tree again.
/// - Mixed content stands in its place, and an element that has some is not indented inside. A
///   piece that is opaque, of white space only or next to another text is `<piece>`, with
///   `encoding` as above; a code point `<entity code="0x…"/>`, an extension token
///   `<extension encoding="base64">`, attributes `<attributes encoding="base64">`.
void append_xml(std::string& out, const wbxml::Document& document, const XmlOptions& options = {});

/// A value that was hidden (`Node::hidden`) is `<Subject bytes="19"/>`, as Exchange's mailbox log
/// has it.
///
/// Comments are ours alone, so that the text encodes to the same body with or without them.
[[nodiscard]] std::string to_xml(const wbxml::Document& document, const XmlOptions& options = {});

}  // namespace eastap::render
