#include "decoder/eas/mime.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "decoder/base/text.hpp"
#include "decoder/eas/charset.hpp"

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
    end_octets_ = newline < text_.size() ? 1 : 0;
    at_ = newline + 1;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
      ++end_octets_;
    }
    return line;
  }
  [[nodiscard]] std::size_t end_octets() const { return end_octets_; }  ///< of the last line given

 private:
  std::string_view text_;
  std::size_t at_ = 0, end_octets_ = 0;
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

/// RFC 2231: `charset'language'percent-encoded`.
std::string extended_value(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return percent_decoded(value);
  const auto text = to_utf8(percent_decoded(value.substr(second + 1)), value.substr(0, first));
  // In a charset that is not read here it stays as it stands, charset and all.
  return repaired_utf8(text ? *text : value);
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
  octets = to_utf8(*octets, charset);
  if (!octets) return std::nullopt;
  return EncodedWord{std::move(*octets), end + 2};
}

std::string upper(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return out;
}

std::optional<char> octet_after(std::string_view text, std::size_t equals) {
  if (equals + 2 >= text.size()) return std::nullopt;
  const auto octet = from_hex(text.substr(equals + 1, 2));
  return octet ? std::optional{octet->front()} : std::nullopt;
}

/// The content of one part, a line at a time: its size, and of a calendar the text.
class Content {
 public:
  Content() = default;
  Content(std::string_view coding, bool keeps_text) : keeps_text_{keeps_text} {
    if (equals_ignoring_case(coding, "base64")) coding_ = Coding::base64;
    if (equals_ignoring_case(coding, "quoted-printable")) coding_ = Coding::quoted;
  }

  void take(std::string_view line, std::size_t end_octets) {
    switch (coding_) {
      case Coding::base64: {
        std::string_view text = trimmed(line);
        while (text.ends_with('=')) text.remove_suffix(1);
        characters_ += text.size();
        if (keep(text.size())) text_ += text;
        return;
      }
      case Coding::plain:
        octets_ += pending_ + line.size();
        pending_ = end_octets;
        if (keep(line.size())) text_.append(line).append("\n");
        return;
      case Coding::quoted: take_quoted(line, end_octets); return;
    }
  }

  [[nodiscard]] std::uint64_t octets() const {
    return coding_ == Coding::base64 ? characters_ * 3 / 4 : octets_;
  }
  [[nodiscard]] std::string text() const {
    return coding_ == Coding::base64 ? from_base64(text_).value_or("") : text_;
  }

 private:
  enum class Coding : std::uint8_t { plain, base64, quoted };

  /// Of a calendar enough for its first event; a file beside it is not kept at all.
  [[nodiscard]] bool keep(std::size_t octets) const {
    constexpr std::size_t kMost = 65'536;
    return keeps_text_ && text_.size() + octets < kMost;
  }

  void take_quoted(std::string_view line, std::size_t end_octets) {
    while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    const bool goes_on = line.ends_with('=');
    if (goes_on) line.remove_suffix(1);
    octets_ += pending_;
    const bool kept = keep(line.size());
    for (std::size_t i = 0; i < line.size(); ++i) {
      char c = line[i];
      if (c == '=') {
        if (const auto octet = octet_after(line, i)) {
          c = *octet;
          i += 2;
        }
      }
      ++octets_;
      if (kept) text_ += c;
    }
    pending_ = goes_on ? 0 : end_octets;
    if (!goes_on && kept) text_ += '\n';
  }

  Coding coding_ = Coding::plain;
  bool keeps_text_ = false;
  std::uint64_t characters_ = 0;  ///< of base64
  std::uint64_t octets_ = 0;
  std::size_t pending_ = 0;  ///< the line end before a boundary belongs to that
  std::string text_;
};

/// "mailto:bob@contoso.test" without the scheme.
std::string calendar_address(std::string_view value) {
  value = trimmed(value);
  if (equals_ignoring_case(value.substr(0, 7), "mailto:")) value.remove_prefix(7);
  return repaired_utf8(value);
}

class Reader {
 public:
  Reader(std::string_view message, const MimeLimits& limits)
      : limits_{limits},
        is_cut_{message.size() > limits.octets},
        lines_{message.substr(0, limits.octets)} {}

