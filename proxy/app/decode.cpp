#include "decoder/wbxml/decode.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

#include "decoder/base/text.hpp"
#include "decoder/render/diagnostic.hpp"
#include "decoder/render/document_json.hpp"
#include "decoder/render/document_xml.hpp"
#include "decoder/render/hex.hpp"
#include "decoder/wbxml/encode.hpp"
#include "decoder/wbxml/other_languages.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/view.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/http/mask.hpp"
#include "proxy/redact/body.hpp"
#include "proxy/sink/renderers.hpp"

namespace eastap::app {
namespace {

// One body: Exchange's largest message limit is 150 MB.
constexpr std::size_t kLargestInput = std::size_t{256} << 20;

/// A body as it is, or pasted from a log as hex (spaces, 0x and line ends allowed) or base64. WBXML
/// begins with an octet below 0x20, which neither of the two texts holds.
std::string body_of(const std::string& input) {
  if (input.empty() || static_cast<unsigned char>(input.front()) < 0x09) return input;
  std::string compact;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const char c = input[i];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':') continue;
    if (c == '0' && i + 1 < input.size() && (input[i + 1] == 'x' || input[i + 1] == 'X')) {
      ++i;
      continue;
    }
    compact += c;
  }
  if (const auto octets = from_hex(compact)) return *octets;
  if (const auto octets = from_base64(compact)) return *octets;
  return input;
}

int complain(const std::string& text, int status) {
  tell(text);
  return status;
}

/// What a text is that neither hex nor base64 reads as WBXML; "" for octets.
std::string no_body(const std::string& input, const std::string& body, const std::string& file) {
  const std::string_view start = trimmed(std::string_view{input}.substr(0, 512));
  const bool text = !start.empty() && std::all_of(start.begin(), start.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\r' || c == '\n';
  });
  if (!text || (!body.empty() && static_cast<unsigned char>(body.front()) < 0x20)) return {};
  const std::string name = file == "-" ? "standard input" : file;
  if (start.front() == '<')
    return name + " is XML or HTML, not WBXML; XML of ActiveSync goes to eastap encode";
  if (start.front() == '{' || start.front() == '[') return name + " is JSON, not WBXML";
  return name + " is text, but no WBXML as hex or base64 (which begin with 03016a or AwFq)";
}

/// Passwords are shown at no level, also of a body that no proxy masked.
std::shared_ptr<const std::string> without_secrets(std::shared_ptr<const std::string> body) {
  if (!http::may_hold_wbxml_secrets(*body)) return body;
  std::string masked = *body;
  http::mask_wbxml_secrets(wbxml::decode(body), masked);
  return std::make_shared<const std::string>(std::move(masked));
}

}  // namespace

int decode(const config::Invocation& invocation) {
  auto input = read_input(invocation.file, kLargestInput);
  if (!input) return complain(input.error().detail, kUnreadable);
  const auto redactor = make_redactor(invocation.config);
  auto body = std::make_shared<const std::string>(body_of(*input));
  if (invocation.body_form != config::BodyForm::hex) {
    const std::string why = no_body(*input, *body, invocation.file);
    if (!why.empty()) return complain(why, kUnreadable);
  }
  body = without_secrets(std::move(body));
  if (redactor) body = std::make_shared<const std::string>(redactor->body(*body));
  wbxml::Document document = wbxml::decode(body);
  if (redactor) redact::mark_hidden(document, redactor->level());

  std::string out;
  if (const std::string language = wbxml::other_language(document);
      !language.empty() && invocation.body_form == config::BodyForm::xml) {
    auto other = wbxml::decode_other(*body);
    if (!other) return complain(language + ": " + other.error().detail, kUnreadable);
    http::mask_xml_secrets(other->xml);
    put_out(other->xml + '\n');
    return kDone;
  }
  switch (invocation.body_form) {
    case config::BodyForm::xml:
      render::append_xml(out, document, {.meanings = true});
      if (!out.empty() && out.back() != '\n') out += '\n';
      break;
    case config::BodyForm::json:
      render::append_document_json(out, document);
      out += '\n';
      break;
    case config::BodyForm::hex:
      render::append_annotated_hex(out, document, {.columns = sink::terminal_width(STDOUT_FILENO)});
      break;
  }
  put_out(out);
  for (const auto& diagnostic : document.diagnostics) {
    tell(render::to_sentence(diagnostic));
  }
  return document.complete ? kDone : kUnreadable;
}

int encode(const config::Invocation& invocation) {
  const auto input = read_input(invocation.file, kLargestInput);
  if (!input) return complain(input.error().detail, kUnreadable);
  std::size_t elided = 0;
  const auto body = wbxml::encode_xml(*input, &elided);
  if (!body) {
    const std::string file = invocation.file == "-" ? "standard input" : invocation.file;
    return complain(
        file + ", octet " + std::to_string(body.error().offset) + ": " + body.error().detail,
        kUnreadable);
  }
  if (elided > 0) {
    tell("the input leaves out " + std::to_string(elided) + (elided == 1 ? " value" : " values") +
         " (bytes=\"n\"); asterisks of that length stand for them");
  }
  if (::isatty(STDOUT_FILENO) != 0) {
    put_out(to_hex(*body) + '\n');  // octets would disturb the terminal
  } else {
    put_out(*body);
  }
  return kDone;
}

}  // namespace eastap::app
