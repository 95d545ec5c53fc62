#include "decoder/eas/mime.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "decoder/base/text.hpp"

namespace eastap::eas {
namespace {

// Real messages nest two or three multiparts; each costs one comparison a "--" line.
constexpr std::size_t kMaxBoundaries = 16;
constexpr std::size_t kMaxFieldOctets = 16'384;

/// Gives the lines of a text without their ends.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_{text} {}
  std::optional<std::string_view> next() {
    if (at_ >= text_.size()) return std::nullopt;
    const std::size_t newline = std::min(text_.find('\n', at_), text_.size());
    std::string_view line = text_.substr(at_, newline - at_);
    at_ = newline + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// Calls `take(name, unfolded value)` for each field up to the blank line.
template <class Take>
void read_header(Lines& lines, const Take& take) {
  std::string field;
  const auto hand_over = [&] {
    if (const std::size_t colon = field.find(':'); colon != std::string::npos) {
      const std::string_view all{field};
      take(trimmed(all.substr(0, colon)), trimmed(all.substr(colon + 1)));
    }
    field.clear();
  };
  while (const auto line = lines.next()) {
    if (line->empty()) break;
    if (line->front() == ' ' || line->front() == '\t') {
      if (field.size() + line->size() < kMaxFieldOctets) field.append(" ").append(trimmed(*line));
      continue;
    }
    hand_over();
    field = line->substr(0, kMaxFieldOctets);
  }
  hand_over();
}

/// The value of `;name=value` or `;name="value"` exactly.
std::optional<std::string> plain_parameter(std::string_view value, std::string_view name) {
  for (std::size_t at = value.find(';'); at != std::string_view::npos;) {
    std::string_view rest = trimmed(value.substr(at + 1));
    const std::size_t begin = static_cast<std::size_t>(rest.data() - value.data());
    const std::size_t equals = rest.find_first_of("=;");
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view found = trimmed(rest.substr(0, equals));
    std::string text;
    std::size_t end = equals;
    if (rest[equals] == '=') {
      ++end;
      while (end < rest.size() && (rest[end] == ' ' || rest[end] == '\t')) ++end;
      if (end < rest.size() && rest[end] == '"') {
        for (++end; end < rest.size() && rest[end] != '"'; ++end) {
          if (rest[end] == '\\' && end + 1 < rest.size()) ++end;
          text += rest[end];
        }
      } else {
        const std::size_t stop = std::min(rest.find(';', end), rest.size());
        text = trimmed(rest.substr(end, stop - end));
        end = stop;
      }
    }
    if (equals_ignoring_case(found, name)) return text;
    at = value.find(';', std::min(begin + end, value.size()));
  }
  return std::nullopt;
}

std::string latin_to_utf8(std::string_view text, bool windows);

std::string in_charset(std::string octets, std::string_view charset) {
  if (equals_ignoring_case(charset, "iso-8859-1")) return latin_to_utf8(octets, false);
  if (equals_ignoring_case(charset, "windows-1252")) return latin_to_utf8(octets, true);
  return repaired_utf8(octets);
}

/// RFC 2231: `charset'language'percent-encoded`.
std::string extended_value(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return percent_decoded(value);
  return in_charset(percent_decoded(value.substr(second + 1)), value.substr(0, first));
}

std::string parameter(std::string_view value, const std::string& name) {
  if (const auto extended = plain_parameter(value, name + '*')) return extended_value(*extended);
  if (const auto plain = plain_parameter(value, name)) return decoded_words(*plain);
  std::string whole;
  bool encoded = false;
  for (int i = 0; i < 20; ++i) {
    const std::string piece = name + '*' + std::to_string(i);
    if (const auto extended = plain_parameter(value, piece + '*')) {
      whole += *extended;
      encoded = true;
    } else if (const auto plain = plain_parameter(value, piece)) {
      whole += *plain;
    } else {
      break;
    }
  }
  return encoded ? extended_value(whole) : whole;
}

void append_latin(std::string& out, unsigned point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | point >> 6U);
    out += static_cast<char>(0x80U | (point & 0x3FU));
  } else {
    out += static_cast<char>(0xE0U | point >> 12U);
    out += static_cast<char>(0x80U | (point >> 6U & 0x3FU));
    out += static_cast<char>(0x80U | (point & 0x3FU));
  }
}

std::string latin_to_utf8(std::string_view text, bool windows) {
  // 0x80 to 0x9F of Windows-1252; 0xFFFD where it has no character.
  constexpr std::uint16_t kWindows[32] = {
      0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    unsigned point = static_cast<unsigned char>(c);
    if (windows && point >= 0x80 && point < 0xA0) point = kWindows[point - 0x80];
    append_latin(out, point);
  }
  return out;
}

std::string undo_q(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      out += ' ';
    } else if (text[i] == '=' && i + 2 < text.size()) {
      if (const auto octet = from_hex(text.substr(i + 1, 2))) {
        out += *octet;
        i += 2;
      } else {
        out += '=';
      }
    } else {
      out += text[i];
    }
  }
  return out;
}

