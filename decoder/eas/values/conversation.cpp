#include "decoder/eas/values/conversation.hpp"

#include "decoder/base/text.hpp"
#include "decoder/eas/values/dates.hpp"
#include "decoder/eas/values/octets.hpp"

namespace eastap::eas::values {
namespace {

constexpr std::size_t kBlock = 5, kGuid = 16;

/// [MS-OXOMSG] 2.2.1.3: the first bit says which bits of the difference were kept. Up to 1.7 years
/// in steps of 2^18 ticks, else in steps of 2^23.
ReplyBlock reply_of(std::string_view block) {
  const std::uint64_t time = big_endian(block.substr(0, 4));
  const bool coarse = (time & 0x8000'0000U) != 0;
  const std::uint64_t ticks = (time & 0x7FFF'FFFFU) << (coarse ? 23U : 18U);
  const auto last = static_cast<unsigned char>(block[4]);
  return {Microseconds{static_cast<std::int64_t>(ticks / 10)},
          static_cast<std::uint8_t>(last >> 4U), static_cast<std::uint8_t>(last & 15U)};
}

}  // namespace

Result<ConversationIndex> parse_conversation_index(std::string_view octets) {
  const auto refuse = [](std::uint64_t offset, std::string detail) {
    return tl::unexpected(Error{Errc::malformed, offset, std::move(detail)});
  };
  const std::size_t form = octets.size() % kBlock;
  const std::size_t least = form == 0 ? kBlock : kBlock + kGuid + (form == 2 ? 1 : 0);
  if ((form != 0 && form != 1 && form != 2) || octets.size() < least) {
    return refuse(octets.size(),
                  "No conversation index has " + std::to_string(octets.size()) + " octets");
  }
  std::string_view rest = octets;
  if (form == 2) {
    if (rest.front() != 1) return refuse(0, "A conversation index begins with 01");
    rest.remove_prefix(1);
  }
  ConversationIndex index;
  // The reserved 01 is the first octet of every FILETIME from 1829 to 2057, whose next five follow.
  index.began = from_filetime(std::uint64_t{1} << 56U | big_endian(rest.substr(0, kBlock)) << 16U);
  rest.remove_prefix(kBlock);
  if (form != 0) {
    index.guid = rest.substr(0, kGuid);
    rest.remove_prefix(kGuid);
  }
  index.reply_count = rest.size() / kBlock;
  for (; rest.size() >= kBlock && index.replies.size() < kMostReplies; rest.remove_prefix(kBlock)) {
    index.replies.push_back(reply_of(rest.substr(0, kBlock)));
  }
  return index;
}

std::string words(const ConversationIndex& index) {
  std::string out;
  if (index.began) out = "began " + date_words(*index.began);
  if (index.reply_count > 0) {
    if (!out.empty()) out += ", ";
    out += std::to_string(index.reply_count) + (index.reply_count == 1 ? " reply" : " replies");
    if (index.reply_count == index.replies.size()) {
      const auto after =
          std::chrono::duration_cast<std::chrono::seconds>(index.replies.back().after);
      out += std::string{index.reply_count == 1 ? " after " : ", the last after "} +
             duration_words(static_cast<std::uint64_t>(after.count()));
    }
  }
  return out;
}

std::string hex_words(std::string_view octets) {
  std::string out = to_hex(octets);
  for (char& c : out) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

}  // namespace eastap::eas::values
