#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Everything eastap prints about traffic: pure functions from values to text. No clock, locale,
/// terminal query or other global state. Functions named `append_…` add to `out` and never clear
/// it.
namespace eastap::render {

/// Text from the network made safe for a terminal or page: always valid UTF-8 on one line. C0
/// controls and DEL become their pictures (ESC is "␛", line feed "␊"), C1 controls, bidi controls,
/// other invisible format characters and non-characters become "<U+009B>", each octet that is not
/// UTF-8 becomes U+FFFD. A joiner between emoji and variation selectors stay.
[[nodiscard]] std::string printable(std::string_view text);
void append_printable(std::string& out, std::string_view text);

/// Columns that `text` takes on a terminal: East-Asian wide and emoji 2, combining marks 0. Never
/// less than what common terminals use, where they differ. Expects printable text; an octet that is
/// not UTF-8 counts 1.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Octets of the longest beginning of `text` that takes at most `width` columns; a combining mark
/// stays with its base.
[[nodiscard]] std::size_t prefix_of_width(std::string_view text, std::size_t width);

/// `text` when it fits into `width` columns, else its beginning and "…", `width` columns at most.
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t width);

enum class Align : unsigned char { left, right };

/// `text` cut to `width` columns and filled up with spaces to exactly that.
void append_cell(std::string& out, std::string_view text, std::size_t width,
                 Align align = Align::left);

}  // namespace eastap::render
