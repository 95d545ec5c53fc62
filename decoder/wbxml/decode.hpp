#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "decoder/wbxml/document.hpp"

namespace eastap::wbxml {

struct Limits {
  /// Real EAS bodies nest below 20; 60 kB of nested tags is an attack (libwbxml dies of it).
  std::uint16_t depth = 256;
  /// 24 octets a node: bounds memory at ~190 MB for a 32 MiB body of nothing but tags.
  std::uint32_t nodes = 8'000'000;
  /// Octets; offsets are 32-bit.
  std::uint32_t body = 0x7FFF'FFFF;
  /// Octets that STR_T and LITERAL may stand for altogether. ActiveSync uses no string table;
  /// without this, a few octets a reference would unfold to gigabytes in whatever shows the
  /// document.
  std::uint32_t table_octets = 16U << 20;
  /// Remarks kept for one body, beside the first of each code and the one that ended the decoding;
  /// further ones are counted in the last.
  std::uint16_t diagnostics = 64;
};

/// Decodes one WBXML 1.1–1.3 body of ActiveSync, [MS-ASWBXML] 2.1. Iterative; time linear in the
/// body, memory bounded by `limits`. Anything wrong ends in `Document::diagnostics` with its
/// offset:
///
/// - `truncated`: the body ends too early; a value that was cut is kept as far as it came;
/// - `malformed`, `too_deep`, `too_large`: decoding stopped there (`decoded_octets`); it went on
/// after
///   a reference that the string table cannot answer, and ended regularly before octets left over;
/// - `bad_text`: text that is not UTF-8, or a character that does not exist; kept exact;
/// - `unsupported`: header fields that are not ActiveSync's, and what ActiveSync does not use
///   (extensions, attributes, PI); kept exact, decoding went on. Only a version stops it;
/// - `not_found`: a page or token that the tables lack, one remark of each kind.
[[nodiscard]] Document decode(std::shared_ptr<const std::string> body, const Limits& limits = {});

}  // namespace eastap::wbxml
