#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eastap::findings {

/// What rules need of an outgoing message beyond its headers.
struct MimeText {
  std::string calendar_uid;        ///< of the first text/calendar part
  std::string calendar_organizer;  ///< its address
  bool has_text = false;           ///< some text/* part other than text/calendar
  bool text_blank = true;          ///< … and all of them hold white space or empty markup only
};

/// Reads at most the first 256 KiB. Never fails: what is not understood is left out.
[[nodiscard]] MimeText read_mime_text(std::string_view message);

}  // namespace eastap::findings
