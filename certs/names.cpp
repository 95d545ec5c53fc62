#include "certs/names.hpp"

#include <algorithm>
#include <string>

#include <arpa/inet.h>

#include "certs/leaf.hpp"
#include "certs/trust.hpp"
#include "decoder/base/text.hpp"

namespace eastap::certs {

namespace {

constexpr std::size_t kTextLimit = 256;
constexpr std::size_t kNamesLimit = 100;
constexpr std::size_t kHostLimit = 253;  // RFC 1035 2.3.4, as text without the final dot
constexpr std::size_t kLabelLimit = 63;

std::string utf8_of(const ASN1_STRING* text) {
  unsigned char* converted = nullptr;
  const int length = text != nullptr ? ASN1_STRING_to_UTF8(&converted, text) : -1;
  if (length < 0) {
    static_cast<void>(drain_errors("read a name"));
    return {};
  }
  const AllocatedHandle<unsigned char> owner{converted};
  return readable_text(
      {reinterpret_cast<const char*>(converted), static_cast<std::size_t>(length)});
}

std::string entry_of(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  return utf8_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

bool is_host_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
         letter == '_';
}

Error bad_host(Errc code, std::size_t offset, std::string_view why) {
  return {code, offset, "host name " + std::string{why}};
}

}  // namespace

std::optional<Address> address_from(std::string_view text) {
  const std::string terminated{text};
  Address address;
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET, terminated.c_str(), address.octets.data()) == 1) {
    address.length = 4;
  } else if (inet_pton(AF_INET6, terminated.c_str(), address.octets.data()) == 1) {
    address.length = 16;
  } else {
    return std::nullopt;
  }
  return address;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.length == 4 ? AF_INET : AF_INET6;
  const char* written = inet_ntop(family, address.octets.data(), text.data(), text.size());
  return written != nullptr ? written : "";
}

std::string readable_text(std::string_view text) {
  std::string clean = repaired_utf8(text.substr(0, kTextLimit));
  for (std::size_t at = 0; at < clean.size(); ++at) {
    const auto octet = static_cast<unsigned char>(clean[at]);
    if (octet < 0x20 || octet == 0x7f) clean[at] = '?';
    // The C1 controls, U+0080 to U+009F, are control sequences to some terminals.
    if (octet == 0xc2 && at + 1 < clean.size() &&
        static_cast<unsigned char>(clean[at + 1]) < 0xa0) {
      clean.replace(at, 2, "?");
    }
  }
  return clean;
}

std::string readable_name(const X509_NAME* name) {
  for (const int nid : {NID_commonName, NID_organizationalUnitName, NID_organizationName}) {
    if (std::string text = entry_of(name, nid); !text.empty()) return text;
  }
  const AllocatedHandle<char> whole{X509_NAME_oneline(name, nullptr, 0)};
  return whole && *whole != '\0' ? readable_text(whole.get()) : std::string{"(no name)"};
}

Result<std::string> normalized_host(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    const auto address = address_from(host);
    if (!address || address->length != 16) {
      return tl::unexpected(bad_host(Errc::malformed, 1, "in brackets is not an IPv6 address"));
    }
    return to_string(*address);
  }
  if (const auto address = address_from(host)) return to_string(*address);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return tl::unexpected(bad_host(Errc::malformed, 0, "is empty"));
  if (host.size() > kHostLimit) {
    return tl::unexpected(bad_host(Errc::too_large, kHostLimit, "is longer than 253 characters"));
  }
  std::string name = to_lower(host);
  std::size_t label_start = 0;
  for (std::size_t at = 0; at <= name.size(); ++at) {
    if (at == name.size() || name[at] == '.') {
      if (at == label_start)
        return tl::unexpected(bad_host(Errc::malformed, at, "has an empty label"));
      if (at - label_start > kLabelLimit) {
        return tl::unexpected(
            bad_host(Errc::malformed, label_start, "has a label over 63 characters"));
      }
      label_start = at + 1;
    } else if (!is_host_letter(name[at])) {
      return tl::unexpected(bad_host(Errc::malformed, at, "has a character that no name holds"));
    }
  }
  return name;
}

std::vector<std::string> names_of(const X509& certificate) {
  std::vector<std::string> names;
  const GeneralNamesHandle general{static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr))};
  const int count = general ? sk_GENERAL_NAME_num(general.get()) : 0;
  for (int at = 0; at < count && names.size() < kNamesLimit; ++at) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(general.get(), at), &kind);
    const auto* text = static_cast<const ASN1_STRING*>(value);
    if (kind == GEN_DNS) {
      names.push_back(readable_text({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                     static_cast<std::size_t>(ASN1_STRING_length(text))}));
    } else if (kind == GEN_IPADD) {
      Address address;
      address.length = static_cast<std::size_t>(ASN1_STRING_length(text));
      if (address.length != 4 && address.length != 16) continue;
      std::copy_n(ASN1_STRING_get0_data(text), address.length, address.octets.begin());
      names.push_back(to_string(address));
    }
  }
  if (names.empty()) {
    if (std::string common = entry_of(X509_get_subject_name(&certificate), NID_commonName);
        !common.empty()) {
      names.push_back(std::move(common));
    }
  }
  static_cast<void>(drain_errors("read names"));  // a damaged extension has no names
  return names;
}

}  // namespace eastap::certs
