#include "proxy/http/tokens.hpp"

#include <cstddef>

#include <boost/json.hpp>

#include "decoder/base/text.hpp"

namespace eastap::http {
namespace {

constexpr std::size_t kAttributeOctets = 256;
constexpr std::size_t kTokenOctets = 64 * 1024;  // what is decoded of a token: the limit of a head

/// Of printable UTF-8 without `"`, `%`, `<` and `>`; everything else as %XX.
std::string attribute_value(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    while (length < 4 && at + length < text.size() &&
           (static_cast<unsigned char>(text[at + length]) & 0xC0) == 0x80) {
      ++length;
    }
    const std::string_view character = text.substr(at, length);
    const auto first = static_cast<unsigned char>(character.front());
    const bool control =
        first < 0x20 || first == 0x7F ||
        (first == 0xC2 && length == 2 && static_cast<unsigned char>(character[1]) < 0xA0);
    const bool special = first == '"' || first == '%' || first == '<' || first == '>';
    std::string piece;
    if (control || special || !is_utf8(character)) {
      for (const char c : character) {
        piece += '%';
        piece += digits[static_cast<unsigned char>(c) >> 4];
        piece += digits[static_cast<unsigned char>(c) & 15];
      }
    } else {
      piece = character;
    }
    if (out.size() + piece.size() > kAttributeOctets) break;
    out += piece;
    at += length;
  }
  return out;
}

void add_utf8(std::string& out, std::uint32_t code) {
  const auto octet = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    octet(code);
  } else if (code < 0x800) {
    octet(0xC0 | (code >> 6));
    octet(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    octet(0xE0 | (code >> 12));
    octet(0x80 | ((code >> 6) & 0x3F));
    octet(0x80 | (code & 0x3F));
  } else {
    octet(0xF0 | (code >> 18));
    octet(0x80 | ((code >> 12) & 0x3F));
    octet(0x80 | ((code >> 6) & 0x3F));
    octet(0x80 | (code & 0x3F));
  }
}

std::string from_utf16le(std::string_view text) {
  std::string out;
  const auto unit = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])) |
           static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + 1])) << 8;
  };
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    std::uint32_t code = unit(at);
    if (code >= 0xD800 && code < 0xDC00 && at + 3 < text.size()) {
      const std::uint32_t second = unit(at + 2);
      if (second >= 0xDC00 && second < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
        at += 2;
      }
    }
    add_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
  }
  return out;
}

}  // namespace

void add_attribute(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += ' ';
  out += name;
  out += "=\"";
  out += attribute_value(value);
  out += '"';
}

std::string basic_user(std::string_view token) {
  const auto decoded = from_base64(token);
  if (!decoded) return {};
  const std::size_t colon = decoded->find(':');
  return colon == std::string::npos ? std::string{} : decoded->substr(0, colon);
}

NtlmFacts ntlm_facts(std::string_view token) {
  NtlmFacts facts;
  const auto decoded = from_base64(token.substr(0, kTokenOctets));
  if (!decoded) return facts;
  constexpr std::string_view signature{"NTLMSSP\0", 8};
  const std::size_t begin = decoded->find(signature);
  if (begin == std::string::npos) return facts;
  const std::string_view message = std::string_view{*decoded}.substr(begin);
  const auto number = [&](std::size_t at, std::size_t octets) -> std::uint32_t {
    std::uint32_t value = 0;
    if (at + octets > message.size()) return 0;
    for (std::size_t i = octets; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(message[at + i]);
    }
    return value;
  };
  const std::uint32_t type = number(8, 4);
  if (type < 1 || type > 3) return facts;
  facts.type = type;
  if (type != 3) return facts;
  const bool unicode = (number(60, 4) & 1) != 0;
  const auto field = [&](std::size_t at) -> std::string {
    const std::size_t size = number(at, 2);
    const std::size_t offset = number(at + 4, 4);
    // The responses lie in the same message: a lying offset must not show them as a name.
    if (size == 0 || size > 512 || offset < 64 || offset + size > message.size()) return {};
    for (const std::size_t response : {std::size_t{12}, std::size_t{20}, std::size_t{52}}) {
      const std::size_t response_size = number(response, 2);
      const std::size_t response_at = number(response + 4, 4);
      if (offset < response_at + response_size && response_at < offset + size) return {};
    }
    const std::string_view octets = message.substr(offset, size);
    return unicode ? from_utf16le(octets) : repaired_utf8(octets);
  };
  const std::string domain = field(28);
  const std::string user = field(36);
  if (!user.empty()) facts.user = domain.empty() ? user : domain + "\\" + user;
  return facts;
}

void add_claims(std::string& out, std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || second - first > kTokenOctets) return;
  const auto payload = from_base64(token.substr(first + 1, second - first - 1));
  if (!payload || payload->empty() || payload->front() != '{') return;
  namespace json = boost::json;
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 16;
  const json::value value = json::parse(*payload, error, {}, options);
  if (error || !value.is_object()) return;
  const json::object& claims = value.get_object();
  const auto text = [&](std::string_view name) -> std::string_view {
    const json::value* claim = claims.if_contains({name.data(), name.size()});
    if (claim != nullptr && claim->is_array() && !claim->get_array().empty()) {
      claim = &claim->get_array().front();  // aud may be a list
    }
    if (claim == nullptr || !claim->is_string()) return {};
    return {claim->get_string().data(), claim->get_string().size()};
  };
  const auto first_of = [&](std::string_view one, std::string_view other) {
    const std::string_view found = text(one);
    return found.empty() ? text(other) : found;
  };
  add_attribute(out, "upn", first_of("upn", "unique_name"));
  add_attribute(out, "aud", text("aud"));
  add_attribute(out, "iss", text("iss"));
  add_attribute(out, "appid", first_of("appid", "azp"));
  if (const json::value* expiry = claims.if_contains("exp")) {
    if (expiry->is_int64()) add_attribute(out, "exp", std::to_string(expiry->get_int64()));
  }
}

}  // namespace eastap::http
