#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eastap::eas {

/// The title of an HTML page, else its first heading (h1, h2, h3), as plain text: tags removed, the
/// common entities undone, white space joined, at most 160 octets. "" when there is neither.
/// `page_octets` of the page are looked at.
[[nodiscard]] std::string page_title(std::string_view page, std::size_t page_octets);

}  // namespace eastap::eas
