#pragma once

#include <optional>
#include <span>
#include <string_view>

/// The commands of [MS-ASCMD] 2.2.1 in words; codes are those of [MS-ASHTTP] 2.2.1.1.1.1.2.
namespace eastap::explain {

struct CommandFact {
  std::string_view name;
  int code = -1;          ///< Cmd octet of a base64 query; -1: it has none
  std::string_view page;  ///< namespace of its body; "" when it has no WBXML body
  std::string_view purpose, asks, answers;
  std::string_view remark;    ///< what surprises; may be empty
  std::string_view versions;  ///< "": those of its root tag
  std::string_view section;
};

[[nodiscard]] std::span<const CommandFact> command_facts();

struct HeaderFact {
  std::string_view name;
  std::string_view where;  ///< "request", "answer" or both
  std::string_view meaning;
  std::string_view section;  ///< of [MS-ASHTTP]; "" when only seen in practice
};

/// Headers that say something in ActiveSync, [MS-ASHTTP] 2.2.1.1.2 and 2.2.2.1.2.
[[nodiscard]] std::span<const HeaderFact> header_facts();

}  // namespace eastap::explain
