#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "decoder/codepages/tag.hpp"

namespace eastap::redact {

/// What becomes of an element's value.
enum class Handling : std::uint8_t {
  text,  ///< hidden; also every tag that the table does not name
  keep,  ///< stays: protocol state, numbers, dates
  word,  ///< stays: a word of an enumeration ("IPM.Note"), which is no host although it has dots
  addresses,  ///< mail addresses, with display names: hidden; pseudonyms where identities are
              ///< hidden
  mime,       ///< a message of its own: keeps its structure, hides the rest
  body,       ///< a message when the Type beside it says so (4), else text
  folder,     ///< a folder's name: stays where the Type beside it says that the server made it
  reference,  ///< an attachment's: "5%3a12%3a0" stays, a path or name is hidden
  uid,        ///< a meeting's: stays; where identities are hidden what is no number is replaced
  global_id,  ///< the same as [MS-ASEMAIL] GlobalObjId in base64
};

/// Rows of the table that share a reason.
struct TagGroup {
  Handling handling;
  std::string_view reason;
  std::span<const codepages::Tag> tags;
};

[[nodiscard]] std::span<const TagGroup> tag_groups();
[[nodiscard]] Handling handling(codepages::Tag tag);

}  // namespace eastap::redact
