// Bodies that break off, and tokens that ActiveSync does not use: D-47.

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::uint8_t kOutlookPage = 254;
constexpr std::size_t kForeignTold = 4;  // of one body

bool kept_whole(const model::Message& message) { return message.body.size() == message.body_size; }

void report_broken(Context& context, bool answer, std::uint64_t offset, const std::string& why) {
  Incident* incident = context.incidents.count(RuleId::wbxml_broken, context.subject(),
                                               answer ? "response" : "request", context.facts.ended,
                                               context.facts.id);
  if (incident == nullptr) return;
  incident->summary =
      words({"the body of the ", context.facts.command->name, answer ? " answer" : " request",
             " breaks off at octet ", number(static_cast<std::int64_t>(offset)), why, ", ",
             times(incident->count)});
}

void check(Context& context, const model::Message& message, const eas::Body& body, bool answer) {
  const auto announced = message.head.find("Content-Length");
  const auto length = announced ? to_integer(*announced) : std::nullopt;
  const bool missing = length && *length > 0 && !message.complete &&
                       message.body_size < static_cast<std::uint64_t>(*length);
  if (missing && (context.facts.http == 200 || !answer)) {
    report_broken(context, answer, message.body_size,
                  words({", ", number(*length - static_cast<std::int64_t>(message.body_size)),
                         " of ", number(*length), " are missing"}));
    return;
  }
  if (!body.document || body.document->complete || !kept_whole(message) || !message.complete)
    return;
  const auto& remarks = body.document->diagnostics;
  report_broken(context, answer, body.document->decoded_octets,
                remarks.empty() ? std::string{} : ": " + remarks.back().text.substr(0, 160));
}

void check_tokens(Context& context, const eas::Body& body, bool answer) {
  const auto& document = body.document;
  if (!document || document->diagnostics.empty()) return;
  const bool foreign = std::any_of(
      document->diagnostics.begin(), document->diagnostics.end(), [](const Diagnostic& remark) {
        return remark.code == Errc::not_found || remark.code == Errc::unsupported;
      });
  if (!foreign) return;
  std::vector<codepages::Tag> told;
  for (const wbxml::Node& node : document->nodes) {
    if (told.size() >= kForeignTold) return;
    const bool extension = node.value_kind == wbxml::ValueKind::extension;
    const bool piece = node.tag.token == wbxml::Node::kPiece;
    const bool literal = node.tag.token == wbxml::Node::kLiteral;
    if (!extension && !literal &&
        (piece || codepages::find_row(node.tag) != nullptr || node.tag.page == kOutlookPage))
      continue;
    if (std::find(told.begin(), told.end(), node.tag) != told.end()) continue;
    told.push_back(node.tag);
    const std::string what =
        "page " + std::to_string(node.tag.page) + " token " + std::to_string(node.tag.token);
    Incident* incident = context.incidents.count(RuleId::wbxml_foreign_token, context.subject(),
                                                 what, context.facts.ended, context.facts.id);
    if (incident == nullptr) continue;
    incident->summary =
        words({context.facts.command->name, answer ? " answer" : " request", " uses ",
               extension ? "an extension or attribute" : what, ", which ActiveSync does not have"});
  }
}

}  // namespace

void detect_broken_bodies(Context& context) {
  const model::Exchange& exchange = *context.facts.exchange;
  const eas::Command& command = *context.facts.command;
  check_tokens(context, command.request, false);
  check_tokens(context, command.response, true);
  if (exchange.bodies_dropped) return;
  const bool device_ended = exchange.ending == model::Ending::device_closed ||
                            exchange.ending == model::Ending::device_reset;
  if (!device_ended && exchange.request->complete)
    check(context, *exchange.request, command.request, false);
  const bool ours = exchange.ending == model::Ending::proxy_failed ||
                    exchange.ending == model::Ending::proxy_stopped;
  if (device_ended || ours || exchange.response == nullptr) return;
  check(context, *exchange.response, command.response, true);
}

}  // namespace eastap::findings
