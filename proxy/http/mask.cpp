#include "proxy/http/mask.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "decoder/base/text.hpp"
#include "proxy/http/keyed_mac.hpp"
#include "proxy/http/mask_echo.hpp"
#include "proxy/http/secret_names.hpp"
#include "proxy/http/tokens.hpp"

namespace eastap::http {
namespace {

constexpr std::string_view kMasked = "<masked>";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_token_octet(char c) {
  return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F && c != ':';
}

std::string_view without_space(std::string_view text) {
  const auto space = [](char c) { return is_blank(c) || c == '\r' || c == '\n'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

/// What a field's value is, by its name.
enum class Kind : std::uint8_t { plain, credential, challenge, cookie, set_cookie, secret };

/// A field name as compared: lower case, without anything that cannot be part of a name. Not a
/// string: this runs for every field of every message.
class ComparedName {
 public:
  explicit ComparedName(std::string_view name) {
    for (const char c : name) {
      if (!is_token_octet(c)) continue;
      if (size_ == octets_.size()) {  // keep the end: what is sensitive is so by any of its words
        std::move(octets_.begin() + kHalf + 1, octets_.end(), octets_.begin() + kHalf);
        --size_;
      }
      octets_[size_++] = lower(c);
    }
  }
  [[nodiscard]] std::string_view view() const { return {octets_.data(), size_}; }

 private:
  static constexpr std::size_t kHalf = 64;
  std::array<char, 2 * kHalf> octets_;  // uninitialised beyond size_
  std::size_t size_ = 0;
};

Kind kind_of(std::string_view name) {
  // Whole names, for "x-auth" is part of "x-author"; DPoP is the proof of RFC 9449.
  if (name == "x-auth" || name == "dpop") return Kind::secret;
  for (std::size_t i = 0; i + 4 < name.size(); ++i) {
    const std::string_view rest = name.substr(i);
    switch (rest.front()) {
      case 'a':
        if (rest.starts_with("authorization")) return Kind::credential;
        if (rest.starts_with("authenticat")) return Kind::challenge;
        if (rest.starts_with("api-key") || rest.starts_with("apikey")) return Kind::secret;
        break;
      case 'c':
        if (rest.starts_with("cookie")) {
          return name.starts_with("set-") ? Kind::set_cookie : Kind::cookie;
        }
        if (rest.starts_with("canary")) return Kind::secret;
        if (rest.starts_with("credential")) {  // two headers of [MS-ASHTTP] that hold none
          return name == "x-ms-credentials-expire" || name == "x-ms-credential-service-url"
                     ? Kind::plain
                     : Kind::secret;
        }
        break;
      case 'p':
        if (rest.starts_with("password") || rest.starts_with("passwd")) return Kind::secret;
        break;
      case 's':
        if (rest.starts_with("secret") || rest.starts_with("session-id") ||
            rest.starts_with("sessionid")) {
          return Kind::secret;
        }
        break;
      case 't':
        if (rest.starts_with("token")) return Kind::secret;
        break;
      default: break;
    }
  }
  return Kind::plain;
}

std::string without_any_space(std::string_view text) {
  std::string out{text};
  std::erase_if(out, [](char c) { return is_blank(c) || c == '\r' || c == '\n'; });
  return out;
}

bool is_known_scheme(std::string_view scheme) {
  static constexpr std::string_view kSchemes[] = {
      "digest",   "hoba",        "mutual",        "oauth",           "dpop",   "pop",
      "vapid",    "gnap",        "hawk",          "token",           "apikey", "wsse",
      "kerberos", "scram-sha-1", "scram-sha-256", "aws4-hmac-sha256"};
  return std::any_of(std::begin(kSchemes), std::end(kSchemes),
                     [&](std::string_view known) { return equals_ignoring_case(scheme, known); });
}

// ---- URLs
// -----------------------------------------------------------------------------------------

/// Replaces the passwords of `//user:password@` in `text`.
std::string without_userinfo(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto password = password_of_url(text, at);
    if (!password) continue;
    out.append(text, copied, password->from - copied);
    out += kMasked;
    copied = at = password->to;
  }
  return out.append(text, copied);
}

/// Index of the next '=' or, in a URL inside a URL, "%3D".
std::size_t find_equals(std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (text[at] == '=') return at;
    if (text[at] == '%' && equals_ignoring_case(text.substr(at, 3), "%3D")) return at;
  }
  return std::string_view::npos;
}

bool begins_name(char c) {
  switch (c) {
    case '?':
    case '&':
    case ';':
    case '#':
    case '/':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case '"':
    case '\'':
    case ',':
    case '<':
    case '>':
    case '(':
    case '=': return true;
    default: return false;
  }
}

/// The part of `text` behind the last octet that a parameter name can follow.
std::string_view last_name(std::string_view text) {
  constexpr std::size_t kLongest = 256;  // octets; no secret's name is longer, escaped as it may be
  text.remove_prefix(text.size() - std::min(text.size(), kLongest));
  std::size_t at = text.size();
  while (at > 0 && !begins_name(text[at - 1])) --at;
  return trimmed(text.substr(at));
}

bool ends_in_secret_name(std::string_view text) {
  const std::string_view name = last_name(text);
  if (name.find('%') == std::string_view::npos && name.find('+') == std::string_view::npos) {
    return is_secret_name(name);
  }
  return is_secret_name(last_name(trimmed(percent_decoded(name, true))));
}

/// Replaces the values of secret parameters. A value ends at one of `ends`; rather too much is
/// masked.
std::string without_parameters(std::string_view text, std::string_view ends) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t equals = find_equals(text, 0); equals != std::string_view::npos;
       equals = find_equals(text, equals)) {
    const bool secret = ends_in_secret_name(text.substr(copied, equals - copied));
    equals += text[equals] == '=' ? 1U : 3U;
    if (!secret) continue;
    std::size_t value = equals;
    if (value < text.size() && text[value] == '"' && ends.find('"') != std::string_view::npos) {
      ++value;  // name="value", as in header parameters
    }
    const std::size_t end = std::min(text.find_first_of(ends, value), text.size());
    if (end == value) continue;
    out.append(text, copied, value - copied);
    out += kMasked;
    copied = equals = end;
  }
  return out.append(text, copied);
}

