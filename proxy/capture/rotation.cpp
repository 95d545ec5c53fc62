#include "proxy/capture/rotation.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "config/config.hpp"

namespace eastap::capture {
namespace {

constexpr std::string_view kSuccessorTime = "-%Y%m%d-%H%M%S";

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         static_cast<unsigned char>(letter) >= 0x80;  // of a local name
}

/// What a field becomes: '0' for a digit, '+' for one or more digits, 'a' for one or more letters,
/// 'z' for a sign or letters, else itself.
std::string_view shape_of(char field) {
  switch (field) {
    case 'Y': return "0000";
    case 'm':
    case 'd':
    case 'H':
    case 'M':
    case 'S':
    case 'y':
    case 'V': return "00";
    case 'j': return "000";
    case 'u': return "0";
    case 's': return "+";
    case 'G': return "0000";
    case 'F': return "0000-00-00";
    case 'T': return "00:00:00";
    case 'a':
    case 'b':
    case 'B':
    case 'Z': return "a";
    default: return {};
  }
}

struct Piece {
  char kind = 'x';  ///< of `shape_of`; 'x': `letter` itself
  char letter = 0;
};

std::vector<Piece> pieces_of(std::string_view pattern) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '%' || at + 1 == pattern.size()) {
      pieces.push_back({'x', pattern[at]});
      continue;
    }
    const char field = pattern[++at];
    const std::string_view shape = shape_of(field);
    if (field == '%') {
      pieces.push_back({'x', '%'});
    } else if (field == 'e') {  // a space in place of a leading zero
      pieces.push_back({'e', 0});
      pieces.push_back({'0', 0});
    } else if (field == 'z') {
      pieces.push_back({'s', 0});
      for (int digit = 0; digit < 4; ++digit) pieces.push_back({'0', 0});
    } else if (shape.empty()) {
      pieces.push_back({'x', '%'});
      pieces.push_back({'x', field});
    } else {
      for (const char kind : shape) {
        const bool varies = kind == '0' || kind == '+' || kind == 'a';
        pieces.push_back(varies ? Piece{kind, 0} : Piece{'x', kind});
      }
    }
  }
  return pieces;
}

bool fits(const Piece& piece, char letter) {
  switch (piece.kind) {
    case '0':
    case '+': return is_digit(letter);
    case 'a': return is_letter(letter);
    case 'e': return is_digit(letter) || letter == ' ';
    case 's': return letter == '+' || letter == '-';
    default: return letter == piece.letter;
  }
}

/// A file name has at most 255 octets and a pattern few pieces that repeat: backtracking is cheap.
bool fit(const std::vector<Piece>& pieces, std::size_t piece, std::string_view name) {
  if (piece == pieces.size()) return name.empty();
  if (name.empty() || !fits(pieces[piece], name[0])) return false;
  const bool repeats = pieces[piece].kind == '+' || pieces[piece].kind == 'a';
  name.remove_prefix(1);
  return fit(pieces, piece + 1, name) ||
         (repeats && !name.empty() && fits(pieces[piece], name[0]) && fit(pieces, piece, name));
}

bool has_field(std::string_view pattern) {
  const auto pieces = pieces_of(pattern);
  return std::any_of(pieces.begin(), pieces.end(),
                     [](const Piece& piece) { return piece.kind != 'x'; });
}

/// "eastap-%Y.eastap" → "eastap-%Y", ".eastap"
std::pair<std::string, std::string> split(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return {name, ""};
  return {name.substr(0, dot), name.substr(dot)};
}

}  // namespace

bool is_due(const RotationLimits& limits, std::uint64_t bytes, Timestamp begun, Timestamp now) {
  if (limits.file_bytes != 0 && bytes >= limits.file_bytes) return true;
  return limits.file_age.count() != 0 && now - begun >= limits.file_age;
}

std::vector<ClosedFile> to_delete(const RotationLimits& limits, std::vector<ClosedFile> closed,
                                  std::uint64_t open_bytes, Timestamp now) {
  std::sort(closed.begin(), closed.end(), [](const ClosedFile& one, const ClosedFile& other) {
    return std::tie(one.written, one.path) < std::tie(other.written, other.path);
  });
  std::uint64_t total = open_bytes;
  for (const ClosedFile& file : closed) total += file.bytes;
  std::vector<ClosedFile> gone;
  for (ClosedFile& file : closed) {
    const bool too_old = limits.kept_age.count() != 0 && now - file.written > limits.kept_age;
    const bool too_much = limits.kept_bytes != 0 && total > limits.kept_bytes;
    if (!too_old && !too_much) break;  // all that follow are younger
    total -= file.bytes;
    gone.push_back(std::move(file));
  }
  return gone;
}

bool Series::folder_is_fixed() const { return !has_field(folder().string()); }

std::filesystem::path Series::next(
    Timestamp now, const std::function<bool(const std::filesystem::path&)>& exists) const {
  std::string pattern = pattern_.filename().string();
  if (!has_field(pattern)) {
    const auto [stem, extension] = split(pattern);
    pattern = stem + std::string{kSuccessorTime} + extension;
  }
  const auto [stem, extension] = split(config::expand_time(pattern, now));
  constexpr int kMost = 10'000;
  for (int number = 1; number <= kMost; ++number) {
    auto path = folder() / (stem + (number == 1 ? "" : "-" + std::to_string(number)) + extension);
    if (!exists(path)) return path;
  }
  return {};
}

bool Series::matches(std::string_view file_name) const {
  if (file_name.size() > 255) return false;
  const auto [stem, extension] = split(pattern_.filename().string());
  // The time of a successor, and the number of one begun in the same second, are both optional.
  std::vector<std::string> stems{stem};
  if (!has_field(stem + extension)) stems.push_back(stem + std::string{kSuccessorTime});
  for (const std::string& one : stems) {
    if (fit(pieces_of(one + extension), 0, file_name)) return true;
    auto numbered = pieces_of(one);
    numbered.push_back({'x', '-'});
    numbered.push_back({'+', 0});
    for (const Piece& piece : pieces_of(extension)) numbered.push_back(piece);
    if (fit(numbered, 0, file_name)) return true;
  }
  return false;
}

}  // namespace eastap::capture