struct EncodedWord {
  std::string text;
  std::size_t size = 0;  ///< octets it took
};

/// The encoded word at the front of `text`, when its charset is one that is read here. UTF-8 stays
/// unrepaired: a character may go on in the next word.
std::optional<EncodedWord> encoded_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find("?=", begin);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view encoded = text.substr(begin, end - begin);
  const char coding = text[charset_end + 1];
  std::optional<std::string> octets;
  if (coding == 'B' || coding == 'b') {
    octets = from_base64(encoded);
  } else if (coding == 'Q' || coding == 'q') {
    octets = undo_q(encoded);
  }
  if (!octets) return std::nullopt;
  std::string_view charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));  // RFC 2231 language suffix
  if (equals_ignoring_case(charset, "iso-8859-1")) {
    octets = latin_to_utf8(*octets, false);
  } else if (equals_ignoring_case(charset, "windows-1252")) {
    octets = latin_to_utf8(*octets, true);
  } else if (!equals_ignoring_case(charset, "utf-8") &&
             !equals_ignoring_case(charset, "us-ascii")) {
    return std::nullopt;
  }
  return EncodedWord{std::move(*octets), end + 2};
}

class Reader {
 public:
  Reader(std::string_view message, const MimeLimits& limits)
      : limits_{limits}, lines_{message.substr(0, limits.octets)} {}

  MimeFacts read() {
    read_header(lines_, [this](std::string_view name, std::string_view value) {
      take_field(name, value);
      take_part_field(name, value);
    });
    while (const auto line = lines_.next()) {
      if (!line->starts_with("--") || !is_boundary(line->substr(2))) continue;
      part_named_ = false;
      read_header(lines_, [this](std::string_view name, std::string_view value) {
        take_part_field(name, value);
      });
    }
    return std::move(facts_);
  }

 private:
  std::string clipped(std::string text) const {
    if (text.size() > limits_.value_octets)
      text = repaired_utf8(text.substr(0, limits_.value_octets));
    return text;
  }

  void take_list(std::vector<std::string>& list, std::string_view value) {
    const std::size_t held = facts_.to.size() + facts_.cc.size() + facts_.bcc.size();
    if (held >= limits_.addresses) return;
    for (std::string& address : addresses(value, limits_.addresses - held)) {
      list.push_back(clipped(std::move(address)));
    }
  }

  void take_single(std::string& address, std::string_view value) {
    auto found = addresses(value, 1);
    if (!found.empty() && address.empty()) address = clipped(std::move(found.front()));
  }

  void take_field(std::string_view name, std::string_view value) {
    if (equals_ignoring_case(name, "To")) {
      take_list(facts_.to, value);
    } else if (equals_ignoring_case(name, "Cc")) {
      take_list(facts_.cc, value);
    } else if (equals_ignoring_case(name, "Bcc")) {
      take_list(facts_.bcc, value);
    } else if (equals_ignoring_case(name, "From")) {
      take_single(facts_.from, value);
    } else if (equals_ignoring_case(name, "Sender")) {
      take_single(facts_.sender, value);
    } else if (equals_ignoring_case(name, "Subject")) {
      facts_.subject = clipped(decoded_words(value));
    } else if (equals_ignoring_case(name, "Message-ID")) {
      facts_.message_id = clipped(repaired_utf8(value));
    }
  }

