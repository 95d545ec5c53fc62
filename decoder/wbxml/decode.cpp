#include "decoder/wbxml/decode.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/codepages/lookup.hpp"
#include "decoder/wbxml/tokens.hpp"

namespace eastap::wbxml {
namespace {

using namespace tokens;
using codepages::Tag;

constexpr std::uint32_t kNone = 0xFFFF'FFFF;

std::string hex(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%02X", value);
  return text;
}

bool is_code_point(std::uint32_t number) {
  return number <= kLastCodePoint && (number < 0xD800 || number > 0xDFFF);
}

struct Text {
  std::size_t size = 0;  ///< up to the NUL, or all there is
  bool ended = false;    ///< the NUL was there
  bool ascii = false;    ///< known to be ASCII; false: not known
};

/// Looks for the NUL that ends a string. Most strings of EAS are short: they are read by words,
/// which finds the NUL and anything beyond ASCII in one pass and spares the call of memchr.
Text scan_text(const char* begin, const char* end) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080;
  constexpr std::ptrdiff_t kShort = 64;
  const char* at = begin;
  if constexpr (std::endian::native == std::endian::little) {
    std::uint64_t beyond_ascii = 0;
    const char* const stop = end - begin > kShort ? begin + kShort : end;
    while (stop - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, 8);
      const std::uint64_t zeros = (word - kOnes) & ~word & kHighs;
      if (zeros != 0) {
        const std::uint64_t before =
            (zeros & (~zeros + 1)) - 1;  // the bits below the first NUL's top bit
        const int octets = std::countr_zero(zeros) / 8;
        beyond_ascii |= word & kHighs & before;
        return {static_cast<std::size_t>(at - begin) + static_cast<std::size_t>(octets), true,
                beyond_ascii == 0};
      }
      beyond_ascii |= word & kHighs;
      at += 8;
    }
  }
  const void* nul = at == end ? nullptr : std::memchr(at, 0, static_cast<std::size_t>(end - at));
  if (nul == nullptr) return {static_cast<std::size_t>(end - begin), false, false};
  return {static_cast<std::size_t>(static_cast<const char*>(nul) - begin), true, false};
}

class Reader {
 public:
  Reader(Document& document, const Limits& limits)
      : document_{document},
        nodes_{document.nodes},
        limits_{limits},
        // a piece stands one level below its element, and levels have 16 bits
        depth_limit_{std::min<std::uint16_t>(limits.depth, 0xFFFE)},
        body_{*document.body} {
    if (body_.size() > limits.body) {
      remark(Errc::too_large, limits.body, [&] {
        return "The body has " + std::to_string(body_.size()) + " octets; only the first " +
               std::to_string(limits_.body) + " were read.";
      });
      body_ = body_.substr(0, limits.body);
      shortened_ = true;
    }
    size_ = static_cast<std::uint32_t>(body_.size());
    reserve(std::min<std::size_t>(size_ / 3 + 4, 512));
  }

  void run() {
    if (header() && prologue()) tree();
    finish();
  }

 private:
  static std::uint32_t bit_of(Errc code) { return 1U << static_cast<unsigned>(code); }

  /// Further remarks of that code are counted only. The first of each is always kept: a thousand
  /// oddities must not hide the one that counts.
  bool is_muted(Errc code) const {
    return remarks_ >= limits_.diagnostics && (codes_seen_ & bit_of(code)) != 0;
  }

  template <class MakeText>
  void remark(Errc code, std::uint32_t offset, MakeText&& make_text, bool always = false) {
    if (!always && is_muted(code)) {
      ++further_;
      return;
    }
    codes_seen_ |= bit_of(code);
    ++remarks_;
    document_.diagnostics.push_back({code, offset, {}, make_text()});
  }

  /// Says why decoding ends here.
  template <class MakeText>
  bool stop(Errc code, std::uint32_t offset, MakeText&& make_text) {
    remark(code, offset, std::forward<MakeText>(make_text), true);
    stopped_ = true;
    stopped_at_ = offset;
    return false;
  }

