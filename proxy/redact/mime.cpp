#include "proxy/redact/mime.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "decoder/base/text.hpp"

namespace eastap::redact {
namespace {

constexpr std::size_t kMaxBoundaries = 16;  // as eas::read_mime
constexpr std::size_t kLineOctets = 76;     // of base64, RFC 2045 6.8

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view known) { return equals_ignoring_case(known, word); });
}

// What a field says of the message's form, or of its delivery as such.
constexpr std::array<std::string_view, 14> kKeptFields{
    "MIME-Version",   "Content-Transfer-Encoding",
    "Date",           "Importance",
    "Priority",       "X-Priority",
    "Sensitivity",    "X-MS-Has-Attach",
    "Thread-Index",   "Content-Language",
    "Content-Class",  "X-MSMail-Priority",
    "Auto-Submitted", "Resent-Date"};
constexpr std::array<std::string_view, 15> kAddressFields{"From",
                                                          "To",
                                                          "Cc",
                                                          "Bcc",
                                                          "Sender",
                                                          "Reply-To",
                                                          "Resent-To",
                                                          "Resent-From",
                                                          "Resent-Cc",
                                                          "Resent-Bcc",
                                                          "Return-Path",
                                                          "Delivered-To",
                                                          "Resent-Sender",
                                                          "Disposition-Notification-To",
                                                          "Return-Receipt-To"};
constexpr std::array<std::string_view, 9> kKeptParameters{"boundary",  "charset", "method",
                                                          "format",    "delsp",   "type",
                                                          "component", "size",    "creation-date"};
constexpr std::array<std::string_view, 27> kKeptProperties{
    "BEGIN",   "END",    "VERSION",      "METHOD",     "CALSCALE",  "DTSTART",         "DTEND",
    "DTSTAMP", "DUE",    "RRULE",        "EXDATE",     "RDATE",     "RECURRENCE-ID",   "SEQUENCE",
    "STATUS",  "CLASS",  "TRANSP",       "PRIORITY",   "CREATED",   "LAST-MODIFIED",   "DURATION",
    "TRIGGER", "ACTION", "TZOFFSETFROM", "TZOFFSETTO", "COMPLETED", "PERCENT-COMPLETE"};

struct Line {
  std::string_view text, end;
};

std::optional<Line> line_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::nullopt;
  const std::size_t newline = std::min(text.find('\n', at), text.size());
  const std::size_t stop = newline > at && text[newline - 1] == '\r' ? newline - 1 : newline;
  return Line{text.substr(at, stop - at),
              text.substr(stop, std::min(newline + 1, text.size()) - stop)};
}

/// As findings::read_mime_text sees it: without markup nothing but white space.
bool is_blank(std::string_view text) {
  bool inside_tag = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '<') {
      if (equals_ignoring_case(text.substr(at, 6), "<style")) {
        at = std::min(text.find("</", at + 1), text.size() - 1);
      }
      inside_tag = true;
    } else if (text[at] == '>') {
      inside_tag = false;
    } else if (!inside_tag) {
      if (text.substr(at).starts_with("&nbsp;")) {
        at += 5;
      } else if (!is_space(text[at])) {
        return false;
      }
    }
  }
  return true;
}

std::string quoted_undone(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '=') {
      out += text[at];
    } else if (const auto octet = from_hex(text.substr(at + 1, 2)); octet && octet->size() == 1) {
      out += *octet;
      at += 2;
    }
  }
  return out;
}

std::string packed(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return !is_space(c); });
  return out;
}

std::string in_lines(std::string_view text, std::string_view end) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += kLineOctets) {
    out.append(text.substr(at, kLineOctets)).append(end);
  }
  return out;
}

/// `;name=value` with the values of all but known names hidden; quotes and separators stay.
std::string redacted_parameters(const Scope& scope, std::string_view value) {
  const std::size_t first = std::min(value.find(';'), value.size());
  std::string out{value.substr(0, first)};
  for (std::size_t at = first; at < value.size();) {
    const std::size_t name_end = std::min(value.find_first_of("=;", at + 1), value.size());
    out += value.substr(at, name_end - at);
    std::string_view name = value.substr(at + 1, name_end - at - 1);
    while (!name.empty() && is_space(name.front())) name.remove_prefix(1);
    at = name_end;
    if (at >= value.size() || value[at] != '=') continue;
    out += '=';
    ++at;
    while (at < value.size() && is_space(value[at])) out += value[at++];
    const bool quoted = at < value.size() && value[at] == '"';
    std::size_t end = at;
    if (quoted) {
      for (++end; end < value.size() && value[end] != '"'; ++end) {
        if (value[end] == '\\') ++end;
      }
      end = std::min(end, value.size());
    } else {
      end = std::min(value.find(';', at), value.size());
    }
    const std::size_t begin = quoted ? at + 1 : at;
    const std::string_view content = value.substr(begin, end - begin);
    if (quoted) out += '"';
    out +=
        among(kKeptParameters, trimmed(name)) ? std::string{content} : hidden_lines(scope, content);
    at = end;
    if (quoted && at < value.size()) {
      out += '"';
      ++at;
    }
    const std::size_t next = std::min(value.find(';', at), value.size());
    out += hidden_lines(scope, value.substr(at, next - at));
    at = next;
  }
  return out;
}

