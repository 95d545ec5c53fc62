#include "decoder/model/header_list.hpp"

#include <string>

#include <doctest/doctest.h>

namespace eastap::model {
namespace {

const std::string kHead =
    "POST /Microsoft-Server-ActiveSync?Cmd=Sync HTTP/1.1\r\n"
    "Host: mail.example.com\r\n"
    "User-Agent:Apple-iPhone12C1/1905.258 \t\r\n"
    "x-ms-policykey: 3609689902\r\n"
    "Empty:\r\n"
    "Cookie: a=1\r\n"
    "cookie: b=2\r\n"
    "\r\n";

TEST_SUITE("decoder.model.header_list") {
  TEST_CASE("fields are found by name, whatever the case, and keep their order") {
    const HeaderList head{kHead};
    CHECK(head.raw() == kHead);
    CHECK(head.start_line() == "POST /Microsoft-Server-ActiveSync?Cmd=Sync HTTP/1.1");
    REQUIRE(head.size() == 6);
    CHECK(head[0].name == "Host");
    CHECK(head[1].value == "Apple-iPhone12C1/1905.258");
    CHECK(head.find("X-MS-PolicyKey") == "3609689902");
    CHECK(head.find("empty") == "");
    CHECK(head.find_all("COOKIE") == std::vector<std::string_view>{"a=1", "b=2"});
    CHECK_FALSE(head.find("Hos"));
    CHECK_FALSE(head.contains("Authorization"));
  }

  TEST_CASE("a copy's views lie in the copy") {
    HeaderList copy;
    {
      const HeaderList original{kHead};
      copy = original;
    }
    CHECK(copy.find("host") == "mail.example.com");
    CHECK(copy == HeaderList{kHead});
  }

  TEST_CASE("lines may end in a bare LF") {
    const HeaderList head{"HTTP/1.1 200 OK\nServer: x\n\n"};
    CHECK(head.start_line() == "HTTP/1.1 200 OK");
    CHECK(head.find("server") == "x");
  }

  TEST_CASE("folded lines belong to the field before") {
    const HeaderList head{"GET / HTTP/1.1\r\nA: one\r\n\ttwo \r\nB:\r\n  late\r\n\r\n"};
    CHECK(head.find("A") == "one\r\n\ttwo");
    CHECK(head.find("B") == "late");
    REQUIRE(head.size() == 2);
  }

  TEST_CASE("what is no field is kept in the octets and leaves the fields alone") {
    const HeaderList head{"GET / HTTP/1.1\r\n folded\r\nA: 1\r\njunk\r\n folded\r\nB: 2\r\n\r\n"};
    REQUIRE(head.size() == 2);
    CHECK(head.find("A") == "1");
    CHECK(head.find("B") == "2");
  }

  TEST_CASE("every cut of a head has fields that lie inside of it") {
    for (std::size_t kept = 0; kept <= kHead.size(); ++kept) {
      const HeaderList head{kHead.substr(0, kept)};
      CAPTURE(kept);
      CHECK(head.start_line().size() <= kept);
      for (std::size_t i = 0; i < head.size(); ++i) {
        const char* begin = head.raw().data();
        CHECK(head[i].name.data() >= begin);
        CHECK(head[i].value.data() + head[i].value.size() <= begin + kept);
      }
    }
  }

  TEST_CASE("no more fields are indexed than the limit says") {
    std::string head = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 70'000; ++i) head += "a:\r\n";
    CHECK(HeaderList{head}.size() == 65'535);
  }
}

}  // namespace
}  // namespace eastap::model
