#pragma once

#include <cstdint>
#include <string>

#include "decoder/model/header_list.hpp"
#include "proxy/redact/text.hpp"

namespace eastap::redact {

/// A head, its credentials masked already. At `content` only names of files and unknown parameters
/// of the target are hidden: Exchange's mailbox log shows heads too. At `identity` each field is
/// taken by what it holds, and of fields that are not known only plain words stay. Lines, order,
/// line ends and odd ones stay. `body_grown`: by how many octets the body has grown, for
/// Content-Length.
[[nodiscard]] model::HeaderList redacted_head(const Scope& scope, const model::HeaderList& head,
                                              std::int64_t body_grown);

}  // namespace eastap::redact