/// `name="boundary"` of a Content-Type, folding undone.
std::string boundary_of(std::string_view value) {
  const std::size_t at = to_lower(value).find("boundary=");
  if (at == std::string_view::npos) return {};
  std::string_view rest = value.substr(at + 9);
  if (rest.starts_with('"')) return std::string{rest.substr(1, rest.find('"', 1) - 1)};
  return std::string{trimmed(rest.substr(0, rest.find_first_of(";\r\n")))};
}

class Calendar {
 public:
  Calendar(const Scope& scope, std::string_view text) : scope_{scope}, text_{text} {}

  std::string run() {
    std::string logical, end;
    std::size_t at = 0;
    bool begun = false;
    while (const auto line = line_at(text_, at)) {
      at += line->text.size() + line->end.size();
      if (begun && (line->text.starts_with(' ') || line->text.starts_with('\t'))) {
        logical += line->text.substr(1);
        continue;
      }
      if (begun) out_ += property(logical) + end;
      logical = line->text;
      end = line->end;
      begun = true;
    }
    if (begun) out_ += property(logical) + end;
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string property(const std::string& line) const {
    if (trimmed(line).empty()) return line;
    bool quoted = false;
    std::size_t colon = 0;
    for (; colon < line.size() && (quoted || line[colon] != ':'); ++colon) {
      if (line[colon] == '"') quoted = !quoted;
    }
    if (colon >= line.size()) return hidden_lines(scope_, line);
    const std::string_view all{line};
    const std::string_view name = all.substr(0, std::min(all.find(';'), colon));
    const std::string_view value = all.substr(colon + 1);
    if (among(kKeptProperties, name)) return line;
    std::string out{name};
    // CN, SENT-BY, DIR … are names; TZID, ROLE, PARTSTAT are not, but nobody needs them to trace
    for (std::size_t at = name.size(); at < colon;) {
      const std::size_t next = std::min(all.find(';', at + 1), colon);
      const std::string_view parameter = all.substr(at + 1, next - at - 1);
      const std::size_t equals = std::min(parameter.find('='), parameter.size());
      out += ';';
      out += plain(parameter.substr(0, equals));
      if (equals < parameter.size()) {
        out += '=' + scope_.names->hidden(parameter.substr(equals + 1));
      }
      at = next;
    }
    out += ':';
    if (equals_ignoring_case(name, "UID")) return out + redacted_uid(scope_, value);
    if (equals_ignoring_case(name, "ORGANIZER") || equals_ignoring_case(name, "ATTENDEE")) {
      return out + redacted_addresses(scope_, value);
    }
    return plain(name) == name ? out + scope_.names->hidden(value)
                               : scope_.names->hidden(name) + ":" + scope_.names->hidden(value);
  }

  /// A name that RFC 5545 or a vendor could have given.
  [[nodiscard]] std::string plain(std::string_view name) const {
    const auto good = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; };
    return std::all_of(name.begin(), name.end(), good) && name.size() <= 40
               ? std::string{name}
               : scope_.names->hidden(name);
  }

  const Scope& scope_;
  std::string_view text_;
  std::string out_;
};

class Message {
 public:
  Message(const Scope& scope, std::string_view text) : scope_{scope}, text_{text} {}

  std::string run() {
    out_.reserve(text_.size() + 64);
    header();
    std::size_t begin = at_;
    while (const auto line = line_at(text_, at_)) {
      if (line->text.starts_with("--") && is_boundary(line->text.substr(2))) {
        content(text_.substr(begin, at_ - begin));
        out_.append(line->text).append(line->end);
        at_ += line->text.size() + line->end.size();
        part_ = {};
        if (!trimmed(line->text).ends_with("--")) header();
        begin = at_;
        continue;
      }
      at_ += line->text.size() + line->end.size();
    }
    content(text_.substr(begin));
    return std::move(out_);
  }

 private:
  struct Part {
    std::string type, coding;
  };

  [[nodiscard]] bool is_boundary(std::string_view rest) const {
    return std::any_of(boundaries_.begin(), boundaries_.end(), [&](const std::string& boundary) {
      if (!rest.starts_with(boundary)) return false;
      const std::string_view after = trimmed(rest.substr(boundary.size()));
      return after.empty() || after == "--";
    });
  }

  /// Up to the blank line, which is taken too.
  void header() {
    while (const auto line = line_at(text_, at_)) {
      const std::size_t begin = at_;
      at_ += line->text.size() + line->end.size();
      if (line->text.empty()) {
        out_ += line->end;
        return;
      }
      while (const auto more = line_at(text_, at_)) {
        if (!more->text.starts_with(' ') && !more->text.starts_with('\t')) break;
        at_ += more->text.size() + more->end.size();
      }
      field(text_.substr(begin, at_ - begin));
    }
  }

