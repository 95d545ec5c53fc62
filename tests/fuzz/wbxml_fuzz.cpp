// Any octets as a body: the decoder keeps its promises, and what it read encodes to the same tree.
// What the bridge lets through does not harm libwbxml; XML of any kind is encoded or refused.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "decoder/base/text.hpp"
#include "decoder/wbxml/other_languages.hpp"
#include "tests/unit/decoder/wbxml/properties.hpp"

namespace {

using namespace eastap;

void require(const std::string& broken) {
  if (broken.empty()) return;
  std::fprintf(stderr, "broken promise: %s\n", broken.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body{data, data + size};
  const wbxml::Document document = wbxml::properties::decoded(body);
  require(wbxml::properties::violation(document));

  wbxml::Limits tight;
  tight.depth = 4;
  tight.nodes = 16;
  tight.body = 256;
  tight.table_octets = 64;
  tight.diagnostics = 2;
  const wbxml::Document limited = wbxml::properties::decoded(body, tight);
  if (limited.nodes.size() > tight.nodes) require("more nodes than the limit");
  if (limited.diagnostics.size() > 16) require("more diagnostics than the limit");
  for (const wbxml::Node& node : limited.nodes) {
    if (node.depth > tight.depth + 1) require("deeper than the limit");
  }

  if (document.root()) (void)document.root()->whole_value();
  if (const auto again = wbxml::encode_xml(body)) {
    require(wbxml::properties::violation(wbxml::properties::decoded(*again)));
  }
#ifdef EASTAP_FUZZ_BRIDGE
  if (const auto other = wbxml::decode_other(body)) {
    if (!is_utf8(other->xml)) require("XML that is not UTF-8");
  }
#endif
  return 0;
}
