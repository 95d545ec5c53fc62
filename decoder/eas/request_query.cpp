#include "decoder/eas/request_query.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::eas {
namespace {

struct CommandCode {
  std::uint8_t code;
  std::string_view name;
};

// [MS-ASHTTP] 2.2.1.1.1.1.2. 5 to 8 are not assigned there.
constexpr CommandCode kCommandCodes[] = {
    {0, "Sync"},
    {1, "SendMail"},
    {2, "SmartForward"},
    {3, "SmartReply"},
    {4, "GetAttachment"},
    {9, "FolderSync"},
    {10, "FolderCreate"},
    {11, "FolderDelete"},
    {12, "FolderUpdate"},
    {13, "MoveItems"},
    {14, "GetItemEstimate"},
    {15, "MeetingResponse"},
    {16, "Search"},
    {17, "Settings"},
    {18, "Ping"},
    {19, "ItemOperations"},
    {20, "Provision"},
    {21, "ResolveRecipients"},
    {22, "ValidateCert"},
    {23, "Find"},
};

// [MS-ASHTTP] 2.2.1.1.1.1.3; 2 and 5 are of older clients.
constexpr std::array<std::string_view, 9> kParameterNames = {
    "AttachmentName", "CollectionId", "CollectionName", "ItemId", "LongId",
    "ParentId",       "Occurrence",   "Options",        "User"};
constexpr std::uint8_t kTagOptions = 7, kTagUser = 8;
constexpr std::uint8_t kOptionSaveInSent = 0x01, kOptionAcceptMultiPart = 0x02;

// Servers' URLs end at some kB; HTTP heads at 64 kB.
constexpr std::size_t kMaxQueryOctets = 65'536;

bool is_printable_text(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(),
                                       [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// Reads fields that carry their own lengths, and remembers where one did not fit.
class FieldReader {
 public:
  explicit FieldReader(std::string_view octets) : octets_{octets} {}

  [[nodiscard]] bool at_end() const { return at_ == octets_.size(); }
  [[nodiscard]] std::size_t offset() const { return at_; }

  std::optional<std::uint8_t> octet() {
    if (at_end()) return std::nullopt;
    return static_cast<std::uint8_t>(octets_[at_++]);
  }
  std::optional<std::string_view> take(std::size_t size) {
    if (octets_.size() - at_ < size) return std::nullopt;
    const std::string_view taken = octets_.substr(at_, size);
    at_ += size;
    return taken;
  }
  std::string_view rest() { return octets_.substr(std::exchange(at_, octets_.size())); }

 private:
  std::string_view octets_;
  std::size_t at_ = 0;
};

std::uint32_t little_endian(std::string_view octets) {
  std::uint32_t value = 0;
  for (std::size_t i = octets.size(); i-- > 0;) {
    value = value << 8 | static_cast<std::uint8_t>(octets[i]);
  }
  return value;
}

Error truncated(std::size_t offset, std::string_view what) {
  return {Errc::truncated, offset, "the base64 query ends inside the " + std::string{what}};
}

std::string device_id_text(std::string_view octets) {
  // A GUID is written as hex by those who log it (Z-Push), [MS-ASHTTP] 2.2.1.1.1.1.
  return is_printable_text(octets) ? std::string{octets} : to_hex(octets);
}

void set_parameter(RequestQuery& query, std::uint8_t tag, std::string_view value) {
  if (tag == kTagOptions && !value.empty()) {
    const auto bits = static_cast<std::uint8_t>(value.front());
    query.save_in_sent = (bits & kOptionSaveInSent) != 0;
    query.accepts_multipart = (bits & kOptionAcceptMultiPart) != 0;
    return;
  }
  if (tag == kTagUser) {
    query.user = repaired_utf8(value);
    return;
  }
  std::string name = tag < kParameterNames.size() ? std::string{kParameterNames[tag]}
                                                  : "parameter " + std::to_string(tag);
  query.parameters.emplace_back(std::move(name),
                                is_printable_text(value) ? std::string{value} : to_hex(value));
}

/// Fills what it can reach; the error says where it ended.
std::optional<Error> fill_base64(std::string_view text, RequestQuery& query) {
  if (text.size() > kMaxQueryOctets) {
    return Error{Errc::too_large, kMaxQueryOctets, "the query is longer than 64 KiB"};
  }
  // '=' and '+' may come percent-encoded; '+' itself stands for itself here.
  std::string unescaped;
  if (text.find('%') != std::string_view::npos) text = unescaped = percent_decoded(text);
  const std::optional<std::string> octets = from_base64(text);
  if (!octets) return Error{Errc::bad_base64, 0, "the query is neither plain nor base64"};
  query.base64 = true;

  FieldReader fields{*octets};
  const auto version = fields.octet();
  if (!version) return truncated(fields.offset(), "protocol version");
  query.protocol_version = *version;
  const auto code = fields.octet();
  if (!code) return truncated(fields.offset(), "command code");
  query.command_code = *code;
  const std::string_view name = command_name(*code);
  query.command = name.empty() ? "command " + std::to_string(*code) : std::string{name};
  const auto locale = fields.take(2);
  if (!locale) return truncated(fields.offset(), "locale");
  query.locale = static_cast<std::uint16_t>(little_endian(*locale));

  const auto id_size = fields.octet();
  if (!id_size) return truncated(fields.offset(), "device id length");
  const auto id = fields.take(*id_size);
  if (!id) return truncated(fields.offset() - 1, "device id");
  query.device_id = device_id_text(*id);

  const std::size_t key_at = fields.offset();
  const auto key_size = fields.octet();
  if (!key_size) return truncated(key_at, "policy key length");
  if (*key_size != 0 && *key_size != 4) {
    return Error{Errc::malformed, key_at,
                 "the policy key has " + std::to_string(*key_size) + " octets, not 0 or 4"};
  }
  const auto key = fields.take(*key_size);
  if (!key) return truncated(key_at, "policy key");
  if (*key_size == 4) query.policy_key = little_endian(*key);

  const std::size_t type_at = fields.offset();
  const auto type_size = fields.octet();
  if (!type_size) return truncated(type_at, "device type length");
  const auto type = fields.take(*type_size);
  if (!type) {
    query.device_type = repaired_utf8(fields.rest());
    return truncated(type_at, "device type");
  }
  query.device_type = repaired_utf8(*type);

  while (!fields.at_end()) {
    const std::size_t at = fields.offset();
    const auto tag = fields.octet();
    const auto size = fields.octet();
    if (!size) return truncated(at, "length of a parameter");
    const auto value = fields.take(*size);
    if (!value) return truncated(at, "parameter with tag " + std::to_string(*tag));
    if (query.parameters.size() >= kMaxQueryParameters) {
      return Error{Errc::too_large, at, "more than 64 parameters"};
    }
    set_parameter(query, *tag, *value);
  }
  return std::nullopt;
}

bool is_true(std::string_view value) {
  return equals_ignoring_case(value, "T") || value == "1" || equals_ignoring_case(value, "true");
}

/// Most names and values have nothing to undo.
std::string decoded(std::string_view text) {
  if (text.find_first_of("%+") == std::string_view::npos) return std::string{text};
  return percent_decoded(text, true);
}

void set_once(std::string& member, std::string value) {
  if (member.empty()) member = std::move(value);
}

std::optional<Error> fill_plain(std::string_view text, RequestQuery& query) {
  std::optional<Error> error;
  std::size_t seen = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('&', at), text.size());
    const std::string_view pair = text.substr(at, end - at);
    if (const std::size_t next = end + 1; !pair.empty()) {
      if (++seen > kMaxQueryParameters) {
        error = Error{Errc::too_large, at, "more than 64 parameters"};
        break;
      }
      const std::size_t equals = std::min(pair.find('='), pair.size());
      const std::string name = decoded(pair.substr(0, equals));
      std::string value = equals < pair.size() ? decoded(pair.substr(equals + 1)) : std::string{};
      if (equals_ignoring_case(name, "Cmd")) {
        set_once(query.command, std::string{canonical_command(value)});
      } else if (equals_ignoring_case(name, "User")) {
        set_once(query.user, std::move(value));
      } else if (equals_ignoring_case(name, "DeviceId")) {
        set_once(query.device_id, std::move(value));
      } else if (equals_ignoring_case(name, "DeviceType")) {
        set_once(query.device_type, std::move(value));
      } else {
        if (equals_ignoring_case(name, "SaveInSent")) query.save_in_sent = is_true(value);
        query.parameters.emplace_back(name, std::move(value));
      }
      at = next;
    } else {
      at = next;
    }
  }
  if (query.command.empty() && !error) {
    error = Error{Errc::malformed, 0, "the query names no command (Cmd)"};
  }
  return error;
}

bool names_command(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (equals_ignoring_case(text.substr(at, 4), "Cmd=")) return true;
    const std::size_t next = text.find('&', at);
    if (next == std::string_view::npos) return false;
    at = next + 1;
  }
  return false;
}

