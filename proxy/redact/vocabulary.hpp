#pragma once

#include <string_view>

namespace eastap::redact {

/// Whether `lower_word` is one that servers' and gateways' pages, markup and URLs are made of.
[[nodiscard]] bool is_plain_word(std::string_view lower_word);

}  // namespace eastap::redact
