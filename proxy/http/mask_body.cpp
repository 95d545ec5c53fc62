#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages/page15_search.hpp"
#include "decoder/codepages/pages/page18_settings.hpp"
#include "decoder/codepages/pages/page20_item_operations.hpp"
#include "proxy/http/mask.hpp"
#include "proxy/http/mask_echo.hpp"
#include "proxy/http/secret_names.hpp"

namespace eastap::http {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Overwrites [from, to); line ends stay, so that a text keeps its lines.
bool overwrite(std::string& body, std::size_t from, std::size_t to) {
  bool changed = false;
  for (std::size_t i = from; i < std::min(to, body.size()); ++i) {
    if (body[i] == '\n' || body[i] == '\r' || body[i] == '*') continue;
    body[i] = '*';
    changed = true;
  }
  return changed;
}

// ---- JSON
// -----------------------------------------------------------------------------------------

/// `text` between its quotes, with \uXXXX of ASCII and simple escapes undone: enough to compare
/// names.
std::string json_name(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    ++i;
    if (text[i] == 'u') {
      const auto octets = from_hex(text.substr(i + 1, 4));
      if (octets && octets->size() == 2 && octets->front() == '\0') {
        out += octets->back();
        i += 4;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

class JsonMasker {
 public:
  explicit JsonMasker(std::string& body) : body_{body} {}

  bool run() {
    while (at_ < body_.size()) {
      switch (body_[at_]) {
        case '{':
        case '[': open(body_[at_] == '{'); break;
        case '}':
        case ']': close(); break;
        case '"':
        case '\'': take_string(); break;
        case ',':
          pending_ = false;
          ++at_;
          break;
        default:
          if (is_space(body_[at_]) || body_[at_] == ':') {
            ++at_;
          } else {
            take_bare();
          }
      }
    }
    return changed_;
  }

 private:
  [[nodiscard]] bool masking() const { return masked_from_ != 0; }

  void open(bool object) {
    in_object_.push_back(object);
    if (pending_ && !masking()) masked_from_ = in_object_.size();
    pending_ = false;
    ++at_;
  }

  void close() {
    if (masked_from_ == in_object_.size()) masked_from_ = 0;
    if (!in_object_.empty()) in_object_.pop_back();
    pending_ = false;
    ++at_;
  }

  void take_string() {
    const char quote = body_[at_];
    const std::size_t begin = at_ + 1;
    std::size_t end = begin;
    while (end < body_.size() && body_[end] != quote) end += body_[end] == '\\' ? 2U : 1U;
    end = std::min(end, body_.size());
    at_ = std::min(end + 1, body_.size());
    std::size_t next = at_;
    while (next < body_.size() && is_space(body_[next])) ++next;
    const bool followed_by_colon = next < body_.size() && body_[next] == ':';
    const bool in_array = !in_object_.empty() && !in_object_.back();
    if (followed_by_colon && !pending_ && !(masking() && in_array)) {
      name_ = json_name(std::string_view{body_}.substr(begin, end - begin));
      pending_ = is_secret_name(name_);
      at_ = next + 1;
      return;
    }
    if (pending_ || masking()) changed_ |= overwrite(body_, begin, end);
    pending_ = false;
  }

  /// A number, true, false, null, or what is none of these and broken.
  void take_bare() {
    const std::size_t begin = at_;
    while (at_ < body_.size() && !is_space(body_[at_]) &&
           std::string_view{",]}:\""}.find(body_[at_]) == std::string_view::npos) {
      ++at_;
    }
    if (!pending_ && !masking()) return;
    const std::string_view word = std::string_view{body_}.substr(begin, at_ - begin);
    if (word == "true" || word == "false" || word == "null") {
      pending_ = false;
      return;
    }
    const bool number = std::all_of(word.begin(), word.end(), [](char c) {
      return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
    });
    // {"code": 400} is a status; a one-time code has six digits.
    if (number && !masking() && word.size() <= 3 && equals_ignoring_case(name_, "code")) {
      pending_ = false;
      return;
    }
    for (std::size_t i = begin; i < at_; ++i) {
      const char masked = number ? (is_digit(body_[i]) ? '1' : body_[i]) : '*';
      changed_ |= body_[i] != masked;
      body_[i] = masked;
    }
    if (number) pending_ = false;  // after a broken word the next one is still part of the value
  }

  std::string& body_;
  std::size_t at_ = 0;
  bool changed_ = false;
  bool pending_ = false;         // the value of a secret name comes next
  std::string name_;             // the last name
  std::vector<bool> in_object_;  // objects and arrays that are open
  std::size_t masked_from_ = 0;  // size of in_object_ inside of which all is masked; 0: nothing
};

// ---- XML
// ------------------------------------------------------------------------------------------

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// Walks tags; never builds a tree, so broken XML and HTML are as good as any.
class XmlMasker {
 public:
  explicit XmlMasker(std::string& body) : body_{body} {}

  bool run() {
    while (at_ < body_.size()) {
      const std::size_t tag = std::min(body_.find('<', at_), body_.size());
      mask_text(at_, tag);
      at_ = tag;
      if (tag == body_.size()) break;
      const std::string_view rest = std::string_view{body_}.substr(tag);
      if (rest.starts_with("<!--")) {
        take_literal(4, "-->");
      } else if (rest.starts_with("<![CDATA[")) {
        take_literal(9, "]]>");
      } else {
        take_tag();
      }
    }
    return changed_;
  }

 private:
  void mask_text(std::size_t from, std::size_t to) {
    if (!secret_.empty()) changed_ |= overwrite(body_, from, to);
  }

  void take_literal(std::size_t opening, std::string_view closing) {
    const std::size_t begin = at_ + opening;
    const std::size_t end = body_.find(closing, begin);
    mask_text(begin, std::min(end, body_.size()));
    at_ = end == std::string::npos ? body_.size() : end + closing.size();
  }

  void take_tag() {
    std::size_t begin = at_ + 1;
    const bool closing = begin < body_.size() && body_[begin] == '/';
    if (closing) ++begin;
    std::size_t name_end = begin;
    while (name_end < body_.size() && !is_space(body_[name_end]) && body_[name_end] != '>' &&
           body_[name_end] != '/' && body_[name_end] != '<') {
      ++name_end;
    }
    const std::string name{local_name(std::string_view{body_}.substr(begin, name_end - begin))};
    const std::size_t end = take_attributes(name_end, closing);
    const bool empty = end >= 2 && end <= body_.size() && body_[end - 2] == '/';
    at_ = std::max(end, at_ + 1);
    if (closing) {
      if (name == secret_ && --depth_ == 0) secret_.clear();
    } else if (!empty) {
      if (!secret_.empty()) {
        if (name == secret_) ++depth_;
      } else if (is_secret_name(name)) {
        secret_ = name;
        depth_ = 1;
      }
    }
  }

  /// Reads from behind the name to behind '>', masking values of secret attributes; and `value`,
  /// where `name` or `id` is secret: <input name="code" value="…">, <parm name="AAUTHSECRET"
  /// value="…">.
  std::size_t take_attributes(std::size_t at, bool closing) {
    bool secret_field = false;
    std::size_t value_from = 0, value_to = 0;
    while (at < body_.size() && body_[at] != '>' && body_[at] != '<') {
      if (is_space(body_[at]) || body_[at] == '/' || body_[at] == '?') {
        ++at;
        continue;
      }
      const std::size_t name_at = at;
      while (at < body_.size() && !is_space(body_[at]) && body_[at] != '=' && body_[at] != '>' &&
             body_[at] != '/' && body_[at] != '<') {
        ++at;
      }
      const std::string name{local_name(std::string_view{body_}.substr(name_at, at - name_at))};
      while (at < body_.size() && is_space(body_[at])) ++at;
      if (at >= body_.size() || body_[at] != '=') {
        if (at == name_at) ++at;
        continue;
      }
      ++at;
      while (at < body_.size() && is_space(body_[at])) ++at;
      std::size_t from = at, to = at;
      if (at < body_.size() && (body_[at] == '"' || body_[at] == '\'')) {
        from = at + 1;
        to = std::min(body_.find(body_[at], from), body_.size());
        at = std::min(to + 1, body_.size());
      } else {
        while (at < body_.size() && !is_space(body_[at]) && body_[at] != '>') ++at;
        to = at;
      }
      if (closing) continue;
      if (equals_ignoring_case(name, "value")) {
        value_from = from;
        value_to = to;
      } else if (equals_ignoring_case(name, "name") || equals_ignoring_case(name, "id")) {
        secret_field |= is_secret_name(std::string_view{body_}.substr(from, to - from));
      } else if (is_secret_name(name)) {
        changed_ |= overwrite(body_, from, to);
      }
    }
    if (secret_field || !secret_.empty()) changed_ |= overwrite(body_, value_from, value_to);
    return at < body_.size() && body_[at] == '>' ? at + 1 : at;
  }

  std::string& body_;
  std::size_t at_ = 0;
  bool changed_ = false;
  std::string secret_;     // the element whose text is masked
  std::size_t depth_ = 0;  // of elements of that name
};

/// Wide encodings hide names from an octet-wise look.
bool is_wide_text(std::string_view body) {
  const std::string_view begin = body.substr(0, 4);
  return begin.starts_with("\xFF\xFE") || begin.starts_with("\xFE\xFF") ||
         begin.find('\0') != std::string_view::npos;
}

bool looks_like_form(std::string_view body) {
  const std::size_t equals = body.substr(0, 256).find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  return std::all_of(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '-' || c == '.' || c == '%' || c == '+' || c == '$' || c == '[' || c == ']' ||
           c == ':';
  });
}

// ---- WBXML
// ----------------------------------------------------------------------------------------

bool is_secret(codepages::Tag tag) {
  return tag == codepages::settings::kPassword || tag == codepages::search::kPassword ||
         tag == codepages::item_operations::kPassword;
}

constexpr unsigned char kStringInline = 0x03, kOpaque = 0xC3, kEntity = 0x02;

unsigned char octet_at(std::string_view body, std::size_t at) {
  return at < body.size() ? static_cast<unsigned char>(body[at]) : 0;
}

bool overwrite_octets(std::string& body, std::size_t from, std::size_t to) {
  bool changed = false;
  for (std::size_t i = from; i < std::min(to, body.size()); ++i) {
    changed |= body[i] != '*';
    body[i] = '*';
  }
  return changed;
}

/// Keeps the token and the length of the number, so that the body decodes as before.
bool overwrite_entity(std::string& body, std::size_t token_at) {
  bool changed = false;
  for (std::size_t at = token_at + 1; at < body.size(); ++at) {
    const bool more = (octet_at(body, at) & 0x80) != 0;
    const char masked = more ? static_cast<char>(0x80) : '*';
    changed |= body[at] != masked;
    body[at] = masked;
    if (!more) break;
  }
  return changed;
}

}  // namespace

bool mask_form_secrets(std::string& body) {
  bool changed = false;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('&', at), body.size());
    const std::string_view field = std::string_view{body}.substr(at, end - at);
    const std::size_t equals = field.find('=');
    if (equals != std::string_view::npos) {
      const std::string name = percent_decoded(field.substr(0, equals), true);
      std::string_view core = trimmed(name);
      // ASP.NET: ctl00$main$password; PHP: user[password]
      const std::size_t part = core.find_last_of("$[:\n\r");
      if (part != std::string_view::npos) core.remove_prefix(part + 1);
      if (!core.empty() && core.back() == ']') core.remove_suffix(1);
      if (is_secret_name(core) || is_secret_name(name)) {
        changed |= overwrite(body, at + equals + 1, end);
      }
    }
    at = end + 1;
  }
  return changed;
}

