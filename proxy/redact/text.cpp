#include "proxy/redact/text.hpp"

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/eas/request_query.hpp"
#include "proxy/redact/vocabulary.hpp"

namespace eastap::redact {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
/// Octets of other scripts are part of words too.
bool is_word(char c) {
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

bool is_host_octet(char c) {
  return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
}

/// "mail.contoso.test", and no file name.
bool looks_like_host(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || text.find("..") != text.npos) return false;
  const std::string_view last = text.substr(dot + 1);
  if (last.size() < 2 || !std::all_of(last.begin(), last.end(), is_letter)) return false;
  constexpr std::string_view files[] = {
      "bak",  "db",  "gz",  "old", "sqlite", "zst",    "asmx", "asp",  "aspx", "cer",
      "conf", "crt", "css", "dll", "eas",    "eastap", "exe",  "htm",  "html", "json",
      "js",   "key", "log", "pem", "pfx",    "php",    "svc",  "toml", "txt",  "xml"};
  return std::find(std::begin(files), std::end(files), to_lower(last)) == std::end(files);
}

bool is_escape(std::string_view text, std::size_t at) {
  const auto digit = [&](std::size_t i) {
    return is_digit(text[i]) || (text[i] >= 'a' && text[i] <= 'f') ||
           (text[i] >= 'A' && text[i] <= 'F');
  };
  return text[at] == '%' && text.size() - at > 2 && digit(at + 1) && digit(at + 2);
}

/// `text` through `change`; runs with a %XX in them decoded before, and encoded again
/// if they changed. Escapes of escapes come apart `depth` times; what is nested deeper is hidden.
template <class Change>
std::string by_escapes(const Scope& scope, std::string_view text, int depth, const Change& change) {
  std::string out;
  std::size_t from = 0;  // of what has no escapes
  for (std::size_t at = text.find('%'); at < text.size(); at = text.find('%', at)) {
    if (!is_escape(text, at)) {
      ++at;
      continue;
    }
    const auto belongs = [&](char c) {
      return is_host_octet(c) || c == '@' || c == '+' || c == ':' ||
             static_cast<unsigned char>(c) >= 0x80;
    };
    std::size_t begin = at, end = at;
    while (begin > from && belongs(text[begin - 1])) --begin;
    while (end < text.size() && (belongs(text[end]) || is_escape(text, end))) {
      end += text[end] == '%' ? 3U : 1U;
    }
    if (begin > from) out += change(text.substr(from, begin - from));
    const std::string_view run = text.substr(begin, end - begin);
    if (depth == 0) {
      out += scope.names->hidden(run);
    } else {
      const std::string decoded = percent_decoded(run);
      const std::string changed = by_escapes(scope, decoded, depth - 1, change);
      out += changed == decoded ? std::string{run} : percent_encoded(changed);
    }
    from = at = end;
  }
  if (from == 0) return change(text);
  if (from < text.size()) out += change(text.substr(from));
  return out;
}

constexpr int kNestedEscapes = 3;  // a URL in a URL in a URL

/// The local part, domain and dots of an address each hidden on its own: equal domains stay equal.
std::string hidden_address(const Scope& scope, std::string_view address) {
  const std::string lower = to_lower(address);  // addresses compare without regard to case
  std::string out;
  for (std::size_t at = 0; at <= lower.size();) {
    const std::size_t end = std::min(lower.find_first_of("@.", at), lower.size());
    out += scope.names->hidden(std::string_view{lower}.substr(at, end - at));
    if (end < lower.size()) out += lower[end];
    at = end + 1;
  }
  return out;
}

/// Each run of word octets through `change`.
template <class Change>
std::string by_words(std::string_view text, const Change& change) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end == at) {
      out += text[at++];
      continue;
    }
    out += change(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string plain_or_hidden(const Scope& scope, std::string_view word) {
  if (word.size() <= 3 && std::all_of(word.begin(), word.end(), is_digit)) return std::string{word};
  return is_plain_word(to_lower(word)) ? std::string{word} : scope.names->hidden(word);
}

/// One run of what names are made of.
std::string known_name(const Scope& scope, std::string_view word) {
  const std::size_t end = word.find_last_not_of("._-");
  const std::string_view core = word.substr(0, end == word.npos ? 0 : end + 1);
  const std::string rest{word.substr(core.size())};
  for (const auto& [name, pseudonym] : scope.identities) {
    if (equals_ignoring_case(core, name)) return pseudonym + rest;
  }
  if (core.find('@') != core.npos) return scope.names->address(core) + rest;
  if (is_ip(core)) return scope.names->ip(core) + rest;
  if (looks_like_host(core)) return scope.names->host(core) + rest;
  return std::string{word};
}

/// Names that are glued to other letters ("/o=Contoso/cn=alice").
std::string without_known(const Scope& scope, std::string text) {
  constexpr std::size_t kShortest = 4;  // below it a name is part of half of all words
  for (const auto& [name, pseudonym] : scope.identities) {
    if (name.size() < kShortest) continue;
    const std::string wanted = to_lower(name);
    const std::string lower = to_lower(text);
    std::string out;
    std::size_t copied = 0;
    for (std::size_t at = lower.find(wanted); at != lower.npos; at = lower.find(wanted, at)) {
      // a pseudonym may hold the name of a service that a host begins with
      if (text.compare(at, pseudonym.size(), pseudonym) == 0) {
        at += pseudonym.size();
        continue;
      }
      out.append(text, copied, at - copied);
      out += pseudonym;
      copied = at += wanted.size();
    }
    if (copied == 0) continue;
    out.append(text, copied);
    text = std::move(out);
  }
  return text;
}

/// Names by their pseudonyms, the runs between them through `other`.
template <class Other>
std::string by_names(const Scope& scope, std::string_view text, const Other& other) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && (is_host_octet(text[end]) || text[end] == '@' || text[end] == '+' ||
                                 static_cast<unsigned char>(text[end]) >= 0x80)) {
      ++end;
    }
    // "2001:db8::1": colons belong to it
    std::size_t wide = at;
    while (wide < text.size() && (is_word(text[wide]) || text[wide] == ':' || text[wide] == '.')) {
      ++wide;
    }
    if (wide > end && is_ip(text.substr(at, wide - at))) {
      out += scope.names->ip(text.substr(at, wide - at));
      at = wide;
      continue;
    }
    if (end == at) {
      out += text[at++];
      continue;
    }
    const std::string_view word = text.substr(at, end - at);
    const std::string named = known_name(scope, word);
    out += named == word ? other(word) : named;
    at = end;
  }
  return without_known(scope, std::move(out));
}

}  // namespace

