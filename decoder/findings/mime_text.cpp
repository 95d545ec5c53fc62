#include "decoder/findings/mime_text.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "decoder/base/text.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kOctets = 256U << 10;
constexpr std::size_t kParts = 64;
constexpr std::size_t kValue = 256;

/// Head and body of one entity.
struct Entity {
  std::string_view head, body;
};

Entity entity_of(std::string_view text) {
  std::size_t crlf = text.find("\r\n\r\n");
  std::size_t lf = text.find("\n\n");
  if (text.starts_with("\r\n")) return {{}, text.substr(2)};
  if (text.starts_with("\n")) return {{}, text.substr(1)};
  if (crlf == std::string_view::npos && lf == std::string_view::npos) return {text, {}};
  if (crlf < lf) return {text.substr(0, crlf + 2), text.substr(crlf + 4)};
  return {text.substr(0, lf + 1), text.substr(lf + 2)};
}

/// The value of a header, folded lines joined.
std::string header_of(std::string_view head, std::string_view name) {
  for (std::size_t at = 0; at < head.size();) {
    std::size_t end = std::min(head.find('\n', at), head.size());
    std::string_view line = head.substr(at, end - at);
    at = end + 1;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos ||
        !equals_ignoring_case(trimmed(line.substr(0, colon)), name))
      continue;
    std::string value{line.substr(colon + 1)};
    while (at < head.size() && (head[at] == ' ' || head[at] == '\t')) {
      end = std::min(head.find('\n', at), head.size());
      value += head.substr(at, end - at);
      at = end + 1;
    }
    std::erase(value, '\r');
    return std::string{trimmed(value)};
  }
  return {};
}

std::string boundary_of(const std::string& content_type) {
  const std::size_t at = to_lower(content_type).find("boundary=");
  if (at == std::string::npos) return {};
  std::string_view value = std::string_view{content_type}.substr(at + 9);
  if (value.starts_with('"')) return std::string{value.substr(1, value.find('"', 1) - 1)};
  return std::string{trimmed(value.substr(0, value.find(';')))};
}

std::string quoted_printable_undone(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '=') {
      out += text[at];
      continue;
    }
    if (at + 1 < text.size() && (text[at + 1] == '\n' || text[at + 1] == '\r')) {
      at = std::min(text.find('\n', at), text.size() - 1);
    } else if (const auto octet = from_hex(text.substr(at + 1, 2))) {
      out += *octet;
      at += 2;
    } else {
      out += '=';
    }
  }
  return out;
}

std::string decoded_body(const Entity& entity) {
  const std::string coding = to_lower(header_of(entity.head, "Content-Transfer-Encoding"));
  if (coding == "base64") {
    std::string packed;
    std::copy_if(entity.body.begin(), entity.body.end(), std::back_inserter(packed),
                 [](char c) { return static_cast<unsigned char>(c) > ' '; });
    packed.resize(packed.size() / 4 * 4);
    return from_base64(packed).value_or("");
  }
  if (coding == "quoted-printable") return quoted_printable_undone(entity.body);
  return std::string{entity.body};
}

/// Without tags and entities nothing but white space is left.
bool is_blank(std::string_view text) {
  bool inside_tag = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '<') {
      const std::string_view rest = text.substr(at);
      const bool style = rest.size() > 6 && equals_ignoring_case(rest.substr(0, 6), "<style");
      if (style) at = std::min(text.find("</", at + 1), text.size() - 1);
      inside_tag = true;
    } else if (text[at] == '>') {
      inside_tag = false;
    } else if (!inside_tag) {
      if (text.substr(at).starts_with("&nbsp;")) {
        at += 5;
      } else if (std::isspace(static_cast<unsigned char>(text[at])) == 0) {
        return false;
      }
    }
  }
  return true;
}

void read_calendar(MimeText& out, const std::string& text) {
  std::string unfolded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r') continue;
    if (text[at] == '\n' && at + 1 < text.size() && (text[at + 1] == ' ' || text[at + 1] == '\t')) {
      ++at;
      continue;
    }
    unfolded += text[at];
  }
  for (std::size_t at = 0; at < unfolded.size();) {
    const std::size_t end = std::min(unfolded.find('\n', at), unfolded.size());
    const std::string_view line = std::string_view{unfolded}.substr(at, end - at);
    at = end + 1;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, std::min(line.find(';'), colon));
    if (equals_ignoring_case(name, "UID") && out.calendar_uid.empty()) {
      out.calendar_uid = trimmed(line.substr(colon + 1)).substr(0, kValue);
    } else if (equals_ignoring_case(name, "ORGANIZER") && out.calendar_organizer.empty()) {
      const std::size_t mailto = to_lower(line).rfind("mailto:");
      if (mailto != std::string::npos)
        out.calendar_organizer = trimmed(line.substr(mailto + 7)).substr(0, kValue);
    }
  }
}

}  // namespace

MimeText read_mime_text(std::string_view message) {
  MimeText out;
  std::vector<std::string_view> waiting{message.substr(0, kOctets)};
  for (std::size_t index = 0; index < waiting.size() && index < kParts; ++index) {
    const Entity entity = entity_of(waiting[index]);
    const std::string type = header_of(entity.head, "Content-Type");
    const std::string lower = to_lower(type);
    if (lower.starts_with("multipart/")) {
      const std::string mark = "--" + boundary_of(type);
      if (mark.size() == 2) continue;
      std::size_t at = entity.body.find(mark);
      while (at != std::string_view::npos && waiting.size() < kParts) {
        const std::size_t begin = entity.body.find('\n', at);
        if (begin == std::string_view::npos || entity.body.substr(at + mark.size(), 2) == "--")
          break;
        at = entity.body.find(mark, begin);
        waiting.push_back(
            entity.body.substr(begin + 1, at == std::string_view::npos ? at : at - begin - 1));
      }
    } else if (lower.starts_with("text/calendar")) {
      if (out.calendar_uid.empty()) read_calendar(out, decoded_body(entity));
    } else if (lower.empty() || lower.starts_with("text/")) {
      out.has_text = true;
      out.text_blank = out.text_blank && is_blank(decoded_body(entity));
    }
  }
  return out;
}

}  // namespace eastap::findings
