#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/ids.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/findings/finding.hpp"

/// The lists of the derived tables, as JSON for SQLite's json_each(). Empty when the list is.
namespace eastap::capture {

[[nodiscard]] std::string statuses_json(const eas::Command& command);
[[nodiscard]] std::string collections_json(const eas::Command& command);
[[nodiscard]] std::string diagnostics_json(const eas::Command& command);

[[nodiscard]] std::string_view severity_word(findings::Severity severity);

/// "[]" when there is none.
template <class Kind>
[[nodiscard]] std::string ids_json(const std::vector<Id<Kind>>& ids) {
  std::string json{"["};
  for (const auto& id : ids) {
    if (json.size() > 1) json.push_back(',');
    json += std::to_string(id.value);
  }
  json.push_back(']');
  return json;
}

}  // namespace eastap::capture