bool may_hold_url_secret(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c == '=' || c == '@' || c == '%'; });
}

bool is_version(std::string_view text) { return equals_ignoring_case(text.substr(0, 5), "HTTP/"); }

bool has_version(std::string_view line) {
  return is_version(line) || is_version(line.substr(line.find_last_of(" \t") + 1));
}

std::string mask_start_line(std::string_view line) {
  if (!may_hold_url_secret(line)) return std::string{line};
  std::string held;
  std::string_view text = line;
  if (line.find('@') != line.npos || line.find('%') != line.npos) {
    held = without_userinfo(line);
    text = held;
  }
  // The version stays; blanks before it are taken as part of a value.
  std::size_t version = text.find_last_of(" \t");
  if (version == std::string::npos || !is_version(text.substr(version + 1))) {
    version = text.size();
  }
  return without_parameters(text.substr(0, version), "&").append(text.substr(version));
}

// ---- cookies
// --------------------------------------------------------------------------------------

template <class Visit>
std::string each_part(std::string_view value, char separator, const Visit& visit) {
  std::string out;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(separator, at), value.size());
    const std::string_view part = value.substr(at, end - at);
    const std::string_view core = without_space(part);
    if (at > 0) out += separator;
    if (at > 0 && !part.empty() && is_blank(part.front())) out += ' ';
    if (!core.empty()) out += visit(core, at == 0);
    at = end + 1;
  }
  return out;
}