  MimeFacts read() {
    read_header(lines_, [this](std::string_view name, std::string_view value) {
      take_field(name, value);
      take_part_field(name, value);
    });
    begin_content();
    while (const auto line = lines_.next()) {
      const Boundary boundary =
          line->starts_with("--") ? boundary_of(line->substr(2)) : Boundary::none;
      if (boundary == Boundary::none) {
        if (in_part_) content_.take(*line, lines_.end_octets());
        continue;
      }
      end_content(true);
      if (boundary == Boundary::last) continue;
      part_ = {};
      read_header(lines_, [this](std::string_view name, std::string_view value) {
        take_part_field(name, value);
      });
      begin_content();
    }
    end_content(boundaries_.empty() && !is_cut_);
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
    } else if (equals_ignoring_case(name, "Thread-Index")) {
      facts_.thread_index = trimmed(value).substr(0, limits_.value_octets);
    } else if (equals_ignoring_case(name, "Message-ID")) {
      facts_.message_id = clipped(repaired_utf8(value));
    }
  }

  void take_part_field(std::string_view name, std::string_view value) {
    const bool is_type = equals_ignoring_case(name, "Content-Type");
    if (equals_ignoring_case(name, "Content-Transfer-Encoding")) {
      part_.coding = value.substr(0, 32);
      return;
    }
    if (is_type) {
      const std::string boundary = parameter(value, "boundary");
      if (!boundary.empty() && boundary.size() <= 200 && boundaries_.size() < kMaxBoundaries) {
        boundaries_.push_back(boundary);
      }
      part_.type = to_lower(trimmed(value.substr(0, value.find(';'))).substr(0, 128));
      if (part_.type == "text/calendar") {
        part_.charset = parameter(value, "charset").substr(0, 32);
        if (facts_.calendar_method.empty()) {
          facts_.calendar_method =
              repaired_utf8(upper(std::string_view{parameter(value, "method")}.substr(0, 32)));
        }
      }
    } else if (!equals_ignoring_case(name, "Content-Disposition")) {
      return;
    }
    const std::string file = parameter(value, is_type ? "name" : "filename");
    // The name stands in Content-Type and again, mostly better, in Content-Disposition.
    if (!file.empty() && (part_.file.empty() || !is_type)) {
      part_.file = clipped(repaired_utf8(file));
    }
  }

  void begin_content() {
    in_part_ = true;
    const bool calendar = part_.type == "text/calendar" && !read_calendar_;
    content_ = Content{part_.coding, calendar};
    attachment_.reset();
    if (part_.file.empty() || facts_.attachments.size() >= limits_.attachments) return;
    attachment_ = facts_.attachments.size();
    facts_.attachments.push_back({part_.file, repaired_utf8(part_.type), std::nullopt});
    facts_.attachment_names.push_back(part_.file);
  }

  /// `whole`: the content came to its end, so that its size is known.
  void end_content(bool whole) {
    if (!in_part_) return;
    in_part_ = false;
    if (attachment_ && whole) facts_.attachments[*attachment_].octets = content_.octets();
    if (part_.type != "text/calendar" || read_calendar_) return;
    read_calendar_ = true;
    const std::string text = content_.text();
    read_calendar(to_utf8(text, part_.charset.empty() ? "utf-8" : part_.charset).value_or(text));
  }

  /// The properties that say whose meeting it is, RFC 5545; of the first event.
  void read_calendar(std::string_view text) {
    Lines lines{text};
    std::string property;
    const auto hand_over = [&] {
      take_property(property);
      property.clear();
    };
    while (const auto line = lines.next()) {
      if (line->starts_with(' ') || line->starts_with('\t')) {
        if (property.size() + line->size() < kMaxFieldOctets) property += line->substr(1);
        continue;
      }
      hand_over();
      property = line->substr(0, kMaxFieldOctets);
    }
    hand_over();
  }

  void take_property(std::string_view line) {
    bool quoted = false;
    std::size_t colon = 0;
    for (; colon < line.size() && (quoted || line[colon] != ':'); ++colon) {
      if (line[colon] == '"') quoted = !quoted;
    }
    if (colon >= line.size()) return;
    const std::string name = upper(line.substr(0, std::min(line.find(';'), colon)));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "METHOD") {
      if (facts_.calendar_method.empty()) {
        facts_.calendar_method = repaired_utf8(upper(value.substr(0, 32)));
      }
    } else if (name == "UID") {
      if (facts_.calendar_uid.empty()) facts_.calendar_uid = clipped(repaired_utf8(value));
    } else if (name == "ORGANIZER") {
      if (facts_.organizer.empty()) facts_.organizer = clipped(calendar_address(value));
    } else if (name == "ATTENDEE") {
      if (facts_.attendees.size() < limits_.addresses) {
        facts_.attendees.push_back(clipped(calendar_address(value)));
      }
    }
  }

  enum class Boundary : std::uint8_t { none, next, last };

  [[nodiscard]] Boundary boundary_of(std::string_view rest) const {
    for (const std::string& boundary : boundaries_) {
      if (!rest.starts_with(boundary)) continue;
      const std::string_view after = trimmed(rest.substr(boundary.size()));
      if (after.empty()) return Boundary::next;
      if (after == "--") return Boundary::last;
    }
    return Boundary::none;
  }

  struct Part {
    std::string type, charset, coding, file;
  };

  const MimeLimits& limits_;
  bool is_cut_;  ///< more came than is looked at
  Lines lines_;
  MimeFacts facts_;
  std::vector<std::string> boundaries_;
  Part part_;
  Content content_;
  bool in_part_ = false, read_calendar_ = false;
  std::optional<std::size_t> attachment_;  ///< that the content at hand is of
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
