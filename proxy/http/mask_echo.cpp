#include "proxy/http/mask_echo.hpp"

#include <algorithm>
#include <iterator>

#include "decoder/base/text.hpp"

namespace eastap::http {
namespace {

constexpr std::size_t kLeastBearer = 20;

// "basic+basic+...": each word may name the scheme of the rest, for '+' is a blank in forms and an
// octet of Base64. A run of token octets that names one more often is hidden whole.
constexpr unsigned kMostSchemes = 8;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_at(std::string_view text, std::size_t at, std::string_view lower_word) {
  return equals_ignoring_case(text.substr(at, lower_word.size()), lower_word);
}

/// 1 when `wanted` stands at `at`, 3 when it does as %XX, else 0.
std::size_t mark_at(std::string_view text, std::size_t at, char wanted) {
  if (at >= text.size()) return 0;
  if (text[at] == wanted) return 1;
  if (text[at] != '%' || text.size() - at < 3) return 0;
  const auto octet = from_hex(text.substr(at + 1, 2));
  return octet && octet->front() == wanted ? 3 : 0;
}

std::size_t space_at(std::string_view text, std::size_t at) {
  if (at < text.size() && (text[at] == '\t' || text[at] == '+')) return 1;
  return mark_at(text, at, ' ');
}

std::size_t after_spaces(std::string_view text, std::size_t at) {
  while (const std::size_t space = space_at(text, at)) at += space;
  return at;
}

bool overwrite(std::string& body, std::size_t from, std::size_t to) {
  bool changed = false;
  for (std::size_t i = from; i < to; ++i) {
    changed |= body[i] != '*';
    body[i] = '*';
  }
  return changed;
}

/// Where a header's value ends that stands in some text: with its line, the string or the form
/// field it is in.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    switch (text[at]) {
      case '\r':
      case '\n':
      case '<': return at;
      case '\\':  // of a JSON string: \n ends the line, \" belongs to it
        if (text.substr(at, 2) == "\\r" || text.substr(at, 2) == "\\n") return at;
        ++at;
        break;
      case '"':  // username="alice" is part of the value
        if (text[at - 1] != '=') return at;
        at = text.find('"', at + 1);
        if (at >= text.size()) return text.size();
        break;
      case '&':
        if (!is_at(text, at, "&quot;") && !is_at(text, at, "&#")) return at;
        break;
      case '%':
        if (is_at(text, at, "%0d") || is_at(text, at, "%0a")) return at;
        break;
      default: break;
    }
  }
  return text.size();
}

/// The word of a scheme stays.
std::size_t after_scheme(std::string_view text, std::size_t at) {
  constexpr std::string_view schemes[] = {"basic", "bearer", "digest", "negotiate", "ntlm"};
  for (const std::string_view scheme : schemes) {
    if (!is_at(text, at, scheme)) continue;
    const std::size_t end = at + scheme.size();
    if (space_at(text, end) != 0) return after_spaces(text, end);
  }
  return at;
}

/// Where a token ends: behind Base64, and `others`; '/' may be "\\/" in JSON, any octet %XX.
std::size_t end_of_token(std::string_view text, std::size_t at, std::string_view others) {
  const auto belongs = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view{"+/=%"}.find(c) != std::string_view::npos ||
           others.find(c) != std::string_view::npos;
  };
  while (at < text.size()) {
    if (text.substr(at, 2) == "\\/") {
      at += 2;
    } else if (belongs(text[at])) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

/// Of a challenge parameters follow ("Bearer realm="), and words in prose.
bool is_bearer_token(std::string_view token) {
  const std::size_t end = token.find_last_not_of('=');
  return token.size() >= kLeastBearer && token.substr(0, end + 1).find('=') == token.npos &&
         token.find_first_of("0123456789") != token.npos;
}

bool is_user_and_password(std::string_view token) {
  std::string encoded = percent_decoded(token);
  std::erase(encoded, '\\');
  const auto decoded = from_base64(encoded);
  return decoded && decoded->find(':') != std::string::npos &&
         std::none_of(decoded->begin(), decoded->end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

std::optional<Stretch> password_of_url(std::string_view text, std::size_t at) {
  if (text[at] != '/' && text[at] != '%') return std::nullopt;
  const std::size_t slash = mark_at(text, at, '/');
  const std::size_t second = slash == 0 ? 0 : mark_at(text, at + slash, '/');
  if (second == 0) return std::nullopt;
  const bool inside = slash + second > 2;  // of another URL: its escapes are marks too
  const auto is = [&](std::size_t i, char mark) {
    return inside ? mark_at(text, i, mark) : (text[i] == mark ? 1U : 0U);
  };
  Stretch found;  // behind the first ':', to the last '@'
  for (std::size_t i = at + slash + second; i < text.size(); ++i) {
    if (is(i, '/') != 0 || static_cast<unsigned char>(text[i]) <= 0x20 ||
        std::string_view{"?#\"<>"}.find(text[i]) != std::string_view::npos) {
      break;
    }
    if (found.from == 0 && is(i, ':') != 0) found.from = i + is(i, ':');
    if (is(i, '@') != 0) found.to = i;
  }
  if (found.from == 0 || found.to < found.from) return std::nullopt;
  return found;
}

bool mask_echoed_credentials(std::string& body) {
  bool changed = false;
  std::size_t run_end = 0;            // of the token octets that a scheme was last named before
  unsigned schemes = 0;               // named in that run
  const std::string_view text{body};  // its size stays, and what is overwritten is never read again
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const auto password = password_of_url(text, at)) {
      changed |= overwrite(body, password->from, password->to);
      at = password->to;
      continue;
    }
    const char c = static_cast<char>(text[at] | 0x20);
    if (c != 'a' && c != 'b' && c != 'c') continue;
    if (is_at(text, at, "authorization") || is_at(text, at, "cookie")) {
      const std::size_t name_end = after_spaces(text, at + (c == 'a' ? 13 : 6));
      const std::size_t colon = mark_at(text, name_end, ':');
      if (colon == 0) continue;
      const std::size_t from = after_scheme(text, after_spaces(text, name_end + colon));
      const std::size_t to = end_of_value(text, from);
      changed |= overwrite(body, from, to);
      at = std::max(at, to - 1);
      continue;
    }
    const bool bearer = is_at(text, at, "bearer");
    if ((!bearer && !is_at(text, at, "basic")) || (at > 0 && is_letter(text[at - 1]))) continue;
    const std::size_t scheme_end = at + (bearer ? 6 : 5);
    const std::size_t from = after_spaces(text, scheme_end);
    if (from == scheme_end) continue;
    if (from >= run_end) {
      run_end = end_of_token(text, from, "._~-");
      schemes = 0;
    }
    std::size_t to = run_end;
    if (++schemes <= kMostSchemes) {
      if (!bearer) to = end_of_token(text.substr(0, run_end), from, "");
      const std::string_view token = text.substr(from, to - from);
      if (bearer ? !is_bearer_token(token) : !is_user_and_password(token)) continue;
    }
    changed |= overwrite(body, from, to);
    at = to - 1;
  }
  return changed;
}

}  // namespace eastap::http
