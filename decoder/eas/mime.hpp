#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The few facts of a mail that an admin looks for, read without building the message.
namespace eastap::eas {

struct MimeAttachment {
  std::string name, type;               ///< type: of Content-Type, lower case
  std::optional<std::uint64_t> octets;  ///< decoded; nothing when its end was not seen
  bool operator==(const MimeAttachment&) const = default;
};

struct MimeFacts {
  std::string message_id, from, sender, subject;
  std::string thread_index;              ///< as the field has it, base64
  std::vector<std::string> to, cc, bcc;  ///< addresses without display names
  std::string calendar_method;           ///< of the first text/calendar part, upper case
  std::string calendar_uid, organizer;   ///< of that part: RFC 5545 UID and ORGANIZER
  std::vector<std::string> attendees;    ///< and ATTENDEEs
  std::vector<std::string> attachment_names;
  std::vector<MimeAttachment> attachments;  ///< the same, with type and size
  bool operator==(const MimeFacts&) const = default;
};

struct MimeLimits {
  /// Of the message that are looked at: to the end of most mails, for the sizes of attachments.
  std::size_t octets = 8'388'608;
  std::size_t addresses = 1'000;  ///< of all three lists together
  std::size_t attachments = 100;
  std::size_t value_octets = 1'024;
};

/// Reads the header of a message and the headers of its parts ([RFC5322], [RFC2045] to [RFC2047],
/// [RFC2231] file names). Never fails: what is not understood is left out. Texts are UTF-8.
[[nodiscard]] MimeFacts read_mime(std::string_view message, const MimeLimits& limits);

/// Encoded words (RFC 2047) undone in the charsets of `to_utf8`; words in others stay as they are.
[[nodiscard]] std::string decoded_words(std::string_view text);

/// The addresses of an address list: "Bob" <bob@contoso.test>, carol@x (comment), Team: a@x, b@x;
[[nodiscard]] std::vector<std::string> addresses(std::string_view list, std::size_t most);

}  // namespace eastap::eas
