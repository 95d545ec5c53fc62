#include "proxy/redact/pseudonyms.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "decoder/base/text.hpp"

namespace eastap::redact {
namespace {

/// Letters that are in no hurry to form a word: whoever sees them sees that something is hidden.
/// All are of the base64 alphabet, so that hidden base64 stays such.
constexpr std::string_view kFiller = "xXzZqQwW";

/// A stream of numbers from a secret start; splitmix64.
class Stream {
 public:
  explicit Stream(const std::array<std::uint64_t, 4>& seed) : seed_{seed} {}
  std::uint64_t next() {
    std::uint64_t& state = seed_[turn_++ % seed_.size()];
    state += 0x9E37'79B9'7F4A'7C15U;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D0'49BB'1331'11EBU;
    return mixed ^ (mixed >> 31U);
  }

 private:
  std::array<std::uint64_t, 4> seed_;
  std::size_t turn_ = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

template <class List>
bool among(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

std::vector<std::string_view> labels_of(std::string_view host) {
  std::vector<std::string_view> labels;
  for (std::size_t at = 0; at <= host.size();) {
    const std::size_t end = std::min(host.find('.', at), host.size());
    labels.push_back(host.substr(at, end - at));
    at = end + 1;
  }
  return labels;
}

/// Labels that name a service or a place in one, not an organisation. Rules and readers need them.
constexpr std::string_view kServiceLabels[] = {
    "activesync", "api",     "as",      "autodiscover", "autodiscover-s",
    "cas",        "eas",     "ecp",     "enterprise",   "exchange",
    "ews",        "gateway", "graph",   "imap",         "legacy",
    "login",      "m",       "mail",    "mobile",       "msasync",
    "mx",         "oab",     "outlook", "owa",          "pop",
    "protection", "proxy",   "remote",  "secure",       "smtp",
    "sync",       "tenant",  "vpn",     "web",          "webmail",
    "www"};

/// Domains that everybody shares: they tell nothing about an organisation.
constexpr std::string_view kPublicDomains[] = {
    "apple.com",     "aol.com",        "gmail.com",           "gmx.de",       "gmx.net",
    "google.com",    "googleapis.com", "googlemail.com",      "hotmail.com",  "icloud.com",
    "live.com",      "me.com",         "microsoft.com",       "msn.com",      "office.com",
    "office365.com", "office.net",     "onmicrosoft.com",     "outlook.com",  "sharepoint.com",
    "windows.net",   "yahoo.com",      "microsoftonline.com", "cloudapp.net", "azure.com"};

/// Second labels under a country's domain, below which organisations register.
constexpr std::string_view kSecondLevels[] = {"ac", "co",  "com", "edu", "go", "gob", "gov",
                                              "gv", "ltd", "ne",  "net", "or", "org", "plc"};

std::string tail_of(const std::vector<std::string_view>& labels, std::size_t count) {
  std::string out;
  for (std::size_t i = labels.size() - std::min(count, labels.size()); i < labels.size(); ++i) {
    if (!out.empty()) out += '.';
    out += labels[i];
  }
  return out;
}

}  // namespace

bool is_ip(std::string_view text) {
  if (text.size() > 45) return false;
  const std::string copy{text};
  std::array<unsigned char, 16> octets{};
  return inet_pton(AF_INET, copy.c_str(), octets.data()) == 1 ||
         inet_pton(AF_INET6, copy.c_str(), octets.data()) == 1;
}

Pseudonyms::Pseudonyms(std::string key) : key_{std::move(key)} {}

Pseudonyms::Seed Pseudonyms::seed(char kind, std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  std::string input;
  input.reserve(text.size() + 1);
  input += kind;  // the same word as user and as host is two names
  input += text;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac.data(),
           &size) == nullptr) {
    throw std::runtime_error{"HMAC-SHA256 failed"};  // never show what could not be hidden
  }
  Seed seed{};
  std::memcpy(seed.data(), mac.data(), sizeof seed);
  return seed;
}

std::string Pseudonyms::token(char kind, std::string_view text) const {
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%06x",
                static_cast<unsigned>(seed(kind, to_lower(text))[0] & 0xFF'FFFFU));
  return digits.data();
}

std::string Pseudonyms::hidden(std::string_view text) const {
  std::string out{text};
  if (std::all_of(text.begin(), text.end(), is_space)) return out;
  std::size_t end = out.size();
  while (end > 0 && out[end - 1] == '=') --end;
  Stream stream{seed('t', text)};
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < end; ++i) {
    if (i % 21 == 0) bits = stream.next();
    out[i] = kFiller[bits & 7U];
    bits >>= 3U;
  }
  return out;
}

std::string Pseudonyms::shaped(std::string_view text) const {
  std::string out{text};
  const bool hex = text.size() >= 8 && std::all_of(text.begin(), text.end(), is_hex);
  const bool upper = std::none_of(text.begin(), text.end(), is_lower);
  Stream stream{seed('d', to_lower(text))};
  for (char& c : out) {
    const std::uint64_t number = stream.next() >> 8U;
    if (hex) {
      c = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[number % 16];
    } else if (is_digit(c)) {
      c = static_cast<char>('0' + static_cast<int>(number % 10));
    } else if (is_upper(c)) {
      c = static_cast<char>('A' + static_cast<int>(number % 26));
    } else if (is_lower(c)) {
      c = static_cast<char>('a' + static_cast<int>(number % 26));
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      c = kFiller[number % 8];
    }
  }
  if (hex && text.size() == 32) {
    out.front() = (upper ? "89ABCDEF" : "89abcdef")[stream.next() >> 8U & 7U];
  }
  return out;
}

std::string Pseudonyms::user(std::string_view user) const {
  if (user.empty()) return {};
  if (const std::size_t slash = user.find('\\'); slash != std::string_view::npos) {
    return "dom-" + token('l', user.substr(0, slash)) + '\\' + this->user(user.substr(slash + 1));
  }
  const std::size_t at = user.rfind('@');
  if (at != std::string_view::npos && at != 0) return address(user);
  // The server's own probes are told apart by this beginning.
  constexpr std::string_view probe = "HealthMailbox";
  if (equals_ignoring_case(user.substr(0, probe.size()), probe)) {
    return std::string{probe} + token('u', user);
  }
  return "user-" + token('u', user);
}

std::string Pseudonyms::address(std::string_view address) const {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return user(address);
  if (at == 0) return '@' + domain(address.substr(1));
  const std::string_view local = address.substr(0, at);
  std::string out = local.find('\\') == std::string_view::npos && local.find('@') == local.npos
                        ? user(local)
                        : "user-" + token('u', local);
  return out += '@' + domain(address.substr(at + 1));
}

std::string Pseudonyms::label(std::string_view label) const {
  if (label.empty()) return {};
  return "host-" + token('l', label);
}

std::string Pseudonyms::domain(std::string_view domain) const {
  return domain.empty() ? std::string{} : host(domain);
}

std::string Pseudonyms::host(std::string_view text) const {
  if (is_ip(text)) return ip(text);
  const bool dot = text.ends_with('.');
  if (dot) text.remove_suffix(1);
  const std::string lower = to_lower(text);
  const auto labels = labels_of(lower);
  if (lower.empty() || lower == "localhost") return lower;
  if (labels.size() == 1) return label(lower) + (dot ? "." : "");
  std::size_t kept = 2;
  const bool shared = among(kPublicDomains, tail_of(labels, 2));
  if (!shared && labels.size() > 2 && labels.back().size() == 2 &&
      among(kSecondLevels, labels[labels.size() - 2])) {
    kept = 3;
  }
  std::string out;
  for (std::size_t i = 0; i + kept < labels.size(); ++i) {
    out += among(kServiceLabels, labels[i]) || labels[i] == "*" ? std::string{labels[i]}
                                                                : label(labels[i]);
    out += '.';
  }
  const std::string registered = tail_of(labels, kept);
  out += shared ? registered : "example-" + token('n', registered) + ".invalid";
  return dot ? out + '.' : out;
}

std::string Pseudonyms::ip(std::string_view text) const {
  if (!is_ip(text)) return std::string{text};
  const std::string copy{text};
  std::array<unsigned char, 16> octets{};
  const std::uint64_t number = seed('i', to_lower(text))[0];
  std::array<char, INET6_ADDRSTRLEN> shown{};
  if (inet_pton(AF_INET, copy.c_str(), octets.data()) == 1) {
    if (octets[0] == 127 || copy == "0.0.0.0") return copy;
    const bool is_private = octets[0] == 10 || (octets[0] == 172 && (octets[1] & 0xF0) == 16) ||
                            (octets[0] == 192 && octets[1] == 168) ||
                            (octets[0] == 169 && octets[1] == 254);
    const auto octet = [&](unsigned shift) {
      return static_cast<unsigned>(number >> shift & 255U);
    };
    std::snprintf(shown.data(), shown.size(), "%u.%u.%u.%u", is_private ? 10U : 198U,
                  is_private ? octet(16) : 18U + (octet(16) & 1U), octet(8), octet(0));
    return shown.data();
  }
  if (copy == "::1" || copy == "::") return copy;
  std::snprintf(shown.data(), shown.size(), "2001:db8:%x:%x::%x",
                static_cast<unsigned>(number & 0xFFFFU),
                static_cast<unsigned>(number >> 16U & 0xFFFFU),
                static_cast<unsigned>(number >> 32U & 0xFFFFU));
  return shown.data();
}

std::string Pseudonyms::endpoint(std::string_view text) const {
  if (text.starts_with('[')) {
    const std::size_t close = std::min(text.find(']'), text.size());
    return '[' + host(text.substr(1, close - 1)) + std::string{text.substr(close)};
  }
  if (is_ip(text)) return ip(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return host(text);
  return host(text.substr(0, colon)) + std::string{text.substr(colon)};
}

}  // namespace eastap::redact
