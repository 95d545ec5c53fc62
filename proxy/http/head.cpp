#include <algorithm>
#include <array>
#include <limits>

#include "decoder/base/text.hpp"
#include "proxy/http/decoder.hpp"

namespace eastap::http {
namespace {

constexpr std::size_t kMaxRemarks = 8;  // a head of nothing but odd lines is told once

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_space(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// The next member of a comma-separated list, `list` advanced behind it. Folds count as blanks.
std::string_view next_member(std::string_view& list) {
  const std::size_t comma = list.find(',');
  const std::string_view member = list.substr(0, comma);
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  return without_space(member);
}

/// "HTTP/1.1": the minor version; nothing when `text` is no version that has this framing.
std::optional<std::uint8_t> minor_version(std::string_view text) {
  constexpr std::string_view name = "HTTP/";
  if (text.size() < name.size() + 1 || !equals_ignoring_case(text.substr(0, name.size()), name)) {
    return std::nullopt;
  }
  text.remove_prefix(name.size());
  if (text.front() != '1') return std::nullopt;
  text.remove_prefix(1);
  if (text.empty()) return std::uint8_t{1};
  if (text.front() != '.' || text.size() < 2 || text.size() > 3) return std::nullopt;
  if (!std::all_of(text.begin() + 1, text.end(), is_digit)) return std::nullopt;
  return text[1] == '0' && text.size() == 2 ? std::uint8_t{0} : std::uint8_t{1};
}

tl::unexpected<Error> no_start_line(std::string detail) {
  return tl::unexpected(Error{Errc::malformed, 0, std::move(detail)});
}

Result<Head> read_request_line(std::string_view line) {
  Head head;
  const auto method_end = std::find_if(line.begin(), line.end(), is_blank);
  head.method = line.substr(0, static_cast<std::size_t>(method_end - line.begin()));
  const std::string_view rest = without_space(line.substr(head.method.size()));
  if (head.method.empty() || rest.empty()) return no_start_line("not a request line of HTTP");
  const std::size_t last_blank = rest.find_last_of(" \t");
  if (last_blank == std::string_view::npos) {
    return no_start_line("a request line without HTTP version");
  }
  const auto minor = minor_version(rest.substr(last_blank + 1));
  if (!minor) {
    return no_start_line(head.method == "PRI" ? "HTTP/2 where HTTP/1.1 was agreed"
                                              : "a request line without HTTP/1.x at its end");
  }
  head.minor_version = *minor;
  head.target = without_space(rest.substr(0, last_blank));
  return head;
}

Result<Head> read_status_line(std::string_view line) {
  Head head;
  const auto version_end = std::find_if(line.begin(), line.end(), is_blank);
  const std::string_view version =
      line.substr(0, static_cast<std::size_t>(version_end - line.begin()));
  const auto minor = minor_version(version);
  if (!minor) return no_start_line("not a status line of HTTP/1.x");
  head.minor_version = *minor;
  const std::string_view rest = without_space(line.substr(version.size()));
  if (rest.size() < 3 || !is_digit(rest[0]) || !is_digit(rest[1]) || !is_digit(rest[2]) ||
      rest[0] == '0' || (rest.size() > 3 && !is_blank(rest[3]))) {
    return no_start_line("a status line without a status of three digits");
  }
  head.status =
      static_cast<std::uint16_t>((rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0'));
  return head;
}

/// What the fields say about the body, gathered before the framing is chosen.
struct BodyFields {
  std::optional<std::uint64_t> length;
  bool length_invalid = false;
  bool length_conflict = false;
  bool has_coding = false;
  bool chunked_last = false;
  bool other_coding = false;
  bool close = false, keep_alive = false, upgrade_listed = false, upgrade = false;
  std::size_t length_at = 0, coding_at = 0;
};

void read_length(std::string_view value, BodyFields& fields) {
  do {
    const std::string_view member = next_member(value);
    const auto number =
        !member.empty() && is_digit(member.front()) ? to_integer(member) : std::nullopt;
    if (!number) {
      fields.length_invalid = true;
    } else if (const auto length = static_cast<std::uint64_t>(*number); !fields.length) {
      fields.length = length;
    } else if (*fields.length != length) {
      fields.length_conflict = true;
    }
  } while (!value.empty());
}

void read_codings(std::string_view value, BodyFields& fields) {
  while (!value.empty()) {
    const std::string_view member = next_member(value);
    const std::string_view name = without_space(member.substr(0, member.find(';')));
    if (name.empty() || equals_ignoring_case(name, "identity")) continue;
    fields.has_coding = true;
    fields.chunked_last = equals_ignoring_case(name, "chunked");
    if (!fields.chunked_last) fields.other_coding = true;
  }
}

void read_connection(std::string_view value, BodyFields& fields) {
  while (!value.empty()) {
    const std::string_view member = next_member(value);
    if (equals_ignoring_case(member, "close")) fields.close = true;
    if (equals_ignoring_case(member, "keep-alive")) fields.keep_alive = true;
    if (equals_ignoring_case(member, "upgrade")) fields.upgrade_listed = true;
  }
}

void read_field(std::string_view name, std::string_view value, std::size_t at, Head& head,
                BodyFields& fields) {
  switch (name.size()) {
    case 6:
      if (equals_ignoring_case(name, "expect")) {
        head.expects_continue = equals_ignoring_case(without_space(value), "100-continue");
      }
      break;
    case 7:
      if (equals_ignoring_case(name, "upgrade")) fields.upgrade = true;
      break;
    case 10:
      if (equals_ignoring_case(name, "connection")) read_connection(value, fields);
      break;
    case 14:
      if (equals_ignoring_case(name, "content-length")) {
        read_length(value, fields);
        fields.length_at = at;
      }
      break;
    case 17:
      if (equals_ignoring_case(name, "transfer-encoding")) {
        read_codings(value, fields);
        fields.coding_at = at;
      }
      break;
    default: break;
  }
}

class Remarks {
 public:
  Remarks(std::vector<Diagnostic>* out, Direction direction) : out_{out}, direction_{direction} {}
  void add(std::size_t at, std::string_view text) {
    if (out_ == nullptr || count_ >= kMaxRemarks) return;
    ++count_;
    out_->push_back({Errc::malformed, at,
                     direction_ == Direction::request ? "request head" : "response head",
                     std::string{text}});
  }

 private:
  std::vector<Diagnostic>* out_;
  Direction direction_;
  std::size_t count_ = 0;
};

Result<Framing> request_framing(const Head& head, const BodyFields& fields, Remarks& remarks) {
  if (head.method == "CONNECT") return Framing::opaque;
  if (fields.has_coding) {
    if (!fields.chunked_last) {
      return tl::unexpected(
          Error{Errc::malformed, fields.coding_at,
                "Transfer-Encoding does not end in chunked, so the end of the body is unknown"});
    }
    if (fields.length) {
      remarks.add(fields.length_at, "Content-Length beside Transfer-Encoding, which counts");
    }
    return Framing::chunked;
  }
  if (fields.length_invalid) {
    return tl::unexpected(Error{Errc::malformed, fields.length_at,
                                "Content-Length is no number, so the end of the body is unknown"});
  }
  return fields.length ? Framing::length : Framing::none;
}

Framing response_framing(const Head& head, const BodyFields& fields, std::string_view answers,
                         Remarks& remarks) {
  if (head.status == 101) return Framing::opaque;
  if (head.status < 200 || head.status == 204 || head.status == 304) return Framing::none;
  if (answers == "HEAD") return Framing::none;
  if (answers == "CONNECT" && head.status < 300) return Framing::opaque;
  if (fields.has_coding) {
    if (fields.length) {
      remarks.add(fields.length_at, "Content-Length beside Transfer-Encoding, which counts");
    }
    if (fields.chunked_last) return Framing::chunked;
    remarks.add(fields.coding_at, "Transfer-Encoding does not end in chunked: read until close");
    return Framing::until_close;
  }
  if (fields.length_invalid) {
    remarks.add(fields.length_at, "Content-Length is no number: read until close");
    return Framing::until_close;
  }
  return fields.length ? Framing::length : Framing::until_close;
}

}  // namespace

Result<Head> read_start_line(std::string_view line, Direction direction) {
  line = without_space(line);
  return direction == Direction::request ? read_request_line(line) : read_status_line(line);
}

Result<Head> read_head(std::string_view text, Direction direction, std::string_view answers,
                       std::vector<Diagnostic>* remarks_out) {
  const std::size_t start_end = std::min(text.find('\n'), text.size());
  Result<Head> result = read_start_line(text.substr(0, start_end), direction);
  if (!result) return result;
  Head& head = *result;
  Remarks remarks{remarks_out, direction};
  BodyFields fields;
  for (std::size_t at = start_end + 1; at < text.size();) {
    // A field reaches over the folded lines that follow it, RFC 9112 5.2.
    std::size_t end = std::min(text.find('\n', at), text.size());
    while (end + 1 < text.size() && is_blank(text[end + 1])) {
      end = std::min(text.find('\n', end + 1), text.size());
    }
    const std::string_view field = text.substr(at, end - at);
    const std::size_t colon = field.find(':');
    if (colon != std::string_view::npos && colon > 0) {
      const std::string_view name = without_space(field.substr(0, colon));
      if (is_space(field[colon - 1]) || is_blank(field.front())) {
        remarks.add(at, "white space around a field name");
      }
      read_field(name, field.substr(colon + 1), at, head, fields);
    } else if (!without_space(field).empty()) {
      remarks.add(at, colon == 0 ? "a field without a name" : "a line without a colon");
    }
    at = end + 1;
  }
  if (fields.length_conflict) {
    remarks.add(fields.length_at, "several Content-Length values that differ: the first counts");
  }
  if (fields.other_coding && fields.chunked_last) {
    remarks.add(fields.coding_at, "a transfer coding besides chunked is left in the body");
  }
  head.keep_alive = fields.close ? false : head.minor_version > 0 || fields.keep_alive;
  head.upgrade = fields.upgrade && fields.upgrade_listed;
  if (direction == Direction::request) {
    const auto framing = request_framing(head, fields, remarks);
    if (!framing) return tl::unexpected(framing.error());
    head.framing = *framing;
  } else {
    head.framing = response_framing(head, fields, answers, remarks);
  }
  if (head.framing == Framing::length) head.content_length = *fields.length;
  return result;
}

}  // namespace eastap::http