bool mask_json_secrets(std::string& body) { return JsonMasker{body}.run(); }

bool mask_xml_secrets(std::string& body) { return XmlMasker{body}.run(); }

bool mask_text_secrets(std::string_view content_type, std::string& body) {
  if (body.empty()) return false;
  const std::string type = to_lower(content_type.substr(0, content_type.find(';')));
  const auto names = [&](std::string_view word) { return type.find(word) != std::string::npos; };
  const bool form = names("x-www-form-urlencoded"), json = names("json");
  if ((form || json) && is_wide_text(body)) return overwrite(body, 0, body.size());
  const bool markup = names("xml") || names("html");
  // Signed, encrypted and binary kinds are nothing that these could read.
  const bool any = type.empty() || names("text/plain") || names("octet-stream") ||
                   names("javascript") || type == "message/http";
  if (!form && !json && !markup && !any) return false;
  const std::size_t first = std::min(body.find_first_not_of(" \t\r\n"), body.size());
  const char begin = first < body.size() ? body[first] : '\0';
  bool changed = false;
  if (json || (any && (begin == '{' || begin == '['))) {
    changed = mask_json_secrets(body);
  } else if (markup || (any && begin == '<')) {
    changed = mask_xml_secrets(body);
  } else if (form || looks_like_form(body)) {
    changed = mask_form_secrets(body);
  }
  return mask_echoed_credentials(body) || changed;
}

