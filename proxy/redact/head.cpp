#include "proxy/redact/head.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "decoder/base/text.hpp"
#include "proxy/redact/url.hpp"

namespace eastap::redact {
namespace {

enum class Field : std::uint8_t {
  keep,    ///< of the protocol, or software's name
  names,   ///< values that may name somebody
  told,    ///< free text that may name anybody
  server,  ///< a host's or server's name, or its address
  url,
  user,
  credential,  ///< as http::Masker leaves it
  challenge,
  via,
  words,  ///< not known: words that every server uses stay
};

Field kind_of(std::string_view name) {
  struct Row {
    std::string_view name;
    Field kind;
  };
  constexpr Row rows[] = {
      {"host", Field::server},
      {"x-feserver", Field::server},
      {"x-beserver", Field::server},
      {"x-calculatedbetarget", Field::server},
      {"x-diaginfo", Field::server},
      {"x-targetserver", Field::server},
      {"x-forwarded-host", Field::server},
      {"location", Field::url},
      {"content-location", Field::url},
      {"referer", Field::url},
      {"origin", Field::url},
      {"x-ms-location", Field::url},
      {"x-ms-credential-service-url", Field::url},
      {"from", Field::user},
      {"x-anchormailbox", Field::user},
      {"x-user-identity", Field::user},
      {"authorization", Field::credential},
      {"proxy-authorization", Field::credential},
      {"www-authenticate", Field::challenge},
      {"proxy-authenticate", Field::challenge},
      {"via", Field::via},
      {"server", Field::names},
      {"cookie", Field::names},
      {"set-cookie", Field::names},
      {"x-forwarded-for", Field::names},
      {"forwarded", Field::names},
      {"x-real-ip", Field::names},
      {"x-client-ip", Field::names},
      {"true-client-ip", Field::names},
      {"x-ms-diagnostics", Field::told},
      {"x-ms-aserror", Field::told},
      {"x-cache", Field::words},
      {"accept", Field::keep},
      {"accept-charset", Field::keep},
      {"accept-encoding", Field::keep},
      {"accept-language", Field::keep},
      {"age", Field::keep},
      {"allow", Field::keep},
      {"cache-control", Field::keep},
      {"cf-ray", Field::keep},
      {"client-request-id", Field::keep},
      {"connection", Field::keep},
      {"content-encoding", Field::keep},
      {"content-language", Field::keep},
      {"content-length", Field::keep},
      {"content-range", Field::keep},
      {"content-type", Field::keep},
      {"date", Field::keep},
      {"etag", Field::keep},
      {"expect", Field::keep},
      {"expires", Field::keep},
      {"keep-alive", Field::keep},
      {"last-modified", Field::keep},
      {"ms-asacceptmultipart", Field::keep},
      {"ms-asprotocolcommands", Field::keep},
      {"ms-asprotocolversion", Field::keep},
      {"ms-asprotocolversions", Field::keep},
      {"ms-cv", Field::keep},
      {"ms-server-activesync", Field::keep},
      {"pragma", Field::keep},
      {"proxy-connection", Field::keep},
      {"public", Field::keep},
      {"range", Field::keep},
      {"request-id", Field::keep},
      {"retry-after", Field::keep},
      {"strict-transport-security", Field::keep},
      {"te", Field::keep},
      {"trailer", Field::keep},
      {"transfer-encoding", Field::keep},
      {"upgrade", Field::keep},
      {"user-agent", Field::keep},
      {"vary", Field::keep},
      {"x-aspnet-version", Field::keep},
      {"x-azure-ref", Field::keep},
      {"x-content-type-options", Field::keep},
      {"x-eastap-undone-content-encoding", Field::keep},
      {"x-frame-options", Field::keep},
      {"x-ms-asthrottle", Field::keep},
      {"x-ms-backoffduration", Field::keep},
      {"x-ms-backoffreason", Field::keep},
      {"x-ms-credentials-expire", Field::keep},
      {"x-ms-policykey", Field::keep},
      {"x-ms-rp", Field::keep},
      {"x-owa-version", Field::keep},
      {"x-powered-by", Field::keep},
      {"x-squid-error", Field::keep},
  };
  const std::string lower = to_lower(name);
  const auto* const found = std::find_if(std::begin(rows), std::end(rows),
                                         [&](const Row& row) { return row.name == lower; });
  return found == std::end(rows) ? Field::words : found->kind;
}

/// `name="value"` pairs through `change`; the rest as it is.
template <class Change>
std::string by_attributes(std::string_view text, const Change& change) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t quote = text.find("=\"", at);
    const std::size_t close = quote == text.npos ? quote : text.find('"', quote + 2);
    if (close == text.npos) return out.append(text.substr(at));
    std::size_t begin = quote;
    while (begin > at && text[begin - 1] != ' ' && text[begin - 1] != ',') --begin;
    out += text.substr(at, quote + 2 - at);
    out += change(text.substr(begin, quote - begin), text.substr(quote + 2, close - quote - 2));
    out += '"';
    at = close + 1;
  }
  return out;
}

std::string redacted_credential(const Scope& scope, std::string_view value) {
  if (value.find("<masked") == value.npos) return plain_words(scope, value);
  return by_attributes(value, [&](std::string_view name, std::string_view text) -> std::string {
    if (name == "user" || name == "upn") return scope.names->user(percent_decoded(text));
    if (name == "aud" || name == "iss") return redacted_url(scope, percent_decoded(text));
    if (name == "digest" || name == "type" || name == "exp" || name == "appid") {
      return std::string{text};
    }
    return scope.names->hidden(text);
  });
}

