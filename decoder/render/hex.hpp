#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "decoder/wbxml/document.hpp"

namespace eastap::render {

struct HexOptions {
  std::size_t limit = 0;    ///< octets shown, with a note of the rest; 0: all
  std::size_t margin = 0;   ///< spaces before every line
  std::uint64_t first = 0;  ///< offset that the first octet is shown with
  std::size_t columns = 0;  ///< of the terminal; below 100 offsets are decimal only. 0: none
};

/// Offset, 16 octets and their ASCII a line, like `hexdump -C` with decimal offsets beside.
void append_hexdump(std::string& out, std::string_view octets, const HexOptions& options = {});

/// The whole body of a document, token by token: offset (decimal and hex), octets, code page, depth
/// and what they mean; then each diagnostic at its place (`▲`). From where decoding stopped on,
/// plain hexdump. Meanings are cut at `columns`, where that leaves 20 of them.
void append_annotated_hex(std::string& out, const wbxml::Document& document,
                          const HexOptions& options = {});

}  // namespace eastap::render
