#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/openssl.hpp"

/// Host names, addresses and names in certificates. Private to certs/.
namespace eastap::certs {

struct Address {
  std::array<std::uint8_t, 16> octets{};
  std::size_t length = 0;  ///< 4 or 16
};

/// An IPv4 or IPv6 literal, without brackets.
[[nodiscard]] std::optional<Address> address_from(std::string_view text);
[[nodiscard]] std::string to_string(const Address& address);

/// The common name, else organisational unit or organisation, else the whole name; control
/// characters replaced, at most 256 octets. Peers choose such names.
[[nodiscard]] std::string readable_name(const X509_NAME* name);
[[nodiscard]] std::string readable_text(std::string_view text);

}  // namespace eastap::certs
