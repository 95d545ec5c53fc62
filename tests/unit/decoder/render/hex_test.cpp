#include "decoder/render/hex.hpp"

#include <sstream>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "decoder/codepages/pages.hpp"
#include "decoder/render/printable.hpp"
#include "tests/unit/decoder/render/samples.hpp"

using namespace eastap;
using namespace eastap::render;
namespace airsync = codepages::airsync;

namespace {

std::string annotated(const std::string& body, HexOptions options = {}) {
  std::string out;
  append_annotated_hex(out, *samples::document(body), options);
  return out;
}

/// The octets that the dump shows, put together again.
std::string shown_octets(const std::string& dump) {
  std::string hex;
  for (std::size_t at = 0; at < dump.size();) {
    const std::size_t end = dump.find('\n', at);
    const std::string line = dump.substr(at, end - at);
    at = end + 1;
    if (line.size() < 20 || line.find_first_not_of("0123456789abcdef", 10) != 18) continue;
    const bool plain = line.size() > 70 && line[70] == '|';
    for (std::size_t i = 0; i < (plain ? 16U : 8U); ++i) {
      const std::size_t column = 20 + 3 * i + i / 8;
      if (column + 1 >= line.size() || line[column] == ' ') break;
      hex += line.substr(column, 2);
    }
  }
  return from_hex(hex).value_or("?");
}

}  // namespace

TEST_SUITE("decoder.render.hex") {
  TEST_CASE("each token of a body is named at its offset") {
    wbxml::Builder body;
    body.open(airsync::kSync).add(airsync::kSyncKey, "12345678901");
    body.open(codepages::airsync_base::kBody).opaque("\x01\x02").close().add({0, 0x3F});
    const std::string dump = annotated(std::move(body).finish());
    CHECK(dump.starts_with(
        "  offset       hex  octets                 depth page  token    meaning\n"
        "       0  00000000  03 01 6a 00                                 WBXML 1.3, public id 1, "
        "UTF-8\n"
        "       4  00000004  45                         1    0  0x05     <Sync>\n"
        "       5  00000005  4b                         2    0  0x0B      <SyncKey>\n"
        "       6  00000006  03 31 32 33 34 35 36 37    3       STR_I      \"12345678901\"\n"
        "      14  0000000e  38 39 30 31 00                                8901.\n"
        "      19  00000013  01                         2       END       </SyncKey>\n"
        "      20  00000014  00 11                              SWITCH    page 17 AirSyncBase\n"
        "      22  00000016  4a                         2   17  0x0A      <Body>\n"
        "      23  00000017  c3 02 01 02                3       OPAQUE     opaque, 2 octets: "
        "\"␁␂\"\n"
        "      27  0000001b  01                         2       END       </Body>\n"
        "      28  0000001c  00 00                              SWITCH    page 0 AirSync\n"
        "      30  0000001e  3f                         2    0  0x3F      <unknown 0x3F/>\n"
        "▲ octet 30: "));
  }
  TEST_CASE("a dump of any cut or flipped body shows all of its octets, and its diagnostics") {
    wbxml::Builder builder;
    builder.open(airsync::kSync).open(airsync::kCollections).add(airsync::kSyncKey, "1");
    builder.open(codepages::airsync_base::kBody).opaque("\x1b[2J").text("x").entity(300);
    const std::string whole = std::move(builder).finish();
    const auto check = [](const std::string& body) {
      const std::string dump = annotated(body);
      CHECK(shown_octets(dump) == body);
      CHECK(dump.find('\x1b') == std::string::npos);
      std::size_t marks = 0;
      for (std::size_t at = dump.find("▲ "); at != std::string::npos; at = dump.find("▲ ", at + 1))
        ++marks;
      CHECK(marks == samples::document(body)->diagnostics.size());
    };
    for (std::size_t kept = 0; kept <= whole.size(); ++kept) check(whole.substr(0, kept));
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int bits = 1; bits < 256; bits += 3) {
        CAPTURE(at);
        CAPTURE(bits);
        std::string flipped = whole;
        flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ bits);
        check(flipped);
      }
    }
  }
  TEST_CASE("a limit ends the dump with a note of the rest") {
    wbxml::Builder body;
    body.open(airsync::kSync).add(airsync::kSyncKey, std::string(100, '1'));
    CHECK(annotated(std::move(body).finish(), {.limit = 16}).find("more octets") !=
          std::string::npos);
  }
  TEST_CASE("lines fit the terminal, meanings being cut") {
    for (const std::size_t columns : {std::size_t{80}, std::size_t{100}, std::size_t{200}}) {
      wbxml::Builder body;
      body.open(airsync::kSync)
          .open(airsync::kCollections)
          .add(airsync::kSyncKey, std::string(300, 'k'));
      std::string dump = annotated(std::move(body).finish(), {.columns = columns});
      append_hexdump(dump, std::string(40, 'x'), {.margin = 4, .columns = columns});
      std::istringstream lines{dump};
      for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(display_width(line) <= columns);
      }
    }
  }
  TEST_CASE("plain octets are dumped sixteen a line") {
    std::string out;
    append_hexdump(out, "<html>\r\n\x1b[2J-0123456789", {.first = 32});
    CHECK(
        out ==
        "      32  00000020  3c 68 74 6d 6c 3e 0d 0a  1b 5b 32 4a 2d 30 31 32  |<html>...[2J-012|\n"
        "      48  00000030  33 34 35 36 37 38 39                              |3456789|\n");
  }
}
