#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eastap::portal {

/// A QR code, ISO/IEC 18004: `side` × `side` modules.
struct QrCode {
  std::size_t side = 0;
  std::vector<bool> dark;  ///< row by row
  [[nodiscard]] bool at(std::size_t row, std::size_t column) const {
    return dark[row * side + column];
  }
};

/// `text` in the smallest code that holds it at error correction level M. `side` is 0 when there is
/// none (more than 2 331 octets).
[[nodiscard]] QrCode make_qr(std::string_view text);

/// An SVG element without size of its own, dark on light with the quiet zone of four modules; ""
/// for no code.
[[nodiscard]] std::string qr_svg(const QrCode& code, std::string_view label);

/// Lines of half-block characters, two rows of modules each, every line begun by `indent`, with a
/// quiet zone of two modules (enough for cameras, and short). `coloured`: black on white by escape
/// sequences, right on every background; else light modules are drawn, for a dark terminal.
[[nodiscard]] std::string qr_lines(const QrCode& code, std::string_view indent, bool coloured);

/// Columns that `qr_lines` takes without its indent.
[[nodiscard]] std::size_t qr_width(const QrCode& code);

}  // namespace eastap::portal
