#include "decoder/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace eastap {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto kBase64Values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kBase64.size(); ++i) {
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  }
  values['-'] = 62;  // the URL-safe alphabet, RFC 4648 5
  values['_'] = 63;
  return values;
}();

unsigned char octet(char c) { return static_cast<unsigned char>(c); }

/// Length of the well-formed UTF-8 sequence at `at`, or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const unsigned char lead = octet(text[at]);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() - at < length) return 0;
  const unsigned char second = octet(text[at + 1]);
  if (second < low || second > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((octet(text[at + i]) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// UTF-8 as a table of shifts: a row an octet holds, six bits a state, the state that follows, and a
// state is the number of bits to shift by. One load, off the path of dependence, and one shift an
// octet, without branches; state 0 is "not UTF-8" and never left.
constexpr std::uint64_t kUtf8Accept = 6;

constexpr auto kUtf8Steps = [] {
  constexpr unsigned accept = 6, tail1 = 12, tail2 = 18, tail3 = 24;
  constexpr unsigned after_e0 = 30, after_ed = 36, after_f0 = 42, after_f4 = 48;
  std::array<std::uint64_t, 256> steps{};
  const auto allow = [&steps](unsigned from, unsigned first, unsigned last, unsigned to) {
    for (unsigned i = first; i <= last; ++i) steps[i] |= std::uint64_t{to} << from;
  };
  allow(accept, 0x00, 0x7F, accept);
  allow(accept, 0xC2, 0xDF, tail1);
  allow(accept, 0xE0, 0xE0, after_e0);
  allow(accept, 0xE1, 0xEC, tail2);
  allow(accept, 0xED, 0xED, after_ed);
  allow(accept, 0xEE, 0xEF, tail2);
  allow(accept, 0xF0, 0xF0, after_f0);
  allow(accept, 0xF1, 0xF3, tail3);
  allow(accept, 0xF4, 0xF4, after_f4);
  allow(tail1, 0x80, 0xBF, accept);
  allow(tail2, 0x80, 0xBF, tail1);
  allow(tail3, 0x80, 0xBF, tail2);
  allow(after_e0, 0xA0, 0xBF, tail1);
  allow(after_ed, 0x80, 0x9F, tail1);
  allow(after_f0, 0x90, 0xBF, tail2);
  allow(after_f4, 0x80, 0x8F, tail2);
  return steps;
}();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool is_utf8(std::string_view text) {
  constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080;
  const auto load = [](const char* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
  };
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t state = kUtf8Accept;
  while (end - at >= 32) {
    if ((state & 63) == kUtf8Accept &&
        ((load(at) | load(at + 8) | load(at + 16) | load(at + 24)) & kHighs) == 0) {
      at += 32;
      continue;
    }
    for (int i = 0; i < 32; ++i) state = kUtf8Steps[octet(*at++)] >> (state & 63);
    if ((state & 63) == 0) return false;
  }
  if ((state & 63) == kUtf8Accept) {
    while (end - at >= 8 && (load(at) & kHighs) == 0) at += 8;
  }
  while (at != end) state = kUtf8Steps[octet(*at++)] >> (state & 63);
  return (state & 63) == kUtf8Accept;
}

std::string repaired_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++at;
    } else {
      out.append(text, at, length);
      at += length;
    }
  }
  return out;
}

std::string to_base64(std::string_view octets) {
  std::string out;
  out.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    const std::size_t have = std::min<std::size_t>(3, octets.size() - at);
    std::uint32_t group = static_cast<std::uint32_t>(octet(octets[at])) << 16;
    if (have > 1) group |= static_cast<std::uint32_t>(octet(octets[at + 1])) << 8;
    if (have > 2) group |= octet(octets[at + 2]);
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= have ? kBase64[(group >> (18 - 6 * i)) & 0x3F] : '=';
    }
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const int value = kBase64Values[octet(c)];
    if (value < 0) return std::nullopt;
    group = (group << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((group >> bits) & 0xFF);
    }
  }
  return out;
}

std::string to_hex(std::string_view octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(octets.size() * 2);
  for (const char c : octets) {
    out += digits[octet(c) >> 4];
    out += digits[octet(c) & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && text.size() - at > 2 && hex_value(text[at + 1]) >= 0 &&
        hex_value(text[at + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
      at += 2;
    } else if (text[at] == '+' && plus_is_space) {
      out += ' ';
    } else {
      out += text[at];
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char letter : text) {
    const auto octet = static_cast<unsigned char>(letter);
    const bool plain = (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
                       (octet >= 'a' && octet <= 'z') || octet == '-' || octet == '.' ||
                       octet == '_' || octet == '~';
    if (plain) {
      out += letter;
    } else {
      out += '%';
      out += kDigits[octet >> 4U];
      out += kDigits[octet & 0x0FU];
    }
  }
  return out;
}

namespace {

/// Eight octets at once, those from A to Z with their bit 0x20 set.
std::uint64_t lower_eight(const char* octets) {
  constexpr std::uint64_t kEach = 0x0101010101010101U;
  std::uint64_t value = 0;
  std::memcpy(&value, octets, sizeof value);
  const std::uint64_t low = value & (0x7F * kEach);
  // In the top bit of each octet: at least A, above Z, ASCII.
  const std::uint64_t from_a = low + (0x80 - 'A') * kEach;
  const std::uint64_t above_z = low + (0x7F - 'Z') * kEach;
  const std::uint64_t letter = (from_a ^ above_z) & ~value & (0x80 * kEach);
  return value | letter >> 2;
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  const std::size_t size = left.size();
  if (size < 8) {
    for (std::size_t at = 0; at < size; ++at) {
      if (lower(left[at]) != lower(right[at])) return false;
    }
    return true;
  }
  for (std::size_t at = 0; at + 8 < size; at += 8) {
    if (lower_eight(left.data() + at) != lower_eight(right.data() + at)) return false;
  }
  return lower_eight(left.data() + size - 8) == lower_eight(right.data() + size - 8);
}

std::string to_lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_rfc3339(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 48> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<Timestamp> from_rfc3339(std::string_view text) {
  // 2026-11-20T14:02:11[.fraction]Z
  const auto number = [&](std::size_t at, std::size_t length) -> std::optional<int> {
    if (at + length > text.size()) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(at, length)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2);
  const auto hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!year || !month || !day || !hour || !minute || !second || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  std::size_t at = 19;
  std::int64_t micros = 0;
  if (at < text.size() && text[at] == '.') {
    std::int64_t scale = 100'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      micros += (text[at] - '0') * scale;
      scale /= 10;
    }
  }
  if (text.substr(at) != "Z" && text.substr(at) != "z") return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return Timestamp{std::chrono::sys_days{date}} + std::chrono::hours{*hour} +
         std::chrono::minutes{*minute} + std::chrono::seconds{*second} + Microseconds{micros};
}

}  // namespace eastap