  bool stop_cut(std::uint32_t offset, const char* what) {
    return stop(Errc::truncated, offset,
                [&] { return std::string{"The body ends inside "} + what + "."; });
  }

  std::uint8_t octet(std::uint32_t at) const { return static_cast<std::uint8_t>(body_[at]); }

  /// Reads a multi-octet integer at `at_` and steps over it; on failure decoding has stopped, and
  /// `token_at` is named as the place.
  bool integer(std::uint32_t& value, std::uint32_t token_at, const char* what) {
    if (at_ < size_ && octet(at_) < 0x80) {
      value = octet(at_++);
      return true;
    }
    const Integer read = read_integer(body_, at_);
    if (read.state == IntegerState::truncated) return stop_cut(token_at, what);
    if (read.state == IntegerState::overflow) {
      return stop(Errc::malformed, token_at, [&] {
        return std::string{"The number of "} + what + " at octet " + std::to_string(at_) +
               " is longer than 32 bits.";
      });
    }
    at_ += read.size;
    value = read.value;
    return true;
  }

  bool header() {
    if (size_ == 0) return stop(Errc::truncated, 0, [] { return "The body is empty."; });
    document_.version = octet(at_++);
    if (document_.version < 1 || document_.version > 3) {
      return stop(Errc::unsupported, 0, [&] {
        // A text's letter says nothing, and is another one where the text was redacted.
        const bool text = document_.version >= 0x20 && document_.version < 0x7F;
        return (text ? "The first octet is a character of text"
                     : "The first octet is " + hex(document_.version)) +
               ": not WBXML 1.1 to 1.3 (ActiveSync begins with 03 01 6A 00).";
      });
    }
    const std::uint32_t id_at = at_;
    if (!integer(document_.public_id, at_, "the public identifier")) return false;
    if (document_.public_id == 0 &&
        !integer(document_.public_id_index, at_, "the public identifier")) {
      return false;
    }
    const std::uint32_t charset_at = at_;
    if (!integer(document_.charset, at_, "the character set")) return false;
    const std::uint32_t table_at = at_;
    std::uint32_t table_size = 0;
    if (!integer(table_size, at_, "the length of the string table")) return false;
    document_.string_table_offset = at_;
    document_.string_table_size = std::min(table_size, size_ - at_);
    if (table_size > size_ - at_) {
      return stop(Errc::truncated, table_at, [&] {
        return "The string table should have " + std::to_string(table_size) +
               " octets; the body has " + std::to_string(size_ - at_) + " more.";
      });
    }
    at_ += table_size;
    judge_header(id_at, charset_at);
    return true;
  }

  void judge_header(std::uint32_t id_at, std::uint32_t charset_at) {
    const std::string_view id_text = document_.public_id_text();
    activesync_ = document_.is_activesync();
    if (!activesync_) {
      remark(Errc::unsupported, id_at, [&] {
        return document_.public_id == 0
                   ? "The public identifier is \"" + repaired_utf8(id_text.substr(0, 80)) +
                         "\": another language than ActiveSync (1)."
                   : "The public identifier is " + hex(document_.public_id) +
                         ": another language than ActiveSync (1).";
      });
    }
    text_is_utf8_ = document_.charset == kCharsetUtf8 || document_.charset == kCharsetAscii ||
                    document_.charset == 0;
    if (document_.charset != kCharsetUtf8 && document_.charset != kCharsetAscii) {
      remark(Errc::unsupported, charset_at, [&] {
        return "The character set is MIBenum " + std::to_string(document_.charset) +
               ", not UTF-8 (106).";
      });
    }
  }

