#pragma once

#include "decoder/eas/command.hpp"
#include "decoder/render/json_writer.hpp"

namespace eastap::render {

/// The members of a record that single commands have, for this folder only: `software`,
/// `credential`, `mail`, `fetched`, `emptied`, `moved`, `meetings`, `searches`, `recipients`,
/// `certificates`, `settings`, `autodiscover`, `server`. What a command does not have is left out.
void write_command_facts(JsonWriter& json, const eas::Command& command);

}  // namespace eastap::render
