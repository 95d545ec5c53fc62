#pragma once

#include <string>

#include "decoder/eas/command.hpp"
#include "decoder/model/exchange.hpp"
#include "proxy/check/step.hpp"

/// What an answer means, before a step looks at what it asked for.
namespace eastap::check {

struct Words {
  std::string text;
  std::string next_step;
};

/// One request and its answer, understood by decoder/eas.
struct Understood {
  model::Exchange exchange;
  eas::Command command;
  [[nodiscard]] int http() const { return command.http_status.value_or(0); }
};

/// Octets of an answer after its content coding was undone.
inline constexpr std::size_t kUncodedOctets = 16U << 20U;

[[nodiscard]] Understood understand(State& state, const Ask& ask, const Answered& answered);

/// Why no answer came, in words; `ask` says where it was to come from.
[[nodiscard]] Words no_answer(const Answered& answered, const Ask& ask, bool through_proxy);

/// An HTTP status that is not 200, a web page in place of an answer; empty `text` when it is
/// neither.
[[nodiscard]] Words bad_answer(const Understood& understood, const Ask& ask);

/// "Basic, Bearer (OAuth)"
[[nodiscard]] std::string scheme_words(const std::vector<std::string>& schemes);
[[nodiscard]] bool offers(const std::vector<std::string>& schemes, std::string_view scheme);

/// The first Status that is no success, in the words of decoder/eas; empty `text` when all is well.
[[nodiscard]] Words bad_status(const eas::Command& command);

/// What the server says of itself: "Exchange 15.2, front end EX01, back end EX02".
[[nodiscard]] std::string server_words(const eas::Command& command);

/// Seconds and octets of a redirect are bounded by `kRedirects` and `kUrlOctets`.
[[nodiscard]] std::string location_of(const Understood& understood);

}  // namespace eastap::check
