#include "config/config.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <numeric>

#include "config/invocation.hpp"

namespace eastap::config {

const std::vector<std::string>& default_intercept() {
  static const std::vector<std::string> patterns{
      // What organisations call their Exchange or another ActiveSync server
      "mail.*", "email.*", "webmail.*", "owa.*", "outlook.*", "exchange.*", "exch.*",
      "activesync.*", "eas.*", "mobilemail.*", "pushmail.*", "groupware.*", "legacy.*", "hybrid.*",
      "zpush.*", "z-push.*", "sogo.*", "autodiscover.*",
      // Exchange Online and Outlook.com, with the national clouds
      "outlook.office365.com", "outlook.office.com", "outlook.office365.us", "partner.outlook.cn",
      "autodiscover-s.outlook.com", "autodiscover-s.partner.outlook.cn", "m.outlook.com",
      "s.outlook.com", "m.hotmail.com"};
  return patterns;
}

const std::vector<std::string>& default_tunnel() {
  static const std::vector<std::string> patterns{// Services that refuse any CA but their own, and
                                                 // sign-in pages: nothing to see but broken apps
                                                 "*.apple.com",
                                                 "*.icloud.com",
                                                 "*.google.com",
                                                 "*.googleapis.com",
                                                 "login.microsoftonline.com",
                                                 "login.microsoft.com",
                                                 "login.windows.net",
                                                 "login.live.com"};
  return patterns;
}

const std::vector<std::string>& default_allow() {
  static const std::vector<std::string> networks{
      "127.0.0.0/8",    "::1",      "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
      "169.254.0.0/16", "fc00::/7", "fe80::/10"};
  return networks;
}

std::string_view to_string(TailMode mode) {
  switch (mode) {
    case TailMode::line: return "line";
    case TailMode::xml: return "xml";
    case TailMode::json: return "json";
    case TailMode::off: return "off";
  }
  return "";
}

std::string_view to_string(ColorMode mode) {
  switch (mode) {
    case ColorMode::automatic: return "auto";
    case ColorMode::always: return "always";
    case ColorMode::never: return "never";
  }
  return "";
}

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return "trace";
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
    case LogLevel::off: return "off";
  }
  return "";
}

std::string_view to_string(RedactLevel level) {
  switch (level) {
    case RedactLevel::none: return "none";
    case RedactLevel::content: return "content";
    case RedactLevel::identity: return "identity";
  }
  return "";
}

std::string_view to_string(FailOn severity) {
  switch (severity) {
    case FailOn::info: return "info";
    case FailOn::notice: return "notice";
    case FailOn::warning: return "warning";
    case FailOn::error: return "error";
    case FailOn::never: return "never";
  }
  return "";
}

std::string expand_time(std::string_view pattern, std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::string result;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '%' || at + 1 == pattern.size()) {
      result += pattern[at];
      continue;
    }
    const std::array<char, 3> field{'%', pattern[++at], '\0'};
    std::array<char, 64> text{};
    if (std::string_view{"YmdHMSjyeabBFTsuVGZz%"}.find(field[1]) == std::string_view::npos) {
      result.append(field.data(), 2);  // no field: kept as it is
    } else {
      result.append(text.data(), std::strftime(text.data(), text.size(), field.data(), &parts));
    }
  }
  return result;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  word = word.substr(0, 100);
  const std::string* best = nullptr;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);  // Levenshtein, one row
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t line = 1; line <= word.size(); ++line) {
      std::size_t diagonal = row[0]++;
      for (std::size_t at = 1; at <= candidate.size(); ++at) {
        const std::size_t replaced = diagonal + (word[line - 1] == candidate[at - 1] ? 0 : 1);
        diagonal = row[at];
        row[at] = std::min({replaced, row[at] + 1, row[at - 1] + 1});
      }
    }
    if (row.back() < fewest) {
      fewest = row.back();
      best = &candidate;
    }
  }
  return best != nullptr ? std::optional{*best} : std::nullopt;
}

}  // namespace eastap::config
