#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "decoder/eas/command.hpp"
#include "decoder/model/header_list.hpp"

/// What the heads of an exchange say, [MS-ASHTTP] 2.2.1.1.2 and 2.2.2.1.2.
namespace eastap::eas {

/// Start line of a request. Views into the head it was read from.
struct RequestLine {
  std::string_view method, target;
  std::string_view path, query;  ///< of the target; an absolute-form target's too
};

[[nodiscard]] RequestLine read_request_line(const model::HeaderList& head);
/// Nothing when the line is not an HTTP status line.
[[nodiscard]] std::optional<int> read_status_code(const model::HeaderList& head);

/// One pass over the fields that ActiveSync knows. Views into the head.
struct RequestHeadFacts {
  std::string_view protocol_version, policy_key, user_agent, content_type, authorization;
  bool accepts_multipart = false;
};

[[nodiscard]] RequestHeadFacts read_request_head(const model::HeaderList& head);

struct ResponseHeadFacts {
  ServerFacts server;
  std::string_view content_type;
  std::vector<std::string> offered_versions, offered_commands;
};

/// `value_octets`: what is kept of one value. `origin` of the result is `exchange` or `unknown`.
[[nodiscard]] ResponseHeadFacts read_response_head(const model::HeaderList& head,
                                                   std::size_t value_octets);

/// Type and subtype in lower case, without parameters.
[[nodiscard]] std::string media_type(std::string_view content_type);

/// True when a segment of `path` is Microsoft-Server-ActiveSync, ASCII case ignored.
[[nodiscard]] bool is_activesync_path(std::string_view path);
/// True for …/autodiscover.xml and …/autodiscover.json below a folder /autodiscover.
[[nodiscard]] bool is_autodiscover_path(std::string_view path);

}  // namespace eastap::eas
