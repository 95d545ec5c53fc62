#include "proxy/http/decoder.hpp"

#include <algorithm>
#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::http {
namespace {

using Kind = Event::Kind;

Event& append(std::vector<Event>& out, Kind kind, std::uint64_t offset, std::string_view octets) {
  Event& event = out.emplace_back();
  event.kind = kind;
  event.offset = offset;
  event.end_offset = offset + octets.size();
  event.octets = octets;
  return event;
}

bool is_token(char c) {  // RFC 9110 5.6.2
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7F;
}

constexpr std::size_t kMethodOctets = 64;  // the longest registered one has 17

/// Whether `c` may stand at `index` of a status line.
bool fits_status_line(char c, std::size_t index) {
  constexpr std::string_view upper = "HTTP/";
  constexpr std::string_view lower = "http/";
  if (index < upper.size()) return c == upper[index] || c == lower[index];
  return !is_control(c);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Index of the first octet in [from, to) that cannot stand in a start line, so that what is not
/// HTTP is known by its first octets and not only at its first line end. `to` when there is none.
std::size_t first_unsound(std::string_view line, std::size_t from, std::size_t to,
                          Direction direction) {
  if (direction == Direction::response) {
    for (std::size_t i = from; i < to; ++i) {
      if (!fits_status_line(line[i], i)) return i;
    }
    return to;
  }
  const std::size_t blank = std::min(line.substr(0, kMethodOctets).find_first_of(" \t"), to);
  for (std::size_t i = from; i < to; ++i) {
    if (i >= blank ? is_control(line[i])
                   : i >= kMethodOctets || (!is_token(line[i]) && line[i] != '\r')) {
      return i;
    }
  }
  return to;
}

}  // namespace

Decoder::Decoder(Direction direction, const Limits& limits)
    : direction_{direction}, limits_{limits} {}

void Decoder::feed(std::span<const std::byte> input, std::vector<Event>& out) {
  emitted_.clear();
  std::string_view rest = as_chars(input);
  while (!rest.empty()) {
    const std::size_t taken = take(rest, out);
    rest.remove_prefix(taken);
    at_ += taken;
  }
}

std::size_t Decoder::take(std::string_view rest, std::vector<Event>& out) {
  if (opaque_next_ && (state_ == State::idle || state_ == State::head)) {
    emitted_ = std::exchange(buffer_, {});
    if (!emitted_.empty()) append(out, Kind::opaque, unit_at_, emitted_);
    state_ = State::opaque;
  }
  switch (state_) {
    case State::idle: {
      // Empty lines before a message, RFC 9112 2.2: some clients end a POST with an extra CRLF.
      const std::size_t begin = std::min(rest.find_first_not_of("\r\n"), rest.size());
      if (begin < rest.size()) begin_section(State::head, at_ + begin);
      return begin;
    }
    case State::head:
    case State::trailers: return take_section(rest, out);
    case State::length_body:
    case State::until_close:
    case State::chunk_data: return take_body(rest, out);
    case State::chunk_size:
    case State::chunk_extension: return take_chunk_size(rest, out);
    case State::chunk_data_end: return take_chunk_end(rest, out);
    case State::opaque: break;
  }
  connect_pending_ = false;
  append(out, Kind::opaque, at_, rest);
  return rest.size();
}

void Decoder::begin_section(State state, std::uint64_t at) {
  state_ = state;
  unit_at_ = at;
  scanned_ = 0;
  line_start_ = 0;
  first_line_done_ = state == State::trailers;
}

std::size_t Decoder::take_section(std::string_view rest, std::vector<Event>& out) {
  const std::size_t before = buffer_.size();
  std::string_view section = rest;
  if (before > 0) {
    buffer_.append(rest.substr(0, limits_.head_bytes + 1 - before));
    section = buffer_;
  }
  const std::string_view visible = section.substr(0, limits_.head_bytes);
  const auto give_up = [&](std::size_t at, Errc code, std::string text) {
    if (before > 0 && emitted_.empty()) {
      buffer_.resize(before);
      emitted_ = std::exchange(buffer_, {});
    }
    broken(unit_at_ + at, code, std::move(text), out);
    if (before > 0) append(out, Kind::opaque, unit_at_, emitted_);
    return std::size_t{0};
  };
  while (true) {
    const std::size_t newline = visible.find('\n', scanned_);
    const std::size_t line_end = std::min(newline, visible.size());
    if (!first_line_done_) {
      const std::size_t bad = first_unsound(visible, scanned_, line_end, direction_);
      if (bad < line_end) {
        return give_up(
            bad, Errc::malformed,
            direction_ == Direction::request ? "not an HTTP request" : "not an HTTP answer");
      }
    }
    scanned_ = line_end;
    if (newline == std::string_view::npos) break;
    const std::string_view line = visible.substr(line_start_, newline - line_start_);
    line_start_ = scanned_ = newline + 1;
    if (!first_line_done_) {
      const auto start = read_start_line(line, direction_);
      if (!start) return give_up(0, start.error().code, start.error().detail);
      first_line_done_ = true;
      continue;
    }
    if (!line.empty() && line != "\r") continue;
    const std::size_t size = newline + 1;
    section = section.substr(0, size);
    if (before > 0) {
      buffer_.resize(size);
      emitted_ = std::exchange(buffer_, {});
      section = emitted_;
    }
    if (state_ == State::trailers) {
      if (size > 2) append(out, Kind::trailers, unit_at_, section);
      message_ended(unit_at_ + size, out);
    } else if (const auto error = head_complete(section, out)) {
      emitted_.resize(std::min(emitted_.size(), before));
      return give_up(error->offset, error->code, error->detail);
    }
    return size - before;
  }
  if (section.size() > limits_.head_bytes) {
    return give_up(limits_.head_bytes, Errc::too_large,
                   state_ == State::head ? "the head is larger than the limit"
                                         : "the trailers are larger than the limit");
  }
  if (before == 0) buffer_.assign(rest);
  return rest.size();
}

std::optional<Error> Decoder::head_complete(std::string_view text, std::vector<Event>& out) {
  const Method method = next_method();
  std::vector<Diagnostic> remarks;
  const auto head = read_head(text, direction_,
                              method == Method::head      ? "HEAD"
                              : method == Method::connect ? "CONNECT"
                                                          : "",
                              &remarks);
  if (!head) return head.error();
  const bool interim =
      direction_ == Direction::response && head->status < 200 && head->status != 101;
  append(out, interim ? Kind::interim : Kind::head, unit_at_, text).head = *head;
  for (Diagnostic& remark : remarks) {
    Event& event = append(out, Kind::remark, unit_at_ + remark.offset, {});
    event.code = remark.code;
    event.text = std::move(remark.text);
  }
  const std::uint64_t end = unit_at_ + text.size();
  if (interim) {
    state_ = State::idle;
    return std::nullopt;
  }
  if (direction_ == Direction::response) answered();
  switch (head->framing) {
    case Framing::none: message_ended(end, out); break;
    case Framing::length:
      remaining_ = head->content_length;
      state_ = State::length_body;
      if (remaining_ == 0) message_ended(end, out);
      break;
    case Framing::chunked: begin_chunk_line(); break;
    case Framing::until_close: state_ = State::until_close; break;
    case Framing::opaque:
      message_ended(end, out);
      state_ = State::opaque;
      connect_pending_ = direction_ == Direction::request;
      break;
  }
  return std::nullopt;
}

std::size_t Decoder::take_body(std::string_view rest, std::vector<Event>& out) {
  const std::string_view piece =
      state_ == State::until_close
          ? rest
          : rest.substr(0, std::min<std::uint64_t>(remaining_, rest.size()));
  append(out, Kind::body, at_, piece);
  if (state_ == State::until_close) return piece.size();
  remaining_ -= piece.size();
  if (remaining_ > 0) return piece.size();
  if (state_ == State::length_body) {
    message_ended(at_ + piece.size(), out);
  } else {
    state_ = State::chunk_data_end;
    after_cr_ = false;
  }
  return piece.size();
}

void Decoder::begin_chunk_line() {
  state_ = State::chunk_size;
  remaining_ = 0;
  line_bytes_ = 0;
  chunk_digits_ = false;
  after_cr_ = false;
}

std::size_t Decoder::take_chunk_size(std::string_view rest, std::vector<Event>& out) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    const auto bad = [&](Errc code, const char* text) {
      broken(at_ + i, code, text, out);
      return i;
    };
    if (++line_bytes_ > limits_.chunk_line_bytes) {
      return bad(Errc::too_large, "a chunk size line is longer than the limit");
    }
    if (c == '\n') {
      if (!chunk_digits_) return bad(Errc::malformed, "a chunk without a size");
      if (remaining_ == 0) {
        begin_section(State::trailers, at_ + i + 1);
      } else {
        state_ = State::chunk_data;
      }
      return i + 1;
    }
    if (state_ == State::chunk_extension) continue;  // names and values mean nothing to anyone
    if (after_cr_) return bad(Errc::malformed, "a lone CR in a chunk size");
    if (const int digit = hex_value(c); digit >= 0) {
      if (remaining_ >> 59 != 0) return bad(Errc::too_large, "a chunk size beyond all bounds");
      remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
      chunk_digits_ = true;
    } else if (c == '\r') {
      after_cr_ = true;
    } else if (chunk_digits_ && (c == ';' || c == ' ' || c == '\t')) {  // blanks: old servers pad
      state_ = State::chunk_extension;
    } else {
      return bad(Errc::malformed, "a chunk size that is no hexadecimal number");
    }
  }
  return rest.size();
}