  void take_part_field(std::string_view name, std::string_view value) {
    const bool is_type = equals_ignoring_case(name, "Content-Type");
    if (is_type) {
      const std::string boundary = parameter(value, "boundary");
      if (!boundary.empty() && boundary.size() <= 200 && boundaries_.size() < kMaxBoundaries) {
        boundaries_.push_back(boundary);
      }
      if (equals_ignoring_case(value.substr(0, 13), "text/calendar") &&
          facts_.calendar_method.empty()) {
        std::string method = parameter(value, "method").substr(0, 32);
        std::transform(method.begin(), method.end(), method.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        facts_.calendar_method = repaired_utf8(method);
      }
    } else if (!equals_ignoring_case(name, "Content-Disposition")) {
      return;
    }
    std::string file = parameter(value, is_type ? "name" : "filename");
    if (file.empty()) return;
    if (part_named_) {
      if (!is_type && !facts_.attachment_names.empty()) {
        facts_.attachment_names.back() = clipped(std::move(file));
      }
      return;
    }
    if (facts_.attachment_names.size() >= limits_.attachments) return;
    facts_.attachment_names.push_back(clipped(std::move(file)));
    part_named_ = true;
  }

  bool is_boundary(std::string_view rest) const {
    return std::any_of(boundaries_.begin(), boundaries_.end(), [rest](const std::string& boundary) {
      return rest.starts_with(boundary) && trimmed(rest.substr(boundary.size())).empty();
    });
  }

  const MimeLimits& limits_;
  Lines lines_;
  MimeFacts facts_;
  std::vector<std::string> boundaries_;
  bool part_named_ = false;  ///< the name stands in Content-Type and again in Content-Disposition
};

}  // namespace

MimeFacts read_mime(std::string_view message, const MimeLimits& limits) {
  return Reader{message, limits}.read();
}

std::string decoded_words(std::string_view text) {
  std::string out;
  bool after_word = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '=') {
      if (const auto word = encoded_word(text.substr(at))) {
        out += word->text;
        at += word->size;
        after_word = true;
        continue;
      }
    }
    if (after_word) {
      // White space between two encoded words is not part of the text, RFC 2047 6.2.
      const std::size_t next = std::min(text.find_first_not_of(" \t", at), text.size());
      if (next > at && encoded_word(text.substr(next))) {
        at = next;
        continue;
      }
      after_word = false;
    }
    out += text[at++];
  }
  return repaired_utf8(out);
}

std::vector<std::string> addresses(std::string_view list, std::size_t most) {
  std::vector<std::string> found;
  std::string plain, angle;
  bool has_angle = false, in_angle = false, quoted = false;
  int comment = 0;
  const auto hand_over = [&] {
    const std::string_view address = trimmed(has_angle ? std::string_view{angle} : plain);
    if (!address.empty() && found.size() < most) found.push_back(repaired_utf8(address));
    plain.clear();
    angle.clear();
    has_angle = in_angle = false;
  };
  for (std::size_t i = 0; i < list.size() && found.size() < most; ++i) {
    const char c = list[i];
    if (c == '\\' && (quoted || comment > 0) && i + 1 < list.size()) {
      ++i;
    } else if (quoted) {
      quoted = c != '"';
    } else if (comment > 0) {
      comment += c == '(' ? 1 : c == ')' ? -1 : 0;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '(') {
      comment = 1;
    } else if (c == '<') {
      has_angle = in_angle = true;
      angle.clear();
    } else if (c == '>') {
      in_angle = false;
    } else if (in_angle) {
      angle += c;
    } else if (c == ',' || c == ';') {
      hand_over();
    } else if (c == ':') {
      plain.clear();  // the name of a group
    } else {
      plain += c;
    }
  }
  hand_over();
  return found;
}

}  // namespace eastap::eas
