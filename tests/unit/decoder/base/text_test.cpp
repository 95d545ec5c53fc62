#include "decoder/base/text.hpp"

#include <chrono>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "decoder/base/ids.hpp"
#include "decoder/base/result.hpp"

namespace eastap {
namespace {

/// UTF-8 by the letter of RFC 3629 4, as a second opinion.
bool is_utf8_by_the_letter(std::string_view text) {
  std::size_t at = 0;
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto within = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && octet(i) >= low && octet(i) <= high;
  };
  while (at < text.size()) {
    if (within(at, 0x00, 0x7F)) {
      at += 1;
    } else if (within(at, 0xC2, 0xDF) && within(at + 1, 0x80, 0xBF)) {
      at += 2;
    } else if (((within(at, 0xE0, 0xE0) && within(at + 1, 0xA0, 0xBF)) ||
                (within(at, 0xE1, 0xEC) && within(at + 1, 0x80, 0xBF)) ||
                (within(at, 0xED, 0xED) && within(at + 1, 0x80, 0x9F)) ||
                (within(at, 0xEE, 0xEF) && within(at + 1, 0x80, 0xBF))) &&
               within(at + 2, 0x80, 0xBF)) {
      at += 3;
    } else if (((within(at, 0xF0, 0xF0) && within(at + 1, 0x90, 0xBF)) ||
                (within(at, 0xF1, 0xF3) && within(at + 1, 0x80, 0xBF)) ||
                (within(at, 0xF4, 0xF4) && within(at + 1, 0x80, 0x8F))) &&
               within(at + 2, 0x80, 0xBF) && within(at + 3, 0x80, 0xBF)) {
      at += 4;
    } else {
      return false;
    }
  }
  return true;
}

TEST_SUITE("decoder.base.text") {
  TEST_CASE("every one, two and three octets are judged as RFC 3629 says") {
    std::string text(3, '\0');
    for (unsigned a = 0; a < 256; ++a) {
      text[0] = static_cast<char>(a);
      CHECK(is_utf8(text.substr(0, 1)) == is_utf8_by_the_letter(text.substr(0, 1)));
      for (unsigned b = 0; b < 256; ++b) {
        text[1] = static_cast<char>(b);
        bool equal = is_utf8(text.substr(0, 2)) == is_utf8_by_the_letter(text.substr(0, 2));
        for (unsigned c = 0; c < 256; c += 0x0F) {
          text[2] = static_cast<char>(c);
          equal = equal && is_utf8(text) == is_utf8_by_the_letter(text);
        }
        if (!equal) FAIL_CHECK("octets " << a << " " << b);
      }
    }
  }

  TEST_CASE("long texts are judged wherever the odd octet stands") {
    std::mt19937 random{7};
    for (const std::string& character : {std::string{"é"}, std::string{"€"}, std::string{"𝄞"}}) {
      for (std::size_t length = 0; length < 100; ++length) {
        for (const std::size_t at : {std::size_t{0}, length / 2, length}) {
          std::string text(length, 'a');
          text.insert(at, character);
          CHECK(is_utf8(text));
          std::string cut = text;
          cut.erase(at + character.size() - 1, 1);
          CHECK_FALSE(is_utf8(cut));
          std::string flipped = text;
          flipped[random() % flipped.size()] ^= static_cast<char>(1U << (random() % 8));
          CHECK(is_utf8(flipped) == is_utf8_by_the_letter(flipped));
        }
      }
    }
  }

  TEST_CASE("repair replaces exactly the octets that are not UTF-8") {
    CHECK(repaired_utf8("gr\xC3\xBC\xC3\x9F") == "grüß");
    CHECK(repaired_utf8("gr\xFC\xDF") == "gr\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(repaired_utf8("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
    CHECK(is_utf8(repaired_utf8("a\xF0\x9D\x84")));
  }

  TEST_CASE("base64 gives back what it was given") {  // RFC 4648 10
    CHECK(to_base64("") == "");
    CHECK(to_base64("f") == "Zg==");
    CHECK(to_base64("fo") == "Zm8=");
    CHECK(to_base64("foobar") == "Zm9vYmFy");
    std::mt19937 random{1};
    for (std::size_t size = 0; size < 70; ++size) {
      std::string octets(size, '\0');
      for (char& c : octets) c = static_cast<char>(random());
      CHECK(from_base64(to_base64(octets)) == octets);
    }
  }

  TEST_CASE("base64 may be URL-safe and unpadded, and nothing else") {
    CHECK(from_base64("-_-_") == from_base64("+/+/"));
    CHECK(from_base64("Zg") == "f");
    CHECK_FALSE(from_base64("Z"));
    CHECK_FALSE(from_base64("Zm9v YmFy"));
    CHECK_FALSE(from_base64("Zm9v!"));
    CHECK_FALSE(from_base64("Zg==Zg=="));
  }

  TEST_CASE("hex gives back what it was given and refuses the rest") {
    CHECK(to_hex("\x03\x01\x6A") == "03016a");
    CHECK(from_hex("03016A") == "\x03\x01\x6A");
    CHECK_FALSE(from_hex("0"));
    CHECK_FALSE(from_hex("0g"));
  }

  TEST_CASE("broken percent escapes stay as they are") {
    CHECK(percent_decoded("a%20b%2") == "a b%2");
    CHECK(percent_decoded("%zz%") == "%zz%");
    CHECK(percent_decoded("a+b") == "a+b");
    CHECK(percent_decoded("a+b", true) == "a b");
  }

  TEST_CASE("everything but unreserved characters is escaped") {
    CHECK(percent_encoded("CONTOSO\\alice+x@a.test") == "CONTOSO%5Calice%2Bx%40a.test");
  }

  TEST_CASE("names compare without case, in ASCII only") {
    CHECK(equals_ignoring_case("Content-TYPE", "content-type"));
    CHECK_FALSE(equals_ignoring_case("Content-Type", "Content-Typ"));
    CHECK_FALSE(equals_ignoring_case("\xC3\x84", "\xC3\xA4"));  // Ä, ä
    CHECK(to_lower("MS-ASProtocolVersion") == "ms-asprotocolversion");
  }

  TEST_CASE("letters compare without their case, every octet at every place") {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    for (std::size_t size = 1; size <= 17; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        for (int one = 0; one < 256; ++one) {
          std::string left(size, 'q'), right(size, 'Q');
          left[at] = static_cast<char>(one);
          for (const int other : {one, one ^ 0x20, one ^ 0x80, (one + 1) & 0xFF}) {
            right[at] = static_cast<char>(other);
            REQUIRE(equals_ignoring_case(left, right) == (lower(left[at]) == lower(right[at])));
          }
        }
      }
    }
  }

  TEST_CASE("an integer is all digits and fits") {
    CHECK(to_integer("0") == 0);
    CHECK(to_integer("9223372036854775807") == INT64_MAX);
    CHECK_FALSE(to_integer("9223372036854775808"));
    CHECK_FALSE(to_integer(""));
    CHECK_FALSE(to_integer("+1"));
    CHECK_FALSE(to_integer("1 "));
    CHECK_FALSE(to_integer("0x1"));
  }

  TEST_CASE("times go to RFC 3339 and back to the microsecond") {
    using namespace std::chrono;
    const Timestamp time = sys_days{2026y / November / 20} + 14h + 2min + 11s + 208123us;
    CHECK(to_rfc3339(time) == "2026-11-20T14:02:11.208123Z");
    CHECK(from_rfc3339("2026-11-20T14:02:11.208123Z") == time);
    CHECK(from_rfc3339("2026-11-20T14:02:11.2Z") == time - 8123us);
    CHECK(from_rfc3339(to_rfc3339(Timestamp{-1us})) == Timestamp{-1us});
    CHECK_FALSE(from_rfc3339("2026-02-30T14:02:11Z"));
    CHECK_FALSE(from_rfc3339("2026-11-20T24:00:00Z"));
    CHECK_FALSE(from_rfc3339("2026-11-20T14:02:11"));
    CHECK_FALSE(from_rfc3339(""));
  }

  TEST_CASE("every cut of a time is no time") {
    const std::string whole = "2026-11-20T14:02:11.208123Z";
    for (std::size_t kept = 0; kept < whole.size(); ++kept) {
      CAPTURE(kept);
      CHECK_FALSE(from_rfc3339(whole.substr(0, kept)));
    }
  }
}

TEST_SUITE("decoder.base") {
  TEST_CASE("white space is taken off the ends only") {
    CHECK(trimmed(" \t a b\t ") == "a b");
    CHECK(trimmed(" ") == "");
  }

  TEST_CASE("an id of nothing is false, and ids order by number") {
    CHECK_FALSE(ExchangeId{});
    CHECK(ExchangeId{7});
    CHECK(ExchangeId{7} < ExchangeId{8});
  }

  TEST_CASE("each error code has a word of its own") {
    CHECK(to_string(Errc::truncated) == "truncated");
    CHECK(to_string(Errc::io) == "io");
  }
}

}  // namespace
}  // namespace eastap
