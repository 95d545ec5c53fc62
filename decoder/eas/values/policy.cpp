#include "decoder/eas/values/policy.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "decoder/base/text.hpp"
#include "decoder/eas/values/dates.hpp"
#include "decoder/eas/values/names.hpp"

namespace eastap::eas::values {
namespace {

enum class Kind : std::uint8_t { flag, count, seconds, octets, one_of, filter };

struct Setting {
  std::string_view name;
  Kind kind;
  /// flag: words of 0 and 1. count, seconds, octets: words before and after the number.
  std::string_view first, second;
  std::uint8_t demanding;  ///< flag: the value that restricts; count: 1 when any but 0 does
  std::array<std::string_view, 5> words{};  ///< one_of
};

/// In the order in which the one line names them.
constexpr Setting kSettings[] = {
    {"DevicePasswordEnabled", Kind::flag, "no PIN required", "PIN required", 1, {}},
    {"MinDevicePasswordLength", Kind::count, "PIN ≥ ", "", 1, {}},
    {"AlphanumericDevicePasswordRequired", Kind::flag, "digits will do", "letters required", 1, {}},
    {"MinDevicePasswordComplexCharacters", Kind::count, "", " kinds of character", 0, {}},
    {"AllowSimpleDevicePassword", Kind::flag, "no simple PIN", "simple PIN allowed", 0, {}},
    {"RequireDeviceEncryption",
     Kind::flag,
     "encryption not required",
     "encryption required",
     1,
     {}},
    {"RequireStorageCardEncryption",
     Kind::flag,
     "storage card need not be encrypted",
     "storage card encryption required",
     1,
     {}},
    {"MaxDevicePasswordFailedAttempts", Kind::count, "wipe after ", "", 1, {}},
    {"MaxInactivityTimeDeviceLock", Kind::seconds, "lock after ", "", 1, {}},
    {"DevicePasswordExpiration", Kind::count, "PIN expires after ", " days", 1, {}},
    {"DevicePasswordHistory", Kind::count, "last ", " PINs barred", 1, {}},
    {"PasswordRecoveryEnabled",
     Kind::flag,
     "no recovery password",
     "recovery password stored",
     2,
     {}},
    {"AttachmentsEnabled", Kind::flag, "no attachments", "attachments allowed", 0, {}},
    {"MaxAttachmentSize", Kind::octets, "attachments ≤ ", "", 1, {}},
    {"AllowCamera", Kind::flag, "no camera", "camera allowed", 0, {}},
    {"AllowStorageCard", Kind::flag, "no storage card", "storage card allowed", 0, {}},
    {"AllowWiFi", Kind::flag, "no Wi-Fi", "Wi-Fi allowed", 0, {}},
    {"AllowBluetooth",
     Kind::one_of,
     "",
     "",
     1,
     {"no Bluetooth", "Bluetooth hands-free only", "Bluetooth allowed"}},
    {"AllowIrDA", Kind::flag, "no infrared", "infrared allowed", 0, {}},
    {"AllowBrowser", Kind::flag, "no browser", "browser allowed", 0, {}},
    {"AllowConsumerEmail", Kind::flag, "no private mail", "private mail allowed", 0, {}},
    {"AllowPOPIMAPEmail", Kind::flag, "no POP or IMAP", "POP and IMAP allowed", 0, {}},
    {"AllowHTMLEmail", Kind::flag, "no HTML mail", "HTML mail allowed", 0, {}},
    {"AllowTextMessaging", Kind::flag, "no text messages", "text messages allowed", 0, {}},
    {"AllowDesktopSync", Kind::flag, "no desktop sync", "desktop sync allowed", 0, {}},
    {"AllowRemoteDesktop", Kind::flag, "no remote desktop", "remote desktop allowed", 0, {}},
    {"AllowInternetSharing", Kind::flag, "no internet sharing", "internet sharing allowed", 0, {}},
    {"AllowUnsignedApplications", Kind::flag, "no unsigned apps", "unsigned apps allowed", 0, {}},
    {"AllowUnsignedInstallationPackages",
     Kind::flag,
     "no unsigned packages",
     "unsigned packages allowed",
     0,
     {}},
    {"RequireManualSyncWhenRoaming",
     Kind::flag,
     "syncs while roaming",
     "manual sync when roaming",
     1,
     {}},
    {"RequireSignedSMIMEMessages",
     Kind::flag,
     "signing optional",
     "S/MIME signing required",
     1,
     {}},
    {"RequireEncryptedSMIMEMessages",
     Kind::flag,
     "mail encryption optional",
     "S/MIME encryption required",
     1,
     {}},
    {"RequireSignedSMIMEAlgorithm", Kind::one_of, "", "", 9, {"sign with SHA-1", "sign with MD5"}},
    {"RequireEncryptionSMIMEAlgorithm",
     Kind::one_of,
     "",
     "",
     9,
     {"encrypt with 3DES", "encrypt with DES", "encrypt with RC2 128", "encrypt with RC2 64",
      "encrypt with RC2 40"}},
    {"AllowSMIMEEncryptionAlgorithmNegotiation",
     Kind::one_of,
     "",
     "",
     9,
     {"no other algorithm", "a strong algorithm may be negotiated",
      "any algorithm may be negotiated"}},
    {"AllowSMIMESoftCerts", Kind::flag, "no soft certificates", "soft certificates allowed", 0, {}},
    {"MaxCalendarAgeFilter", Kind::filter, "calendar back ", "", 1, {}},
    {"MaxEmailAgeFilter", Kind::filter, "mail back ", "", 1, {}},
    {"MaxEmailBodyTruncationSize", Kind::octets, "mail text ≤ ", "", 1, {}},
    {"MaxEmailHTMLBodyTruncationSize", Kind::octets, "HTML text ≤ ", "", 1, {}},
    {"DocumentBrowseEnabled",
     Kind::flag,
     "no document browsing",
     "document browsing allowed",
     2,
     {}},
};

const Setting* setting_named(std::string_view name) {
  for (const Setting& setting : kSettings) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

std::string size_words(std::int64_t octets) {
  if (octets < 1'024) return std::to_string(octets) + " B";
  if (octets < 1'024 * 1'024) return std::to_string(octets / 1'024) + " KiB";
  return std::to_string(octets / (1'024 * 1'024)) + " MiB";
}

/// What a number that stands for "no limit" says; nothing when it is a limit.
std::optional<std::string> unlimited_words(const Setting& setting, std::int64_t number) {
  switch (setting.kind) {
    case Kind::seconds:
      if (number == 0 || number == 9'999) return "no lock by inactivity";
      return std::nullopt;
    case Kind::octets:
      if (number < 0) return "no limit";
      if (number == 0) return setting.name == "MaxAttachmentSize" ? "no limit" : "no text at all";
      return std::nullopt;
    case Kind::filter:
      if (number == 0) return "no limit";
      return std::nullopt;
    case Kind::count:
      if (number == 0) return "no limit";
      return std::nullopt;
    case Kind::flag:
    case Kind::one_of: return std::nullopt;
  }
  return std::nullopt;
}

std::string words_of(const Setting& setting, std::int64_t number) {
  if (auto none = unlimited_words(setting, number)) return *none;
  const auto around = [&](std::string_view text) {
    return std::string{setting.first}.append(text).append(setting.second);
  };
  switch (setting.kind) {
    case Kind::flag:
      return number == 0 || number == 1 ? std::string{number == 0 ? setting.first : setting.second}
                                        : std::string{};
    case Kind::one_of:
      return number >= 0 && number < 5
                 ? std::string{setting.words[static_cast<std::size_t>(number)]}
                 : std::string{};
    case Kind::count: return number > 0 && number < 100'000 ? around(std::to_string(number)) : "";
    case Kind::seconds:
      return number > 0 ? around(duration_words(static_cast<std::uint64_t>(number))) : "";
    case Kind::octets: return around(size_words(number));
    case Kind::filter: {
      const auto filter = filter_words(number > 0 && number < 8 ? static_cast<int>(number) : -1);
      return filter.empty() ? std::string{} : around(filter);
    }
  }
  return {};
}

bool demands(const Setting& setting, std::int64_t number) {
  switch (setting.kind) {
    case Kind::flag: return number == setting.demanding;
    case Kind::one_of: return setting.demanding < 9 && number <= setting.demanding;
    case Kind::count: return setting.demanding == 1 && number > 0;
    case Kind::seconds:
    case Kind::octets:
    case Kind::filter: break;
  }
  return unlimited_words(setting, number).value_or("") != "no limit" &&
         unlimited_words(setting, number).value_or("") != "no lock by inactivity";
}

/// A setting and its value, in the terms of `kSettings`; null where it has none.
struct Reading {
  const Setting* setting = nullptr;
  std::int64_t number = 0;
};

/// A parameter of the WAP document that devices before 12.0 get, [MS-ASPROV] 2.2.2.24.2, as the
/// setting of later versions that says the same.
Reading read_wap_parameter(std::string_view name, std::int64_t number) {
  constexpr std::int64_t kMostMinutes = 1'000'000;
  if (name == "4131") return {setting_named("DevicePasswordEnabled"), number == 0 ? 1 : 0};
  if (name == "MinimumPasswordLength") return {setting_named("MinDevicePasswordLength"), number};
  if (name == "DeviceWipeThreshold") {
    return {setting_named("MaxDevicePasswordFailedAttempts"), number};
  }
  if (name == "PasswordComplexity" && number >= 0 && number <= 2) {
    // 0 asks for letters and digits, 1 for digits, 2 takes either
    return {setting_named("AlphanumericDevicePasswordRequired"), number == 0 ? 1 : 0};
  }
  const Setting* lock = setting_named("MaxInactivityTimeDeviceLock");
  if (name == "AEFrequencyValue" && number >= 0 && number < kMostMinutes) {
    return {lock, number * 60};
  }
  if (name == "AEFrequencyType" && number == 0) return {lock, 0};
  return {};
}

Reading read_setting(std::string_view name, std::string_view value) {
  const auto number = to_integer(trimmed(value));
  if (!number) return {};
  if (const Setting* setting = setting_named(name)) return {setting, *number};
  return read_wap_parameter(name, *number);
}

}  // namespace

std::string setting_words(std::string_view name, std::string_view value) {
  const Reading reading = read_setting(name, value);
  return reading.setting == nullptr ? std::string{} : words_of(*reading.setting, reading.number);
}

std::string policy_words(const std::vector<std::pair<std::string, std::string>>& settings) {
  // Of a name given twice the last one counts.
  std::array<std::optional<std::int64_t>, std::size(kSettings)> values{};
  bool any = false;
  std::size_t approved = 0, forbidden = 0;
  bool never_locks = false;
  for (const auto& [name, value] : settings) {
    if (name == "ApprovedApplicationList") ++approved;
    if (name == "UnapprovedInROMApplicationList") ++forbidden;
    const Reading reading = read_setting(name, value);
    if (reading.setting == nullptr) continue;
    any = true;
    // the type says whether the time beside it holds, wherever it stands
    if (name == "AEFrequencyType") never_locks = true;
    values[static_cast<std::size_t>(reading.setting - std::begin(kSettings))] = reading.number;
  }
  if (!any && approved == 0 && forbidden == 0) return {};
  const auto value_of = [&](std::string_view name) {
    return values[static_cast<std::size_t>(setting_named(name) - std::begin(kSettings))];
  };
  const auto lock = static_cast<std::size_t>(setting_named("MaxInactivityTimeDeviceLock") -
                                             std::begin(kSettings));
  if (never_locks) values[lock] = 0;
  const bool has_pin = value_of("DevicePasswordEnabled").value_or(0) == 1;
  const bool needs_letters = value_of("AlphanumericDevicePasswordRequired").value_or(0) == 1;
  std::string out;
  const auto say = [&out](std::string_view text) {
    if (text.empty()) return;
    if (!out.empty()) out += ", ";
    out += text;
  };
  for (std::size_t i = 0; i < std::size(kSettings); ++i) {
    const Setting& setting = kSettings[i];
    if (!values[i]) continue;
    const bool of_pin = setting.name.find("Password") != std::string_view::npos ||
                        setting.name == "MaxInactivityTimeDeviceLock";
    // Without a PIN none of its rules hold, [MS-ASPROV] 2.2.2.
    if (of_pin && !has_pin) continue;
    if (setting.name == "DevicePasswordEnabled" &&
        value_of("MinDevicePasswordLength").value_or(0) > 0) {
      continue;
    }
    if (setting.name == "MinDevicePasswordComplexCharacters") {
      if (needs_letters && *values[i] > 0) say(words_of(setting, *values[i]));
      continue;
    }
    if (demands(setting, *values[i])) say(words_of(setting, *values[i]));
  }
  if (forbidden > 0)
    say(std::to_string(forbidden) + (forbidden == 1 ? " app" : " apps") + " forbidden");
  if (approved > 0)
    say("only " + std::to_string(approved) + (approved == 1 ? " app" : " apps") + " approved");
  return out.empty() ? "nothing demanded" : out;
}

}  // namespace eastap::eas::values
