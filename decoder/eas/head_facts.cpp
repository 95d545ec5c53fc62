#include "decoder/eas/head_facts.hpp"

#include <algorithm>

#include "decoder/base/text.hpp"

namespace eastap::eas {
namespace {

std::string cut(std::string_view value, std::size_t octets) {
  return std::string{value.substr(0, octets)};
}

std::vector<std::string> comma_list(std::string_view value, std::size_t value_octets) {
  constexpr std::size_t kMost = 100;  // seven versions and some twenty commands exist
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= value.size() && words.size() < kMost;) {
    const std::size_t end = std::min(value.find(',', at), value.size());
    if (const std::string_view word = trimmed(value.substr(at, end - at)); !word.empty()) {
      words.push_back(cut(word, value_octets));
    }
    at = end + 1;
  }
  return words;
}

std::optional<int> small_number(std::string_view value) {
  const auto number = to_integer(value);
  if (!number || *number < 0 || *number > 1'000'000'000) return std::nullopt;
  return static_cast<int>(*number);
}

/// Scheme names of a challenge list; what follows a scheme are parameters with '='.
void add_schemes(std::vector<std::string>& schemes, std::string_view value) {
  constexpr std::size_t kMost = 20;
  for (std::size_t at = 0; at < value.size() && schemes.size() < kMost;) {
    const std::size_t end = std::min(value.find(',', at), value.size());
    const std::string_view piece = trimmed(value.substr(at, end - at));
    const std::string_view word = piece.substr(0, piece.find(' '));
    if (!word.empty() && word.find('=') == std::string_view::npos && word.size() <= 32) {
      schemes.emplace_back(word);
    }
    at = end + 1;
  }
}

/// Walks the segments of a path, "" aside.
template <class Take>
bool any_segment(std::string_view path, const Take& take) {
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at && take(path.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

RequestLine read_request_line(const model::HeaderList& head) {
  const std::string_view line = head.start_line();
  RequestLine request;
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return request;
  request.method = line.substr(0, first);
  const std::size_t last = line.rfind(' ');
  // Without a version (or with a space in the target) the rest of the line is the target.
  const bool has_version = last > first && line.substr(last + 1).starts_with("HTTP/");
  request.target = trimmed(line.substr(first + 1, has_version ? last - first - 1 : line.npos));
  std::string_view rest = request.target;
  if (!rest.starts_with('/')) {
    if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
      const std::size_t slash = rest.find_first_of("/?", scheme + 3);
      rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
    }
  }
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = rest.find('?');
  request.path = rest.substr(0, question);
  if (question != std::string_view::npos) request.query = rest.substr(question + 1);
  return request;
}

std::optional<int> read_status_code(const model::HeaderList& head) {
  const std::string_view line = head.start_line();
  const std::size_t space = line.find(' ');
  if (!line.starts_with("HTTP/") || space == std::string_view::npos) return std::nullopt;
  const std::string_view rest = trimmed(line.substr(space));
  const auto code = small_number(rest.substr(0, rest.find(' ')));
  if (!code || *code < 100 || *code > 999) return std::nullopt;
  return code;
}

RequestHeadFacts read_request_head(const model::HeaderList& head) {
  RequestHeadFacts facts;
  const auto take = [](std::string_view& member, std::string_view value) {
    if (member.empty()) member = value;
  };
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto [name, value] = head[i];
    switch (name.size()) {
      case 10:
        if (equals_ignoring_case(name, "User-Agent")) take(facts.user_agent, value);
        break;
      case 12:
        if (equals_ignoring_case(name, "Content-Type")) take(facts.content_type, value);
        break;
      case 13:
        if (equals_ignoring_case(name, "Authorization")) take(facts.authorization, value);
        break;
      case 14:
        if (equals_ignoring_case(name, "X-MS-PolicyKey")) take(facts.policy_key, value);
        break;
      case 20:
        if (equals_ignoring_case(name, "MS-ASProtocolVersion")) {
          take(facts.protocol_version, value);
        } else if (equals_ignoring_case(name, "MS-ASAcceptMultiPart")) {
          facts.accepts_multipart = equals_ignoring_case(value, "T");
        }
        break;
      default: break;
    }
  }
  return facts;
}

ResponseHeadFacts read_response_head(const model::HeaderList& head, std::size_t value_octets) {
  struct Row {
    std::string_view name;
    std::string ServerFacts::*member;
    bool of_exchange;  ///< only Exchange sends it
  };
  static constexpr Row kTexts[] = {
      {"Server", &ServerFacts::product, false},
      {"Via", &ServerFacts::via, false},
      {"MS-Server-ActiveSync", &ServerFacts::build, true},
      {"X-FEServer", &ServerFacts::front_end, true},
      {"X-BEServer", &ServerFacts::back_end, true},
      {"X-CalculatedBETarget", &ServerFacts::back_end, true},
      {"request-id", &ServerFacts::request_id, true},
      {"X-MS-Location", &ServerFacts::location, true},
      {"X-MS-ASThrottle", &ServerFacts::throttle_reason, true},
      {"X-MS-BackOffDuration", &ServerFacts::back_off_duration, true},
      {"X-MS-BackOffReason", &ServerFacts::back_off_reason, true},
      {"X-MS-ASError", &ServerFacts::schema_error, true},
      {"X-MS-diagnostics", &ServerFacts::diagnostics, false},
      {"X-MS-Credential-Service-Url", &ServerFacts::password_url, true},
  };
  ResponseHeadFacts facts;
  ServerFacts& server = facts.server;
  std::string_view location;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto [name, value] = head[i];
    const auto is = [name = name](std::string_view known) {
      return name.size() == known.size() && equals_ignoring_case(name, known);
    };
    const Row* const row = std::find_if(std::begin(kTexts), std::end(kTexts),
                                        [&is](const Row& known) { return is(known.name); });
    if (row != std::end(kTexts)) {
      if ((server.*row->member).empty()) server.*row->member = cut(value, value_octets);
      if (row->of_exchange) server.origin = ServerFacts::Origin::exchange;
    } else if (is("Content-Type")) {
      if (facts.content_type.empty()) facts.content_type = value;
    } else if (is("X-DiagInfo")) {
      server.origin = ServerFacts::Origin::exchange;
    } else if (is("Location")) {
      location = value;
    } else if (is("Retry-After")) {
      server.retry_after_seconds = small_number(value);
    } else if (is("X-MS-RP")) {
      server.resync_versions = comma_list(value, value_octets);
    } else if (is("X-MS-Credentials-Expire")) {
      server.password_days_left = small_number(value);
    } else if (is("WWW-Authenticate")) {
      add_schemes(server.authentication, value);
    } else if (is("MS-ASProtocolVersions")) {
      facts.offered_versions = comma_list(value, value_octets);
    } else if (is("MS-ASProtocolCommands")) {
      facts.offered_commands = comma_list(value, value_octets);
    }
  }
  if (server.location.empty()) server.location = cut(location, value_octets);
  return facts;
}

std::string media_type(std::string_view content_type) {
  return to_lower(trimmed(content_type.substr(0, content_type.find(';')).substr(0, 128)));
}

bool is_activesync_path(std::string_view path) {
  return any_segment(path, [](std::string_view segment) {
    return equals_ignoring_case(segment, "Microsoft-Server-ActiveSync");
  });
}

bool is_autodiscover_path(std::string_view path) {
  bool in_folder = false;
  return any_segment(path, [&in_folder](std::string_view segment) {
    if (in_folder && (equals_ignoring_case(segment, "autodiscover.xml") ||
                      equals_ignoring_case(segment, "autodiscover.json"))) {
      return true;
    }
    in_folder = in_folder || equals_ignoring_case(segment, "autodiscover");
    return false;
  });
}

}  // namespace eastap::eas
