#include "decoder/render/printable.hpp"

#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/render/quantity.hpp"

using namespace eastap;
using namespace eastap::render;

TEST_SUITE("decoder.render.printable") {
  TEST_CASE("no octet sequence brings a control character or invalid UTF-8 to the screen") {
    std::string all;
    for (int first = 0; first < 256; ++first) {
      for (int second = 0; second < 256; second += 5) {
        all += static_cast<char>(first);
        all += static_cast<char>(second);
      }
    }
    const std::string shown = printable(all);
    CHECK(is_utf8(shown));
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const auto octet = static_cast<unsigned char>(shown[i]);
      CHECK_FALSE(octet < 0x20);
      CHECK_FALSE(octet == 0x7F);
      if (octet == 0xC2 && i + 1 < shown.size()) {
        CHECK_FALSE(static_cast<unsigned char>(shown[i + 1]) < 0xA0);  // C1
      }
    }
  }
  TEST_CASE("an escape sequence is shown, not obeyed") {
    CHECK(printable("\x1b]0;owned\x07 \x1b[2J") == "␛]0;owned␇ ␛[2J");
    CHECK(printable("a\r\nb\tc\x7f") == "a␍␊b␉c␡");
    CHECK(printable("\xc2\x9b"
                    "31m") == "<U+009B>31m");
  }
  TEST_CASE("what reorders or hides text is named") {
    CHECK(printable("exe\u202Efdp.txt") == "exe<U+202E>fdp.txt");
    CHECK(printable("a\u2066b\u200Bc\uFEFF") == "a<U+2066>b<U+200B>c<U+FEFF>");
    CHECK(printable("a\u2028b") == "a<U+2028>b");
    CHECK(printable("\U000E0041") == "<U+E0041>");
  }
  TEST_CASE("each octet that is not UTF-8 is one replacement character") {
    CHECK(printable("a\xff\xc3") == "a\uFFFD\uFFFD");
    CHECK(printable("\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD");  // a surrogate
    CHECK(printable("\xc0\xaf") == "\uFFFD\uFFFD");            // overlong '/'
  }
  TEST_CASE("languages and emoji stay as they are") {
    for (const char* text : {"Grüße", "Входящие", "受信トレイ", "e\u0301", "👩\u200D👧", "❤\uFE0F"}) {
      CHECK(printable(text) == text);
    }
  }
  TEST_CASE("a pile of combining marks does not paint over other lines") {
    std::string pile = "a";
    for (int i = 0; i < 40; ++i) pile += "\u0301";
    CHECK(printable(pile).find("<U+0301>") != std::string::npos);
    CHECK(printable("\u0301x").starts_with("<U+0301>"));
  }
  TEST_CASE("width counts columns") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("受信") == 4);
    CHECK(display_width("e\u0301") == 1);
    CHECK(display_width("📧") == 2);
    CHECK(display_width("│→…▲") == 4);
    CHECK(display_width("") == 0);
  }
  TEST_CASE("cutting keeps to the width and to whole characters") {
    CHECK(cut_to_width("Inbox", 5) == "Inbox");
    CHECK(cut_to_width("Inbox(5)", 5) == "Inbo…");
    CHECK(cut_to_width("受信トレイ", 4) == "受…");
    CHECK(cut_to_width("受信トレイ", 5) == "受信…");
    CHECK(cut_to_width("two words", 5) == "two…");
    CHECK(cut_to_width("ab", 0).empty());
    CHECK(cut_to_width("ab", 1) == "…");
    const std::string mixed = "aé受📧e\u0301z";
    for (std::size_t width = 0; width < 12; ++width) {
      CAPTURE(width);
      CHECK(display_width(cut_to_width(mixed, width)) <= width);
      CHECK(is_utf8(cut_to_width(mixed, width)));
    }
  }
  TEST_CASE("a cell is exactly as wide as asked") {
    std::string out;
    append_cell(out, "受信トレイ", 6);
    CHECK(display_width(out) == 6);
    out.clear();
    append_cell(out, "38 ms", 7, Align::right);
    CHECK(out == "  38 ms");
  }
  TEST_CASE("quantities read as people write them") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(48090) == "48 090");
    CHECK(grouped(1234567) == "1 234 567");
    CHECK(size_words(812) == "812 B");
    CHECK(size_words(48200) == "48.2 kB");
    CHECK(size_words(999'990) == "1.0 MB");
    CHECK(duration_words(Microseconds{38'400}) == "38 ms");
    CHECK(duration_words(Microseconds{12'430'000}) == "12.4 s");
    CHECK(duration_words(Microseconds{127'904'000}) == "2:07.9");
    CHECK(duration_words(Microseconds{59'990'000}) == "1:00.0");
    CHECK(duration_words(Microseconds{3'600'000'000}) == "1:00:00");
    CHECK(duration_words(Microseconds{-5}) == "0 ms");
  }
}
