#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "decoder/base/text.hpp"
#include "proxy/redact/body.hpp"
#include "proxy/redact/url.hpp"

namespace eastap::redact {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

enum class Value : std::uint8_t { keep, user, url, host, words, hide };

/// Of Autodiscover, [MS-ASCMD] 2.2.1.1 and [MS-OXDISCO]; elements, attributes and JSON members.
Value value_of(std::string_view name) {
  struct Row {
    std::string_view name;
    Value value;
  };
  constexpr std::array<Row, 22> rows{{
      {"Culture", Value::keep},      {"Type", Value::keep},
      {"Status", Value::keep},       {"ErrorCode", Value::keep},
      {"Protocol", Value::keep},     {"Time", Value::keep},
      {"Id", Value::keep},           {"Version", Value::keep},
      {"Encoding", Value::keep},     {"AcceptableResponseSchema", Value::keep},
      {"AccountType", Value::keep},  {"Action", Value::keep},
      {"EMailAddress", Value::user}, {"AutoDiscoverSMTPAddress", Value::user},
      {"LegacyDN", Value::hide},     {"Url", Value::url},
      {"RedirectUrl", Value::url},   {"Server", Value::url},
      {"RedirectAddr", Value::user}, {"Redirect", Value::user},
      {"Message", Value::words},     {"ErrorMessage", Value::words},
  }};
  for (const Row& row : rows) {
    if (equals_ignoring_case(row.name, name)) return row.value;
  }
  return Value::hide;
}

bool is_schema(std::string_view text) {
  return text.starts_with("http://schemas.microsoft.com/") ||
         text.starts_with("http://www.w3.org/");
}

std::string redacted_as(const Scope& scope, std::string_view name, std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return std::string{text};
  if (is_schema(text) && text.find_first_of(" <@?") == text.npos && text.size() < 120) {
    return std::string{text};
  }
  switch (value_of(name)) {
    case Value::keep: return without_identities(scope, text);
    case Value::user:
      if (!scope.hides_identity()) return std::string{text};
      return text.find("://") != text.npos ? redacted_url(scope, text) : scope.names->user(text);
    case Value::url:
      if (!scope.hides_identity()) return std::string{text};
      if (text.find("://") != text.npos) return redacted_url(scope, text);
      return text.find('@') != text.npos ? scope.names->address(text) : scope.names->host(text);
    case Value::host: return scope.hides_identity() ? scope.names->host(text) : std::string{text};
    case Value::words: return plain_words(scope, text);
    case Value::hide: break;
  }
  // MobileSync writes its address into Name too
  if (text.find("://") != text.npos && scope.hides_identity()) return redacted_url(scope, text);
  return text.find("://") != text.npos ? std::string{text} : hidden_lines(scope, text);
}

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

/// Walks tags and never builds a tree, so that broken XML is as good as any.
class Xml {
 public:
  Xml(const Scope& scope, std::string_view text) : scope_{scope}, text_{text} {}

  std::string run() {
    while (at_ < text_.size()) {
      const std::size_t tag = std::min(text_.find('<', at_), text_.size());
      out_ += redacted_as(scope_, name_, text_.substr(at_, tag - at_));
      at_ = tag;
      if (at_ >= text_.size()) break;
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("<!--")) {
        literal(4, "-->");
      } else if (rest.starts_with("<![CDATA[")) {
        literal(9, "]]>");
      } else {
        tag_at();
      }
    }
    return std::move(out_);
  }

 private:
  void literal(std::size_t opening, std::string_view closing) {
    const std::size_t begin = at_ + opening;
    const std::size_t end = std::min(text_.find(closing, begin), text_.size());
    out_ += text_.substr(at_, opening);
    out_ += scope_.names->hidden(text_.substr(begin, end - begin));
    out_ += text_.substr(end, closing.size());
    at_ = std::min(end + closing.size(), text_.size());
  }