std::string mask_pair(std::string_view part) {
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos) return std::string{kMasked};
  std::string out{trimmed(part.substr(0, equals))};
  out += '=';
  if (equals + 1 < part.size()) out += kMasked;
  return out;
}

std::string mask_cookie(std::string_view value) {
  return each_part(value, ';', [](std::string_view part, bool) { return mask_pair(part); });
}

std::string mask_set_cookie(std::string_view value) {
  return each_part(value, ';', [](std::string_view part, bool first) {
    const std::size_t equals = part.find('=');
    const std::string name = to_lower(trimmed(part.substr(0, equals)));
    static constexpr std::string_view kFlags[] = {"secure", "httponly", "partitioned", "discard"};
    static constexpr std::string_view kValued[] = {"path",     "domain",   "expires", "max-age",
                                                   "samesite", "priority", "version"};
    const auto among = [&](const auto& names) {
      return std::find(std::begin(names), std::end(names), name) != std::end(names);
    };
    if (!first && equals == std::string_view::npos && among(kFlags)) return std::string{part};
    // A second '=' is a further cookie, joined by a comma.
    if (!first && equals != std::string_view::npos && among(kValued) &&
        part.find('=', equals + 1) == std::string_view::npos) {
      return std::string{part};
    }
    return mask_pair(part);
  });
}

}  // namespace

std::string mask_url_secrets(std::string_view text) {
  if (!may_hold_url_secret(text)) return std::string{text};
  return without_parameters(without_userinfo(text), "&\"<>");
}

Masker::Masker(const std::array<std::uint8_t, 32>& salt) : mac_{std::make_unique<KeyedMac>(salt)} {}
Masker::~Masker() = default;

std::string Masker::digest(std::string_view secret) const { return mac_->digest(secret); }

std::string Masker::credential(std::string_view value) const {
  const std::size_t scheme_size =
      static_cast<std::size_t>(std::find_if(value.begin(), value.end(), is_blank) - value.begin());
  const std::string_view scheme = value.substr(0, scheme_size);
  const std::string token = without_any_space(value.substr(scheme_size));
  const auto is = [&](std::string_view name) { return equals_ignoring_case(scheme, name); };
  const bool basic = is("basic"), bearer = is("bearer"), ntlm = is("ntlm") || is("negotiate");
  const bool known = basic || bearer || ntlm || is_known_scheme(scheme);
  if (known && token.empty()) return std::string{scheme};
  std::string out;
  if (known) out.append(scheme) += ' ';
  out += "<masked";
  NtlmFacts facts;
  if (ntlm) facts = ntlm_facts(token);
  if (facts.type != 0) add_attribute(out, "type", std::to_string(facts.type));
  if (basic) add_attribute(out, "user", basic_user(token));
  if (ntlm) add_attribute(out, "user", facts.user);
  std::string_view told_apart_by = known ? std::string_view{token} : value;
  if (bearer) {  // the signature of a JWT stands for the whole, at a fifth of the cost
    const std::size_t signature = told_apart_by.rfind('.') + 1;
    if (told_apart_by.size() - signature >= 32) told_apart_by.remove_prefix(signature);
  }
  add_attribute(out, "digest", digest(told_apart_by));
  if (bearer) add_claims(out, token);
  return out += '>';
}

std::string Masker::challenge(std::string_view value) const {
  return each_part(value, ',', [&](std::string_view part, bool) {
    const std::string_view scheme =
        part.substr(0, std::min(part.find_first_of(" \t"), part.size()));
    const bool holds_token = equals_ignoring_case(scheme, "ntlm") ||
                             equals_ignoring_case(scheme, "negotiate") ||
                             equals_ignoring_case(scheme, "kerberos");
    return holds_token ? credential(part) : mask_url_secrets(part);
  });
}

