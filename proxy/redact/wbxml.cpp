#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/other_languages.hpp"
#include "decoder/wbxml/tokens.hpp"
#include "proxy/redact/body.hpp"
#include "proxy/redact/mime.hpp"
#include "proxy/redact/tag_rules.hpp"

namespace eastap::redact {
namespace {

using wbxml::Document;
using wbxml::Element;
using wbxml::Node;
using wbxml::ValueKind;
namespace tokens = wbxml::tokens;
namespace pages = codepages;

/// Folder types that the server makes, [MS-ASCMD] 2.2.3.186.3; 1 and 12 to 17 are the user's.
bool is_servers_folder(std::string_view type) {
  const auto number = to_integer(type);
  return number && ((*number >= 2 && *number <= 11) || *number == 19);
}

/// Walks a document in order and knows of each node the element that its value belongs to.
class Walk {
 public:
  explicit Walk(const Document& document) : document_{document} {}

  /// To be called for each node in order.
  [[nodiscard]] Handling handling_of(std::uint32_t index, bool force_text) {
    const std::vector<Node>& nodes = document_.nodes;
    while (!open_.empty() && nodes[open_.back()].end <= index) open_.pop_back();
    const bool piece = nodes[index].tag.token == Node::kPiece;
    const bool has_owner = !open_.empty();
    const std::uint32_t owner = piece && has_owner ? open_.back() : index;
    const std::size_t above = open_.size() - (piece && has_owner ? 1 : 0);
    std::optional<Element> parent;
    if (above > 0) parent = Element{document_, open_[above - 1]};
    if (nodes[index].end > index + 1) open_.push_back(index);
    if (force_text) return Handling::text;
    return settled(handling(nodes[owner].tag), parent);
  }

 private:
  /// What depends on the elements beside it.
  [[nodiscard]] static Handling settled(Handling handling, const std::optional<Element>& parent) {
    if (handling == Handling::body) {
      const auto type = parent ? parent->child_value(pages::airsync_base::kType) : std::nullopt;
      return type && *type == "4" ? Handling::mime : Handling::text;
    }
    if (handling == Handling::folder) {
      const auto type = parent ? parent->child_value(pages::folder_hierarchy::kType) : std::nullopt;
      return type && is_servers_folder(*type) ? Handling::keep : Handling::text;
    }
    return handling;
  }

  const Document& document_;
  std::vector<std::uint32_t> open_;
};

std::string redacted_value(const Scope& scope, Handling how, std::string_view value) {
  switch (how) {
    case Handling::keep: return without_identities(scope, value);
    case Handling::addresses: return redacted_addresses(scope, value);
    case Handling::mime: return redacted_mime(scope, value);
    case Handling::reference: return redacted_reference(scope, value);
    case Handling::uid: return redacted_uid(scope, value);
    case Handling::global_id: return redacted_global_id(scope, value);
    case Handling::text:
    case Handling::body:
    case Handling::folder: break;
  }
  return hidden_text(scope, value);
}

/// Strings inside tokens that ActiveSync does not use: attributes, EXT_I, PI.
std::string hidden_tokens(const Scope& scope, std::string_view octets) {
  std::string out{octets};
  const auto number_at = [&](std::size_t at) { return tokens::read_integer(octets, at); };
  const auto hide = [&](std::size_t from, std::size_t size) {
    out.replace(from, size, scope.names->hidden(octets.substr(from, size)));
  };
  for (std::size_t at = 0; at < octets.size();) {
    const auto token = static_cast<std::uint8_t>(octets[at++]);
    switch (token) {
      case tokens::kStrI:
      case tokens::kExtI0:
      case tokens::kExtI1:
      case tokens::kExtI2: {
        const std::size_t end = std::min(octets.find('\0', at), octets.size());
        hide(at, end - at);
        at = end + 1;
        break;
      }
      case tokens::kOpaque: {
        const auto size = number_at(at);
        at += size.size;
        const std::size_t have = std::min<std::size_t>(size.value, octets.size() - at);
        hide(at, have);
        at += have;
        break;
      }
      case tokens::kEntity:
      case tokens::kStrT:
      case tokens::kLiteral:
      case tokens::kLiteralA:
      case tokens::kLiteralC:
      case tokens::kLiteralAc:
      case tokens::kExtT0:
      case tokens::kExtT1:
      case tokens::kExtT2: at += number_at(at).size; break;
      case tokens::kSwitchPage: ++at; break;
      default: break;
    }
  }
  return out;
}

class Rewriter {
 public:
  Rewriter(const Scope& scope, std::shared_ptr<const std::string> body)
      : scope_{scope}, body_{*body}, document_{wbxml::decode(std::move(body))} {}