bool Scope::is_own(std::string_view address) const {
  if (user.empty() || address.empty()) return false;
  return equals_ignoring_case(address, user) ||
         eas::normalised_user(address) == eas::normalised_user(user);
}

std::string hidden_text(const Scope& scope, std::string_view text) {
  if (scope.phrases == nullptr) return scope.names->hidden(text);
  struct Phrase {
    std::string_view words;
    std::size_t next;  // where it stands next
  };
  std::vector<Phrase> phrases;
  for (const std::string& words : *scope.phrases) {
    if (!words.empty()) phrases.push_back({words, text.find(words)});
  }
  std::string out;
  std::size_t from = 0;
  while (true) {
    const Phrase* first = nullptr;
    for (Phrase& phrase : phrases) {
      if (phrase.next < from) phrase.next = text.find(phrase.words, from);
      if (phrase.next != text.npos && (first == nullptr || phrase.next < first->next)) {
        first = &phrase;
      }
    }
    if (first == nullptr) break;
    if (first->next > from) out += scope.names->hidden(text.substr(from, first->next - from));
    out += first->words;
    from = first->next + first->words.size();
  }
  if (from == 0 || from < text.size()) out += scope.names->hidden(text.substr(from));
  return out;
}

std::string hidden_lines(const Scope& scope, std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_space(text[at])) out += text[at++];
    const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    out += scope.names->hidden(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string redacted_address(const Scope& scope, std::string_view address) {
  std::string scheme;
  if (equals_ignoring_case(address.substr(0, 7), "mailto:")) {
    scheme = address.substr(0, 7);
    address.remove_prefix(7);
  }
  if (scope.hides_identity()) return scheme + scope.names->address(address);
  return scheme + (scope.is_own(address) ? std::string{address} : hidden_address(scope, address));
}

std::string redacted_addresses(const Scope& scope, std::string_view list) {
  constexpr std::string_view marks = "<>(),;:\"";
  std::string out;
  for (std::size_t at = 0; at < list.size();) {
    const char c = list[at];
    if (c == '"') {  // a display name: hidden as one text, so that its commas separate nothing
      const std::size_t end = std::min(list.find('"', at + 1), list.size());
      out += '"';
      out += hidden_lines(scope, list.substr(at + 1, end - at - 1));  // one may never end
      if (end < list.size()) out += '"';
      at = std::min(end + 1, list.size());
      continue;
    }
    if (is_space(c) || marks.find(c) != marks.npos) {
      out += c;
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < list.size() && !is_space(list[end]) &&
           (marks.find(list[end]) == marks.npos ||
            (list[end] == ':' && equals_ignoring_case(list.substr(at, end - at), "mailto")))) {
      ++end;
    }
    const std::string_view word = list.substr(at, end - at);
    const std::string decoded = percent_decoded(word);
    if (word.find('@') != word.npos) {
      out += redacted_address(scope, word);
    } else if (decoded.find('@') != decoded.npos) {
      out += percent_encoded(redacted_address(scope, decoded));
    } else {
      out += scope.names->hidden(word);
    }
    at = end;
  }
  return out;
}

namespace {

std::string plain_words_decoded(const Scope& scope, std::string_view text) {
  return by_words(text, [&](std::string_view word) {
    // "203.0.113.5": numbers of three digits, but not four of them
    std::size_t from = static_cast<std::size_t>(word.data() - text.data()), to = from + word.size();
    const auto part = [&](std::size_t at) { return is_digit(text[at]) || text[at] == '.'; };
    const std::size_t least = from < 16 ? 0 : from - 16, most = std::min(text.size(), to + 16);
    while (from > least && part(from - 1)) --from;
    while (to < most && part(to)) ++to;
    std::string_view run = text.substr(from, to - from);
    while (run.ends_with('.')) run.remove_suffix(1);
    return is_ip(run) ? scope.names->hidden(word) : plain_or_hidden(scope, word);
  });
}

}  // namespace

std::string plain_words(const Scope& scope, std::string_view text) {
  return by_escapes(scope, text, kNestedEscapes,
                    [&](std::string_view decoded) { return plain_words_decoded(scope, decoded); });
}

std::string without_identities(const Scope& scope, std::string_view text) {
  if (!scope.hides_identity()) return std::string{text};
  return by_escapes(scope, text, kNestedEscapes, [&](std::string_view decoded) {
    return by_names(scope, decoded, [](std::string_view word) { return std::string{word}; });
  });
}

std::string told_words(const Scope& scope, std::string_view text) {
  if (!scope.hides_identity()) return std::string{text};
  return by_escapes(scope, text, kNestedEscapes, [&](std::string_view decoded) {
    return by_names(scope, decoded,
                    [&](std::string_view word) { return plain_words_decoded(scope, word); });
  });
}

std::string redacted_reference(const Scope& scope, std::string_view text) {
  std::string compact;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (equals_ignoring_case(text.substr(at, 3), "%3a")) {
      at += 2;
    } else if (!is_digit(text[at]) && text[at] != ':') {
      return scope.names->hidden(text);
    }
  }
  return std::string{text};
}