/// The quoted value of `key` in `<masked key="…">`.
std::optional<std::string> masked_value(std::string_view authorization, std::string_view key) {
  const std::size_t open = authorization.find("<masked");
  if (open == std::string_view::npos) return std::nullopt;
  std::string_view rest = authorization.substr(open + 7);
  while (true) {
    rest = trimmed(rest);
    const std::size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = rest.substr(0, equals);
    const std::size_t begin = equals + 2;
    const std::size_t quote = rest.find('"', begin);
    if (quote == std::string_view::npos) return std::nullopt;  // cut
    if (name == key) return percent_decoded(rest.substr(begin, quote - begin));
    rest.remove_prefix(quote + 1);
  }
}

}  // namespace

std::optional<std::string_view> RequestQuery::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

Result<RequestQuery> parse_base64_query(std::string_view text) {
  RequestQuery query;
  if (auto error = fill_base64(text, query)) return tl::unexpected(std::move(*error));
  return query;
}

Result<RequestQuery> parse_plain_query(std::string_view text) {
  RequestQuery query;
  if (auto error = fill_plain(text, query)) return tl::unexpected(std::move(*error));
  return query;
}

RequestQuery read_query(std::string_view text) {
  RequestQuery query;
  if (text.empty()) return query;
  std::optional<Error> error;
  if (names_command(text)) {
    error = fill_plain(text, query);
  } else {
    error = fill_base64(text, query);
    if (error && error->code == Errc::bad_base64) {
      query = {};
      // "neither" is what the admin should read, not which of the two was tried last.
      if (text.find('=') != std::string_view::npos) error = fill_plain(text, query);
    }
  }
  if (error) {
    query.diagnostics.push_back({error->code, error->offset, "query", std::move(error->detail)});
  }
  return query;
}

