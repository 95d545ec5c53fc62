#include "decoder/wbxml/other_languages.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <pugixml.hpp>
#include <wbxml/wbxml.h>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/wbxml/decode.hpp"

// The one file that calls libwbxml.
namespace eastap::wbxml {
namespace {

constexpr std::size_t kMaxBody = 4U << 20;  // it reads some 80 MB/s
constexpr std::size_t kMaxDepth = 256;
constexpr std::size_t kMaxEmbedded = 4;      // documents inside documents
constexpr std::size_t kHarmless = 8U << 10;  // cannot nest deep enough to exhaust a stack

// libwbxml walks over all siblings, and over all attributes, for each one that it adds: 25 000
// attributes (100 kB) keep it busy for a second. This many steps are about a tenth of one.
constexpr std::uint64_t kMaxSteps = 50'000'000;

constexpr Limits kLimits{.depth = kMaxDepth,
                         .nodes = 100'000,
                         .body = kMaxBody,
                         .table_octets = 4U << 20,
                         .diagnostics = 16};

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 24> kLanguages{{
    {0x0002, "WML 1.0"},     {0x0003, "WTA 1.0"},
    {0x0004, "WML 1.1"},     {0x0005, "SI 1.0"},
    {0x0006, "SL 1.0"},      {0x0007, "CO 1.0"},
    {0x0008, "CHANNEL 1.1"}, {0x0009, "WML 1.2"},
    {0x000A, "WML 1.3"},     {0x000B, "OMA Client Provisioning"},
    {0x000C, "WTA-WML 1.2"}, {0x000D, "EMN 1.0"},
    {0x000E, "DRMREL 1.0"},  {0x0010, "WV-CSP 1.1"},
    {0x0011, "WV-CSP 1.2"},  {0x0FD1, "SyncML 1.0"},
    {0x0FD2, "DevInf 1.0"},  {0x0FD3, "SyncML 1.1"},
    {0x0FD4, "DevInf 1.1"},  {0x1201, "SyncML 1.2"},
    {0x1202, "MetInf 1.2"},  {0x1203, "DevInf 1.2"},
    {0x1204, "DM-DDF 1.2"},  {0x008F, "ConML"},
}};

// Character sets whose strings end in one NUL; with others libwbxml sees other tokens than we do.
constexpr std::array<std::uint32_t, 13> kCharsets{106, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 17, 2026};

struct FreeOctets {
  void operator()(WB_UTINY* octets) const noexcept { std::free(octets); }
};
using Octets = std::unique_ptr<WB_UTINY, FreeOctets>;

template <auto Destroy>
struct Destroyer {
  template <class T>
  void operator()(T* handle) const noexcept {
    Destroy(handle);
  }
};
using ToXml = std::unique_ptr<WBXMLConvWBXML2XML, Destroyer<wbxml_conv_wbxml2xml_destroy>>;
using ToWbxml = std::unique_ptr<WBXMLConvXML2WBXML, Destroyer<wbxml_conv_xml2wbxml_destroy>>;

// libwbxml takes its input as not const, but leaves it alone.
WB_UTINY* input(std::string_view octets) {
  return reinterpret_cast<WB_UTINY*>(const_cast<char*>(octets.data()));
}

Error error_of(WBXMLError code) {
  const WB_UTINY* words = wbxml_errors_string(code);
  return {code == WBXML_ERROR_UNKNOWN_PUBLIC_ID ? Errc::unsupported : Errc::malformed, 0,
          "libwbxml: " + std::string{reinterpret_cast<const char*>(words)}};
}

Result<std::string> to_xml(std::string_view body, bool activesync) {
  WBXMLConvWBXML2XML* made = nullptr;
  if (const WBXMLError code = wbxml_conv_wbxml2xml_create(&made); code != WBXML_OK) {
    return tl::unexpected(error_of(code));
  }
  const ToXml converter{made};
  wbxml_conv_wbxml2xml_set_gen_type(made,
                                    activesync ? WBXML_GEN_XML_COMPACT : WBXML_GEN_XML_INDENT);
  if (activesync) {
    wbxml_conv_wbxml2xml_set_language(made, WBXML_LANG_ACTIVESYNC);
    wbxml_conv_wbxml2xml_enable_preserve_whitespaces(made);
  } else {
    wbxml_conv_wbxml2xml_set_indent(made, 1);
  }
  wbxml_conv_wbxml2xml_set_charset(made, WBXML_CHARSET_UTF_8);
  WB_UTINY* xml = nullptr;
  WB_ULONG size = 0;
  const WBXMLError code =
      wbxml_conv_wbxml2xml_run(made, input(body), static_cast<WB_ULONG>(body.size()), &xml, &size);
  const Octets owner{xml};
  if (code != WBXML_OK) return tl::unexpected(error_of(code));
  const std::string_view text{reinterpret_cast<const char*>(xml), size};
  return is_utf8(text) ? std::string{text} : repaired_utf8(text);
}

/// Nothing when libwbxml may see the document, else why not.
std::optional<Error> objection(const Document& document) {
  for (const Diagnostic& diagnostic : document.diagnostics) {
    if (diagnostic.code == Errc::unsupported && diagnostic.offset != 0) continue;
    if (diagnostic.code == Errc::not_found) continue;
    return Error{diagnostic.code, diagnostic.offset, diagnostic.text};
  }
  if (!document.complete) return Error{Errc::truncated, document.decoded_octets, "not complete"};
  if (std::find(kCharsets.begin(), kCharsets.end(), document.charset) == kCharsets.end()) {
    return Error{Errc::unsupported, 0,
                 "character set " + std::to_string(document.charset) + " (MIBenum)"};
  }
  return std::nullopt;
}

/// The steps that libwbxml takes to add siblings and attributes: the sum of their numbers' squares.
std::uint64_t steps_for(const Document& document) {
  std::uint64_t steps = 0;
  std::vector<std::uint64_t> siblings(kMaxDepth + 3, 0);
  for (const Node& node : document.nodes) {
    siblings[node.depth + 1U] = 0;
    steps += 2 * siblings[node.depth]++ + 1;
    if (node.value_kind == ValueKind::extension) {
      steps += std::uint64_t{node.value_size} * node.value_size;
    }
  }
  return steps;
}

/// SyncML carries documents in its values (DevInf, DM DDF), which libwbxml decodes as it meets
/// them; so they must pass here too, as must all that might be taken for one.
std::optional<Error> embedded_objection(const Document& document, std::size_t level,
                                        std::uint64_t& steps) {
  steps += steps_for(document);
  if (steps > kMaxSteps) {
    return Error{Errc::too_large, 0,
                 "more elements or attributes beside each other than libwbxml can take"};
  }
  const auto names_wbxml = [&document](const Node& node) {
    return (node.value_kind == ValueKind::text || node.value_kind == ValueKind::opaque) &&
           to_lower(document.octets(node.value_offset, std::min(node.value_size, 200U)))
                   .find("wbxml") != std::string::npos;
  };
  if (level == 0 && std::none_of(document.nodes.begin(), document.nodes.end(), names_wbxml)) {
    return std::nullopt;
  }
  for (std::uint32_t index = 0; index < document.nodes.size(); ++index) {
    const Node& node = document.nodes[index];
    if (node.value_kind != ValueKind::text && node.value_kind != ValueKind::opaque) continue;
    const std::string_view value = document.octets(node.value_offset, node.value_size);
    if (value.size() <= kHarmless && value.find('\x02') == std::string_view::npos) continue;
    const Document inner = decode(std::make_shared<const std::string>(value), kLimits);
    auto refused = level + 1 >= kMaxEmbedded
                       ? Error{Errc::too_deep, 0, "documents are embedded in each other too deep"}
                       : objection(inner);
    if (!refused) refused = embedded_objection(inner, level + 1, steps);
    if (refused) {
      return Error{refused->code, node.value_offset,
                   "a value might be an embedded WBXML document, but: " + refused->detail};
    }
  }
  return std::nullopt;
}

Result<Document> admitted(std::string_view body) {
  if (body.size() > kMaxBody) {
    return tl::unexpected(Error{Errc::too_large, kMaxBody,
                                "the body has " + std::to_string(body.size()) + " octets"});
  }
  Document document = decode(std::make_shared<const std::string>(body), kLimits);
  if (auto refused = objection(document)) return tl::unexpected(std::move(*refused));
  std::uint64_t steps = 0;
  if (auto refused = embedded_objection(document, 0, steps))
    return tl::unexpected(std::move(*refused));
  return document;
}

std::optional<Error> too_much(const pugi::xml_document& document) {
  std::size_t depth = 0;
  for (pugi::xml_node node = document.first_child(); node;) {
    if (node.first_child()) {
      if (++depth > kMaxDepth) {
        return Error{Errc::too_deep, static_cast<std::uint64_t>(node.offset_debug()),
                     "elements are nested deeper than 256 levels"};
      }
      node = node.first_child();
      continue;
    }
    while (node && !node.next_sibling()) {
      node = node.parent();
      if (depth > 0) --depth;
    }
    if (node) node = node.next_sibling();
  }
  return std::nullopt;
}

/// libwbxml knows ActiveSync by its DOCTYPE, and its namespaces with a colon at the end.
std::string for_libwbxml(pugi::xml_document& document, std::string_view xml) {
  const codepages::Page* page = codepages::find_page(
      std::string_view{document.document_element().attribute("xmlns").value()});
  if (page == nullptr) return std::string{xml};
  for (pugi::xml_node node = document.document_element(); node;) {
    if (pugi::xml_attribute xmlns = node.attribute("xmlns")) {
      const codepages::Page* named = codepages::find_page(std::string_view{xmlns.value()});
      if (named != nullptr) {
        // its tables say "Gal" where [MS-ASWBXML] says "GAL"
        const bool gal = named == &codepages::gal::kPage;
        xmlns.set_value((gal ? "Gal:" : std::string{named->name} + ":").c_str());
      }
    }
    node.remove_attribute("encoding");  // base64 is what libwbxml expects of opaque tags anyway
    if (node.first_child()) {
      node = node.first_child();
      continue;
    }
    while (node && !node.next_sibling()) node = node.parent();
    if (node) node = node.next_sibling();
  }
  struct Writer final : pugi::xml_writer {
    std::string out =
        "<?xml version=\"1.0\"?><!DOCTYPE ActiveSync PUBLIC \"-//MICROSOFT//DTD ActiveSync//EN\" "
        "\"http://www.microsoft.com/\">";
    void write(const void* data, std::size_t size) override {
      out.append(static_cast<const char*>(data), size);
    }
  } writer;
  document.document_element().print(writer, "", pugi::format_raw);
  return std::move(writer.out);
}

}  // namespace

std::string other_language(const Document& document) {
  if (document.version == 0 || document.is_activesync()) return {};
  if (document.public_id == 0) {
    // "-//SYNCML//DTD SyncML 1.2//EN": the words after "DTD"
    const std::string text = repaired_utf8(document.public_id_text().substr(0, 100));
    const std::size_t dtd = text.find("//DTD");
    const std::size_t end = dtd == std::string::npos ? dtd : text.find("//", dtd + 5);
    if (end == std::string::npos || end < dtd + 6)
      return text.empty() ? "no public identifier" : text;
    return text.substr(dtd + 6, end - dtd - 6);
  }
  for (const auto& [id, name] : kLanguages) {
    if (id == document.public_id) return std::string{name};
  }
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string number;
  for (std::uint32_t rest = document.public_id; rest != 0; rest >>= 4) {
    number.insert(number.begin(), digits[rest & 15]);
  }
  return "public identifier 0x" + number;
}

Result<OtherDocument> decode_other(std::string_view body) {
  const auto document = admitted(body);
  if (!document) return tl::unexpected(document.error());
  if (document->is_activesync()) {
    return tl::unexpected(Error{Errc::unsupported, 1, "the body is ActiveSync"});
  }
  auto xml = to_xml(body, false);
  if (!xml) return tl::unexpected(std::move(xml).error());
  return OtherDocument{other_language(*document), *std::move(xml)};
}

Result<std::string> libwbxml_xml(std::string_view body) {
  const auto document = admitted(body);
  if (!document) return tl::unexpected(document.error());
  return to_xml(body, true);
}

Result<std::string> libwbxml_encode(std::string_view xml) {
  if (xml.size() > 4 * kMaxBody) {
    return tl::unexpected(Error{Errc::too_large, 4 * kMaxBody, "the XML is larger than 16 MiB"});
  }
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size(),
                                           pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!parsed) {
    return tl::unexpected(Error{Errc::malformed, static_cast<std::uint64_t>(parsed.offset),
                                std::string{"not well-formed XML: "} + parsed.description()});
  }
  if (auto refused = too_much(document)) return tl::unexpected(std::move(*refused));
  const std::string text = for_libwbxml(document, xml);

  WBXMLConvXML2WBXML* made = nullptr;
  if (const WBXMLError code = wbxml_conv_xml2wbxml_create(&made); code != WBXML_OK) {
    return tl::unexpected(error_of(code));
  }
  const ToWbxml converter{made};
  wbxml_conv_xml2wbxml_enable_preserve_whitespaces(made);
  wbxml_conv_xml2wbxml_disable_string_table(made);
  if (text.find("//DTD ActiveSync//") != std::string::npos) {
    wbxml_conv_xml2wbxml_disable_public_id(made);
  }
  WB_UTINY* wbxml = nullptr;
  WB_ULONG size = 0;
  const WBXMLError code = wbxml_conv_xml2wbxml_run(
      made, input(text), static_cast<WB_ULONG>(text.size()), &wbxml, &size);
  const Octets owner{wbxml};
  if (code != WBXML_OK) return tl::unexpected(error_of(code));
  return std::string{reinterpret_cast<const char*>(wbxml), size};
}

}  // namespace eastap::wbxml