std::string redacted_uid(const Scope& scope, std::string_view text) {
  if (!scope.hides_identity()) return std::string{text};
  // [MS-ASEMAIL] 2.2.2.37: a number of the server's own, unless it wraps somebody else's
  constexpr std::string_view wrapped = "7643616C2D55696401000000";  // "vCal-Uid" 1
  const auto octets = from_hex(text);
  if (octets && to_lower(text).starts_with("040000008200e000")) {
    const std::size_t mark = octets->find(*from_hex(wrapped));
    if (mark == octets->npos) return std::string{text};
    const std::size_t begin = mark + wrapped.size() / 2;
    std::string inner = octets->substr(begin);
    while (inner.ends_with('\0')) inner.pop_back();
    std::string changed = *octets;
    changed.replace(begin, inner.size(), scope.names->shaped(inner));
    std::string out = to_hex(changed);
    for (char& c : out) {
      if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
    }
    return out;
  }
  return scope.names->shaped(text);
}

std::string redacted_global_id(const Scope& scope, std::string_view base64) {
  if (!scope.hides_identity()) return std::string{base64};
  const auto octets = from_base64(trimmed(base64));
  if (!octets) return scope.names->hidden(base64);
  return to_base64(from_hex(redacted_uid(scope, to_hex(*octets))).value_or(""));
}

}  // namespace eastap::redact
