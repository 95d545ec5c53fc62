#pragma once

#include "decoder/findings/context.hpp"

namespace eastap::findings {

/// What a request tells about the device itself; before the detectors run.
void apply_identity(Context& context);
/// The rest of a request, after them.
void apply_request(Context& context);
/// An answer, after the detectors.
void apply_answer(Context& context);
/// Adds to the failures that may explain a restart.
void add_failure(Device& device, Failure kind, const Mark& mark);

}  // namespace eastap::findings
