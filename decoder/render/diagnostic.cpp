#include "decoder/render/diagnostic.hpp"

#include "decoder/render/printable.hpp"
#include "decoder/render/quantity.hpp"

namespace eastap::render {
namespace {

bool stops(Errc code) {
  return code == Errc::truncated || code == Errc::malformed || code == Errc::too_deep ||
         code == Errc::too_large;
}

std::string stop_words(const wbxml::Document& document, std::string_view part) {
  std::string out{part};
  out += " stopped at octet ";
  out += grouped(document.decoded_octets);
  if (document.body) {
    out += " of ";
    out += grouped(document.body->size());
  }
  if (const Diagnostic* reason = stop_reason(document)) {
    out += ": ";
    append_printable(out, reason->text);
  }
  return out;
}

}  // namespace

std::string to_sentence(const Diagnostic& diagnostic) {
  std::string out = diagnostic.part.empty() ? std::string{} : printable(diagnostic.part) + ", ";
  out += "octet ";
  out += grouped(diagnostic.offset);
  out += ": ";
  if (diagnostic.text.empty()) {
    out += to_string(diagnostic.code);
  } else {
    append_printable(out, diagnostic.text);
  }
  return out;
}

const Diagnostic* stop_reason(const wbxml::Document& document) {
  if (document.complete) return nullptr;
  for (auto remark = document.diagnostics.rbegin(); remark != document.diagnostics.rend();
       ++remark) {
    if (stops(remark->code)) return &*remark;
  }
  return document.diagnostics.empty() ? nullptr : &document.diagnostics.back();
}

std::string decode_trouble(const eas::Command& command) {
  // the answer is what explains a failure; the request's own trouble comes second
  if (command.response.document && !command.response.document->complete) {
    return stop_words(*command.response.document, "response body");
  }
  if (command.request.document && !command.request.document->complete) {
    return stop_words(*command.request.document, "request body");
  }
  for (const Diagnostic& remark : command.diagnostics) {
    if (stops(remark.code) || remark.code == Errc::bad_base64) return to_sentence(remark);
  }
  return {};
}

}  // namespace eastap::render