  /// What may stand before the root: page switches and processing instructions.
  bool prologue() {
    set_page(0);
    while (at_ < size_) {
      const std::uint8_t token = octet(at_);
      if ((token & kTokenMask) >= kLiteral) return true;
      if (token == kSwitchPage) {
        if (!switch_page()) return false;
      } else if (token == kPi) {
        const std::uint32_t from = at_++;
        if (!attributes(from)) return false;
        remark(Errc::unsupported, from, [] {
          return "A processing instruction before the root element, which ActiveSync does not use.";
        });
      } else {
        return stop(Errc::malformed, at_,
                    [&] { return "Token " + hex(token) + " before the root element."; });
      }
    }
    return stop(Errc::truncated, size_, [] { return "The body ends before its root element."; });
  }

  void set_page(std::uint8_t page) {
    page_ = page;
    known_ = activesync_ ? codepages::known_tokens(page) : ~std::uint64_t{0};
    // One remark is enough: every unknown token shows its number where it stands.
    if (known_ == 0 && !unknown_page_remarked_) {
      unknown_page_remarked_ = true;
      remark(Errc::not_found, at_,
             [&] { return "Code page " + std::to_string(page_) + " is not one of ActiveSync's."; });
    }
    if (known_ == 0 || unknown_token_remarked_) known_ = ~std::uint64_t{0};
  }

  bool switch_page() {
    if (size_ - at_ < 2) return stop_cut(at_, "a page switch");
    set_page(octet(at_ + 1));
    at_ += 2;
    return true;
  }

  /// The body, from the root's token to its END: the hot loop. What nearly all bodies consist of is
  /// done here, on locals: each store to a node could change a member, for all the compiler knows.
  /// Whatever is not plain goes to `token`, which knows all cases.
  void tree() {
    const char* const body = body_.data();
    const std::uint32_t size = size_;
    const std::uint16_t depth_limit = depth_limit_;
    std::uint32_t at = at_;
    std::uint32_t open = open_;
    std::uint16_t depth = depth_;
    while (at < size) {
      const auto token = static_cast<std::uint8_t>(body[at]);
      const auto index = count_;
      if (token == kEnd) {
        ++at;
        --depth;
        open = std::exchange(nodes_[open].end, index);
        if (open == kNone) break;
        continue;
      }
      const std::uint8_t tag = token & kTokenMask;
      if (tag >= kFirstTag) {
        const bool plain = ((known_ >> tag) & 1) != 0 && depth < depth_limit && index < room_ &&
                           open != kNone && nodes_[open].value_kind == ValueKind::none &&
                           (token & kHasAttributes) == 0;
        if (plain) [[likely]] {
          const auto level = static_cast<std::uint16_t>(depth + 1);
          // While an element is open its `end` holds its parent: the stack costs no memory.
          const bool opens = (token & kHasContent) != 0;
          append({Tag{page_, tag}, ValueKind::none, true, level, false, at, 0, 0,
                  opens ? open : index + 1});
          if (opens) {
            open = index;
            depth = level;
          }
          ++at;
          continue;
        }
      } else if (token == kStrI && open + 1 == index) {
        const Text text = scan_text(body + at + 1, body + size);
        Node& owner = nodes_[open];
        if (text.ascii && text.ended && owner.value_kind == ValueKind::none) [[likely]] {
          owner.value_kind = ValueKind::text;
          owner.value_offset = at + 1;
          owner.value_size = static_cast<std::uint32_t>(text.size);
          value_token_ = at;
          at += static_cast<std::uint32_t>(text.size) + 2;
          continue;
        }
      }
      const bool is_single_extension = token >= kExt0 && token <= kExt2;
      if (is_single_extension && is_muted(Errc::unsupported) && index < room_ && open != kNone &&
          nodes_[open].value_kind == ValueKind::none) {  // a body of nothing else is as fast as any
        ++further_;
        append({Tag{}, ValueKind::extension, true, static_cast<std::uint16_t>(depth + 1), false, at,
                at, 1, index + 1});
        ++at;
        continue;
      }
      at_ = at;
      open_ = open;
      depth_ = depth;
      const bool further = this->token(token) && open_ != kNone;
      at = at_;
      open = open_;
      depth = depth_;
      if (!further) break;
    }
    at_ = at;
    open_ = open;
    depth_ = depth;
  }

