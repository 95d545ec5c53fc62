#include "decoder/render/pieces.hpp"

#include <algorithm>

#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"
#include "decoder/render/utf8.hpp"

namespace eastap::render {

std::string printable_start(std::string_view text, std::size_t octets) {
  const std::string_view start = without_cut_sequence(text, octets);
  std::string out = printable(start);
  if (start.size() < text.size()) out += "…";
  return out;
}

void join(std::string& out, std::string_view more, std::string_view between) {
  if (more.empty()) return;
  if (!out.empty()) out += between;
  out += more;
}

std::string target_words(std::string_view target, std::string_view host) {
  if (const std::size_t scheme = target.find("://");
      scheme != std::string_view::npos && scheme < target.find('/')) {
    target.remove_prefix(scheme + 3);
    const std::string_view authority = target.substr(0, target.find('/'));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
      target.remove_prefix(at + 1);
    }
    host = {};
  }
  const std::string_view whole = target;
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  std::string out = printable_start(host, 255);
  out += printable_start(target.substr(0, mark), 512);
  if (mark == std::string_view::npos) return out;
  out += '?';
  std::string_view query = whole.substr(mark + 1);
  for (std::size_t shown = 0; !query.empty(); ++shown) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(query.size(), end + 1));
    if (shown == 8) {
      out += "&…";
      break;
    }
    if (shown != 0) out += '&';
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      out += "…";  // a value without a name
    } else {
      out += printable_start(part.substr(0, equals), 32);
      out += equals + 1 < part.size() ? "=…" : "=";
    }
  }
  return out;
}

std::string seconds_words(int seconds) {
  if (seconds >= 600 && seconds % 60 == 0) return std::to_string(seconds / 60) + " min";
  return grouped(static_cast<std::uint64_t>(std::max(0, seconds))) + " s";
}

}  // namespace eastap::render
