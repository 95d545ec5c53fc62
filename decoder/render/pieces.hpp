#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Small pieces of sentences; for this folder only.
namespace eastap::render {

/// `text`, printable, up to `octets` of it; "…" stands for the rest. More of one text from a server
/// says nothing more on a line.
[[nodiscard]] std::string printable_start(std::string_view text, std::size_t octets = 160);

/// `more` behind `out`, with `between` where there is something on both sides.
void join(std::string& out, std::string_view more, std::string_view between = ", ");

/// Path of a target that is not ActiveSync's, behind `host` unless it names one; the values of its
/// query left out: they may be tokens.
[[nodiscard]] std::string target_words(std::string_view target, std::string_view host);

/// "470 s", "30 min".
[[nodiscard]] std::string seconds_words(int seconds);

}  // namespace eastap::render