  /// Names as they are where they are names at all.
  [[nodiscard]] std::string shown_name(std::string_view name) const {
    const auto good = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ':' || c == '_' || c == '-' ||
             c == '.' || (c >= '0' && c <= '9') || c == '/' || c == '?' || c == '!';
    };
    return name.size() <= 64 && std::all_of(name.begin(), name.end(), good)
               ? std::string{name}
               : scope_.names->hidden(name);
  }

  void tag_at() {
    std::size_t end = at_ + 1;
    const auto ends_name = [](char c) { return is_space(c) || c == '>' || c == '='; };
    while (end < text_.size() && !ends_name(text_[end])) ++end;
    std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    out_ += '<';
    out_ += shown_name(name);
    if (name.ends_with('/')) name.remove_suffix(1);
    name_ = name.starts_with('/') ? std::string_view{} : local_name(name);
    at_ = end;
    std::string_view attribute;
    while (at_ < text_.size() && text_[at_] != '>') {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        const std::size_t close = std::min(text_.find(c, at_ + 1), text_.size());
        out_ += c;
        out_ += redacted_as(scope_, local_name(attribute), text_.substr(at_ + 1, close - at_ - 1));
        if (close < text_.size()) out_ += c;
        at_ = std::min(close + 1, text_.size());
      } else if (is_space(c) || c == '=') {
        out_ += c;
        ++at_;
      } else {
        std::size_t stop = at_;
        while (stop < text_.size() && !ends_name(text_[stop]) && text_[stop] != '"') ++stop;
        stop = std::max(stop, at_ + 1);
        attribute = text_.substr(at_, stop - at_);
        out_ += shown_name(attribute);
        at_ = stop;
      }
    }
    if (at_ < text_.size()) {
      out_ += '>';
      ++at_;
    }
  }

  const Scope& scope_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::string_view name_;
};

}  // namespace

std::string redacted_xml(const Scope& scope, std::string_view body) {
  return Xml{scope, body}.run();
}

std::string redacted_json(const Scope& scope, std::string_view body) {
  std::string out;
  std::string_view name;
  for (std::size_t at = 0; at < body.size();) {
    const char c = body[at];
    if (is_space(c) || c == '{' || c == '}' || c == '[' || c == ']' || c == ':' || c == ',') {
      out += c;
      ++at;
      continue;
    }
    if (c != '"') {  // a number, true, false, null
      const std::size_t end = std::min(body.find_first_of(" \t\r\n{}[]:,\"", at), body.size());
      const std::string_view word = body.substr(at, end - at);
      const bool stays = word == "true" || word == "false" || word == "null" || word.size() <= 3;
      const bool number = word.find_first_not_of("0123456789+-.eE") == word.npos;
      out += stays    ? std::string{word}
             : number ? std::string(word.size(), '1')
                      : scope.names->hidden(word);
      at = end;
      continue;
    }
    std::size_t end = at + 1;
    while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2U : 1U;
    end = std::min(end, body.size());
    const std::string_view text = body.substr(at + 1, end - at - 1);
    std::size_t next = std::min(end + 1, body.size());
    while (next < body.size() && is_space(body[next])) ++next;
    out += '"';
    if (next < body.size() && body[next] == ':') {
      const auto good = [](char o) {
        return (o >= 'a' && o <= 'z') || (o >= 'A' && o <= 'Z') || o == '_' || o == '-' ||
               o == '@' || o == '.';
      };
      const bool shown = text.size() <= 64 && std::all_of(text.begin(), text.end(), good) &&
                         text.find('@', 1) == text.npos;
      out += shown ? std::string{text} : scope.names->hidden(text);
      name = text;
    } else {
      out +=
          text.find('\\') == text.npos ? redacted_as(scope, name, text) : scope.names->hidden(text);
    }
    if (end < body.size()) out += '"';
    at = std::min(end + 1, body.size());
  }
  return out;
}

}  // namespace eastap::redact
