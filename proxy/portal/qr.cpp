#include "proxy/portal/qr.hpp"

#include <memory>

#include <qrencode.h>

#include "proxy/portal/markup.hpp"

namespace eastap::portal {
namespace {

constexpr std::size_t kPaperQuiet = 4;  // ISO/IEC 18004 9.1
constexpr std::size_t kTerminalQuiet = 2;

struct Release {
  void operator()(QRcode* code) const noexcept { QRcode_free(code); }
};

}  // namespace

QrCode make_qr(std::string_view text) {
  QrCode code;
  const std::string whole{text};
  const std::unique_ptr<QRcode, Release> made{
      QRcode_encodeString8bit(whole.c_str(), 0, QR_ECLEVEL_M)};
  if (!made) return code;
  code.side = static_cast<std::size_t>(made->width);
  code.dark.reserve(code.side * code.side);
  for (std::size_t at = 0; at < code.side * code.side; ++at) {
    code.dark.push_back((made->data[at] & 1U) != 0);  // qrencode.h: the lowest bit is the colour
  }
  return code;
}

std::string qr_svg(const QrCode& code, std::string_view label) {
  if (code.side == 0) return {};
  const std::string side = std::to_string(code.side + 2 * kPaperQuiet);
  std::string path;
  for (std::size_t row = 0; row < code.side; ++row) {
    for (std::size_t column = 0; column < code.side; ++column) {
      if (!code.at(row, column)) continue;
      std::size_t length = 1;
      while (column + length < code.side && code.at(row, column + length)) ++length;
      path += 'M' + std::to_string(column + kPaperQuiet) + ' ' + std::to_string(row + kPaperQuiet) +
              'h' + std::to_string(length) + "v1h-" + std::to_string(length) + 'z';
      column += length;
    }
  }
  return R"(<svg class="qr" role="img" aria-label=")" + escaped(label) +
         R"(" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" + side + ' ' + side +
         R"(" shape-rendering="crispEdges"><rect width=")" + side + R"(" height=")" + side +
         R"(" fill="#fff"/><path fill="#000" d=")" + path + R"("/></svg>)";
}

std::size_t qr_width(const QrCode& code) {
  return code.side == 0 ? 0 : code.side + 2 * kTerminalQuiet;
}

std::string qr_lines(const QrCode& code, std::string_view indent, bool coloured) {
  std::string out;
  const std::size_t width = qr_width(code);
  const auto dark = [&](std::size_t row, std::size_t column) {
    if (row < kTerminalQuiet || column < kTerminalQuiet) return false;
    row -= kTerminalQuiet;
    column -= kTerminalQuiet;
    return row < code.side && column < code.side && code.at(row, column);
  };
  for (std::size_t row = 0; row < width; row += 2) {
    out += indent;
    if (coloured) out += "\x1b[30;107m";  // black on bright white
    for (std::size_t column = 0; column < width; ++column) {
      // In colour a block is ink; without, it is light.
      const bool upper = dark(row, column) == coloured;
      const bool lower = (row + 1 < width && dark(row + 1, column)) == coloured;
      out += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    if (coloured) out += "\x1b[0m";
    out += '\n';
  }
  return out;
}

}  // namespace eastap::portal
