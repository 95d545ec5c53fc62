#include "proxy/portal/qr.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace eastap::portal;

TEST_SUITE("proxy.portal.qr") {
  TEST_CASE("a code has its three finder patterns and fits a terminal of 80 columns") {
    const QrCode code = make_qr("http://[2001:db8:1111:2222:3333:4444:5555:6666]:65535/");
    REQUIRE(code.side >= 21);
    CHECK(qr_width(code) <= 76);
    const auto finder = [&](std::size_t row, std::size_t column) {  // ISO/IEC 18004 6.3.3.1
      return code.at(row, column) && code.at(row, column + 6) && code.at(row + 3, column + 3) &&
             !code.at(row + 1, column + 1) && !code.at(row + 1, column + 5);
    };
    CHECK(finder(0, 0));
    CHECK(finder(0, code.side - 7));
    CHECK(finder(code.side - 7, 0));
  }

  TEST_CASE("text that no code can hold gives none") {
    const QrCode none = make_qr(std::string(4000, 'x'));
    CHECK(none.side == 0);
    CHECK(qr_svg(none, "x").empty());
    CHECK(qr_lines(none, "  ", false).empty());
  }

  TEST_CASE("terminal lines have one width; without colour light modules are drawn") {
    const QrCode code = make_qr("http://192.168.1.5:8888/");
    const std::string lines = qr_lines(code, "   ", false);
    CHECK(std::count(lines.begin(), lines.end(), '\n') ==
          static_cast<std::ptrdiff_t>((qr_width(code) + 1) / 2));
    CHECK(lines.find('\x1b') == std::string::npos);
    CHECK(lines.starts_with("   █"));  // the quiet zone is light
    const std::string coloured = qr_lines(code, "", true);
    CHECK(coloured.starts_with("\x1b[30;107m "));
    CHECK(coloured.ends_with("\x1b[0m\n"));
  }

  TEST_CASE("the SVG's label is escaped") {
    CHECK(qr_svg(make_qr("x"), "a\"<b").find("aria-label=\"a&quot;&lt;b\"") != std::string::npos);
  }
}
