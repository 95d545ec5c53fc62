#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/base/result.hpp"
#include "decoder/base/time.hpp"

namespace eastap::eas::values {

/// PidLidGlobalObjectId, [MS-OXOCAL] 2.2.1.27: what names a meeting in email:GlobalObjId.
struct GlobalObjectId {
  std::uint16_t year = 0;  ///< of the instance (exception) it names; 0: the whole series
  std::uint8_t month = 0, day = 0;
  std::uint64_t created_ticks = 0;  ///< FILETIME; 0 for a foreign UID
  std::string data;                 ///< 16 octets, or "vCal-Uid" 01 00 00 00 and the UID
  bool operator==(const GlobalObjectId&) const = default;

  /// As calendar:UID carries it: the text after "vCal-Uid", else upper-case hex of the whole with
  /// the instance date zeroed, [MS-ASEMAIL] 3.1.5 (bytes 17 to 20).
  [[nodiscard]] std::string uid() const;
  [[nodiscard]] std::string octets() const;  ///< the inverse of `parse_global_object_id`
  [[nodiscard]] std::optional<Timestamp> created() const;
};

/// Errors: `truncated` below 40 octets and when the data are shorter than announced, `malformed`
/// without the class id, with octets after the data, or where the reserved octets are not zero.
[[nodiscard]] Result<GlobalObjectId> parse_global_object_id(std::string_view octets);

/// A calendar:UID as a GlobalObjectId: hex of one, else the text in its vCal-Uid form. Error:
/// `malformed` for an empty UID, `too_large` above 1 024 octets.
[[nodiscard]] Result<GlobalObjectId> global_object_id_of(std::string_view uid);

/// "UID 040000008200E000…, instance 2004-09-16, created Fri 2004-08-…"
[[nodiscard]] std::string words(const GlobalObjectId& id);

/// True when both name the same series: instance dates masked, case ignored.
[[nodiscard]] bool same_meeting(std::string_view one_uid, std::string_view other_uid);

}  // namespace eastap::eas::values