  /// Any token but END; false when decoding ends there.
  [[gnu::noinline]] bool token(std::uint8_t token) {
    if ((token & kTokenMask) >= kFirstTag) return begin_element(token);
    switch (token) {
      case kStrI: return inline_text();
      case kSwitchPage: return switch_page();
      case kOpaque: return opaque();
      default: return rare(token);
    }
  }

  /// Room for one more node; false when the limit is met.
  bool room() {
    if (count_ < room_) [[likely]]
      return true;
    return grow();
  }

  /// Into room that is known to be there.
  void append(const Node& node) { nodes_[count_++] = node; }

  void reserve(std::size_t wanted) {
    nodes_.reserve(std::min<std::size_t>(wanted, limits_.nodes));
    extend();
  }

  /// Nodes are made by the block ahead of what fills them: a block stays in the innermost cache,
  /// and filling is a plain store (push_back copies through the stack, which stalls).
  void extend() {
    constexpr std::size_t kBlock = 256;
    nodes_.resize(std::min({nodes_.capacity(), std::size_t{limits_.nodes}, count_ + kBlock}));
    room_ = static_cast<std::uint32_t>(nodes_.size());
  }

  [[gnu::noinline]] bool grow() {
    const std::size_t used = count_;
    if (used >= limits_.nodes) {
      return stop(Errc::too_large, at_, [&] {
        return "The body has more than " + std::to_string(limits_.nodes) + " elements.";
      });
    }
    if (used < nodes_.capacity()) {
      extend();
      return true;
    }
    // Bodies are alike throughout: what the first part needed tells what the whole will need.
    const std::size_t guess =
        static_cast<std::size_t>(std::uint64_t{used} * size_ / std::max<std::uint32_t>(at_, 1));
    // What is reserved in vain is never touched, so that it costs addresses only.
    reserve(std::clamp(guess + guess / 8, used + used / 2 + 4, used * 16 + 4));
    return true;
  }

  bool begin_element(std::uint8_t token) {
    const std::uint8_t tag = token & kTokenMask;
    if (((known_ >> tag) & 1) == 0) unknown_token(tag);
    if (!push_element(token, at_)) return false;
    ++at_;
    if ((token & kHasAttributes) != 0 && !element_attributes()) return false;
    if ((token & kHasContent) == 0) end_element();
    return true;
  }

  [[gnu::noinline]] void unknown_token(std::uint8_t tag) {
    unknown_token_remarked_ = true;
    known_ = ~std::uint64_t{0};
    remark(Errc::not_found, at_, [&] {
      return "Code page " + std::to_string(page_) + " has no tag " + hex(tag) + " in ActiveSync.";
    });
  }

  bool push_element(std::uint8_t token, std::uint32_t offset) {
    if (depth_ >= depth_limit_) {
      return stop(Errc::too_deep, offset, [&] {
        return "Elements are nested deeper than " + std::to_string(depth_limit_) + " levels.";
      });
    }
    if (!before_child() || !room()) return false;
    const auto index = count_;
    ++depth_;
    // While an element is open its `end` holds its parent: the stack costs no memory of its own.
    append({Tag{page_, static_cast<std::uint8_t>(token & kTokenMask)}, ValueKind::none, true,
            depth_, false, offset, 0, 0, open_});
    open_ = index;
    return true;
  }

  void end_element() {
    Node& node = nodes_[open_];
    open_ = std::exchange(node.end, count_);
    --depth_;
  }

  /// An element holds a value itself only while it has no other content.
  bool before_child() {
    if (open_ == kNone || nodes_[open_].value_kind == ValueKind::none) [[likely]]
      return true;
    return value_to_piece();
  }

