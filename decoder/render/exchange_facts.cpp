#include "decoder/render/exchange_facts.hpp"

#include <algorithm>
#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::render {

RequestLine request_line(const model::Exchange& exchange) {
  if (!exchange.request) return {};
  std::string_view line = exchange.request->head.start_line();
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return {};
  const std::string_view method = line.substr(0, space);
  std::string_view target = trimmed(line.substr(space + 1));
  const std::size_t version = target.rfind(" HTTP/");
  if (version != std::string_view::npos) target = trimmed(target.substr(0, version));
  return {method, target};
}

std::optional<int> http_status(const model::Exchange& exchange) {
  if (!exchange.response) return std::nullopt;
  const std::string_view line = exchange.response->head.start_line();
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto number = to_integer(trimmed(line.substr(space + 1)).substr(0, 3));
  if (!number || *number < 100 || *number > 999) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<Microseconds> duration(const model::Exchange& exchange) {
  if (!exchange.request) return std::nullopt;
  Timestamp end = exchange.ended;
  if (end == Timestamp{} && exchange.response) end = exchange.response->ended;
  if (end == Timestamp{} || exchange.request->began == Timestamp{}) return std::nullopt;
  return std::max(Microseconds{0}, end - exchange.request->began);
}

std::optional<Microseconds> time_to_first_octet(const model::Exchange& exchange) {
  if (!exchange.request || !exchange.response) return std::nullopt;
  if (exchange.request->began == Timestamp{} || exchange.response->began == Timestamp{}) {
    return std::nullopt;
  }
  return std::max(Microseconds{0}, exchange.response->began - exchange.request->began);
}

std::optional<std::uint64_t> announced_octets(const model::Message& message) {
  const auto field = message.head.find("Content-Length");
  if (!field || message.head.contains("Transfer-Encoding")) return std::nullopt;
  const auto length = to_integer(*field);
  if (!length || *length < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*length) + message.head.raw().size();
}

std::vector<Diagnostic> all_diagnostics(const eas::Command& command) {
  std::vector<Diagnostic> all = command.diagnostics;
  const auto add = [&](const eas::Body& body, std::string_view part) {
    if (!body.document) return;
    // The document counts from its own part, what was understood of it from the body.
    const bool in_part = body.kind == eas::Body::Kind::multipart && !body.parts.empty();
    const std::uint64_t base = in_part ? body.parts.front().offset : 0;
    for (Diagnostic remark : body.document->diagnostics) {
      remark.offset += base;
      const bool known = std::any_of(all.begin(), all.end(), [&](const Diagnostic& other) {
        return other.code == remark.code && other.offset == remark.offset &&
               other.text == remark.text && (other.part == part || other.part == remark.part);
      });
      if (known) continue;
      all.push_back(std::move(remark));
      if (all.back().part.empty()) all.back().part = part;
    }
  };
  add(command.request, "request body");
  add(command.response, "response body");
  return all;
}

}  // namespace eastap::render
