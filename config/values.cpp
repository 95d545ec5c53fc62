#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <arpa/inet.h>

namespace eastap::config {

namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kTimeUnits{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 16> kSizeUnits{{{"B", 1},
                                           {"k", 1024},
                                           {"K", 1024},
                                           {"M", 1ULL << 20U},
                                           {"G", 1ULL << 30U},
                                           {"KiB", 1024},
                                           {"kiB", 1024},
                                           {"MiB", 1ULL << 20U},
                                           {"GiB", 1ULL << 30U},
                                           {"kB", 1000},
                                           {"KB", 1000},
                                           {"MB", 1'000'000},
                                           {"GB", 1'000'000'000},
                                           {"TiB", 1ULL << 40U},
                                           {"TB", 1'000'000'000'000},
                                           {"T", 1ULL << 40U}}};

/// Takes digits from the front of `text`.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool multiplied(std::uint64_t& number, std::uint64_t factor) {
  if (number > std::numeric_limits<std::int64_t>::max() / factor) return false;
  number *= factor;
  return true;
}

template <std::size_t Count>
const Unit* take_unit(std::string_view& text, const std::array<Unit, Count>& units) {
  std::size_t length = 0;
  while (length < text.size() && (text[length] < '0' || text[length] > '9')) ++length;
  for (const Unit& unit : units) {
    if (text.substr(0, length) == unit.name) {
      text.remove_prefix(length);
      return &unit;
    }
  }
  return nullptr;
}

template <class Enum, std::size_t Count>
Enum word_from(std::string_view text, const std::array<Enum, Count>& all) {
  std::string words;
  for (const Enum one : all) {
    if (text == to_string(one)) return one;
    words += (words.empty() ? "" : one == all.back() ? " or " : ", ") + std::string{to_string(one)};
  }
  throw Complaint{in_quotes(text) + " is none of " + words};
}

}  // namespace

bool is_literal(const std::string& address) {
  std::array<unsigned char, 16> octets{};
  return inet_pton(AF_INET, address.c_str(), octets.data()) == 1 ||
         inet_pton(AF_INET6, address.c_str(), octets.data()) == 1;
}

Endpoint endpoint_from(std::string_view text, std::string_view whole, std::string_view wanted) {
  const auto bad = [&] { return Complaint{in_quotes(whole) + " is not " + std::string{wanted}}; };
  Endpoint endpoint;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) throw bad();
    endpoint.address = text.substr(1, close - 1);
    if (!is_literal(endpoint.address)) throw bad();
    port = text.substr(close + 1);
    if (!port.starts_with(':')) throw bad();
    port.remove_prefix(1);
  } else {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
      throw bad();
    endpoint.address = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (endpoint.address.find_first_of(" \t/@") != std::string::npos) throw bad();
  if (!port.empty()) {
    std::uint64_t number = 0;
    if (!take_number(port, number) || !port.empty() || number > 65535) throw bad();
    endpoint.port = static_cast<std::uint16_t>(number);
  }
  return endpoint;
}

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char letter : text) {
    const auto octet = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      result += '\\';
      result += letter;
    } else if (octet < 0x20 || octet == 0x7f) {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      result += "\\u00";
      result += kDigits[octet >> 4U];
      result += kDigits[octet & 15U];
    } else {
      result += letter;
    }
  }
  return result + '"';
}

milliseconds duration_from(std::string_view text) {
  const auto bad = [&] {
    return Complaint{in_quotes(text) + " is not a duration; write 250ms, 30s, 5m, 2h or 1h30m"};
  };
  std::string_view rest = text;
  std::uint64_t total = 0;
  if (rest.empty()) throw bad();
  while (!rest.empty()) {
    std::uint64_t number = 0;
    if (!take_number(rest, number)) throw bad();
    std::uint64_t factor = 1000;
    if (!rest.empty()) {
      const Unit* unit = take_unit(rest, kTimeUnits);
      if (unit == nullptr) throw bad();
      factor = unit->factor;
    } else if (total != 0) {
      throw bad();  // "1h30": minutes or seconds?
    }
    if (!multiplied(number, factor) || number > std::numeric_limits<std::int64_t>::max() - total)
      throw bad();
    total += number;
  }
  return milliseconds{static_cast<std::int64_t>(total)};
}

std::string to_text(milliseconds duration) {
  auto rest = static_cast<std::uint64_t>(duration.count());
  if (rest == 0) return "0s";
  std::string text;
  for (std::size_t at = kTimeUnits.size(); at-- > 0;) {
    const Unit& unit = kTimeUnits[at];
    if (unit.name == "d") continue;  // hours read better: "48h"
    if (const std::uint64_t count = rest / unit.factor; count > 0) {
      text += std::to_string(count) + std::string{unit.name};
      rest %= unit.factor;
    }
  }
  return text;
}

std::uint64_t size_from(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  const Unit* unit = &kSizeUnits.front();
  bool good = take_number(rest, number);
  if (good && !rest.empty()) {
    unit = take_unit(rest, kSizeUnits);
    good = unit != nullptr && rest.empty();
  }
  if (!good || !multiplied(number, unit->factor)) {
    throw Complaint{in_quotes(text) + " is not a size; write 65536, 64KiB or 32MiB"};
  }
  return number;
}