std::string_view command_name(std::uint8_t code) {
  for (const CommandCode& row : kCommandCodes) {
    if (row.code == code) return row.name;
  }
  return {};
}

std::optional<std::uint8_t> command_code(std::string_view name) {
  for (const CommandCode& row : kCommandCodes) {
    if (equals_ignoring_case(row.name, name)) return row.code;
  }
  return std::nullopt;
}

std::string_view canonical_command(std::string_view name) {
  for (const CommandCode& row : kCommandCodes) {
    if (equals_ignoring_case(row.name, name)) return row.name;
  }
  return name;
}

std::string version_text(std::uint8_t tenths) {
  if (tenths == 0) return {};
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10);
}

std::optional<std::string> masked_user(std::string_view authorization) {
  if (auto user = masked_value(authorization, "user")) return user;
  return masked_value(authorization, "upn");
}

std::optional<std::string> masked_digest(std::string_view authorization) {
  return masked_value(authorization, "digest");
}

std::string normalised_user(std::string_view user) {
  if (const std::size_t slash = user.rfind('\\'); slash != std::string_view::npos) {
    user.remove_prefix(slash + 1);
  }
  if (const std::size_t sign = user.find('@'); sign != std::string_view::npos && sign > 0) {
    user = user.substr(0, sign);
  }
  return to_lower(trimmed(user));
}

}  // namespace eastap::eas
