#pragma once

#include <string>
#include <vector>

#include "proxy/pipeline/record.hpp"

/// A device's traffic with something to hide in every place that traffic has.
namespace eastap::redact::testing {

/// Words that must not be seen once contents are hidden …
[[nodiscard]] const std::vector<std::string>& contents();
/// … and once identities are hidden.
[[nodiscard]] const std::vector<std::string>& identities();

/// Exchanges and connection events, in order. Of each kind of body, head, query and event at least
/// one; some end in findings.
[[nodiscard]] std::vector<pipeline::Input> traffic();

}  // namespace eastap::redact::testing