bool may_hold_wbxml_secrets(std::string_view body) {
  // SWITCH_PAGE to one of the three pages, [MS-ASWBXML] 2.1.2.1; 0x55 and 0x5F are the tags with
  // content.
  bool page = false;
  for (std::size_t at = body.find('\0'); at != std::string_view::npos && !page;
       at = body.find('\0', at + 1)) {
    const unsigned char number = octet_at(body, at + 1);
    page = number == codepages::settings::kPassword.page ||
           number == codepages::search::kPassword.page ||
           number == codepages::item_operations::kPassword.page;
  }
  return page && std::any_of(body.begin(), body.end(), [](char octet) {
           const unsigned tag = static_cast<unsigned char>(octet) & ~0x80U;
           return tag == 0x55 || tag == 0x5F || octet == '\x95' || octet == '\x9F';
         });
}

bool mask_wbxml_secrets(const wbxml::Document& document, std::string& body) {
  bool changed = false;
  for (std::size_t index = 0; index < document.nodes.size(); ++index) {
    const wbxml::Node& secret = document.nodes[index];
    if (!is_secret(secret.tag)) continue;
    for (std::size_t i = index; i < secret.end && i < document.nodes.size(); ++i) {
      const wbxml::Node& node = document.nodes[i];
      if (node.value_kind == wbxml::ValueKind::entity) {
        changed |= overwrite_entity(body, node.value_offset);
      } else if (node.value_kind != wbxml::ValueKind::none) {
        const std::size_t from = node.value_offset;
        changed |= overwrite_octets(body, from, from + node.value_size);
      }
    }
    if (!secret.closed) {
      // Cut inside: the octets up to the end may be the secret although no value was made of them.
      std::size_t from = std::size_t{secret.offset} + 1;
      if (octet_at(body, from) == kStringInline || octet_at(body, from) == kEntity) {
        ++from;
      } else if (octet_at(body, from) == kOpaque) {
        ++from;
        while ((octet_at(body, from) & 0x80) != 0) ++from;
        ++from;
      }
      changed |= overwrite_octets(body, from, body.size());
    }
  }
  return changed;
}

}  // namespace eastap::http
