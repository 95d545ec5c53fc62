#include "decoder/findings/context.hpp"

namespace eastap::findings {

std::string words(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  std::string out;
  out.reserve(size);
  for (const std::string_view piece : pieces) out += piece;
  return out;
}

std::string number(std::int64_t value) { return std::to_string(value); }

std::string exchange_number(ExchangeId id) { return "#" + std::to_string(id.value); }

std::string octet_words(std::uint64_t octets) {
  if (octets < 1'000) return std::to_string(octets) + " octets";
  if (octets < 1'000'000) return std::to_string((octets + 500) / 1'000) + " kB";
  return std::to_string((octets + 500'000) / 1'000'000) + " MB";
}

std::string span_of(Timestamp first, Timestamp last) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(last - first).count();
  if (seconds == 0) return "under 1 s";
  if (seconds < 120) return number(seconds) + " s";
  if (seconds < 7'200) return number((seconds + 30) / 60) + " min";
  return number((seconds + 1'800) / 3'600) + " h";
}

std::string times(std::uint64_t count) {
  if (count == 1) return "once";
  if (count == 2) return "twice";
  return std::to_string(count) + " times";
}

std::string failure_list(const std::vector<FailureMark>& failures) {
  constexpr std::size_t kNamed = 5;
  std::string out;
  for (std::size_t index = 0; index < failures.size() && index < kNamed; ++index) {
    const FailureMark& failure = failures[index];
    if (!out.empty()) out += ", ";
    out += exchange_number(failure.mark.exchange);
    switch (failure.kind) {
      case Failure::http_5xx: out += " HTTP " + number(failure.mark.code); break;
      case Failure::sync_5: out += " Sync status 5"; break;
      case Failure::status_110: out += " status 110"; break;
      case Failure::undelivered: out += " answer not delivered"; break;
      case Failure::hang_cut: out += " waiting request cut"; break;
      case Failure::none: break;
    }
  }
  if (failures.size() > kNamed) out += ", …";
  return out;
}

}  // namespace eastap::findings