std::string redacted_challenge(const Scope& scope, std::string_view value) {
  return by_attributes(value, [&](std::string_view name, std::string_view text) {
    if (text.find("://") != text.npos) return redacted_url(scope, text);
    const std::string named = without_identities(scope, text);
    // A realm is any text, mostly the organisation's name.
    const bool known = named != text || equals_ignoring_case(name, "charset");
    return known ? named : plain_words(scope, text);
  });
}

/// "1.1 proxy01.contoso.test (squid/3.5), 1.1 cache", RFC 9110 7.6.3.
std::string redacted_via(const Scope& scope, std::string_view value) {
  std::string out;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(',', at), value.size());
    const std::string_view one = value.substr(at, end - at);
    const std::size_t protocol = std::min(one.find_first_not_of(' '), one.size());
    const std::size_t space = std::min(one.find(' ', protocol), one.size());
    const std::size_t by = std::min(one.find_first_not_of(' ', space), one.size());
    const std::size_t by_end = std::min(one.find(' ', by), one.size());
    const std::string_view host = one.substr(by, by_end - by);
    out += plain_words(scope, one.substr(0, by));
    out += plain_words(scope, host) == host ? std::string{host} : scope.names->endpoint(host);
    out += plain_words(scope, one.substr(by_end));
    if (end < value.size()) out += ',';
    at = end + 1;
  }
  return out;
}

std::string redacted_value(const Scope& scope, std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "Content-Disposition")) {
    const std::size_t type = std::min(value.find(';'), value.size());
    return std::string{value.substr(0, type)} + hidden_lines(scope, value.substr(type));
  }
  if (!scope.hides_identity()) {  // a URL may name what was asked for
    return kind_of(name) == Field::url ? redacted_url(scope, value) : std::string{value};
  }
  switch (kind_of(name)) {
    case Field::keep: return std::string{value};
    case Field::names: return without_identities(scope, value);
    case Field::told: return told_words(scope, value);
    case Field::server: return scope.names->endpoint(value);
    case Field::url: return redacted_url(scope, value);
    case Field::user: return scope.names->user(value);
    case Field::credential: return redacted_credential(scope, value);
    case Field::challenge: return redacted_challenge(scope, value);
    case Field::via: return redacted_via(scope, value);
    case Field::words: break;
  }
  return value.starts_with("<masked") ? std::string{value} : plain_words(scope, value);
}

std::string redacted_target(const Scope& scope, std::string_view target) {
  if (target == "*") return "*";
  if (target.starts_with('/') || target.find("://") != target.npos) {
    return redacted_url(scope, target);
  }
  return scope.hides_identity() ? scope.names->endpoint(target) : std::string{target};
}

std::string redacted_start_line(const Scope& scope, std::string_view line) {
  if (line.starts_with("HTTP/")) {
    return scope.hides_identity() ? plain_words(scope, line) : std::string{line};
  }
  const std::size_t first = line.find(' ');
  if (first == line.npos) return plain_words(scope, line);
  const std::size_t last = line.rfind(' ');
  const bool version = last > first && line.substr(last + 1).starts_with("HTTP/");
  const std::size_t end = version ? last : line.size();
  const std::string_view method = line.substr(0, first);
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; };
  const bool plain = method.size() <= 16 && std::all_of(method.begin(), method.end(), letter);
  return (plain ? std::string{method} : plain_words(scope, method)) + ' ' +
         redacted_target(scope, line.substr(first + 1, end - first - 1)) +
         std::string{line.substr(end)};
}

}  // namespace

model::HeaderList redacted_head(const Scope& scope, const model::HeaderList& head,
                                std::int64_t body_grown) {
  const std::string_view raw = head.raw();
  std::string out;
  out.reserve(raw.size() + 128);
  for (std::size_t at = 0; at < raw.size();) {
    // one line, and those folded into it
    std::size_t end = std::min(raw.find('\n', at), raw.size());
    while (at > 0 && end + 1 < raw.size() && (raw[end + 1] == ' ' || raw[end + 1] == '\t')) {
      end = std::min(raw.find('\n', end + 1), raw.size());
    }
    std::size_t text_end = end;
    if (text_end > at && raw[text_end - 1] == '\r') --text_end;
    const std::string_view line = raw.substr(at, text_end - at);
    const std::size_t colon = line.find(':');
    if (at == 0) {
      out += redacted_start_line(scope, line);
    } else if (colon == line.npos) {
      out += scope.hides_identity() ? plain_words(scope, line) : std::string{line};
    } else {
      const std::string_view name = trimmed(line.substr(0, colon));
      const std::size_t begin = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
      const std::string_view value = line.substr(begin);
      out += line.substr(0, begin);
      const auto length = equals_ignoring_case(name, "Content-Length") && body_grown != 0
                              ? to_integer(value)
                              : std::nullopt;
      out += length ? std::to_string(std::max<std::int64_t>(0, *length + body_grown))
                    : redacted_value(scope, name, value);
    }
    out += raw.substr(text_end, std::min(end + 1, raw.size()) - text_end);
    at = end + 1;
  }
  return model::HeaderList{std::move(out)};
}

}  // namespace eastap::redact
