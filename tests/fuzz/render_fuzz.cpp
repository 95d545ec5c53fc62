#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include <boost/json.hpp>
#include <pugixml.hpp>

#include "decoder/base/text.hpp"
#include "decoder/render/document_json.hpp"
#include "decoder/render/document_xml.hpp"
#include "decoder/render/hex.hpp"
#include "decoder/render/printable.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/unit/decoder/wbxml/properties.hpp"

// Whatever a body holds: its XML is well-formed and encodes to the same tree, its JSON parses, and
// nothing printed of it is invalid UTF-8 or acts on a terminal.

namespace {

void require_safe(const std::string& text) {
  require(eastap::is_utf8(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    require(octet >= 0x20 || octet == '\n' || octet == '\t');
    require(octet != 0x7F);
    require(octet != 0xC2 || static_cast<unsigned char>(text[i + 1]) >= 0xA0);
  }
}

/// What encode makes of the XML is the same tree. Names of LITERALs may be no XML text, and what
/// was cut has no end to come back to.
void require_way_back(const eastap::wbxml::Document& document, const std::string& xml) {
  using namespace eastap::wbxml;
  for (const Node& node : document.nodes) {
    if (node.tag.token == Node::kLiteral) return;
  }
  if (!document.complete) return;
  const auto again = encode_xml(xml);
  require(again.has_value());
  require(properties::difference(document, properties::decoded(*again)).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eastap;
  const auto body =
      std::make_shared<const std::string>(as_chars(std::as_bytes(std::span{data, size})));
  const wbxml::Document document = wbxml::decode(body);
  for (const bool pretty : {true, false}) {
    const std::string xml = render::to_xml(document, {.pretty = pretty, .mark_stop = true});
    require_safe(xml);
    pugi::xml_document parsed;
    if (!document.nodes.empty()) require(parsed.load_buffer(xml.data(), xml.size()));
    require_way_back(document, xml);
  }
  require_safe(render::to_xml(document, {.shorten = 8}));
  std::string json;
  render::append_document_json(json, document);
  require_safe(json);
  boost::json::parse_options options;
  options.max_depth = 1024;
  boost::json::error_code error;
  boost::json::parse(json, error, {}, options);
  require(!error);
  std::string hex;
  render::append_annotated_hex(hex, document);
  require_safe(hex);
  const std::string shown = render::printable(*body);
  require_safe(shown);
  for (const std::size_t width : {0U, 1U, 7U}) {
    require(render::display_width(render::cut_to_width(shown, width)) <= width);
  }
  return 0;
}
