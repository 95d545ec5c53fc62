#include "proxy/net/name_servers.hpp"

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <doctest/doctest.h>

using namespace eastap::net;

namespace {

using boost::asio::ip::udp;

/// A DNS server on loopback that knows mail.contoso.test (A and AAAA, RFC 1035 4.1).
class NameServer {
 public:
  NameServer() : socket_{context_, udp::endpoint{boost::asio::ip::address_v4::loopback(), 0}} {
    port_ = socket_.local_endpoint().port();
    thread_ = std::thread{[this] { serve(); }};
  }
  ~NameServer() {
    stop_ = true;
    udp::socket poke{context_, udp::v4()};
    poke.send_to(boost::asio::buffer("x", 1), {boost::asio::ip::address_v4::loopback(), port_});
    thread_.join();
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  void serve() {
    for (;;) {
      std::array<char, 512> octets{};
      udp::endpoint from;
      const std::size_t size = socket_.receive_from(boost::asio::buffer(octets), from);
      if (stop_) return;
      ++asked_;
      const std::string answer = answer_to({octets.data(), size});
      socket_.send_to(boost::asio::buffer(answer), from);
    }
  }

  static std::string answer_to(const std::string& query) {
    using namespace std::string_literals;
    const std::size_t end = query.find('\0', 12) + 5;  // name, type, class
    const std::string question = query.substr(12, end - 12);
    const bool known = question.starts_with(
        "\x04mail\x07"
        "contoso\x04test\0"s);
    const char type = question[question.size() - 3];
    std::string answer = query.substr(0, 2) + (known ? "\x81\x80"s : "\x81\x83"s) + "\0\1"s +
                         (known ? "\0\1"s : "\0\0"s) + "\0\0\0\0"s + question;
    if (!known) return answer;
    const std::string ttl = "\0\0\0\x1E"s;
    if (type == 1) return answer + "\xC0\x0C\0\1\0\1"s + ttl + "\0\4\xC0\0\2\x0A"s;
    return answer + "\xC0\x0C\0\x1C\0\1"s + ttl + "\0\x10\x20\1\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x0A"s;
  }

  boost::asio::io_context context_;
  udp::socket socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<int> asked_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_SUITE("proxy.net.name_servers") {
  TEST_CASE("both families of a name are asked for, and its TTL is told") {
    const NameServer server;
    const auto answer = ask_name_servers("mail.contoso.test", server.address());
    REQUIRE(answer.addresses.size() == 2);
    std::string texts;
    for (const auto& address : answer.addresses) texts += address.to_string() + ' ';
    CHECK(texts.find("192.0.2.10 ") != std::string::npos);
    CHECK(texts.find("2001:db8::a ") != std::string::npos);
    CHECK(answer.keep == std::chrono::seconds{30});
    CHECK(answer.error.empty());
  }

  TEST_CASE("a name that the server does not know is an error, whatever the system knows") {
    const NameServer server;
    const auto answer = ask_name_servers("elsewhere.contoso.test", server.address());
    CHECK(answer.addresses.empty());
    CHECK_FALSE(answer.error.empty());
    CHECK(server.asked() >= 1);
  }

  TEST_CASE("a server that is not there is told from a name that is not") {
    const auto answer = ask_name_servers("mail.contoso.test", "127.0.0.1:9");
    CHECK(answer.addresses.empty());
    CHECK(answer.error.find("the DNS server does not answer") != std::string::npos);
  }

  TEST_CASE("names that are none are errors, not crashes") {
    const NameServer server;
    for (const char* name : {"", ".", "a..b", "-", "a b"}) {
      CAPTURE(name);
      CHECK(ask_name_servers(name, server.address()).addresses.empty());
    }
    CHECK(ask_name_servers(std::string(300, 'a'), server.address()).addresses.empty());
    CHECK_FALSE(ask_name_servers("mail.contoso.test", "no server").error.empty());
  }
}
