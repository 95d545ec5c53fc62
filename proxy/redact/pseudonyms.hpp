#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eastap::redact {

/// Names that stand for other names, made with a key: the same input gives the same pseudonym as
/// long as the key is the same, and without the key no dictionary leads back. Every name is taken
/// without regard to ASCII case, as users, hosts and addresses compare. Immutable; pure.
class Pseudonyms {
 public:
  /// `key`: random of this run, or what the user keeps in a file. Any length.
  explicit Pseudonyms(std::string key);

  /// Text of the same length: "xQzWwZ". Equal texts stay equal, different ones (up to chance, short
  /// ones) different; white space alone and `=` at the end (base64) stay.
  [[nodiscard]] std::string hidden(std::string_view text) const;
  /// The same length and shape: letters become letters of the same case, digits digits, hexadecimal
  /// digits such, the rest stays. Of a GUID in 32 hexadecimal digits the first octet stays above
  /// 0x7F, since a device id of 16 text octets would be shown as text.
  [[nodiscard]] std::string shaped(std::string_view text) const;

  /// `CONTOSO\alice`, `alice@contoso.test` and `alice` agree in "user-3f2a91".
  [[nodiscard]] std::string user(std::string_view user) const;
  /// "user-3f2a91@example-77aa01.invalid".
  [[nodiscard]] std::string address(std::string_view address) const;
  /// "mail.example-77aa01.invalid": names of services (mail, autodiscover, …) stay, and so do the
  /// public hosts of Microsoft and Apple, of which only tenants' labels are replaced. IP addresses
  /// are taken too.
  [[nodiscard]] std::string host(std::string_view host) const;
  /// "host-3f2a91": a server's short name, or one label of a host.
  [[nodiscard]] std::string label(std::string_view label) const;
  /// Loopback stays; 10.0.0.0/8 stands for private addresses, 198.18.0.0/15 and 2001:db8::/32 for
  /// all others. `text` when it is no address.
  [[nodiscard]] std::string ip(std::string_view text) const;
  /// "203.0.113.5:443", "[2001:db8::1]:443", "mail.contoso.test:443", with or without a port.
  [[nodiscard]] std::string endpoint(std::string_view text) const;

 private:
  using Seed = std::array<std::uint64_t, 4>;
  [[nodiscard]] Seed seed(char kind, std::string_view text) const;
  [[nodiscard]] std::string token(char kind, std::string_view text) const;
  [[nodiscard]] std::string domain(std::string_view domain) const;

  std::string key_;
};

/// Whether `text` is an IPv4 or IPv6 address.
[[nodiscard]] bool is_ip(std::string_view text);

}  // namespace eastap::redact
