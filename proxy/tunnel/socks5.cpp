#include "proxy/tunnel/socks5.hpp"

#include <algorithm>
#include <utility>

#include "decoder/base/text.hpp"
#include "proxy/tunnel/host_rules.hpp"

namespace eastap::tunnel {
namespace {

constexpr char kVersion = 5;
constexpr char kCredentialsVersion = 1;  // RFC 1929 2
constexpr char kNoAuthentication = 0, kUserAndPassword = 2;
constexpr char kNoAcceptableMethod = '\xFF';
constexpr char kConnect = 1, kBind = 2, kAssociate = 3;
constexpr char kV4 = 1, kName = 3, kV6 = 4;

std::size_t octet_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

std::string answer(char first, char second) { return {first, second}; }

/// As in a CONNECT target: no octet that could end a line or stand for something in a URL.
bool is_host(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet > 0x20 && octet < 0x7F && c != '/' && c != '@' && c != '?' && c != '#';
  });
}

std::string address_text(std::string_view octets) {
  Address address;
  if (octets.size() == 4) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(octets[i]); };
    return to_string(Address::v4(at(0), at(1), at(2), at(3)));
  }
  std::transform(octets.begin(), octets.end(), address.octets.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return to_string(address);
}

}  // namespace

std::string socks_reply(SocksReply reply) {
  std::string text(10, '\0');
  text[0] = kVersion;
  text[1] = static_cast<char>(reply);
  text[3] = kV4;
  return text;
}

std::size_t Socks5::feed(std::string_view input) {
  reply_.clear();
  if (need_ == Need::close || need_ == Need::connect || need_ == Need::credentials) return 0;
  std::size_t taken = 0;
  while (need_ == Need::more && taken < input.size()) {
    buffer_ += input[taken++];
    if (buffer_.size() == 1 && wrong_start()) return taken;
    if (buffer_.size() < message_size()) continue;
    message();
    buffer_.clear();
    break;
  }
  return taken;
}

bool Socks5::wrong_start() {
  if (stage_ == Stage::credentials) {
    if (buffer_.front() == kCredentialsVersion) return false;
    fail(answer(kCredentialsVersion, 1), "socks_version",
         "The client's user and password are not in the form of RFC 1929.");
    return true;
  }
  if (buffer_.front() == kVersion) return false;
  if (buffer_.front() == 4) {
    // The refusal of SOCKS4: VN 0, CD 91
    fail(std::string{"\0\x5B\0\0\0\0\0\0", 8}, "socks_version",
         "The client speaks SOCKS4, which carries no name to decide by. Set it to SOCKS5.");
  } else if (stage_ == Stage::methods) {
    fail("", "socks_version",
         "What came is not SOCKS5 (first octet " + to_hex(buffer_) +
             "). This is the port of a SOCKS5 proxy; an HTTP proxy needs a listener of its own.");
  } else {
    fail(socks_reply(SocksReply::general_failure), "socks_version",
         "The client's request is not SOCKS5.");
  }
  return true;
}

std::size_t Socks5::message_size() const {
  switch (stage_) {
    case Stage::methods: return buffer_.size() < 2 ? 2 : 2 + octet_at(buffer_, 1);
    case Stage::credentials: {
      if (buffer_.size() < 2) return 2;
      const std::size_t user = octet_at(buffer_, 1);
      if (buffer_.size() < 3 + user) return 3 + user;
      return 3 + user + octet_at(buffer_, 2 + user);
    }
    default: return request_size();
  }
}

std::size_t Socks5::request_size() const {
  if (buffer_.size() < 4) return 4;
  switch (buffer_[3]) {
    case kV4: return 10;
    case kV6: return 22;
    case kName: return buffer_.size() < 5 ? 5 : 7 + octet_at(buffer_, 4);
    default: return 4;  // how long it would be nobody knows
  }
}

void Socks5::message() {
  switch (stage_) {
    case Stage::methods: choose_method(); break;
    case Stage::credentials: read_credentials(); break;
    default: read_request();
  }
}

void Socks5::choose_method() {
  const std::string_view offered = std::string_view{buffer_}.substr(2);
  const bool none = offered.find(kNoAuthentication) != std::string_view::npos;
  const bool password = offered.find(kUserAndPassword) != std::string_view::npos;
  if (password && (want_credentials_ || !none)) {
    stage_ = Stage::credentials;
    reply_ = answer(kVersion, kUserAndPassword);
  } else if (none && !want_credentials_) {
    stage_ = Stage::request;
    reply_ = answer(kVersion, kNoAuthentication);
  } else {
    fail(answer(kVersion, kNoAcceptableMethod), "socks_method",
         want_credentials_ ? "The client gives no user and password, which this proxy asks for. "
                             "Set them in the client's SOCKS settings."
                           : "The client offers no method of SOCKS5 that this proxy knows.");
  }
}

void Socks5::read_credentials() {
  const std::size_t user = octet_at(buffer_, 1);
  user_ = buffer_.substr(2, user);
  password_ = buffer_.substr(3 + user);
  std::fill(buffer_.begin(), buffer_.end(), '\0');
  if (want_credentials_) {
    need_ = Need::credentials;
  } else {
    verdict(true);
  }
}

void Socks5::verdict(bool good) {
  std::fill(password_.begin(), password_.end(), '\0');
  password_.clear();
  if (good) {
    stage_ = Stage::request;
    need_ = Need::more;
    reply_ = answer(kCredentialsVersion, 0);
    return;
  }
  fail(answer(kCredentialsVersion, 1), "proxy_user",
       "The client's user and password are not those of this proxy.");
}

void Socks5::read_request() {
  const char command = buffer_[1];
  if (command != kConnect) {
    const std::string_view name = command == kBind        ? "BIND"
                                  : command == kAssociate ? "UDP ASSOCIATE"
                                                          : "an unknown command";
    fail(socks_reply(SocksReply::command_not_supported), "socks_command",
         "The client asked for " + std::string{name} + "; this proxy does CONNECT only.");
    return;
  }
  std::string_view rest{buffer_};
  rest.remove_prefix(4);
  const char type = buffer_[3];
  if (type != kV4 && type != kV6 && type != kName) {
    fail(socks_reply(SocksReply::address_type_not_supported), "socks_address",
         "The client's address is of a type that SOCKS5 does not have.");
    return;
  }
  const std::string_view port = rest.substr(rest.size() - 2);
  rest.remove_suffix(2);
  if (type == kName) {
    rest.remove_prefix(1);
    host_ = normalised_host(rest);
    // 253 octets is the longest DNS name, RFC 1035 2.3.4
    if (!is_host(host_) || host_.size() > 253) {
      fail(socks_reply(SocksReply::general_failure), "socks_address",
           "The client's request has no host name that can be one.");
      return;
    }
  } else {
    host_ = address_text(rest);
  }
  port_ = static_cast<std::uint16_t>(octet_at(port, 0) << 8 | octet_at(port, 1));
  if (port_ == 0) {
    fail(socks_reply(SocksReply::general_failure), "socks_address",
         "The client's request has port 0, to which nobody can connect.");
    return;
  }
  stage_ = Stage::ended;
  need_ = Need::connect;
}

void Socks5::fail(std::string reply, std::string_view reason, std::string problem) {
  stage_ = Stage::ended;
  need_ = Need::close;
  reply_ = std::move(reply);
  reason_ = reason;
  problem_ = std::move(problem);
  host_.clear();  // it may be no name at all
  std::fill(buffer_.begin(), buffer_.end(), '\0');
  buffer_.clear();
}

}  // namespace eastap::tunnel