  std::string run() {
    if (document_.nodes.empty()) return bare();
    const bool foreign = !wbxml::other_language(document_).empty();
    table_end_ = std::min<std::size_t>(
        std::size_t{document_.string_table_offset} + document_.string_table_size, body_.size());
    kept_.assign(document_.string_table_size, false);
    hidden_.assign(document_.string_table_size, false);
    out_.reserve(body_.size() + 256);
    copy_to(table_end_);
    Walk walk{document_};
    for (std::uint32_t index = 0; index < document_.nodes.size(); ++index) {
      const Handling how = walk.handling_of(index, foreign);
      value(document_.nodes[index], how);
    }
    const std::size_t stop =
        static_cast<std::size_t>(std::min<std::uint64_t>(document_.decoded_octets, body_.size()));
    copy_to(std::max(stop, at_));
    rest();
    hide_table();
    return std::move(out_);
  }

 private:
  /// Nothing decoded: the header may say why.
  [[nodiscard]] std::string bare() const {
    const bool text = !body_.empty() && static_cast<unsigned char>(body_.front()) >= 0x09;
    std::size_t kept = text ? 0 : 4;
    while (!text && kept < body_.size() && body_[kept] == '\0') kept += 2;  // page switches
    if (!text && kept > 4) ++kept;
    kept = std::min(kept, body_.size());
    return std::string{body_.substr(0, kept)} + scope_.names->hidden(body_.substr(kept));
  }

  void copy_to(std::size_t end) {
    if (end <= at_) return;
    out_ += body_.substr(at_, end - at_);
    at_ = end;
  }

  void value(const Node& node, Handling how) {
    if (node.value_kind == ValueKind::none || node.value_offset > body_.size()) return;
    const std::string_view octets = body_.substr(node.value_offset, node.value_size);
    const bool in_table =
        node.value_offset < table_end_ && node.value_offset >= document_.string_table_offset;
    if (in_table && node.value_kind == ValueKind::text) {
      const bool stays = redacted_value(scope_, how, octets) == octets;
      std::vector<bool>& mask = stays ? kept_ : hidden_;
      const std::size_t from = node.value_offset - document_.string_table_offset;
      std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(from),
                  std::min(octets.size(), mask.size() - from), true);
      return;
    }
    if (node.value_offset < at_) return;
    switch (node.value_kind) {
      case ValueKind::text:
        copy_to(node.value_offset);
        out_ += without_nul(redacted_value(scope_, how, octets));
        at_ += octets.size();
        break;
      case ValueKind::opaque: opaque(node, redacted_value(scope_, how, octets)); break;
      case ValueKind::entity:
        if (how == Handling::keep) return;
        copy_to(node.value_offset);
        entity();
        break;
      case ValueKind::extension:
        copy_to(node.value_offset);
        out_ += hidden_tokens(scope_, octets);
        at_ += octets.size();
        break;
      case ValueKind::none: break;
    }
  }

  /// Of as many octets as it had: leading zero digits are allowed.
  void entity() {
    const std::size_t size = tokens::read_integer(body_, at_ + 1).size;
    out_ += static_cast<char>(tokens::kEntity);
    out_.append(size < 2 ? 0 : size - 1, '\x80');
    out_ += 'x';
    at_ += 1 + size;
  }