  [[gnu::noinline]] bool value_to_piece() {
    if (!room()) return false;
    Node& parent = nodes_[open_];
    const auto index = count_;
    const Node piece{Tag{},
                     parent.value_kind,
                     true,
                     static_cast<std::uint16_t>(depth_ + 1),
                     false,
                     value_token_,
                     parent.value_offset,
                     parent.value_size,
                     index + 1};
    parent.value_kind = ValueKind::none;
    parent.value_offset = parent.value_size = 0;
    append(piece);
    return true;
  }

  bool add_value(ValueKind kind, std::uint32_t token_at, std::uint32_t offset, std::uint32_t size) {
    Node& parent = nodes_[open_];
    if (parent.value_kind == ValueKind::none && open_ + 1 == count_) {
      parent.value_kind = kind;
      parent.value_offset = offset;
      parent.value_size = size;
      value_token_ = token_at;
      return true;
    }
    return add_piece(kind, token_at, offset, size);
  }

  bool add_piece(ValueKind kind, std::uint32_t token_at, std::uint32_t offset, std::uint32_t size) {
    if (!before_child() || !room()) return false;
    const auto index = count_;
    append({Tag{}, kind, true, static_cast<std::uint16_t>(depth_ + 1), false, token_at, offset,
            size, index + 1});
    return true;
  }

  void check_text(std::uint32_t token_at, std::uint32_t offset, std::uint32_t size) {
    if (text_is_utf8_ && !is_utf8(body_.substr(offset, size))) {
      remark(Errc::bad_text, token_at,
             [] { return "Text that is not UTF-8; its octets are kept as they are."; });
    }
  }

  bool inline_text() {
    const std::uint32_t token_at = at_;
    const std::uint32_t offset = at_ + 1;
    const Text text = scan_text(body_.data() + offset, body_.data() + size_);
    const auto size = static_cast<std::uint32_t>(text.size);
    at_ = offset + size;
    if (!text.ascii && text.ended) check_text(token_at, offset, size);
    if (!add_value(ValueKind::text, token_at, offset, size)) return false;
    if (!text.ended) return stop_cut(token_at, "a text");  // what came of it is kept
    ++at_;
    return true;
  }

  bool opaque() {
    const std::uint32_t token_at = at_++;
    std::uint32_t size = 0;
    if (!integer(size, token_at, "the length of opaque data")) return false;
    const std::uint32_t there = std::min(size, size_ - at_);
    if (!add_value(ValueKind::opaque, token_at, at_, there)) return false;
    if (there < size) {
      return stop(Errc::truncated, token_at, [&] {
        return "Opaque data should have " + std::to_string(size) + " octets; the body has " +
               std::to_string(there) + " more.";
      });
    }
    at_ += size;
    return true;
  }

  /// What hardly ever occurs in ActiveSync.
  [[gnu::noinline]] bool rare(std::uint8_t token) {
    switch (token) {
      case kEntity: return entity();
      case kStrT: return table_text();
      case kLiteral:
      case kLiteralC:
      case kLiteralA:
      case kLiteralAc: return literal(token);
      default: return extension(token);
    }
  }

  bool entity() {
    const std::uint32_t token_at = at_++;
    std::uint32_t number = 0;
    return integer(number, token_at, "a character number") && good_character(number, token_at) &&
           add_piece(ValueKind::entity, token_at, token_at, number);
  }

  bool good_character(std::uint32_t number, std::uint32_t token_at) {
    if (!is_code_point(number)) {
      remark(Errc::bad_text, token_at,
             [&] { return "There is no character of number " + hex(number) + "."; });
    }
    return true;
  }

