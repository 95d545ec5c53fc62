#include "decoder/render/json_writer.hpp"

#include <array>
#include <cstdio>

#include "decoder/base/text.hpp"
#include "decoder/render/eight_octets.hpp"
#include "decoder/render/utf8.hpp"

namespace eastap::render {
namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

/// True when all eight octets are plain ASCII without a control, quote or backslash.
bool eight_plain(const char* at) {
  const EightOctets octets{at};
  return (octets.unprintable() | octets.is('"') | octets.is('\\')) == 0;
}

void append_unit(std::string& out, unsigned unit) {
  std::array<char, 8> text{};
  const int length = std::snprintf(text.data(), text.size(), "\\u%04x", unit & 0xFFFFU);
  out.append(text.data(), static_cast<std::size_t>(length));
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t from = 0;
  std::size_t at = 0;
  const auto flush = [&] { out.append(text, from, at - from); };
  while (at < text.size()) {
    if (text.size() - at >= 8 && eight_plain(text.data() + at)) {
      at += 8;
      continue;
    }
    if (is_plain(text[at])) {
      ++at;
      continue;
    }
    const CodePoint c = code_point_at(text, at);
    if (c.valid && c.value >= 0x80 && !acts_on_display(c.value)) {
      at += c.length;
      continue;
    }
    flush();
    at += c.length;
    from = at;
    if (!c.valid) {
      out += "\xEF\xBF\xBD";
      continue;
    }
    switch (c.value) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      // the records are shown on terminals: what acts on one is written as its number
      default: append_unit(out, static_cast<unsigned>(c.value));
    }
  }
  flush();
  out += '"';
}

void JsonWriter::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonWriter::begin_object() {
  separate();
  out_ += '{';
  first_ = true;
}

void JsonWriter::end_object() {
  out_ += '}';
  first_ = false;
}

void JsonWriter::begin_array() {
  separate();
  out_ += '[';
  first_ = true;
}

void JsonWriter::end_array() {
  out_ += ']';
  first_ = false;
}

void JsonWriter::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  first_ = true;  // the value that follows takes no comma
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
}

void JsonWriter::value(bool truth) {
  separate();
  out_ += truth ? "true" : "false";
}

void JsonWriter::value(std::int64_t number) {
  separate();
  out_ += std::to_string(number);
}

void JsonWriter::value(std::uint64_t number) {
  separate();
  out_ += std::to_string(number);
}

void JsonWriter::null() {
  separate();
  out_ += "null";
}

void JsonWriter::thousandths(std::int64_t number) {
  separate();
  const bool negative = number < 0;
  const std::uint64_t size = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(number)
                                      : static_cast<std::uint64_t>(number);
  if (negative) out_ += '-';
  out_ += std::to_string(size / 1'000);
  if (std::uint64_t rest = size % 1'000; rest != 0) {
    std::array<char, 4> digits{};
    std::size_t used = 3;
    while (rest % 10 == 0) {
      rest /= 10;
      --used;
    }
    for (std::size_t i = used; i > 0; --i) {
      digits[i - 1] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    }
    out_ += '.';
    out_.append(digits.data(), used);
  }
}

void JsonWriter::octets(std::string_view content) {
  if (is_utf8(content)) {
    member("text", content);
  } else {
    member("base64", to_base64(content));
  }
}

void JsonWriter::time_if(std::string_view name, Timestamp time) {
  if (time != Timestamp{}) member(name, std::string_view{to_rfc3339(time)});
}

}  // namespace eastap::render