  /// The length in front follows the value, also the length of one that was cut.
  void opaque(const Node& node, std::string changed) {
    for (std::size_t size = 1; size <= 5 && size + 1 <= node.value_offset; ++size) {
      const std::size_t from = node.value_offset - size;
      if (from < at_ || static_cast<std::uint8_t>(body_[from - 1]) != tokens::kOpaque) continue;
      const auto length = tokens::read_integer(body_, from);
      if (length.state != tokens::IntegerState::good || length.size != size ||
          length.value < node.value_size) {
        continue;
      }
      copy_to(from);
      const std::uint32_t missing = length.value - node.value_size;
      if (changed.size() == node.value_size) {
        out_ += body_.substr(from, size);
      } else {
        tokens::write_integer(out_, static_cast<std::uint32_t>(changed.size()) + missing);
      }
      out_ += changed;
      at_ = std::size_t{node.value_offset} + node.value_size;
      return;
    }
    changed = scope_.names->hidden(body_.substr(node.value_offset, node.value_size));
    copy_to(node.value_offset);
    out_ += changed;
    at_ += changed.size();
  }

  /// What did not decode: the token that decoding stopped at stays, so that the reason does.
  void rest() {
    if (at_ >= body_.size()) return;
    const bool cut =
        std::any_of(document_.diagnostics.begin(), document_.diagnostics.end(),
                    [](const Diagnostic& remark) { return remark.code == Errc::truncated; });
    if (cut && !document_.complete) {  // a token that is not whole is still one
      out_ += hidden_tokens(scope_, body_.substr(at_));
      at_ = body_.size();
      return;
    }
    const auto token = static_cast<std::uint8_t>(body_[at_]);
    std::size_t kept = 1;
    if (token == tokens::kOpaque || token == tokens::kEntity || token == tokens::kStrT) {
      kept += tokens::read_integer(body_, at_ + 1).size;
    }
    copy_to(std::min(at_ + kept, body_.size()));
    out_ += scope_.names->hidden(body_.substr(at_));
    at_ = body_.size();
  }

  /// Strings of the table that no element needs to keep.
  void hide_table() {
    const std::string_view name = document_.public_id_text();
    const std::size_t name_at = document_.public_id == 0 ? document_.public_id_index : 0;
    const std::size_t begin = document_.string_table_offset;
    for (std::size_t i = 0; i < kept_.size() && begin + i < table_end_;) {
      const bool of_name = i >= name_at && i < name_at + name.size();
      if (out_[begin + i] == '\0' || of_name || (kept_[i] && !hidden_[i])) {
        ++i;
        continue;
      }
      std::size_t end = i;
      while (end < kept_.size() && begin + end < table_end_ && out_[begin + end] != '\0' &&
             (!kept_[end] || hidden_[end]) && !(end >= name_at && end < name_at + name.size())) {
        ++end;
      }
      out_.replace(begin + i, end - i,
                   scope_.names->hidden(std::string_view{out_}.substr(begin + i, end - i)));
      i = end;
    }
  }

  [[nodiscard]] static std::string without_nul(std::string text) {
    std::replace(text.begin(), text.end(), '\0', 'x');
    return text;
  }

  const Scope& scope_;
  std::string_view body_;
  Document document_;
  std::string out_;
  std::size_t at_ = 0, table_end_ = 0;
  std::vector<bool> kept_, hidden_;  // octets of the string table
};

}  // namespace

std::string redacted_wbxml(const Scope& scope, std::string_view body) {
  return Rewriter{scope, std::make_shared<const std::string>(body)}.run();
}

void mark_hidden(Document& document, Level level) {
  if (level == Level::none || document.nodes.empty()) return;
  const bool foreign = !wbxml::other_language(document).empty();
  Walk walk{document};
  for (std::uint32_t index = 0; index < document.nodes.size(); ++index) {
    const Handling how = walk.handling_of(index, foreign);
    Node& node = document.nodes[index];
    if (node.value_kind == ValueKind::none || node.value_size == 0) continue;
    node.hidden = how == Handling::text || how == Handling::mime ||
                  (how == Handling::addresses && level == Level::content);
  }
}

}  // namespace eastap::redact
