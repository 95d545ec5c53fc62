#pragma once

#include <string>

#include "decoder/wbxml/document.hpp"

namespace eastap::render {

/// The document's element tree as one JSON value, without loss; `null` when no root decoded.
///
///     {"namespace":"AirSync","tag":"Sync","children":[{"namespace":…,"tag":"SyncKey","text":"1"}]}
///
/// An element has `namespace` and `tag`, or `page` and `token` (numbers) where the tables lack it
/// (a LITERAL has `literal`, its name). Its value is `text` (UTF-8) or `base64`, with
/// `"opaque":true` when it travelled as OPAQUE; `entity` is a code point; `"extension":true` marks
/// octets of a token that ActiveSync does not use. A value that was hidden has `bytes`, its size.
/// Pieces of mixed content are children without a name. An element in which the body ended has
/// `"closed":false`. Iterative.
void append_document_json(std::string& out, const wbxml::Document& document);

}  // namespace eastap::render
