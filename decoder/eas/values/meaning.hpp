#pragma once

#include <string>

#include "decoder/wbxml/document.hpp"

namespace eastap::eas::values {

/// What the value of an element says in plain words: `<FilterType>2` is "3 days", a TimeZone is its
/// offset and switches. "" where there is nothing to add to the value itself, which is the rule.
///
/// One table, tag → reader, that XML, JSON and annotated hex share. At most `kMeaningOctets`,
/// UTF-8, but untrusted: it holds text of the body (names, subjects), for the caller to make
/// printable. An element with child elements has a meaning only where it is a recurrence.
[[nodiscard]] std::string meaning(wbxml::Element element);

inline constexpr std::size_t kMeaningOctets = 400;

/// True when the table has a reader for the tag: a cheap question before `meaning`.
[[nodiscard]] bool may_have_meaning(codepages::Tag tag);

/// True when the meaning is drawn from what people wrote or who they are (mail headers, file names,
/// identifiers), not from numbers: what redaction has to leave out with the value itself.
[[nodiscard]] bool meaning_is_content(codepages::Tag tag);

}  // namespace eastap::eas::values
