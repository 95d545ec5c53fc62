// Redaction of arbitrary bodies of every kind. Properties: a WBXML body keeps its tree (tags,
// levels, kinds of values, completeness) as far as it decodes, and stops for the same reason, at
// `content` at the same octet; what is shown of it is UTF-8; other bodies never fail.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/render/document_json.hpp"
#include "decoder/render/document_xml.hpp"
#include "decoder/wbxml/decode.hpp"
#include "proxy/redact/body.hpp"
#include "proxy/redact/head.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace eastap;

const redact::Pseudonyms kNames{"a key of at least 16 octets"};

wbxml::Document decoded(std::string_view body) {
  return wbxml::decode(std::make_shared<const std::string>(body));
}

/// The remark that says why decoding ended, or nothing.
const Diagnostic* stop_of(const wbxml::Document& document) {
  if (document.complete || document.diagnostics.empty()) return nullptr;
  return &document.diagnostics.back();
}

void same_tree(const wbxml::Document& before, const wbxml::Document& after) {
  require(before.nodes.size() == after.nodes.size() && before.complete == after.complete);
  for (std::size_t i = 0; i < before.nodes.size(); ++i) {
    const wbxml::Node &left = before.nodes[i], &right = after.nodes[i];
    require(left.tag == right.tag && left.depth == right.depth && left.end == right.end);
    require(left.value_kind == right.value_kind && left.closed == right.closed);
  }
}

void same_stop(const wbxml::Document& before, const wbxml::Document& after, bool same_place) {
  const Diagnostic *left = stop_of(before), *right = stop_of(after);
  require((left == nullptr) == (right == nullptr));
  if (left == nullptr) return;
  require(left->code == right->code);
  if (!same_place) return;
  require(left->offset == right->offset && before.decoded_octets == after.decoded_octets);
  require(before.body->size() == after.body->size());
}

constexpr std::string_view kTypes[] = {"text/html",
                                       "text/xml",
                                       "application/json",
                                       "message/rfc822",
                                       "text/plain",
                                       "image/png",
                                       "application/vnd.ms-sync.multipart",
                                       ""};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  redact::Scope scope;
  scope.names = &kNames;
  scope.user = "alice@contoso.test";
  const wbxml::Document before = decoded(input);
  for (const auto level : {redact::Level::content, redact::Level::identity}) {
    scope.level = level;
    wbxml::Document after = decoded(redact::redacted_wbxml(scope, input));
    same_tree(before, after);
    same_stop(before, after, level == redact::Level::content);
    redact::mark_hidden(after, level);
    std::string shown = render::to_xml(after, {.meanings = true});
    render::append_document_json(shown, after);
    require(is_utf8(shown));
    for (std::uint32_t i = 0; i < after.nodes.size() && i < before.nodes.size(); ++i) {
      if (!after.nodes[i].hidden || level != redact::Level::content) continue;
      if (after.nodes[i].value_kind == wbxml::ValueKind::text) {
        require(after.nodes[i].value_size > 0);
      }
    }
    const std::string_view type = kTypes[data[0] % std::size(kTypes)];
    const std::string other = redact::redacted_body(scope, type, input.substr(1), data[1] % 2 == 0);
    require(other.empty() == input.substr(1).empty());
    const model::HeaderList head{std::string{input}};
    const model::HeaderList changed = redact::redacted_head(scope, head, 0);
    require(changed.size() == head.size());
  }
  return 0;
}