  /// Accounts for a use of the string table and gives the string's place.
  bool table_string(std::uint32_t index, std::uint32_t token_at, std::uint32_t& offset,
                    std::uint32_t& size) {
    offset = document_.string_table_offset;
    size = 0;
    if (index >= document_.string_table_size) {
      remark(Errc::malformed, token_at, [&] {
        return "String " + std::to_string(index) + " lies outside of the string table, which has " +
               std::to_string(document_.string_table_size) + " octets.";
      });
      return true;
    }
    offset += index;
    const std::uint32_t table_end = document_.string_table_offset + document_.string_table_size;
    const Text text = scan_text(body_.data() + offset, body_.data() + table_end);
    size = static_cast<std::uint32_t>(text.size);
    table_octets_ += size;
    if (table_octets_ > limits_.table_octets) {
      return stop(Errc::too_large, token_at, [&] {
        return "The string table unfolds to more than " + std::to_string(limits_.table_octets) +
               " octets.";
      });
    }
    if (!text.ended) {
      remark(Errc::malformed, token_at, [&] {
        return "String " + std::to_string(index) + " of the string table does not end in it.";
      });
    }
    if (!text.ascii) check_text(token_at, offset, size);
    return true;
  }

  bool table_text() {
    const std::uint32_t token_at = at_++;
    std::uint32_t index = 0;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    return integer(index, token_at, "a string table index") &&
           table_string(index, token_at, offset, size) &&
           add_value(ValueKind::text, token_at, offset, size);
  }

  bool literal(std::uint8_t token) {
    const std::uint32_t token_at = at_++;
    std::uint32_t index = 0;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    if (!integer(index, token_at, "a tag's name") || !table_string(index, token_at, offset, size) ||
        !push_element(token, token_at)) {
      return false;
    }
    if (activesync_) {
      remark(Errc::unsupported, token_at, [&] {
        return "A tag named \"" + repaired_utf8(body_.substr(offset, std::min(size, 80U))) +
               "\" by the string table, which ActiveSync does not use.";
      });
    }
    if ((token & kHasAttributes) != 0 && !element_attributes()) return false;
    if ((token & kHasContent) == 0) end_element();
    return true;
  }

  bool extension(std::uint8_t token) {
    const std::uint32_t token_at = at_++;
    std::uint32_t number = 0;
    switch (token) {
      case kExtI0:
      case kExtI1:
      case kExtI2: {
        const Text text = scan_text(body_.data() + at_, body_.data() + size_);
        if (!text.ended) return stop_cut(token_at, "an extension");
        at_ += static_cast<std::uint32_t>(text.size) + 1;
        break;
      }
      case kExtT0:
      case kExtT1:
      case kExtT2:
        if (!integer(number, token_at, "an extension")) return false;
        break;
      case kPi:
        if (!attributes(token_at)) return false;
        break;
      default: break;  // EXT_0 to EXT_2 are single octets
    }
    remark(Errc::unsupported, token_at, [&] {
      return (token == kPi ? std::string{"A processing instruction"}
                           : "Extension token " + hex(token)) +
             ", which ActiveSync does not use; its octets are kept.";
    });
    return add_piece(ValueKind::extension, token_at, token_at, at_ - token_at);
  }

  bool element_attributes() {
    const std::uint32_t from = at_;
    if (!attributes(nodes_[open_].offset)) return false;
    remark(Errc::unsupported, from,
           [] { return "Attributes, which ActiveSync does not use; their octets are kept."; });
    return add_piece(ValueKind::extension, from, from, at_ - from);
  }

