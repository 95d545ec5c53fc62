#include "proxy/pipeline/pipeline.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "decoder/base/text.hpp"
#include "decoder/eas/body.hpp"
#include "decoder/wbxml/decode.hpp"
#include "proxy/http/decoder.hpp"
#include "proxy/http/mask.hpp"

namespace eastap::pipeline {
namespace {

using MessagePtr = std::shared_ptr<const model::Message>;

/// WBXML begins with its version and the public id 1; the type is missing on some error answers.
bool is_wbxml(std::string_view content_type, std::string_view body) {
  return to_lower(content_type.substr(0, 26)).starts_with("application/vnd.ms-sync") ||
         body.starts_with("\x03\x01");
}

/// False for the types that no masking looks into.
bool is_maskable(std::string_view content_type) {
  const std::string type = to_lower(content_type.substr(0, 16));
  if (type.starts_with("message/http")) return true;  // TRACE repeats a request
  return !type.starts_with("message/") && !type.starts_with("image/") &&
         !type.starts_with("audio/") && !type.starts_with("video/") &&
         !type.starts_with("multipart/");
}

/// `body` with its secrets overwritten; nothing when it has none, which is known without a copy of
/// nearly all bodies.
std::optional<std::string> masked_body(std::string_view content_type, const std::string& body) {
  const bool binary = is_wbxml(content_type, body);
  if (binary ? !http::may_hold_wbxml_secrets(body) : !is_maskable(content_type)) {
    return std::nullopt;
  }
  std::string masked = body;
  const bool changed = binary
                           ? http::mask_wbxml_secrets(
                                 wbxml::decode(std::make_shared<const std::string>(body)), masked)
                           : http::mask_text_secrets(content_type, masked);
  if (!changed) return std::nullopt;
  return masked;
}

/// What `http::Decoder` found odd about the head: the capture keeps octets, so it is found again
/// here.
void add_head_remarks(const model::Message& message, http::Direction direction,
                      std::string_view answers, std::vector<Diagnostic>& out) {
  if (message.head.raw().empty()) return;
  const auto head = http::read_head(message.head.raw(), direction, answers, &out);
  if (!head) {
    out.push_back({head.error().code, head.error().offset,
                   direction == http::Direction::request ? "request head" : "response head",
                   head.error().detail});
  }
}

/// A message as records show it, and its body as the decoder takes it.
struct Prepared {
  MessagePtr message;
  eas::BodyOctets body;
};

/// Shares the octets of `message`: no copy of the body is made.
std::shared_ptr<const std::string> body_of(const MessagePtr& message) {
  return {message, &message->body};
}

Prepared prepare(MessagePtr message, http::Direction direction, std::string_view answers,
                 bool dropped, const PipelineSettings& settings) {
  Prepared result;
  eas::BodyOctets& body = result.body;
  body.finish = &settings.finish_document;
  if (!message) return result;
  add_head_remarks(*message, direction, answers, body.diagnostics);
  result.message = std::move(message);
  const model::Message& received = *result.message;
  body.whole = !dropped && received.complete && received.body.size() >= received.body_size;
  if (received.body.empty()) return result;
  const std::string_view type = received.head.find("Content-Type").value_or("");
  const auto codings = http::content_codings(received.head);
  if (codings.empty()) {
    if (auto masked = masked_body(type, received.body)) {
      auto changed = std::make_shared<model::Message>(received);
      changed->body = std::move(*masked);
      result.message = std::move(changed);
    }
    // A body that an earlier run decoded, below.
    if (const auto whole = http::undone_coding_whole(result.message->head)) {
      body.whole = result.message->complete && *whole;
    }
    body.octets = body_of(result.message);
    return result;
  }
  const std::string_view part =
      direction == http::Direction::request ? "request body" : "response body";
  http::DecodedBody decoded =
      http::undo_content_codings(codings, received.body, part, settings.coding);
  body.whole = body.whole && decoded.whole;
  if (auto masked = masked_body(type, decoded.octets)) {
    // The coded octets hide the secret from an overwrite in place, so the body is kept decoded.
    // What the coding had to say is left out: the replayed capture cannot say it.
    auto changed = std::make_shared<model::Message>(received);
    changed->body = std::move(*masked);
    changed->head = http::without_coding(received.head, !body.whole);
    result.message = std::move(changed);
    body.octets = body_of(result.message);
    return result;
  }
  for (Diagnostic& diagnostic : decoded.diagnostics) {
    body.diagnostics.push_back(std::move(diagnostic));
  }
  body.octets = std::make_shared<const std::string>(std::move(decoded.octets));
  return result;
}

/// Only libwbxml knows the names in WBXML of other languages, so their secrets are known in its
/// XML.
void mask_other_language(eas::Body& body) {
  if (!body.other_xml.empty()) http::mask_xml_secrets(body.other_xml);
}

std::string_view method_of(const model::Message& request) {
  const std::string_view line = request.head.start_line();
  return line.substr(0, line.find(' '));
}

}  // namespace

Pipeline::Pipeline(PipelineSettings settings, std::function<void(RecordPtr)> sink)
    : settings_{std::move(settings)},
      sink_{std::move(sink)},
      session_{settings_.eas},
      analyzer_{settings_.findings} {}

void Pipeline::take(Input&& input) {
  if (auto* exchange = std::get_if<model::Exchange>(&input)) {
    take_exchange(std::move(*exchange));
    return;
  }
  if (auto* progress = std::get_if<Progress>(&input)) {
    take_progress(std::move(progress->exchange));
    return;
  }
  auto& event = std::get<model::ConnectionEvent>(input);
  auto found = analyzer_.observe(event);
  sink_(std::make_shared<const Record>(Record{std::move(event)}));
  hand_on(std::move(found));
}

void Pipeline::take_exchange(model::Exchange&& input) {
  // Made where it stays: a Command has too many members to be moved about.
  const auto made = std::make_shared<Record>();
  auto& record = made->what.emplace<ExchangeRecord>();
  record.exchange = std::move(input);
  model::Exchange& exchange = record.exchange;
  const std::string_view method = method_of(*exchange.request);
  Prepared request =
      prepare(exchange.request, http::Direction::request, "", exchange.bodies_dropped, settings_);
  Prepared response = prepare(exchange.response, http::Direction::response, method,
                              exchange.bodies_dropped, settings_);
  exchange.request = std::move(request.message);  // the same head, so `method` stays valid
  exchange.response = std::move(response.message);
  record.command = session_.understand(exchange, std::move(request.body), std::move(response.body));
  mask_other_language(record.command.request);
  mask_other_language(record.command.response);
  auto found = analyzer_.observe(exchange, record.command);
  sink_(made);
  hand_on(std::move(found));
}

void Pipeline::take_progress(model::Exchange&& input) {
  ProgressRecord record;
  record.exchange = std::move(input);
  model::Exchange& exchange = record.exchange;
  const std::string method{method_of(*exchange.request)};
  Prepared request = prepare(exchange.request, http::Direction::request, "", false, settings_);
  Prepared response =
      prepare(exchange.response, http::Direction::response, method, false, settings_);
  exchange.request = std::move(request.message);
  exchange.response = std::move(response.message);
  response.body.whole = false;
  response.body.diagnostics.clear();  // of a coding that has not come to its end
  record.command = session_.understand(exchange, std::move(request.body), {});
  const std::string_view type = exchange.response->head.find("Content-Type").value_or("");
  std::vector<Diagnostic> unfinished;  // that the body is not whole is no news
  record.command.response = eas::read_body(std::move(response.body), type, "response body",
                                           settings_.eas, false, unfinished);
  mask_other_language(record.command.request);
  mask_other_language(record.command.response);
  sink_(std::make_shared<const Record>(Record{std::move(record)}));
}

void Pipeline::hand_on(std::vector<findings::Finding>&& found) {
  for (findings::Finding& finding : found) {
    sink_(std::make_shared<const Record>(Record{std::move(finding)}));
  }
}

void Pipeline::finish(Timestamp end) { hand_on(analyzer_.finish(end)); }

void Pipeline::next_run(Timestamp end) {
  finish(end);
  session_ = eas::Session{settings_.eas};
  analyzer_.forget();
}

}  // namespace eastap::pipeline
