#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eastap::http {

/// 1 when `wanted` stands at `at`, 3 when it does as %XX (in a URL inside a URL), else 0.
[[nodiscard]] std::size_t mark_at(std::string_view text, std::size_t at, char wanted);

/// Overwrites with '*' what a text tells of a request's credentials, as error pages, TRACE answers
/// and logs do: what follows `Authorization:` and `Cookie:` (to the end of the line, the string or
/// the form field), a Bearer token, a Basic one that decodes to user and password; also where it is
/// spelled with %XX. Lengths stay. True when it changed any.
bool mask_echoed_credentials(std::string& body);

}  // namespace eastap::http
