#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decoder/eas/command.hpp"

namespace eastap::render {

/// One line of what a command says beyond its bodies' tags; printable.
struct CommandFact {
  std::string_view label;  ///< "policy", "attachment", …
  std::string text;
};

/// The typed view of a command in full: who asks with what, what an empty request stands for,
/// policy, mail, fetched items and parts, hits, recipients, certificates, answers to meetings,
/// settings, Autodiscover. At most `most` of each list, with a note of the rest. Nothing is
/// repeated that the line of the exchange has said whole.
[[nodiscard]] std::vector<CommandFact> facts_of(const eas::Command& command, std::size_t most = 20);

}  // namespace eastap::render
