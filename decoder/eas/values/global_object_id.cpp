#include "decoder/eas/values/global_object_id.hpp"

#include <array>
#include <cstdio>

#include "decoder/base/text.hpp"
#include "decoder/eas/values/conversation.hpp"
#include "decoder/eas/values/dates.hpp"
#include "decoder/eas/values/octets.hpp"

namespace eastap::eas::values {
namespace {

constexpr std::string_view kClassId{
    "\x04\x00\x00\x00\x82\x00\xE0\x00\x74\xC5\xB7\x10\x1A\x82\xE0\x08", 16};
constexpr std::string_view kForeign{"vCal-Uid\x01\x00\x00\x00", 12};
constexpr std::size_t kHead = 40;
constexpr std::size_t kMostUid = 1'024;

void append_little_endian(std::string& out, std::uint64_t value, std::size_t octets) {
  for (std::size_t i = 0; i < octets; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

Error refusal(Errc code, std::uint64_t offset, std::string detail) {
  return {code, offset, std::move(detail)};
}

bool is_foreign(std::string_view data) { return data.starts_with(kForeign); }

}  // namespace

std::string GlobalObjectId::uid() const {
  if (is_foreign(data)) {
    std::string_view text = std::string_view{data}.substr(kForeign.size());
    while (!text.empty() && text.back() == '\0') text.remove_suffix(1);  // some pad with several
    return std::string{text};
  }
  GlobalObjectId series = *this;
  series.year = 0;
  series.month = series.day = 0;
  return hex_words(series.octets());
}

std::string GlobalObjectId::octets() const {
  std::string out{kClassId};
  out += static_cast<char>(year >> 8U);
  out += static_cast<char>(year & 0xFFU);
  out += static_cast<char>(month);
  out += static_cast<char>(day);
  append_little_endian(out, created_ticks, 8);
  out.append(8, '\0');
  append_little_endian(out, data.size(), 4);
  return out += data;
}

std::optional<Timestamp> GlobalObjectId::created() const {
  return created_ticks == 0 ? std::nullopt : from_filetime(created_ticks);
}

Result<GlobalObjectId> parse_global_object_id(std::string_view octets) {
  const std::string_view known = octets.substr(0, kClassId.size());
  if (known != kClassId.substr(0, known.size())) {
    return tl::unexpected(refusal(Errc::malformed, 0, "Not the class id of a meeting"));
  }
  if (octets.size() < kHead) {
    return tl::unexpected(refusal(Errc::truncated, octets.size(), "A meeting id has 40 octets"));
  }
  GlobalObjectId id;
  id.year = static_cast<std::uint16_t>(big_endian(octets.substr(16, 2)));
  id.month = static_cast<std::uint8_t>(octets[18]);
  id.day = static_cast<std::uint8_t>(octets[19]);
  id.created_ticks = little_endian(octets.substr(20, 8));
  if (little_endian(octets.substr(28, 8)) != 0) {
    return tl::unexpected(refusal(Errc::malformed, 28, "The reserved octets are not zero"));
  }
  const std::uint64_t size = little_endian(octets.substr(36, 4));
  if (size != octets.size() - kHead) {
    const bool is_short = size > octets.size() - kHead;
    return tl::unexpected(refusal(is_short ? Errc::truncated : Errc::malformed,
                                  is_short ? octets.size() : 36,
                                  std::to_string(size) + " octets of data are announced, " +
                                      std::to_string(octets.size() - kHead) + " are there"));
  }
  id.data = octets.substr(kHead);
  return id;
}

Result<GlobalObjectId> global_object_id_of(std::string_view uid) {
  if (uid.empty()) return tl::unexpected(refusal(Errc::malformed, 0, "The UID is empty"));
  if (uid.size() > kMostUid) {
    return tl::unexpected(refusal(Errc::too_large, kMostUid, "The UID is too long"));
  }
  if (const auto octets = from_hex(uid)) {
    if (auto id = parse_global_object_id(*octets)) return id;
  }
  GlobalObjectId id;
  id.data = kForeign;
  id.data += uid;
  id.data += '\0';
  return id;
}

std::string words(const GlobalObjectId& id) {
  std::string out = "UID " + repaired_utf8(id.uid());
  if (id.year != 0 || id.month != 0 || id.day != 0) {
    std::array<char, 32> text{};
    const int length = std::snprintf(text.data(), text.size(), ", instance %04u-%02u-%02u",
                                     unsigned{id.year}, unsigned{id.month}, unsigned{id.day});
    out.append(text.data(), static_cast<std::size_t>(length));
  }
  if (const auto created = id.created()) out += ", created " + date_words(*created);
  return out;
}

bool same_meeting(std::string_view one_uid, std::string_view other_uid) {
  const auto series = [](std::string_view uid) {
    const auto id = global_object_id_of(uid);
    return to_lower(id ? id->uid() : std::string{uid});
  };
  return series(one_uid) == series(other_uid);
}

}  // namespace eastap::eas::values