std::size_t Decoder::take_chunk_end(std::string_view rest, std::vector<Event>& out) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\n') {
      begin_chunk_line();
      return i + 1;
    }
    if (rest[i] != '\r' || after_cr_) {
      broken(at_ + i, Errc::malformed, "a chunk is longer than its size says", out);
      return i;
    }
    after_cr_ = true;
  }
  return rest.size();
}

void Decoder::message_ended(std::uint64_t at, std::vector<Event>& out) {
  append(out, Kind::end, at, {});
  state_ = State::idle;
}

void Decoder::broken(std::uint64_t at, Errc code, std::string text, std::vector<Event>& out) {
  Event& event = append(out, Kind::malformed, at, {});
  event.code = code;
  event.text = std::move(text);
  state_ = State::opaque;
}

void Decoder::peer_closed(std::vector<Event>& out, bool abruptly) {
  emitted_ = std::exchange(buffer_, {});
  const State was = std::exchange(state_, State::idle);
  std::string text;
  switch (was) {
    case State::idle: return;
    case State::opaque: state_ = State::opaque; return;
    case State::until_close:
      if (!abruptly) {
        message_ended(at_, out);
        return;
      }
      text = "cut inside a body that ends with the connection";
      break;
    case State::head: text = "closed inside the head"; break;
    case State::length_body:
      text = "closed with " + std::to_string(remaining_) + " octets of the body missing";
      break;
    case State::chunk_data:
      text = "closed with " + std::to_string(remaining_) + " octets of a chunk missing";
      break;
    case State::chunk_size:
    case State::chunk_extension:
    case State::chunk_data_end: text = "closed before the last chunk"; break;
    case State::trailers: text = "closed after the last chunk, before the empty line"; break;
  }
  const bool in_head = was == State::head;
  Event& event = append(out, Kind::truncated, in_head ? unit_at_ : at_,
                        in_head ? std::string_view{emitted_} : std::string_view{});
  event.code = Errc::truncated;
  event.text = std::move(text);
}

void Decoder::expect(std::string_view method) {
  if (expected_.size() - expected_at_ >= limits_.outstanding) return;
  expected_.push_back(method == "HEAD"      ? Method::head
                      : method == "CONNECT" ? Method::connect
                                            : Method::other);
}

Decoder::Method Decoder::next_method() const {
  return expected_at_ < expected_.size() ? expected_[expected_at_] : Method::other;
}

void Decoder::answered() {
  if (expected_at_ < expected_.size()) ++expected_at_;
  if (expected_at_ == expected_.size()) {
    expected_.clear();
    expected_at_ = 0;
  }
}

void Decoder::become_opaque() {
  opaque_next_ = true;
  connect_pending_ = false;
}

void Decoder::resume_after_connect() {
  if (!connect_pending_) return;
  connect_pending_ = false;
  state_ = State::idle;
}

void Decoder::shrink() {
  if (buffer_.empty()) buffer_.shrink_to_fit();
  emitted_.clear();
  emitted_.shrink_to_fit();
  if (expected_.empty()) expected_.shrink_to_fit();
}

}  // namespace eastap::http