std::string Masker::value(std::string_view compared_name, std::string_view value) const {
  if (value.empty()) return {};
  switch (kind_of(compared_name)) {
    case Kind::credential: return credential(value);
    case Kind::challenge: return challenge(value);
    case Kind::cookie: return mask_cookie(value);
    case Kind::set_cookie: return mask_set_cookie(value);
    case Kind::secret: return "<masked digest=\"" + digest(value) + "\">";
    case Kind::plain: break;
  }
  return mask_url_secrets(value);
}

std::string Masker::head(std::string_view head) const {
  // A lone CR ends a line here as it does for some servers.
  struct Line {
    std::string_view text, end;
  };
  const auto line_at = [&](std::size_t at) {
    // Not find_first_of(): it calls a function an octet, and this runs over every message.
    std::size_t text_end = at;
    while (text_end < head.size() && head[text_end] != '\r' && head[text_end] != '\n') ++text_end;
    std::size_t end = text_end;
    if (end < head.size() && head[end] == '\r') ++end;
    if (end < head.size() && head[end] == '\n') ++end;
    return Line{head.substr(at, text_end - at), head.substr(text_end, end - text_end)};
  };
  std::string out;
  out.reserve(head.size() + 96);
  bool after_secret = false;  // the line before held a credential
  std::size_t looked_at = 0;  // up to here folded lines were looked at together
  for (std::size_t at = 0; at < head.size();) {
    const bool first = at == 0;
    const Line line = line_at(at);
    at += line.text.size() + line.end.size();
    const std::size_t colon = line.text.find(':');
    const ComparedName compared{line.text.substr(0, std::min(colon, line.text.size()))};
    const std::string_view name = compared.view();
    const Kind kind = kind_of(name);
    const bool of_start_line = first && (kind == Kind::plain || has_version(line.text));
    if (line.text.empty() || of_start_line) {
      out += mask_start_line(line.text);
      out += line.end;
      after_secret = false;
      continue;
    }
    if (colon == std::string_view::npos && after_secret) {  // a credential wrapped without indent
      out += kMasked;
      out += line.end;
      continue;
    }
    if (kind == Kind::plain) {
      after_secret = false;
      if (at > looked_at && at < head.size() && is_blank(head[at])) {
        // A secret may begin on one folded line and end on the next.
        std::string whole{line.text};
        std::string_view end = line.end;
        std::size_t after = at;
        while (after < head.size() && is_blank(head[after])) {
          const Line more = line_at(after);
          after += more.text.size() + more.end.size();
          end = more.end;
          whole += without_space(more.text);
        }
        if (may_hold_url_secret(whole)) {
          if (const std::string masked = mask_url_secrets(whole); masked != whole) {
            out += masked;
            out += end;
            at = after;
            continue;
          }
        }
        looked_at = after;
      }
      if (may_hold_url_secret(line.text)) {
        out += mask_url_secrets(line.text);
      } else {
        out += line.text;
      }
      out += line.end;
      continue;
    }
    after_secret = true;
    std::string_view end = line.end;
    // Where a blank comes before the colon, the value may begin at the blank: "Authorization Basic
    // a:b".
    const std::size_t lead = std::min(line.text.find_first_not_of(" \t"), line.text.size());
    std::size_t name_end = std::min(line.text.find_first_of(" \t=:", lead), line.text.size());
    if (colon != std::string_view::npos &&
        trimmed(line.text.substr(name_end, colon - name_end)).empty()) {
      name_end = colon;
    }
    const std::size_t value_at = std::min(name_end + 1, line.text.size());
    std::string value{without_space(line.text.substr(value_at))};
    while (at < head.size() && is_blank(head[at])) {  // folded lines belong to it
      const Line more = line_at(at);
      at += more.text.size() + more.end.size();
      end = more.end;
      const std::string_view text = without_space(more.text);
      if (!value.empty() && !text.empty()) value += ' ';
      value += text;
    }
    out += line.text.substr(0, value_at);
    if (!value.empty()) {
      out += ' ';
      out += this->value(name, value);
    }
    out += end;
  }
  return out;
}

}  // namespace eastap::http
