#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/other_languages.hpp"
#include "decoder/wbxml/tokens.hpp"
#include "proxy/redact/body.hpp"
#include "proxy/redact/enumeration.hpp"
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
    case Handling::word: return redacted_word(scope, value);
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

/// Strings inside tokens that ActiveSync does not use: attributes, EXT_I, PI. With `names`, also
/// the tokens that stand for names: what did not decode may be no tokens at all.
std::string hidden_tokens(const Scope& scope, std::string_view octets, bool names) {
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
      default:
        if (names && (token & tokens::kTokenMask) >= tokens::kFirstTag) {
          out[at - 1] = static_cast<char>((token & ~tokens::kTokenMask) | tokens::kFirstTag);
        }
        break;
    }
  }
  return out;
}

class Rewriter {
 public:
  Rewriter(const Scope& scope, std::shared_ptr<const std::string> body)
      : scope_{scope}, body_{*body}, document_{wbxml::decode(std::move(body))} {}

  std::string run() {
    const bool foreign = !wbxml::other_language(document_).empty();
    const std::size_t stop =
        static_cast<std::size_t>(std::min<std::uint64_t>(document_.decoded_octets, body_.size()));
    table_end_ = std::min<std::size_t>(
        std::size_t{document_.string_table_offset} + document_.string_table_size, body_.size());
    const bool in_header = table_end_ == 0 || stop < table_end_;
    kept_.assign(document_.string_table_size, false);
    hidden_.assign(document_.string_table_size, false);
    out_.reserve(body_.size() + 256);
    copy_to(in_header ? stop : table_end_);
    if (in_header) {
      header_rest();
      return std::move(out_);
    }
    hide_to(document_.nodes.empty() ? stop : document_.nodes.front().offset);
    Walk walk{document_};
    for (std::uint32_t index = 0; index < document_.nodes.size(); ++index) {
      const Handling how = walk.handling_of(index, foreign);
      value(document_.nodes[index], how);
    }
    copy_to(end_of_nodes(stop));
    hide_to(stop);
    rest(stop);
    hide_table();
    return std::move(out_);
  }

 private:
  void copy_to(std::size_t end) {
    if (end <= at_) return;
    out_ += body_.substr(at_, end - at_);
    at_ = end;
  }

  /// Tokens that no node stands for (what is before the root, a token that decoding stopped
  /// inside): without their strings.
  void hide_to(std::size_t end) {
    if (end <= at_) return;
    out_ += hidden_tokens(scope_, body_.substr(at_, end - at_), true);
    at_ = end;
  }

  /// Behind the last token that a node stands for, and the ENDs and page switches that follow it.
  [[nodiscard]] std::size_t end_of_nodes(std::size_t stop) const {
    if (document_.nodes.empty()) return at_;
    const Node& last = document_.nodes.back();
    std::size_t at = last.offset;
    if (last.value_kind == ValueKind::extension) {
      at = std::size_t{last.value_offset} + last.value_size;
    } else if (last.tag.token != Node::kPiece) {
      const auto token = static_cast<std::uint8_t>(body_[at++]);
      if (last.tag.token == Node::kLiteral) at += tokens::read_integer(body_, at).size;
      if ((token & tokens::kHasAttributes) != 0) return at;  // they would be a node
    }
    while (at < stop) {
      switch (static_cast<std::uint8_t>(body_[at])) {
        case tokens::kEnd: ++at; break;
        case tokens::kSwitchPage: at += 2; break;
        case tokens::kEntity:
        case tokens::kStrT: at += 1 + tokens::read_integer(body_, at + 1).size; break;
        case tokens::kStrI:
          if (at >= at_) return at;  // no node took it
          at = std::min(body_.find('\0', at_), stop) + 1;
          break;
        case tokens::kOpaque:
          if (at >= at_) return at;
          at = at_;
          break;
        default: return at;
      }
    }
    return at;
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
        if (how == Handling::keep || how == Handling::word) return;
        copy_to(node.value_offset);
        entity();
        break;
      case ValueKind::extension:
        copy_to(node.value_offset);
        out_ += hidden_tokens(scope_, octets, false);
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
        // A length near the largest stays beyond the body, however long a pseudonym is.
        const std::uint64_t now = std::uint64_t{changed.size()} + missing;
        tokens::write_integer(out_, static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                        now, std::numeric_limits<std::uint32_t>::max())));
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

  /// Of a header that broke: what is no number stays none, and the length of a string table that is
  /// longer than the body stays.
  void header_rest() {
    if (at_ != 0) {
      keep_number();
    } else if (!body_.empty() && (static_cast<std::uint8_t>(body_[0]) < 0x20 ||
                                  static_cast<std::uint8_t>(body_[0]) >= 0x7F)) {
      copy_to(1);  // the remark names it; but text where a version should be is text
    }
    out_ += scope_.names->hidden(body_.substr(at_));
    at_ = body_.size();
  }

  /// The number at `at_`; one that is too long as another such.
  void keep_number() {
    const auto number = tokens::read_integer(body_, at_);
    if (number.state == tokens::IntegerState::overflow) {
      out_.append(number.size, '\xFF');
      at_ += number.size;
    } else {
      copy_to(at_ + number.size);
    }
  }

  /// What did not decode. The token that decoding stopped at stays, so that it stops there again
  /// and for the same reason, and never comes to what is put for the rest.
  void rest(std::size_t stop) {
    if (at_ >= body_.size()) return;
    const bool left_over = !document_.nodes.empty() && document_.nodes.front().closed;
    const auto token = static_cast<std::uint8_t>(body_[at_]);
    if (!left_over) {
      if (at_ > stop || cut_short() || has_attributes(token)) {
        hide_to(body_.size());
        return;
      }
      copy_to(at_ + 1);
      if (has_number(token)) keep_number();
    }
    out_ += scope_.names->hidden(body_.substr(at_));
    at_ = body_.size();
  }

  /// Decoding stopped because the body ends.
  [[nodiscard]] bool cut_short() const {
    return !document_.complete &&
           std::any_of(document_.diagnostics.begin(), document_.diagnostics.end(),
                       [](const Diagnostic& remark) { return remark.code == Errc::truncated; });
  }

  /// Where it stopped may lie anywhere behind such a token.
  [[nodiscard]] static bool has_attributes(std::uint8_t token) {
    const std::uint8_t tag = token & tokens::kTokenMask;
    return token == tokens::kPi ||
           ((token & tokens::kHasAttributes) != 0 && tag >= tokens::kLiteral);
  }

  [[nodiscard]] static bool has_number(std::uint8_t token) {
    switch (token) {
      case tokens::kEntity:
      case tokens::kStrT:
      case tokens::kOpaque:
      case tokens::kLiteral:
      case tokens::kLiteralC:
      case tokens::kLiteralA:
      case tokens::kLiteralAc:
      case tokens::kExtT0:
      case tokens::kExtT1:
      case tokens::kExtT2: return true;
      default: return false;
    }
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
