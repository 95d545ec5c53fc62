#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// The few facts of a mail that an admin looks for, read without building the message.
namespace eastap::eas {

struct MimeFacts {
  std::string message_id, from, sender, subject;
  std::vector<std::string> to, cc, bcc;  ///< addresses without display names
  std::string calendar_method;           ///< of the first text/calendar part, upper case
  std::vector<std::string> attachment_names;
  bool operator==(const MimeFacts&) const = default;
};

struct MimeLimits {
  std::size_t octets = 65'536;    ///< of the message that are looked at
  std::size_t addresses = 1'000;  ///< of all three lists together
  std::size_t attachments = 100;
  std::size_t value_octets = 1'024;
};

/// Reads the header of a message and the headers of its parts ([RFC5322], [RFC2045] to [RFC2047],
/// [RFC2231] file names). Never fails: what is not understood is left out. Texts are UTF-8.
[[nodiscard]] MimeFacts read_mime(std::string_view message, const MimeLimits& limits);

/// Encoded words (RFC 2047) of UTF-8, US-ASCII, ISO-8859-1 and Windows-1252 undone; words in other
/// charsets stay as they are.
[[nodiscard]] std::string decoded_words(std::string_view text);

/// The addresses of an address list: "Bob" <bob@contoso.test>, carol@x (comment), Team: a@x, b@x;
[[nodiscard]] std::vector<std::string> addresses(std::string_view list, std::size_t most);

}  // namespace eastap::eas
