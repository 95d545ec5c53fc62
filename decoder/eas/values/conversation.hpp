#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/base/result.hpp"
#include "decoder/base/time.hpp"

namespace eastap::eas::values {

/// One reply: 5 octets. [MS-OXOMSG] 2.2.1.3 (PidTagConversationIndex, child blocks).
struct ReplyBlock {
  Microseconds after{};     ///< since the header's time, as exact as the block is (26 ms or 0.84 s)
  std::uint8_t random = 0;  ///< 4 bits
  std::uint8_t sequence = 0;  ///< 4 bits
  bool operator==(const ReplyBlock&) const = default;
};

struct ConversationIndex {
  std::optional<Timestamp> began;   ///< of the conversation, to 6.6 ms; nothing when out of range
  std::string guid;                 ///< 16 octets; "" in the form that email2:ConversationIndex has
  std::vector<ReplyBlock> replies;  ///< at most `kMostReplies`
  std::size_t reply_count = 0;
  bool operator==(const ConversationIndex&) const = default;
};

inline constexpr std::size_t kMostReplies = 200;

/// 22+5n octets (MAPI, MIME Thread-Index), 21+5n (the same without the leading 01), or 5+5n as
/// email2:ConversationIndex carries it: the remainder by 5 tells which. Error: `malformed` for any
/// other length, and where a 22-octet header does not begin with 01.
[[nodiscard]] Result<ConversationIndex> parse_conversation_index(std::string_view octets);
/// "began Wed 2013-06-05 09:30:34 UTC, 2 replies, the last after 3 h 12 min"
[[nodiscard]] std::string words(const ConversationIndex& index);

/// Octets as Outlook's tools and mailbox logs print a ConversationId: upper-case hex.
[[nodiscard]] std::string hex_words(std::string_view octets);

}  // namespace eastap::eas::values
