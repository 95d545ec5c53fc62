#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "decoder/eas/command.hpp"

namespace eastap::eas {

/// One row of the status tables of [MS-ASCMD].
struct StatusRow {
  std::string_view scope;  ///< "Common", "Sync", "Provision.Policy", …
  int code;
  std::string_view name;
  std::string_view meaning;
  std::string_view fault;  ///< client, server, transient, access, item, policy; "" for a success
  std::string_view next_step;
  std::string_view versions;  ///< "14.0+", "16.1", "legacy"; "" all
};

[[nodiscard]] std::span<const StatusRow> status_rows();

/// The row of `scope`, else of "Common" from 100 on, else null.
[[nodiscard]] const StatusRow* find_status(std::string_view scope, int code);

/// 1; MoveItems 3 (and not 1); Ping 1 and 2; GetItemEstimate, Search, … 1. Any Status of SendMail,
/// SmartReply and SmartForward but 1 is a failure.
[[nodiscard]] bool is_success(std::string_view scope, int code);

/// A status with what the tables know of it.
[[nodiscard]] Status make_status(std::string_view scope, int code, std::string place);

/// What an HTTP status means in ActiveSync, [MS-ASHTTP] 2.2.2.1.1.
struct HttpStatusRow {
  int code;
  std::string_view name;
  std::string_view meaning;
  std::string_view next_step;
};

[[nodiscard]] std::span<const HttpStatusRow> http_status_rows();
[[nodiscard]] const HttpStatusRow* find_http_status(int code);

}  // namespace eastap::eas
