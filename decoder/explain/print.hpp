#pragma once

#include <cstddef>
#include <string>

#include "decoder/explain/explain.hpp"
#include "decoder/render/theme.hpp"

namespace eastap::explain {

/// An answer for people: lines of at most `width` columns where words allow it (at least 40), each
/// ended; everything from outside made printable.
void append_text(std::string& out, const Answer& answer, std::size_t width,
                 const render::Theme& theme);

/// What can be asked, with examples.
void append_overview_text(std::string& out, std::size_t width, const render::Theme& theme);

/// An answer for programs, one object without a line end: `asked`, `entry` (with `kind`, `ask`,
/// `title`, `summary` and the facts by name), `assumed`, `others`, `left_out`, `nearest`.
void append_json(std::string& out, const Answer& answer);
void append_overview_json(std::string& out);

}  // namespace eastap::explain
