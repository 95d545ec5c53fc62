#include "decoder/eas/values/user_agent.hpp"

#include <iterator>

namespace eastap::eas::values {
namespace {

struct Build {
  std::string_view build, version;
};

// Builds as released. Of one that is not here the number in front still tells the major version,
// which it shares with its neighbours; one with a number that none has is shown as the build alone.
constexpr Build kBuilds[] = {
    {"10A403", "6.0"},    {"10B141", "6.1"},    {"10B329", "6.1.3"},  {"11A465", "7.0"},
    {"11B511", "7.0.3"},  {"11B651", "7.0.6"},  {"11D167", "7.1"},    {"11D201", "7.1.1"},
    {"11D257", "7.1.2"},  {"12A365", "8.0"},    {"12A405", "8.0.2"},  {"12B411", "8.1"},
    {"12B440", "8.1.2"},  {"12B466", "8.1.3"},  {"12D508", "8.2"},    {"12F70", "8.3"},
    {"12H143", "8.4"},    {"12H321", "8.4.1"},  {"13A344", "9.0"},    {"13A404", "9.0.1"},
    {"13A452", "9.0.2"},  {"13B143", "9.1"},    {"13C75", "9.2"},     {"13D15", "9.2.1"},
    {"13E238", "9.3.1"},  {"13F69", "9.3.2"},   {"13G34", "9.3.3"},   {"13G35", "9.3.4"},
    {"13G36", "9.3.5"},   {"14A403", "10.0.1"}, {"14A456", "10.0.2"}, {"14B72", "10.1"},
    {"14B100", "10.1.1"}, {"14C92", "10.2"},    {"14D27", "10.2.1"},  {"14E277", "10.3"},
    {"14E304", "10.3.1"}, {"14F89", "10.3.2"},  {"14G60", "10.3.3"},  {"15A372", "11.0"},
    {"15A402", "11.0.1"}, {"15A421", "11.0.2"}, {"15A432", "11.0.3"}, {"15B93", "11.1"},
    {"15B150", "11.1.1"}, {"15B202", "11.1.2"}, {"15C114", "11.2"},   {"15C153", "11.2.1"},
    {"15C202", "11.2.2"}, {"15D60", "11.2.5"},  {"15D100", "11.2.6"}, {"15E216", "11.3"},
    {"15E302", "11.3.1"}, {"15F79", "11.4"},    {"15G77", "11.4.1"},  {"16A366", "12.0"},
    {"16A404", "12.0.1"}, {"16B92", "12.1"},    {"16C50", "12.1.1"},  {"16C101", "12.1.2"},
    {"16D39", "12.1.3"},  {"16D57", "12.1.4"},  {"16E227", "12.2"},   {"16F156", "12.3"},
    {"16F203", "12.3.1"}, {"16G77", "12.4"},    {"16G102", "12.4.1"}, {"17A577", "13.0"},
    {"17A844", "13.1"},   {"17A854", "13.1.1"}, {"17A878", "13.1.3"}, {"17B84", "13.2"},
    {"17B102", "13.2.2"}, {"17B111", "13.2.3"}, {"17C54", "13.3"},    {"17D50", "13.3.1"},
    {"17E255", "13.4"},   {"17E262", "13.4.1"}, {"17F75", "13.5"},    {"17F80", "13.5.1"},
    {"17G68", "13.6"},    {"17G80", "13.6.1"},  {"17H35", "13.7"},    {"18A373", "14.0"},
    {"18A393", "14.0.1"}, {"18B92", "14.2"},    {"18C66", "14.3"},    {"18D52", "14.4"},
    {"18D61", "14.4.1"},  {"18D70", "14.4.2"},  {"18E199", "14.5"},   {"18E212", "14.5.1"},
    {"18F72", "14.6"},    {"18G69", "14.7"},    {"18G82", "14.7.1"},  {"18H17", "14.8"},
    {"19A346", "15.0"},   {"19A348", "15.0.1"}, {"19A404", "15.0.2"}, {"19B74", "15.1"},
    {"19C56", "15.2"},    {"19C63", "15.2.1"},  {"19D50", "15.3"},    {"19D52", "15.3.1"},
    {"19E241", "15.4"},   {"19E258", "15.4.1"}, {"19F77", "15.5"},    {"19G71", "15.6"},
    {"19G82", "15.6.1"},  {"20A362", "16.0"},   {"20A380", "16.0.2"}, {"20A392", "16.0.3"},
    {"20B82", "16.1"},    {"20B101", "16.1.1"}, {"20B110", "16.1.2"}, {"20C65", "16.2"},
    {"20D47", "16.3"},    {"20D67", "16.3.1"},  {"20E247", "16.4"},   {"20E252", "16.4.1"},
    {"20F66", "16.5"},    {"20F75", "16.5.1"},  {"20G75", "16.6"},    {"20G81", "16.6.1"},
    {"21A329", "17.0"},   {"21A340", "17.0.1"}, {"21A360", "17.0.3"}, {"21B91", "17.1.1"},
    {"21B101", "17.1.2"}, {"21C62", "17.2"},    {"21C66", "17.2.1"},  {"21D50", "17.3"},
    {"21D61", "17.3.1"},  {"21E219", "17.4"},   {"21E236", "17.4.1"}, {"21F79", "17.5"},
    {"21F90", "17.5.1"},  {"21G80", "17.6"},    {"22A3354", "18.0"},  {"22A3370", "18.0.1"},
    {"22B83", "18.1"},    {"22B91", "18.1.1"},  {"22C152", "18.2"},   {"22C161", "18.2.1"},
    {"22E240", "18.4"},   {"22F76", "18.5"},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool are_digits(std::string_view text) {
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  return !text.empty();
}

/// "iPhone8C4" is iPhone8,4: a comma may not stand in the field.
std::string model_of(std::string_view text) {
  std::string model{text};
  for (std::size_t i = 1; i + 1 < model.size(); ++i) {
    if (model[i] == 'C' && is_digit(model[i - 1]) && is_digit(model[i + 1])) model[i] = ',';
  }
  return model;
}

/// 1504.100 is 15D100: major version, letter as two digits, number.
std::string build_of(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view front = text.substr(0, dot), number = text.substr(dot + 1);
  if (front.size() < 3 || front.size() > 4 || number.size() > 5 || !are_digits(front) ||
      !are_digits(number)) {
    return {};
  }
  const int letter = (front[front.size() - 2] - '0') * 10 + (front.back() - '0');
  if (letter < 1 || letter > 26) return {};
  return std::string{front.substr(0, front.size() - 2)} + static_cast<char>('A' + letter - 1) +
         std::string{number};
}

/// "19A405" gives 19.
std::string_view front_number(std::string_view build) {
  std::size_t digits = 0;
  while (digits < build.size() && is_digit(build[digits])) ++digits;
  return build.substr(0, digits);
}

/// "15.0.2" of a build in the table, "15" of one beside it, "" of others.
std::string_view version_of(std::string_view build) {
  std::string_view major;
  for (const Build& known : kBuilds) {
    if (known.build == build) return known.version;
    if (front_number(known.build) == front_number(build)) major = known.version;
  }
  return major.substr(0, major.find('.'));
}

}  // namespace

AppleAgent parse_apple_agent(std::string_view user_agent) {
  constexpr std::string_view kPrefix = "Apple-";
  if (!user_agent.starts_with(kPrefix) || user_agent.size() > 256) return {};
  user_agent.remove_prefix(kPrefix.size());
  const std::size_t slash = user_agent.find('/');
  AppleAgent agent;
  agent.model = model_of(user_agent.substr(0, slash));
  for (const char c : agent.model) {
    if (!is_digit(c) && c != ',' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')) return {};
  }
  if (slash == std::string_view::npos) return agent;
  agent.build = build_of(user_agent.substr(slash + 1));
  if (agent.build.empty()) return agent;
  if (const std::string_view version = version_of(agent.build); !version.empty()) {
    // From iPadOS 13 on the tablet's system has its own name.
    const bool tablet = agent.model.starts_with("iPad") && front_number(agent.build) >= "17";
    agent.version = std::string{tablet ? "iPadOS " : "iOS "} + std::string{version};
  }
  return agent;
}

std::string user_agent_words(std::string_view user_agent) {
  const AppleAgent agent = parse_apple_agent(user_agent);
  if (agent.build.empty()) return {};
  std::string out = agent.model;
  if (!out.empty()) out += ", ";
  out += agent.version.empty() ? "build " + agent.build
                               : agent.version + " (build " + agent.build + ')';
  return out;
}

}  // namespace eastap::eas::values
