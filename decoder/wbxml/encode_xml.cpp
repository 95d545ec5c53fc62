#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <pugixml.hpp>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/wbxml/encode.hpp"
#include "decoder/wbxml/tokens.hpp"

namespace eastap::wbxml {
namespace {

using codepages::Tag;

constexpr std::size_t kMaxDepth = 256;  // what decode reads back
// White space is kept where it may be a value; line ends too, since a value's CR is its own.
constexpr unsigned kParse = (pugi::parse_default | pugi::parse_ws_pcdata) & ~pugi::parse_eol;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool is_text(const pugi::xml_node& node) {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

/// Decimal, or hexadecimal after "0x".
std::optional<std::uint32_t> number_of(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Exchange's mailbox log writes `<Body=496 bytes/>` for a body that it leaves out, which is no
/// XML; here it becomes `<Body bytes="496"/>`, the form of all other values left out.
std::string with_wellformed_elisions(std::string_view xml) {
  constexpr std::string_view kEnd = "bytes/>";
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string out;
  std::size_t copied = 0;
  for (std::size_t end = xml.find(kEnd); end != std::string_view::npos;
       end = xml.find(kEnd, end + kEnd.size())) {
    std::size_t at = end;
    while (at > copied && xml[at - 1] == ' ') --at;
    const std::size_t digits_end = at;
    while (at > copied && is_digit(xml[at - 1])) --at;
    const std::string_view digits = xml.substr(at, digits_end - at);
    while (at > copied && xml[at - 1] == ' ') --at;
    if (digits.empty() || at == copied || xml[at - 1] != '=') continue;
    const std::size_t name_end = --at;
    while (at > copied && is_name(xml[at - 1])) --at;
    if (at == name_end || at == copied || xml[at - 1] != '<') continue;
    out += xml.substr(copied, name_end - copied);
    out.append(" bytes=\"").append(digits).append("\"/>");
    copied = end + kEnd.size();
  }
  return out += xml.substr(copied);
}

bool is_base64(std::string_view encoding) { return encoding.starts_with("base64"); }

/// The octets that `text` stands for in hex or base64, where they are as many as the tag has: 16 of
/// a ConversationId, 5 and 5 a reply of a ConversationIndex. Else `text` itself.
std::string conversation_octets(Tag tag, std::string_view text) {
  const auto fits = [&](const std::optional<std::string>& octets) {
    if (!octets) return false;
    if (tag != codepages::email2::kConversationIndex) return octets->size() == 16;
    return !octets->empty() && octets->size() % 5 == 0;
  };
  std::string core{text};
  std::erase_if(core, [](char c) { return is_blank({&c, 1}); });
  if (auto octets = from_hex(core); fits(octets)) return *std::move(octets);
  if (auto octets = from_base64(core); fits(octets)) return *std::move(octets);
  return std::string{text};
}

class XmlEncoder {
 public:
  Result<std::string> run(std::string_view original) {
    const std::string xml = with_wellformed_elisions(original);
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size(), kParse);
    if (!parsed) {
      return tl::unexpected(Error{Errc::malformed, static_cast<std::uint64_t>(parsed.offset),
                                  std::string{"not well-formed XML: "} + parsed.description()});
    }
    const pugi::xml_node root = document.document_element();
    if (!root) return tl::unexpected(Error{Errc::malformed, 0, "there is no root element"});
    for (const pugi::xml_node node : document.children()) {
      if ((node.type() == pugi::node_element && node != root) ||
          (is_text(node) && !is_blank(node.value()))) {
        fail(node, Errc::malformed, "something stands beside the root element");
      }
    }
    if (special(root) && std::strcmp(root.name(), "unknown") != 0 &&
        std::strcmp(root.name(), "literal") != 0) {
      fail(root, Errc::malformed, std::string{"<"} + root.name() + "> cannot be the root");
    }
    if (!error_) walk(root);
    if (error_) return tl::unexpected(std::move(*error_));
    return header() + std::move(body_).finish();
  }

  [[nodiscard]] std::size_t elided() const { return elided_; }

 private:
  static constexpr int kNoPage = -1;
  // What `bytes="n"` may grow to in all: the largest body that eastap keeps.
  static constexpr std::uint32_t kMostElided = 32U << 20U;

  /// What an element's attributes say besides namespaces.
  struct Attributes {
    std::string_view encoding;
    std::optional<std::uint32_t> elided;  ///< bytes="n": a value of that many octets was left out
  };

  struct Binding {
    std::string_view prefix;  ///< "" for the default namespace; into the XML document
    std::string_view name;
    int page;
  };

  struct Scope {
    pugi::xml_node next;       ///< the child to go on with
    std::size_t bindings = 0;  ///< how many there were outside
    bool mixed = false;
  };

  void fail(const pugi::xml_node& node, Errc code, std::string detail) {
    if (error_) return;
    const auto offset = node.offset_debug();
    error_ = Error{code, offset < 0 ? 0 : static_cast<std::uint64_t>(offset), std::move(detail)};
  }

  static bool special(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    return name == "unknown" || name == "literal" || name == "piece" || name == "entity" ||
           name == "extension" || name == "attributes";
  }

  [[nodiscard]] std::string header() const {
    if (literals_.empty()) return Builder::activesync_header();
    std::string out{"\x03\x01\x6A", 3};
    tokens::write_integer(out, static_cast<std::uint32_t>(literals_.size()));
    return out + literals_;
  }

  /// Visits elements in document order; the stack is ours, so that depth costs no call.
  void walk(const pugi::xml_node& root) {
    std::vector<Scope> scopes;
    enter(scopes, root);
    while (!scopes.empty() && !error_) {
      Scope& scope = scopes.back();
      const pugi::xml_node child = scope.next;
      if (!child) {
        body_.close();
        bindings_.resize(scope.bindings);
        scopes.pop_back();
        continue;
      }
      scope.next = child.next_sibling();
      if (child.type() == pugi::node_element) {
        piece(child) || enter(scopes, child);
      } else if (is_text(child) && scope.mixed) {
        put_text(child, child.value());
      }
    }
  }

  bool enter(std::vector<Scope>& scopes, const pugi::xml_node& node) {
    if (scopes.size() >= kMaxDepth) {
      fail(node, Errc::too_deep, "elements are nested deeper than 256 levels");
      return false;
    }
    const std::size_t bindings = bindings_.size();
    const Attributes attributes = declare(node);
    const std::string_view encoding = attributes.encoding;
    const codepages::TagRow* row = open(node);
    if (error_) return false;
    const bool has_elements = node.find_child(
        [](const pugi::xml_node& child) { return child.type() == pugi::node_element; });
    if (has_elements && is_base64(encoding)) {
      fail(node, Errc::malformed, "an element inside base64");
      return false;
    }
    if (attributes.elided && node.first_child()) {
      fail(node, Errc::unsupported, "a value beside bytes=\"…\", which stands for one");
      return false;
    }
    if (!has_elements) {
      if (attributes.elided) {
        put_elided(node, *attributes.elided, is_opaque(encoding, row));
      } else {
        put_value(node, encoding, row);
      }
      body_.close();
      bindings_.resize(bindings);
      return true;
    }
    bool mixed = false;  // else the white space between elements is only layout
    for (const pugi::xml_node child : node.children()) {
      mixed = mixed || (is_text(child) && !is_blank(child.value()));
    }
    scopes.push_back({node.first_child(), bindings, mixed});
    return true;
  }

  Attributes declare(const pugi::xml_node& node) {
    Attributes out;
    const std::string_view element = node.name();
    for (const pugi::xml_attribute attribute : node.attributes()) {
      const std::string_view name = attribute.name();
      const std::string_view value = attribute.value();
      if (name == "xmlns" || name.starts_with("xmlns:")) {
        const codepages::Page* page = codepages::find_page(value);
        bindings_.push_back({name.size() > 6 ? name.substr(6) : std::string_view{}, value,
                             page == nullptr ? kNoPage : page->number});
      } else if (name == "encoding") {
        out.encoding = value;
        if (value != "base64" && value != "base64-text" && value != "opaque" && value != "text") {
          fail(node, Errc::unsupported, "no encoding is named \"" + std::string{value} + "\"");
        }
      } else if (name == "bytes") {
        out.elided = number_of(value);
        if (!out.elided) fail(node, Errc::malformed, "bytes=\"…\" needs a number of octets");
      } else if (!(element == "unknown" && (name == "page" || name == "token")) &&
                 !(element == "literal" && (name == "name" || name == "page")) &&
                 !name.starts_with("xml:") && !name.starts_with("xsi:")) {
        fail(node, Errc::unsupported,
             "ActiveSync has no attributes, but <" + std::string{element} + "> has \"" +
                 std::string{name} + "\"");
      }
    }
    return out;
  }

  const codepages::TagRow* open(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    if (name == "unknown") {
      open_unknown(node);
      return nullptr;
    }
    if (name == "literal") {
      const auto index = static_cast<std::uint32_t>(literals_.size());
      (literals_ += node.attribute("name").value()) += '\0';
      const pugi::xml_attribute page = node.attribute("page");
      const auto number = page ? number_of(page.value()) : 0;
      if (!number || *number > 255)
        fail(node, Errc::malformed, "<literal> needs page=\"0\" to \"255\"");
      body_.open_literal(static_cast<std::uint8_t>(number.value_or(0)), index);
      return nullptr;
    }
    const std::size_t colon = name.find(':');
    const std::string_view prefix = colon == std::string_view::npos ? "" : name.substr(0, colon);
    const std::string_view local = colon == std::string_view::npos ? name : name.substr(colon + 1);
    const Binding* binding = nullptr;
    for (const Binding& candidate : bindings_) {
      if (candidate.prefix == prefix) binding = &candidate;
    }
    int page = binding != nullptr ? binding->page : kNoPage;
    if (binding == nullptr && !prefix.empty()) {
      // A fragment copied out of EAS Inspector: its prefixes are the names of the namespaces.
      const codepages::Page* const named = codepages::find_page(prefix);
      if (named != nullptr) page = named->number;
    }
    if (page == kNoPage) {
      fail(node, Errc::not_found,
           binding == nullptr
               ? "<" + std::string{name} + "> has no namespace (xmlns=\"AirSync\" or another)"
               : "no code page is named \"" + std::string{binding->name} + "\"");
      return nullptr;
    }
    const auto* row = codepages::find_row(static_cast<std::uint8_t>(page), local);
    if (row == nullptr) {
      fail(node, Errc::not_found,
           std::string{codepages::kPages[page]->name} + " has no tag \"" + std::string{local} +
               "\"");
      return nullptr;
    }
    body_.open(row->tag);
    return row;
  }

  void open_unknown(const pugi::xml_node& node) {
    const auto page = number_of(node.attribute("page").value());
    const auto token = number_of(node.attribute("token").value());
    if (!page || *page > 255 || !token || *token < tokens::kFirstTag ||
        *token > tokens::kTokenMask) {
      fail(node, Errc::malformed,
           "<unknown> needs page=\"0\" to \"255\" and token=\"0x05\" to \"0x3F\"");
      return;
    }
    body_.open({static_cast<std::uint8_t>(*page), static_cast<std::uint8_t>(*token)});
  }

  static std::string joined(const pugi::xml_node& node) {
    std::string text;
    for (const pugi::xml_node child : node.children()) {
      if (is_text(child)) text += child.value();
    }
    return text;
  }

  std::optional<std::string> base64_of(const pugi::xml_node& node) {
    std::string text = joined(node);
    std::erase_if(text, [](char c) { return is_blank({&c, 1}); });
    auto octets = from_base64(text);
    if (!octets) {
      fail(node, Errc::bad_base64, std::string{"the value of <"} + node.name() + "> is not base64");
    }
    return octets;
  }

  static bool is_opaque(std::string_view encoding, const codepages::TagRow* row) {
    if (encoding.empty()) return row != nullptr && row->opaque;
    return encoding == "base64" || encoding == "opaque";
  }

  void put_value(const pugi::xml_node& node, std::string_view encoding,
                 const codepages::TagRow* row) {
    if (is_base64(encoding)) {
      put_base64(node, encoding);
      return;
    }
    const std::string value = joined(node);
    if (value.empty() && encoding.empty()) return;
    if (!is_opaque(encoding, row)) {
      put_text(node, value);
    } else if (encoding.empty() && is_conversation(row->tag)) {
      body_.opaque(conversation_octets(row->tag, value));
    } else {
      body_.opaque(value);
    }
  }

  void put_base64(const pugi::xml_node& node, std::string_view encoding) {
    const auto octets = base64_of(node);
    if (!octets) return;
    if (encoding == "base64") {
      body_.opaque(*octets);
    } else if (octets->find('\0') == std::string::npos) {
      body_.text(*octets);
    } else {
      fail(node, Errc::bad_text, "a string that holds a NUL");
    }
  }

  /// As many asterisks as there were octets: lengths are what such a log still tells.
  void put_elided(const pugi::xml_node& node, std::uint32_t octets, bool opaque) {
    if (octets > kMostElided - elided_octets_) {
      fail(node, Errc::too_large, "values left out come to more than 32 MiB");
      return;
    }
    elided_octets_ += octets;
    ++elided_;
    const std::string value(octets, '*');
    if (value.empty()) return;
    opaque ? body_.opaque(value) : body_.text(value);
  }

  void put_text(const pugi::xml_node& node, std::string_view value) {
    if (!is_utf8(value)) {
      fail(node, Errc::bad_text, "text that is not UTF-8");
    } else {
      body_.text(value);
    }
  }

  /// Content that is no element of ActiveSync; false for an element.
  bool piece(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    if (name == "entity") {
      const auto code = number_of(node.attribute("code").value());
      if (code) {
        body_.entity(*code);
      } else {
        fail(node, Errc::malformed, "<entity> needs code=\"0x…\"");
      }
      return true;
    }
    if (name == "piece") {
      put_piece(node);
      return true;
    }
    if (name != "extension" && name != "attributes") return false;
    if (std::string_view{node.attribute("encoding").value()} != "base64") {
      fail(node, Errc::malformed, "<" + std::string{name} + "> needs encoding=\"base64\"");
    } else if (const auto octets = base64_of(node)) {
      name == "extension" ? body_.extension(*octets) : body_.attributes(*octets);
    }
    return true;
  }

  void put_piece(const pugi::xml_node& node) {
    const Attributes attributes = declare(node);
    const std::string_view encoding = attributes.encoding;
    if (attributes.elided) {
      put_elided(node, *attributes.elided, is_opaque(encoding, nullptr));
    } else if (is_base64(encoding)) {
      put_base64(node, encoding);
    } else if (is_opaque(encoding, nullptr)) {
      body_.opaque(joined(node));
    } else {
      put_text(node, joined(node));
    }
  }

  Builder body_{std::string{}};
  std::string literals_;
  std::vector<Binding> bindings_;
  std::size_t elided_ = 0;
  std::uint32_t elided_octets_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<std::string> encode_xml(std::string_view xml, std::size_t* elided) {
  XmlEncoder encoder;
  auto body = encoder.run(xml);
  if (elided != nullptr) *elided = encoder.elided();
  return body;
}

}  // namespace eastap::wbxml