std::string size_text(std::uint64_t octets) {
  for (const auto& [name, factor] :
       {Unit{"GiB", 1ULL << 30U}, Unit{"MiB", 1ULL << 20U}, Unit{"KiB", 1024}}) {
    if (octets >= factor && octets % factor == 0)
      return std::to_string(octets / factor) + std::string{name};
  }
  return std::to_string(octets);
}

std::uint64_t number_from(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  if (!take_number(rest, number) || !rest.empty())
    throw Complaint{in_quotes(text) + " is not a whole number"};
  return number;
}

double speed_from(std::string_view text) {
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !std::isfinite(speed) || speed < 0 || (speed > 0 && speed < 0.001) ||
      speed > 1'000'000) {
    throw Complaint{
        in_quotes(text) +
        " is not a speed; write 1 for real time, 10 for ten times that, 0 for as fast as "
        "it reads"};
  }
  return speed;
}

bool truth_from(std::string_view text) {
  for (const std::string_view word : {"true", "yes", "on", "1"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"false", "no", "off", "0"}) {
    if (text == word) return false;
  }
  throw Complaint{in_quotes(text) + " is neither true nor false"};
}

Endpoint listen_from(std::string_view text) {
  constexpr std::string_view kWanted =
      "ADDR:PORT; write for example 0.0.0.0:8888, 127.0.0.1:0 or [::]:8888";
  Endpoint endpoint = endpoint_from(text, text, kWanted);
  if (endpoint.address.empty()) endpoint.address = "0.0.0.0";
  if (endpoint.address == "localhost") endpoint.address = "127.0.0.1";
  // Port 0 is a choice of its own here, so it must be written.
  if (!is_literal(endpoint.address) || text.ends_with(':'))
    throw Complaint{in_quotes(text) + " is not " + std::string{kWanted}};
  return endpoint;
}

ConnectTo connect_to_from(std::string_view text) {
  constexpr std::string_view kWanted =
      "HOST:PORT=ADDR:PORT; write for example mail.example.com:443=127.0.0.1:8443";
  const std::size_t middle = text.find('=');
  if (middle == std::string_view::npos)
    throw Complaint{in_quotes(text) + " is not " + std::string{kWanted}};
  return {endpoint_from(text.substr(0, middle), text, kWanted),
          endpoint_from(text.substr(middle + 1), text, kWanted)};
}

TailMode tail_from(std::string_view text) {
  return word_from(text, std::array{TailMode::line, TailMode::xml, TailMode::json, TailMode::off});
}
ColorMode color_from(std::string_view text) {
  return word_from(text, std::array{ColorMode::automatic, ColorMode::always, ColorMode::never});
}
LogLevel log_level_from(std::string_view text) {
  return word_from(text, std::array{LogLevel::trace, LogLevel::debug, LogLevel::info,
                                    LogLevel::warning, LogLevel::error, LogLevel::off});
}
FailOn fail_on_from(std::string_view text) {
  return word_from(text, std::array{FailOn::info, FailOn::notice, FailOn::warning, FailOn::error,
                                    FailOn::never});
}

const std::vector<std::string>& rule_keys() {
  static const std::vector<std::string> keys{"enabled", "severity", "threshold", "window_seconds",
                                             "escalate_at"};
  return keys;
}

void set_rule(RuleOverride& rule, std::string_view key, const std::string& value) {
  constexpr std::uint64_t kLongestWindow = 366ULL * 86'400;
  if (key == "enabled") {
    rule.enabled = truth_from(value);
  } else if (key == "severity") {
    if (value == "never") {
      throw Complaint{
          in_quotes(value) +
          " is none of info, notice, warning or error; to switch a rule off, set enabled "
          "to false"};
    }
    (void)word_from(value,
                    std::array{FailOn::info, FailOn::notice, FailOn::warning, FailOn::error});
    rule.severity = value;
  } else if (key == "window_seconds") {
    const std::uint64_t seconds = number_from(value);
    if (seconds == 0 || seconds > kLongestWindow)
      throw Complaint{value + " is outside 1 to 31622400 seconds"};
    rule.window = std::chrono::seconds{static_cast<std::int64_t>(seconds)};
  } else if (key == "threshold" || key == "escalate_at") {
    const std::uint64_t number = number_from(value);
    if (number == 0 || number > 1'000'000'000)
      throw Complaint{value + " is outside 1 to 1000000000"};
    (key == "threshold" ? rule.threshold : rule.escalate_at) = number;
  } else {
    std::string known;
    for (const std::string& one : rule_keys()) known += (known.empty() ? "" : ", ") + one;
    throw Complaint{"a rule has no " + in_quotes(key) + ", only " + known};
  }
}

const std::vector<std::string>& mute_keys() {
  static const std::vector<std::string> keys{"rule", "host", "user", "device", "folder"};
  return keys;
}

void set_mute(MuteRule& mute, std::string_view key, const std::string& value) {
  if (value.empty()) throw Complaint{in_quotes(key) + " of a mute is empty"};
  std::string& member = key == "rule"     ? mute.rule
                        : key == "host"   ? mute.host
                        : key == "user"   ? mute.user
                        : key == "device" ? mute.device
                                          : mute.folder;
  if (std::find(mute_keys().begin(), mute_keys().end(), key) == mute_keys().end()) {
    throw Complaint{"a mute has no " + in_quotes(key) +
                    ", only rule, host, user, device and folder"};
  }
  member = value;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t first = part.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    part = part.substr(first, part.find_last_not_of(" \t") - first + 1);
    parts.emplace_back(part);
  }
  return parts;
}

}  // namespace eastap::config
