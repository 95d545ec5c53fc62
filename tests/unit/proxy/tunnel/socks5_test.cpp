#include "proxy/tunnel/socks5.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace eastap::tunnel {
namespace {

using namespace std::string_literals;
using Need = Socks5::Need;

/// What a whole opening looks like from outside.
struct Outcome {
  Need need = Need::more;
  std::string sent;
  std::string host;
  std::uint16_t port = 0;
  std::string reason;
  std::string left;  ///< octets that were not taken
  bool operator==(const Outcome&) const = default;
};

Outcome play(Socks5 socks, std::string_view input, std::size_t piece, bool good = true) {
  Outcome outcome;
  while (!input.empty() && socks.need() == Need::more) {
    std::string_view part = input.substr(0, piece);
    while (!part.empty() && socks.need() == Need::more) {
      const std::size_t taken = socks.feed(part);
      REQUIRE(taken > 0);
      outcome.sent += socks.reply();
      part.remove_prefix(taken);
      input.remove_prefix(taken);
      if (socks.need() == Need::credentials) {
        CHECK(socks.user() == "alice");
        CHECK(socks.password() == "s3cret");
        socks.verdict(good);
        CHECK(socks.password().empty());
        outcome.sent += socks.reply();
      }
    }
  }
  outcome.need = socks.need();
  outcome.host = socks.host();
  outcome.port = socks.port();
  outcome.reason = socks.reason();
  outcome.left = input;
  return outcome;
}

// RFC 1928 3, 4; RFC 1929 2
const std::string kHello = "\x05\x01\x00"s;
const std::string kHelloBoth = "\x05\x02\x00\x02"s;
const std::string kCredentials =
    "\x01\x05"s
    "alice"
    "\x06"
    "s3cret";
const std::string kByName =
    "\x05\x01\x00\x03\x10"s
    "Mail.Contoso.com"
    "\x01\xBB";
const std::string kV4 = "\x05\x01\x00\x01\xC0\xA8\x01\x05\x01\xBB"s;
const std::string kV6 = "\x05\x01\x00\x04\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x05\x20\xFB"s;
const std::string kSuccess = "\x05\x00\x00\x01\0\0\0\0\0\0"s;

TEST_SUITE("proxy.tunnel.socks5") {
  TEST_CASE("a name, an IPv4 and an IPv6 address are read, in whatever pieces they come") {
    for (std::size_t piece : {1UL, 2UL, 3UL, 7UL, 1000UL}) {
      CAPTURE(piece);
      const Outcome name = play(Socks5{false}, kHello + kByName, piece);
      CHECK(name == Outcome{Need::connect, "\x05\x00"s, "mail.contoso.com", 443, "", ""});
      const Outcome v4 = play(Socks5{false}, kHello + kV4, piece);
      CHECK(v4 == Outcome{Need::connect, "\x05\x00"s, "192.168.1.5", 443, "", ""});
      const Outcome v6 = play(Socks5{false}, kHello + kV6, piece);
      CHECK(v6 == Outcome{Need::connect, "\x05\x00"s, "2001:db8::5", 8443, "", ""});
    }
  }

  TEST_CASE("what follows the request is left to the caller, even when it came with it") {
    const Outcome outcome = play(Socks5{false}, kHello + kByName + "\x16\x03\x01", 1000);
    CHECK(outcome.need == Need::connect);
    CHECK(outcome.left == "\x16\x03\x01");
  }

  TEST_CASE("user and password are asked for, and the verdict is told") {
    for (std::size_t piece : {1UL, 4UL, 1000UL}) {
      const std::string all = kHelloBoth + kCredentials + kByName;
      const Outcome good = play(Socks5{true}, all, piece);
      CHECK(good.sent == "\x05\x02\x01\x00"s);
      CHECK(good.need == Need::connect);
      const Outcome bad = play(Socks5{true}, all, piece, false);
      CHECK(bad.sent == "\x05\x02\x01\x01"s);
      CHECK(bad.need == Need::close);
      CHECK(bad.reason == "proxy_user");
      CHECK(bad.left == kByName);
    }
  }

  TEST_CASE("without the method that is wanted nobody gets in") {
    const Outcome outcome = play(Socks5{true}, kHello + kByName, 1000);
    CHECK(outcome.sent == "\x05\xFF"s);
    CHECK(outcome.reason == "socks_method");
    CHECK(play(Socks5{false}, "\x05\x00"s, 1).sent == "\x05\xFF"s);
    CHECK(play(Socks5{false}, "\x05\x01\x01"s, 1).sent == "\x05\xFF"s);  // GSSAPI
  }

  TEST_CASE("a client that offers only user and password is let in when none are wanted") {
    const Outcome outcome = play(Socks5{false}, "\x05\x01\x02"s + kCredentials + kV4, 1000);
    CHECK(outcome.sent == "\x05\x02\x01\x00"s);
    CHECK(outcome.need == Need::connect);
  }

  TEST_CASE("other commands and address types get their own codes") {
    const Outcome bind = play(Socks5{false}, kHello + "\x05\x02\x00\x01\1\2\3\4\0\x50"s, 1);
    CHECK(bind.sent == "\x05\x00\x05\x07\x00\x01\0\0\0\0\0\0"s);
    CHECK(bind.reason == "socks_command");
    const Outcome udp = play(Socks5{false}, kHello + "\x05\x03\x00\x01\1\2\3\4\0\x50"s, 1);
    CHECK(udp.reason == "socks_command");
    const Outcome type = play(Socks5{false}, kHello + "\x05\x01\x00\x02"s, 1);
    CHECK(type.sent == "\x05\x00\x05\x08\x00\x01\0\0\0\0\0\0"s);
    CHECK(type.reason == "socks_address");
  }

  TEST_CASE("names that no host has, and port 0, are refused") {
    const auto request = [](const std::string& name, const std::string& port) {
      return kHello + "\x05\x01\x00\x03"s + static_cast<char>(name.size()) + name + port;
    };
    for (const auto& name : {""s, "a b"s, "a\nb"s, "a\0b"s, "user@host"s, "host/path"s,
                             std::string(254, 'a'), "m\xC3\xBCnchen"s}) {
      CAPTURE(name);
      const Outcome outcome = play(Socks5{false}, request(name, "\x01\xBB"), 1000);
      CHECK(outcome.need == Need::close);
      CHECK(outcome.host.empty());
      CHECK(outcome.sent == "\x05\x00\x05\x01\x00\x01\0\0\0\0\0\0"s);
    }
    CHECK(play(Socks5{false}, request(std::string(253, 'a'), "\x01\xBB"), 1000).need ==
          Need::connect);
    CHECK(play(Socks5{false}, request("mail.contoso.com", "\0\0"s), 1000).need == Need::close);
    CHECK(play(Socks5{false}, request("::1", "\x01\xBB"), 1000).host == "::1");
  }

  TEST_CASE("other protocols are told apart at the first octet") {
    const Outcome four = play(Socks5{false}, "\x04\x01\0\x50\1\2\3\4\0"s, 1000);
    CHECK(four.sent == "\0\x5B\0\0\0\0\0\0"s);
    CHECK(four.left.size() == 8);
    const Outcome http = play(Socks5{false}, "GET / HTTP/1.1\r\n\r\n", 1000);
    CHECK(http.need == Need::close);
    CHECK(http.sent.empty());
    CHECK(http.reason == "socks_version");
    CHECK(play(Socks5{true}, kHelloBoth + "\x05", 1).reason == "socks_version");
    CHECK(play(Socks5{false}, kHello + "\x01", 1).reason == "socks_version");
  }

  TEST_CASE("every cut waits for more") {
    const std::string whole = kHelloBoth + kCredentials + kV6;
    for (std::size_t kept = 0; kept < whole.size(); ++kept) {
      CAPTURE(kept);
      CHECK(play(Socks5{true}, whole.substr(0, kept), 5).need == Need::more);
    }
  }

  TEST_CASE("nothing is taken after the end, and replies carry their code") {
    Socks5 socks{false};
    CHECK(socks.feed(kHello) == 3);
    CHECK(socks.feed(kV4 + "more") == kV4.size());
    CHECK(socks.feed("more") == 0);
    CHECK(socks.need() == Need::connect);
    CHECK(socks_reply(SocksReply::succeeded) == kSuccess);
    CHECK(socks_reply(SocksReply::connection_refused)[1] == 5);
  }
}

}  // namespace
}  // namespace eastap::tunnel
