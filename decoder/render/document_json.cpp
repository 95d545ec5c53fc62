#include "decoder/render/document_json.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/eas/values/meaning.hpp"
#include "decoder/render/json_writer.hpp"

namespace eastap::render {
namespace {

using wbxml::Node;
using wbxml::ValueKind;

void write_name(JsonWriter& json, const wbxml::Document& document, std::uint32_t index) {
  const codepages::Tag tag = document.nodes[index].tag;
  if (tag.token == Node::kPiece) return;
  if (const codepages::TagRow* row = codepages::find_row(tag)) {
    json.member("namespace", codepages::kPages[tag.page]->name);
    json.member("tag", row->name);
  } else if (tag.token == Node::kLiteral) {
    json.member("literal", wbxml::Element{document, index}.name());
  } else {
    json.member("page", unsigned{tag.page});
    json.member("token", unsigned{tag.token});
  }
}

void write_value(JsonWriter& json, const wbxml::Document& document, const Node& node) {
  if (node.hidden) {
    json.member("bytes", unsigned{node.value_size});
    if (node.value_kind == ValueKind::opaque) json.member("opaque", true);
    return;
  }
  const auto octets = [&] { return document.octets(node.value_offset, node.value_size); };
  switch (node.value_kind) {
    case ValueKind::none: return;
    case ValueKind::text: json.octets(octets()); return;
    case ValueKind::opaque:
      json.octets(octets());
      json.member("opaque", true);
      return;
    case ValueKind::entity: json.member("entity", unsigned{node.value_size}); return;
    case ValueKind::extension:
      json.member("base64", to_base64(octets()));
      json.member("extension", true);
      return;
  }
}

}  // namespace

void append_document_json(std::string& out, const wbxml::Document& document) {
  JsonWriter json{out};
  if (document.nodes.empty()) {
    json.null();
    return;
  }
  std::vector<std::uint32_t> ends;  // of the elements whose `children` are open
  for (std::uint32_t index = 0; index < document.nodes.size(); ++index) {
    while (!ends.empty() && ends.back() <= index) {
      json.end_array();
      json.end_object();
      ends.pop_back();
    }
    const Node& node = document.nodes[index];
    json.begin_object();
    write_name(json, document, index);
    write_value(json, document, node);
    if (!node.hidden && eas::values::may_have_meaning(node.tag)) {
      json.member_if("meaning", eas::values::meaning({document, index}));
    }
    if (!node.closed) json.member("closed", false);
    if (node.end > index + 1) {
      json.key("children");
      json.begin_array();
      ends.push_back(node.end);
    } else {
      json.end_object();
    }
  }
  for (; !ends.empty(); ends.pop_back()) {
    json.end_array();
    json.end_object();
  }
}

}  // namespace eastap::render
