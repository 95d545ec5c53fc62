#include "proxy/tunnel/client_hello.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "decoder/base/text.hpp"

namespace eastap::tunnel {
namespace {

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kHandshakeHeader = 4;
constexpr std::size_t kRecordOctets = (1 << 14) + 256;  // RFC 8446 5.2, with room for old stacks
constexpr std::uint8_t kHandshake = 22, kAlert = 21;
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint16_t kServerName = 0, kAlpn = 16, kSupportedVersions = 43, kEch = 0xFE0D;

bool is_grease(std::uint16_t value) {  // RFC 8701
  return (value & 0x0F0F) == 0x0A0A && (value >> 8) == (value & 0xFF);
}

/// Reads big-endian fields; one read beyond the end makes it bad, and all that follow empty.
class Fields {
 public:
  explicit Fields(std::string_view octets) : octets_{octets} {}
  [[nodiscard]] bool bad() const { return bad_; }
  [[nodiscard]] bool empty() const { return at_ == octets_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }

  std::uint32_t number(std::size_t size) {
    std::uint32_t value = 0;
    for (const char c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view take(std::size_t size) {
    if (octets_.size() - at_ < size) {
      bad_ = true;
      at_ = octets_.size();
      return {};
    }
    at_ += size;
    return octets_.substr(at_ - size, size);
  }
  /// A vector whose length stands before it in `size` octets.
  std::string_view sized(std::size_t size) {
    const std::size_t length = number(size);
    return take(length);
  }

 private:
  std::string_view octets_;
  std::size_t at_ = 0;
  bool bad_ = false;
};

bool read_server_name(std::string_view data, std::string& sni) {
  if (data.empty()) return true;
  Fields list{data};
  Fields names{list.sized(2)};
  while (!names.empty() && !names.bad()) {
    const std::uint32_t type = names.number(1);
    const std::string_view name = names.sized(2);
    if (type != 0 || !sni.empty() || names.bad()) continue;
    sni = to_lower(name.substr(0, 255));  // a DNS name has at most 253 octets
    if (!sni.empty() && sni.back() == '.') sni.pop_back();
    // What is no name is not shown as one, and not compared with rules.
    const bool sound = std::all_of(sni.begin(), sni.end(), [](char c) {
      return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F;
    });
    if (!sound || name.size() > 255) {
      sni.clear();
      return false;
    }
  }
  return !list.bad() && !names.bad();
}

bool read_alpn(std::string_view data, std::vector<std::string>& alpn) {
  Fields list{data};
  Fields names{list.sized(2)};
  while (!names.empty() && !names.bad() && alpn.size() < 64) {
    const std::string_view name = names.sized(1);
    const bool grease = name.size() == 2 && name[0] == name[1] &&
                        (static_cast<unsigned char>(name[0]) & 0x0F) == 0x0A;
    if (!names.bad() && !grease) alpn.emplace_back(name);
  }
  return !list.bad() && !names.bad();
}

bool read_versions(std::string_view data, std::vector<std::uint16_t>& versions) {
  Fields list{data};
  Fields items{list.sized(1)};
  while (!items.empty() && !items.bad()) {
    const auto version = static_cast<std::uint16_t>(items.number(2));
    if (!items.bad() && !is_grease(version)) versions.push_back(version);
  }
  return !list.bad() && !items.bad();
}

std::string_view text_protocol(std::string_view begin) {
  struct Known {
    std::string_view prefix, name;
  };
  static constexpr std::array<Known, 18> kKnown{{{"SSH-", "ssh"},
                                                 {"PRI * HTTP/2", "http2"},
                                                 {"EHLO ", "smtp"},
                                                 {"HELO ", "smtp"},
                                                 {"USER ", "pop3"},
                                                 {"CAPA", "pop3"},
                                                 {"GET ", "http"},
                                                 {"POST ", "http"},
                                                 {"HEAD ", "http"},
                                                 {"PUT ", "http"},
                                                 {"OPTIONS ", "http"},
                                                 {"DELETE ", "http"},
                                                 {"CONNECT ", "http"},
                                                 {"PATCH ", "http"},
                                                 {"TRACE ", "http"},
                                                 {"PROPFIND ", "http"},
                                                 {"REPORT ", "http"},
                                                 {"RPC_", "http"}}};
  for (const Known& known : kKnown) {
    if (equals_ignoring_case(begin.substr(0, known.prefix.size()), known.prefix)) return known.name;
  }
  const std::string_view line = begin.substr(0, begin.find_first_of("\r\n"));
  for (const std::string_view command : {" CAPABILITY", " LOGIN", " STARTTLS", " ID"}) {
    const std::size_t blank = line.find(' ');
    if (blank != std::string_view::npos &&
        equals_ignoring_case(line.substr(blank, command.size()), command)) {
      return "imap";
    }
  }
  return "text";
}

bool is_text(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F) ||
         c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::uint16_t highest_version(const ClientHello& hello) {
  if (hello.versions.empty()) return hello.legacy_version;
  return *std::max_element(hello.versions.begin(), hello.versions.end());
}

std::string version_name(std::uint16_t version) {
  switch (version) {
    case 0x0300: return "SSL 3.0";
    case 0x0301: return "TLS 1.0";
    case 0x0302: return "TLS 1.1";
    case 0x0303: return "TLS 1.2";
    case 0x0304: return "TLS 1.3";
    default: break;
  }
  const std::array<char, 2> octets{static_cast<char>(version >> 8),
                                   static_cast<char>(version & 0xFF)};
  return "0x" + to_hex({octets.data(), octets.size()});
}

ClientHelloReader::State ClientHelloReader::feed(std::span<const std::byte> input) {
  if (state_ != State::need_more) return state_;
  // Octet limits are met at the same place however the input is cut.
  buffer_.append(as_chars(input).substr(0, kLimit - buffer_.size()));
  state_ = recognise();
  if (state_ == State::need_more && buffer_.starts_with(static_cast<char>(kHandshake))) {
    state_ = read_records();
  }
  if (state_ == State::need_more && buffer_.size() >= kLimit) {
    state_ = fail(Errc::too_large, kLimit, "the ClientHello is larger than 16 KiB");
  }
  if (state_ != State::need_more) {
    buffer_.clear();
    buffer_.shrink_to_fit();
    records_ = {};
  }
  return state_;
}

ClientHelloReader::State ClientHelloReader::fail(Errc code, std::uint64_t offset,
                                                 std::string detail) {
  error_ = {code, offset, std::move(detail)};
  return State::malformed;
}

ClientHelloReader::State ClientHelloReader::recognise() {
  if (buffer_.empty()) return State::need_more;
  const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(buffer_[at]); };
  const unsigned char first = octet(0);
  if (first == kHandshake) {
    if (buffer_.size() > 1 && octet(1) != 3) {
      protocol_ = "binary";
      return State::not_tls;
    }
    return State::need_more;
  }
  if (first == kAlert && buffer_.size() > 1 && octet(1) == 3) {
    return fail(Errc::malformed, 0, "a TLS alert instead of a ClientHello");
  }
  if (first == kAlert && buffer_.size() == 1) return State::need_more;
  // SSL 2.0 CLIENT-HELLO: length with the high bit set, message type 1, version 0.2 or 3.x
  if ((first & 0x80) != 0) {
    if (buffer_.size() < 5) return State::need_more;
    const bool sslv2 = octet(2) == 1 && (octet(3) == 3 || (octet(3) == 0 && octet(4) == 2));
    protocol_ = sslv2 ? "sslv2" : "binary";
    return State::not_tls;
  }
  constexpr std::size_t kEnough = 16;
  // Only what is there however the octets are cut: up to the line end, if that comes first.
  const std::string_view begin =
      std::string_view{buffer_}.substr(0, std::min(buffer_.find('\n'), kEnough - 1) + 1);
  const auto odd = std::find_if_not(begin.begin(), begin.end(), is_text);
  if (odd != begin.end()) {
    protocol_ = odd - begin.begin() >= 8 ? "text" : "binary";
    return State::not_tls;
  }
  if (begin.size() < kEnough && begin.find('\n') == std::string_view::npos) return State::need_more;
  protocol_ = text_protocol(begin);
  return State::not_tls;
}

ClientHelloReader::State ClientHelloReader::read_records() {
  // RFC 8446 5.1: the message may be cut over records at any octet. Each octet is looked at once,
  // however the input comes: records of one octet, fed by the octet, would else cost their square.
  Records& so_far = records_;
  const auto octet = [&](std::size_t index) {
    return static_cast<std::size_t>(static_cast<unsigned char>(buffer_[index]));
  };
  while (buffer_.size() - so_far.at >= kRecordHeader) {
    const std::size_t at = so_far.at;
    if (octet(at) == kAlert && at > 0) {
      return fail(Errc::malformed, at, "a TLS alert inside the ClientHello");
    }
    if (octet(at) != kHandshake || octet(at + 1) != 3) {
      return fail(Errc::malformed, at, "not a TLS handshake record");
    }
    const std::size_t length = octet(at + 3) << 8 | octet(at + 4);
    if (length == 0) return fail(Errc::malformed, at + 3, "an empty handshake record");
    if (length > kRecordOctets) {
      return fail(Errc::too_large, at + 3, "a TLS record longer than allowed");
    }
    const std::size_t body = at + kRecordHeader;
    const std::size_t have = std::min(length, buffer_.size() - body);
    if (so_far.taken == 0 && have > 0) so_far.places.emplace_back(so_far.handshake.size(), body);
    so_far.handshake.append(buffer_, body + so_far.taken, have - so_far.taken);
    so_far.taken = have;
    if (const State state = read_message(body); state != State::need_more) return state;
    if (have < length) return State::need_more;
    so_far.at = body + length;
    so_far.taken = 0;
  }
  return State::need_more;
}

ClientHelloReader::State ClientHelloReader::read_message(std::size_t record_body) {
  const std::string& handshake = records_.handshake;
  const auto& places = records_.places;
  const auto number = [&](std::size_t index) {
    return static_cast<std::size_t>(static_cast<unsigned char>(handshake[index]));
  };
  if (!handshake.empty() && number(0) != kClientHello) {
    return fail(Errc::malformed, record_body, "the first handshake message is not a ClientHello");
  }
  if (handshake.size() < kHandshakeHeader) return State::need_more;
  const std::size_t size = number(1) << 16 | number(2) << 8 | number(3);
  if (size > kLimit) {
    return fail(Errc::too_large, places.front().second + 1,
                "the ClientHello announces " + std::to_string(size) + " octets");
  }
  if (handshake.size() < kHandshakeHeader + size) return State::need_more;
  const State state = read_hello(std::string_view{handshake}.substr(kHandshakeHeader, size));
  if (state == State::malformed) {  // from an offset in the message to one in the stream
    const std::size_t offset = static_cast<std::size_t>(error_.offset) + kHandshakeHeader;
    for (const auto& [message_at, stream_at] : places) {
      if (message_at <= offset) error_.offset = stream_at + (offset - message_at);
    }
  }
  return state;
}

ClientHelloReader::State ClientHelloReader::read_hello(std::string_view message) {
  Fields fields{message};
  const auto cut = [&](std::string_view what) {
    return fail(Errc::truncated, fields.at(),
                "the ClientHello ends inside its " + std::string{what});
  };
  hello_.legacy_version = static_cast<std::uint16_t>(fields.number(2));
  fields.take(32);  // random
  fields.sized(1);  // session id
  Fields suites{fields.sized(2)};
  if (fields.bad()) return cut("cipher suites");
  while (!suites.empty()) {
    const auto suite = static_cast<std::uint16_t>(suites.number(2));
    if (suites.bad()) return cut("cipher suites");
    if (!is_grease(suite)) hello_.cipher_suites.push_back(suite);
  }
  fields.sized(1);  // compression methods
  if (fields.bad()) return cut("compression methods");
  if (fields.empty()) return State::done;  // no extensions, as before TLS 1.2
  const std::size_t extensions_at = fields.at() + 2;
  Fields extensions{fields.sized(2)};
  if (fields.bad()) return cut("extensions");
  while (!extensions.empty()) {
    const std::size_t offset = extensions_at + extensions.at();
    const auto type = static_cast<std::uint16_t>(extensions.number(2));
    const std::string_view data = extensions.sized(2);
    if (extensions.bad()) {
      return fail(Errc::truncated, offset, "the ClientHello ends inside an extension");
    }
    bool sound = true;
    if (type == kServerName) sound = read_server_name(data, hello_.sni);
    if (type == kAlpn) sound = read_alpn(data, hello_.alpn);
    if (type == kSupportedVersions) sound = read_versions(data, hello_.versions);
    if (type == kEch) hello_.encrypted_client_hello = true;
    if (!sound) {
      return fail(Errc::malformed, offset,
                  "extension " + std::to_string(type) + " of the ClientHello is broken");
    }
  }
  return State::done;
}

}  // namespace eastap::tunnel