  /// A field with its line ends, folded or not.
  void field(std::string_view whole) {
    const std::size_t colon = whole.find(':');
    if (colon == whole.npos) {
      out_ += hidden_lines(scope_, whole);
      return;
    }
    const std::string_view name = trimmed(whole.substr(0, colon));
    const std::string_view value = whole.substr(colon + 1);
    out_ += is_field_name(name) ? std::string{whole.substr(0, colon)}
                                : hidden_lines(scope_, whole.substr(0, colon));
    out_ += ':';
    if (among(kKeptFields, name)) {
      out_ += without_identities(scope_, value);
      if (equals_ignoring_case(name, "Content-Transfer-Encoding")) {
        part_.coding = to_lower(packed(value));
      }
    } else if (equals_ignoring_case(name, "Content-Type")) {
      part_.type = to_lower(packed(value.substr(0, value.find(';'))));
      const std::string boundary = boundary_of(value);
      if (!boundary.empty() && boundary.size() <= 200 && boundaries_.size() < kMaxBoundaries) {
        boundaries_.push_back(boundary);
      }
      out_ += redacted_parameters(scope_, value);
    } else if (equals_ignoring_case(name, "Content-Disposition")) {
      out_ += redacted_parameters(scope_, value);
    } else if (among(kAddressFields, name)) {
      out_ += redacted_addresses(scope_, value);
    } else if (equals_ignoring_case(name, "Subject")) {
      out_ += subject(value);
    } else {
      out_ += hidden_lines(scope_, value);
    }
  }

  [[nodiscard]] static bool is_field_name(std::string_view name) {
    const auto good = [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
    };
    return name.size() <= 40 && std::all_of(name.begin(), name.end(), good);
  }

  [[nodiscard]] std::string subject(std::string_view value) const {
    const std::size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
    const std::size_t end = value.find_last_not_of("\r\n");
    if (value.find('\n') < end || end == value.npos || end < begin) {
      return hidden_lines(scope_, value);
    }
    return std::string{value.substr(0, begin)} +
           hidden_text(scope_, value.substr(begin, end + 1 - begin)) +
           std::string{value.substr(end + 1)};
  }

  void content(std::string_view body) {
    if (body.empty()) return;
    const bool base64 = part_.coding == "base64", quoted = part_.coding == "quoted-printable";
    const std::string_view end = body.find("\r\n") != body.npos ? "\r\n" : "\n";
    if (part_.type == "text/calendar") {
      if (base64) {
        const auto octets = from_base64(packed(body));
        out_ += octets ? in_lines(to_base64(Calendar{scope_, *octets}.run()), end)
                       : hidden_lines(scope_, body);
      } else {
        out_ += Calendar{scope_, quoted ? soft_breaks_undone(body) : std::string{body}}.run();
      }
      return;
    }
    const bool text = part_.type.empty() || part_.type.starts_with("text/");
    if (text && is_blank(base64   ? from_base64(packed(body)).value_or("x")
                         : quoted ? quoted_undone(body)
                                  : std::string{body})) {
      blank(body, base64);
    } else if (quoted) {
      hide_quoted(body);
    } else {
      out_ += hidden_lines(scope_, body);
    }
  }

  void blank(std::string_view body, bool base64) {
    std::size_t column = 0;
    for (const char c : body) {
      const bool stays = is_space(c) || (base64 && c == '=');
      // "ICAg" is three blanks
      out_ += stays ? c : base64 ? std::string_view{"ICAg"}[column % 4] : ' ';
      if (!is_space(c)) ++column;
    }
  }

  /// Escapes stay escapes, so that the size of the content stays.
  void hide_quoted(std::string_view body) {
    for (std::size_t at = 0; at < body.size();) {
      if (body[at] == '=' && from_hex(body.substr(at + 1, 2)).value_or("").size() == 1) {
        out_ += "=78";  // x
        at += 3;
      } else if (body[at] == '=' || is_space(body[at])) {
        out_ += body[at++];
      } else {
        const std::size_t end = std::min(body.find_first_of("= \t\r\n", at), body.size());
        out_ += scope_.names->hidden(body.substr(at, end - at));
        at = end;
      }
    }
  }

  [[nodiscard]] static std::string soft_breaks_undone(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '=' && text.substr(at + 1).starts_with("\r\n")) {
        at += 2;
      } else if (text[at] == '=' && text.substr(at + 1).starts_with("\n")) {
        at += 1;
      } else {
        out += text[at];
      }
    }
    return out;
  }

  const Scope& scope_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<std::string> boundaries_;
  Part part_;
};

}  // namespace

std::string redacted_mime(const Scope& scope, std::string_view message) {
  return Message{scope, message}.run();
}

}  // namespace eastap::redact
