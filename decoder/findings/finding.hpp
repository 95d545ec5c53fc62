#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/ids.hpp"
#include "decoder/base/time.hpp"

namespace eastap::findings {

enum class Severity : std::uint8_t { info, notice, warning, error };

[[nodiscard]] std::string_view to_string(Severity severity);
[[nodiscard]] std::optional<Severity> severity_from(std::string_view word);

/// One incident of a rule, as it stands now. Emitted when it opens and again when it grows or
/// escalates, with the same id.
struct Finding {
  FindingId id;
  std::string rule;  ///< "synckey-zero"
  Severity severity = Severity::info;
  Timestamp time{};  ///< of the event that opened, grew or escalated it
  std::string host, user, device_id, device_type;
  std::uint64_t count = 0;
  Timestamp first{}, last{};
  std::vector<ExchangeId> exchanges;  ///< evidence, oldest first; at most Limits::examples
  std::vector<FindingId> because_of;
  std::string summary;      ///< one line with the evidence in it
  std::string explanation;  ///< consequence
  std::string next_step;
  std::string source;  ///< document behind the rule
  bool operator==(const Finding&) const = default;
};

}  // namespace eastap::findings
