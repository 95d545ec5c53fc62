#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "decoder/base/diagnostic.hpp"
#include "decoder/base/time.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/model/exchange.hpp"

/// What the line and the record both say of an exchange; for this folder only. Views point into
/// the argument.
namespace eastap::render {

struct RequestLine {
  std::string_view method, target;  ///< both empty when it is none
};
[[nodiscard]] RequestLine request_line(const model::Exchange& exchange);

/// As the response's start line says; nothing when there is none.
[[nodiscard]] std::optional<int> http_status(const model::Exchange& exchange);

/// From the request's first octet to the end of the exchange.
[[nodiscard]] std::optional<Microseconds> duration(const model::Exchange& exchange);
/// From the request's first octet to the response's.
[[nodiscard]] std::optional<Microseconds> time_to_first_octet(const model::Exchange& exchange);

/// Octets of the response's head and body if it had come whole; nothing when its head does not say.
[[nodiscard]] std::optional<std::uint64_t> announced_octets(const model::Message& message);

/// The command's diagnostics and those of its documents, each once.
[[nodiscard]] std::vector<Diagnostic> all_diagnostics(const eas::Command& command);

}  // namespace eastap::render
