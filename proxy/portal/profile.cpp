#include "proxy/portal/profile.hpp"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "decoder/base/text.hpp"
#include "proxy/portal/markup.hpp"
#include "proxy/portal/web.hpp"

namespace eastap::portal {
namespace {

tl::unexpected<Error> wrong(std::string why) {
  return tl::unexpected(Error{Errc::malformed, 0, std::move(why)});
}

bool clean(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           const auto octet = static_cast<unsigned char>(c);
           return octet < 0x20 || octet == 0x7F;
         });
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

/// RFC 9562 5.5: a version-5 UUID; the name space is the CA, by its fingerprint.
std::string uuid_of(const ProfileFacts& facts, std::string_view kind) {
  const std::string name = facts.ca_sha256 + '/' + std::string{kind};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(name.data(), name.size(), digest.data(), &length, EVP_sha1(), nullptr);
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0FU) | 0x50U);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3FU) | 0x80U);
  const std::string hex = to_hex(as_chars(std::as_bytes(std::span{digest.data(), 16})));
  std::string out;
  for (std::size_t at = 0; at < hex.size(); ++at) {
    if (at == 8 || at == 12 || at == 16 || at == 20) out += '-';
    const char c = hex[at];
    out += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

class Plist {
 public:
  void text(std::string_view key, std::string_view value) { pair(key, "string", escaped(value)); }
  void number(std::string_view key, int value) { pair(key, "integer", std::to_string(value)); }
  void truth(std::string_view key, bool value) {
    out_ += "<key>" + std::string{key} + (value ? "</key><true/>\n" : "</key><false/>\n");
  }
  void data(std::string_view key, std::string_view octets) { pair(key, "data", to_base64(octets)); }
  void raw(std::string_view markup) { out_ += markup; }

  /// What every payload has.
  void identity(const ProfileFacts& facts, std::string_view type, std::string_view kind,
                std::string_view shown, std::string_view description) {
    text("PayloadType", type);
    number("PayloadVersion", 1);
    // The first octets of the fingerprint tell two installations of eastap apart.
    std::string id = facts.ca_der.empty() ? "test.eastap.proxy" : "test.eastap.";
    for (const char c : std::string_view{facts.ca_sha256}.substr(0, 11)) {
      if (c != ':') id += c;
    }
    if (!kind.empty()) id += '.' + std::string{kind};
    text("PayloadIdentifier", id);
    text("PayloadUUID", uuid_of(facts, kind));
    text("PayloadDisplayName", shown);
    text("PayloadDescription", description);
  }

  [[nodiscard]] const std::string& markup() const { return out_; }

 private:
  void pair(std::string_view key, std::string_view kind, std::string_view value) {
    const std::string tag{kind};
    out_ += "<key>" + std::string{key} + "</key><" + tag + '>' + std::string{value} + "</" + tag +
            ">\n";
  }
  std::string out_;
};

void add_certificate(Plist& out, const ProfileFacts& facts) {
  out.raw("<dict>\n");
  out.identity(facts, "com.apple.security.root", "ca", facts.ca_name,
               "The certificate of the eastap proxy.");
  out.text("PayloadCertificateFileName", "eastap-ca.cer");
  out.data("PayloadContent", facts.ca_der);
  out.raw("</dict>\n");
}

void add_wifi(Plist& out, const ProfileFacts& facts, const ProfileWishes& wishes) {
  out.raw("<dict>\n");
  out.identity(facts, "com.apple.wifi.managed", "wifi", "Wi-Fi " + wishes.ssid + " through eastap",
               "This Wi-Fi network uses the eastap proxy.");
  out.text("SSID_STR", wishes.ssid);
  out.text("EncryptionType", wishes.open ? "None" : "WPA");  // WPA to WPA3 with a password
  out.truth("AutoJoin", true);
  out.truth("HIDDEN_NETWORK", false);
  if (wishes.automatic) {
    out.text("ProxyType", "Auto");
    out.text("ProxyPACURL", page_url(facts.proxy_address, facts.proxy_port) + "proxy.pac");
    // A phone that leaves the proxy unnoticed is what a capture must not miss.
    out.truth("ProxyPACFallbackAllowed", false);
  } else {
    out.text("ProxyType", "Manual");
    out.text("ProxyServer", facts.proxy_address);
    out.number("ProxyServerPort", facts.proxy_port);
  }
  out.raw("</dict>\n");
}

void add_account(Plist& out, const ProfileFacts& facts, const ProfileWishes& wishes) {
  out.raw("<dict>\n");
  out.identity(facts, "com.apple.eas.account", "account", "Exchange " + wishes.address,
               "An Exchange account to be watched. The device asks for its password.");
  out.text("Host", wishes.mail_host);
  out.text("EmailAddress", wishes.address);
  if (!wishes.user.empty()) out.text("UserName", wishes.user);
  out.truth("SSL", true);
  out.number("MailNumberOfPastDaysToSync", 3);
  out.raw("</dict>\n");
}

}  // namespace

Result<ProfileWishes> wishes_from(std::string_view query) {
  const auto field = [&](std::string_view name) {
    return std::string{trimmed(query_value(query, name).value_or(""))};
  };
  ProfileWishes wishes;
  wishes.ssid = query_value(query, "ssid").value_or("");  // blanks count in an SSID
  wishes.open = !field("open").empty();
  wishes.automatic = !field("auto").empty();
  wishes.mail_host = field("mail");
  wishes.address = field("address");
  wishes.user = field("user");
  for (const std::string* text : {&wishes.ssid, &wishes.mail_host, &wishes.address, &wishes.user}) {
    if (!clean(*text)) return wrong("a field holds control characters or is not UTF-8");
  }
  if (wishes.ssid.size() > 32) return wrong("the name of a Wi-Fi network has at most 32 octets");
  if (wishes.user.size() > 256) return wrong("the user name is longer than 256 octets");
  if (wishes.mail_host.empty()) {
    if (!wishes.address.empty() || !wishes.user.empty()) {
      return wrong("the account needs its mail server");
    }
    return wishes;
  }
  if (!is_host(wishes.mail_host)) return wrong("the mail server is not a host name");
  const std::size_t at = wishes.address.find('@');
  if (at == 0 || at == std::string::npos || at + 1 == wishes.address.size() ||
      wishes.address.size() > 254) {
    return wrong("the account needs a mail address");
  }
  return wishes;
}

std::string make_profile(const ProfileFacts& facts, const ProfileWishes& wishes) {
  Plist out;
  out.raw(
      R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
)");
  out.identity(facts, "Configuration", "", "eastap",
               "For watching Exchange ActiveSync with eastap. Remove it when the search is over.");
  out.truth("PayloadRemovalDisallowed", false);
  out.raw("<key>PayloadContent</key><array>\n");
  if (!facts.ca_der.empty()) add_certificate(out, facts);
  if (!wishes.ssid.empty()) add_wifi(out, facts, wishes);
  if (!wishes.mail_host.empty()) add_account(out, facts, wishes);
  out.raw("</array>\n</dict></plist>\n");
  return out.markup();
}

}  // namespace eastap::portal
