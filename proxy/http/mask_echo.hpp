#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace eastap::http {

/// [from, to) of a text.
struct Stretch {
  std::size_t from = 0, to = 0;
};

/// The password of `//user:password@` whose slashes stand at `at`, also where it is part of another
/// URL and all its marks are spelled with %XX.
[[nodiscard]] std::optional<Stretch> password_of_url(std::string_view text, std::size_t at);

/// Overwrites with '*' what a text tells of a request's credentials, as error pages, TRACE answers
/// and logs do: what follows `Authorization:` and `Cookie:` (to the end of the line, the string or
/// the form field), a Bearer token, the passwords of URLs, a Basic token that decodes to user and
/// password; also where it is spelled with %XX. Lengths stay. True when it changed any.
bool mask_echoed_credentials(std::string& body);

}  // namespace eastap::http