  /// Steps over an attribute list and its END (WAP-192-WBXML 5.3, 5.8.2).
  bool attributes(std::uint32_t token_at) {
    std::uint32_t number = 0;
    std::uint32_t offset = 0;
    while (at_ < size_) {
      const std::uint8_t token = octet(at_++);
      switch (token) {
        case kEnd: return true;
        case kSwitchPage:
          if (at_ == size_) return stop_cut(token_at, "attributes");
          ++at_;
          break;
        case kEntity:
          if (!integer(number, token_at, "attributes")) return false;
          good_character(number, token_at);
          break;
        case kStrI:
        case kExtI0:
        case kExtI1:
        case kExtI2: {
          const Text text = scan_text(body_.data() + at_, body_.data() + size_);
          if (!text.ended) return stop_cut(token_at, "attributes");
          if (!text.ascii) check_text(at_, at_, static_cast<std::uint32_t>(text.size));
          at_ += static_cast<std::uint32_t>(text.size) + 1;
          break;
        }
        case kLiteral:
        case kStrT:
        case kExtT0:
        case kExtT1:
        case kExtT2: {
          std::uint32_t size = 0;
          if (!integer(number, token_at, "attributes")) return false;
          const bool refers = token == kLiteral || token == kStrT;
          if (refers && !table_string(number, token_at, offset, size)) return false;
          break;
        }
        case kOpaque:
          if (!integer(number, token_at, "attributes")) return false;
          if (number > size_ - at_) return stop_cut(token_at, "opaque data of attributes");
          at_ += number;
          break;
        case kPi:
        case kLiteralC:
        case kLiteralA:
        case kLiteralAc:
          return stop(Errc::malformed, at_ - 1,
                      [&] { return "Token " + hex(token) + " inside attributes."; });
        default: break;  // names, values and EXT_0 to EXT_2 are single octets
      }
    }
    return stop_cut(token_at, "attributes");
  }

  void finish() {
    nodes_.resize(count_);
    const bool root_closed = !nodes_.empty() && open_ == kNone && !stopped_;
    if (open_ != kNone && !stopped_) {
      stop(Errc::truncated, size_, [&] {
        return "The body ends with " + std::to_string(depth_) +
               (depth_ == 1 ? " element" : " elements") + " still open.";
      });
    }
    while (open_ != kNone) {
      nodes_[open_].closed = false;
      end_element();
    }
    document_.decoded_octets = stopped_ ? stopped_at_ : at_;
    if (root_closed && at_ < size_) {
      remark(
          Errc::malformed, at_,
          [&] {
            return std::to_string(size_ - at_) +
                   (size_ - at_ == 1 ? " octet follows" : " octets follow") +
                   " after the end of the root element.";
          },
          true);
    }
    document_.complete = root_closed && at_ == size_ && !shortened_;
    if (further_ != 0 && !document_.diagnostics.empty()) {
      document_.diagnostics.back().text +=
          " (" + std::to_string(further_) + " further remarks on this body are left out.)";
    }
  }

  Document& document_;
  std::vector<Node>& nodes_;
  const Limits& limits_;
  std::uint16_t depth_limit_;
  std::string_view body_;
  std::uint32_t size_ = 0;
  std::uint32_t count_ = 0;  ///< nodes that are filled; `nodes_` has `room_` until `finish`
  std::uint32_t room_ = 0;   ///< nodes that are made
  std::uint32_t at_ = 0;
  std::uint32_t open_ = kNone;  ///< index of the innermost open element
  std::uint16_t depth_ = 0;     ///< its level
  std::uint8_t page_ = 0;
  std::uint64_t known_ = 0;        ///< tokens of `page_` that need no remark
  std::uint32_t value_token_ = 0;  ///< where the token of the innermost element's own value stands
  std::uint64_t table_octets_ = 0;
  bool activesync_ = true;
  bool text_is_utf8_ = true;
  bool unknown_page_remarked_ = false;
  bool unknown_token_remarked_ = false;
  bool shortened_ = false;
  bool stopped_ = false;
  std::uint32_t stopped_at_ = 0;
  std::uint32_t remarks_ = 0;
  std::uint32_t codes_seen_ = 0;
  std::uint64_t further_ = 0;
};

}  // namespace

Document decode(std::shared_ptr<const std::string> body, const Limits& limits) {
  Document document;
  document.body = body ? std::move(body) : std::make_shared<const std::string>();
  Reader{document, limits}.run();
  return document;
}

}  // namespace eastap::wbxml
