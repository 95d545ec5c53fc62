#include "proxy/tunnel/client_hello.hpp"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "decoder/base/text.hpp"

namespace eastap::tunnel {
namespace {

using State = ClientHelloReader::State;

std::string number(std::size_t value, std::size_t octets) {
  std::string out;
  for (std::size_t i = octets; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}
std::string sized(const std::string& data, std::size_t octets) {
  return number(data.size(), octets) + data;
}
std::string extension(std::size_t type, const std::string& data) {
  return number(type, 2) + sized(data, 2);
}
std::string message(const std::string& extensions) {
  const std::string body = number(0x0303, 2) + std::string(32, 'r') + sized("", 1) +
                           sized(number(0x1301, 2) + number(0x0A0A, 2) + number(0xC02F, 2), 2) +
                           sized(std::string(1, '\0'), 1) +
                           (extensions.empty() ? "" : sized(extensions, 2));
  return "\x01" + sized(body, 3);
}
/// `handshake` in records of at most `size` octets.
std::string records(const std::string& handshake, std::size_t size = 16384) {
  std::string out;
  for (std::size_t at = 0; at < handshake.size(); at += size) {
    out += "\x16\x03\x01" + sized(handshake.substr(at, size), 2);
  }
  return out;
}
const std::string kExtensions =
    extension(0x1A1A, "") +
    extension(0, sized(std::string(1, '\0') + sized("Mail.Contoso.COM.", 2), 2)) +
    extension(16, sized(sized("h2", 1) + sized("http/1.1", 1), 2)) +
    extension(43, sized(number(0x2A2A, 2) + number(0x0304, 2) + number(0x0303, 2), 1));

struct Outcome {
  State state;
  ClientHello hello;
  std::string protocol;
  Error error;
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view stream, std::size_t piece) {
  ClientHelloReader reader;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    const std::string copy{stream.substr(at, piece)};
    reader.feed(as_octets(copy));
  }
  return {reader.state(), reader.state() == State::done ? reader.hello() : ClientHello{},
          std::string{reader.protocol()}, reader.error()};
}

/// The first flight of this machine's OpenSSL.
std::string openssl_hello(const char* host) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free};
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context.get()), &SSL_free};
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);
  std::string name{host};  // what SSL_set_tlsext_host_name does, without its old-style cast
  SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  const unsigned char alpn[] = "\x08http/1.1";
  SSL_set_alpn_protos(ssl.get(), alpn, 9);
  SSL_connect(ssl.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_SUITE("proxy.tunnel.client_hello") {
  TEST_CASE("names, protocols and versions are read, GREASE is not") {
    const Outcome outcome = read(records(message(kExtensions)), 100'000);
    REQUIRE(outcome.state == State::done);
    CHECK(outcome.hello.sni == "mail.contoso.com");
    CHECK(outcome.hello.alpn == std::vector<std::string>{"h2", "http/1.1"});
    CHECK(outcome.hello.versions == std::vector<std::uint16_t>{0x0304, 0x0303});
    CHECK(outcome.hello.cipher_suites == std::vector<std::uint16_t>{0x1301, 0xC02F});
    CHECK(outcome.hello.legacy_version == 0x0303);
    CHECK(highest_version(outcome.hello) == 0x0304);
    CHECK(version_name(0x0304) == "TLS 1.3");
    CHECK(version_name(0x7F1C) == "0x7f1c");
  }

  TEST_CASE("OpenSSL's own ClientHello is read") {
    const Outcome outcome = read(openssl_hello("eas.contoso.com"), 100'000);
    REQUIRE(outcome.state == State::done);
    CHECK(outcome.hello.sni == "eas.contoso.com");
    CHECK(outcome.hello.alpn == std::vector<std::string>{"http/1.1"});
    CHECK(highest_version(outcome.hello) == 0x0304);
  }

  TEST_CASE("a ClientHello without extensions is one") {
    const Outcome outcome = read(records(message("")), 7);
    CHECK(outcome.state == State::done);
    CHECK(outcome.hello.sni.empty());
    CHECK(highest_version(outcome.hello) == 0x0303);
  }

  TEST_CASE("pieces and records of any size give the same result") {
    const Outcome whole = read(records(message(kExtensions)), 100'000);
    for (std::size_t record = 1; record < 200; record += 7) {
      for (const std::size_t piece : {1U, 2U, 3U, 5U, 64U, 1000U}) {
        CHECK(read(records(message(kExtensions), record), piece) == whole);
      }
    }
  }

  TEST_CASE("every cut waits for more") {
    const std::string stream = records(message(kExtensions), 50);
    for (std::size_t kept = 0; kept < stream.size(); ++kept) {
      CHECK(read(stream.substr(0, kept), 100'000).state == State::need_more);
    }
  }

  TEST_CASE("every flipped bit ends in a place inside the stream, the same for all cuts") {
    const std::string stream = records(message(kExtensions), 60);
    for (std::size_t bit = 0; bit < stream.size() * 8; ++bit) {
      std::string flipped = stream;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      const Outcome whole = read(flipped, 100'000);
      CAPTURE(bit);
      CHECK(whole == read(flipped, 1));
      CHECK(whole.error.offset <= flipped.size());
    }
  }

  TEST_CASE("what is not TLS is recognised, whole or octet by octet") {
    const std::vector<std::pair<std::string, std::string>> samples{
        {"GET / HTTP/1.1\r\nHost: x\r\n", "http"},
        {"POST /Microsoft-Server-ActiveSync", "http"},
        {"PRI * HTTP/2.0\r\n\r\nSM", "http2"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "ssh"},
        {"EHLO phone\r\n", "smtp"},
        {"a1 CAPABILITY\r\n", "imap"},
        {"CAPA\r\n", "pop3"},
        {"hello there, anybody", "text"},
        {"GET /\n\x01\x02", "http"},
        {std::string{"\x80\x2E\x01\x03\x01\x00", 6}, "sslv2"},
        {"\x05\x01\x00", "binary"},
        {"\x16\x02zzz", "binary"},
    };
    for (const auto& [stream, protocol] : samples) {
      CAPTURE(stream);
      for (const std::size_t piece : {1U, 3U, 1000U}) {
        const Outcome outcome = read(stream, piece);
        CHECK(outcome.state == State::not_tls);
        CHECK(outcome.protocol == protocol);
      }
    }
  }

  TEST_CASE("TLS that is no ClientHello says what and where") {
    const auto error = [](const std::string& stream) {
      const Outcome outcome = read(stream, 1);
      CHECK(outcome.state == State::malformed);
      return outcome.error;
    };
    CHECK(error(std::string{"\x15\x03\x01\x00\x02\x02\x30", 7}).detail ==
          "a TLS alert instead of a ClientHello");
    CHECK(error(records("\x02" + sized("x", 3))).offset == 5);
    CHECK(error(std::string{"\x16\x03\x01\x00\x00", 5}).offset == 3);
    CHECK(error(records("\x01" + number(100'000, 3))).code == Errc::too_large);
    CHECK(
        error(records(message(extension(0, sized(std::string(1, '\0') + sized("bad name", 2), 2)))))
            .code == Errc::malformed);
    CHECK(error(records(message(number(0, 2) + number(50, 2) + "short"))).code == Errc::truncated);
  }

  TEST_CASE("more than the limit is given up") {
    const std::string padding(15'000, 'p');
    const std::string stream = records(message(kExtensions + extension(21, padding)), 20);
    const Outcome outcome = read(stream, 1000);
    CHECK(outcome.state == State::malformed);
    CHECK(outcome.error.code == Errc::too_large);
    CHECK(read(stream, 1) == outcome);
    const std::string crumbs = records(message(kExtensions + extension(21, padding)), 1);
    CHECK(read(crumbs, 1) == read(crumbs, 100'000));
    CHECK(read(crumbs, 1).error.offset == ClientHelloReader::kLimit);
  }
}

}  // namespace eastap::tunnel
