#include "proxy/tunnel/proxy_users.hpp"

#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"

namespace eastap::tunnel {
namespace {

using namespace std::string_literals;

TEST_SUITE("proxy.tunnel.proxy_users") {
  TEST_CASE("a user of the file gets in with the password of the file and no other") {
    const auto users = ProxyUsers::parse("# office\n\nalice:s3cret\ncarol:a:b c\r\n");
    REQUIRE(users);
    CHECK_FALSE(users->empty());
    CHECK(users->check("alice", "s3cret"));
    CHECK(users->check("carol", "a:b c"));
    CHECK_FALSE(users->check("alice", "s3cres"));
    CHECK_FALSE(users->check("alice", "s3cret "));
    CHECK_FALSE(users->check("alice", ""));
    CHECK_FALSE(users->check("Alice", "s3cret"));
    CHECK_FALSE(users->check("carol", "s3cret"));
    CHECK_FALSE(users->check("", ""));
    CHECK_FALSE(users->check("alice", std::string(300, 'x')));
    CHECK(users->is_cheap("alice", "wrong"));
  }

  TEST_CASE("user and password do not run into each other") {
    const auto users = ProxyUsers::parse("ab:c\n");
    REQUIRE(users);
    CHECK_FALSE(users->check("a", "bc"));
    CHECK_FALSE(users->check("abc", ""));
  }

  TEST_CASE("hashed passwords are checked by crypt(3), and cost it once") {
    // crypt("correct", "$5$rounds=1000$eastap$")
    const auto users = ProxyUsers::parse(
        "bob:$5$rounds=1000$eastap$IHUafdvgx.D4awu6owkAMbdnFUMP.JPHxetfMmwCL74\nalice:plain\n");
    REQUIRE(users);
    CHECK_FALSE(users->is_cheap("bob", "correct"));
    CHECK_FALSE(users->check("bob", "wrong"));
    CHECK_FALSE(users->check("bob", "correct\0more"s));
    CHECK_FALSE(users->check("nobody", "correct"));
    CHECK(users->check("bob", "correct"));
    CHECK(users->is_cheap("bob", "correct"));
    CHECK(users->check("bob", "correct"));
    CHECK_FALSE(users->is_cheap("bob", "wrong"));
    CHECK_FALSE(
        users->check("bob", "$5$rounds=1000$eastap$IHUafdvgx.D4awu6owkAMbdnFUMP.JPHxetfMmwCL74"));
    CHECK(users->is_cheap("alice", "plain"));
  }

  TEST_CASE("a broken line is an error with its number and without its text") {
    const auto fails = [](const std::string& file, const char* line) {
      const auto users = ProxyUsers::parse(file);
      REQUIRE_FALSE(users);
      CHECK(users.error().detail.find(line) == 0);
      CHECK(users.error().detail.find("s3cret") == std::string::npos);
    };
    fails("alice:s3cret\ns3cret\n", "line 2 ");
    fails(":s3cret", "line 1 ");
    fails("\nalice:\n", "line 2 ");
    fails("alice:s3cret\nalice:s3cret2\n", "line 2 ");
    fails("alice:$apr1$eastap$s3cret\n", "line 1 ");
    fails(std::string(256, 'u') + ":s3cret", "line 1 ");
    fails("", "line 0 ");
    fails("# nobody\n", "line 1 ");
    std::string many;
    for (std::size_t i = 0; i <= ProxyUsers::kMost / 100; ++i)
      many += "u" + std::to_string(i) + ":p\n";
    CHECK(ProxyUsers::parse(many));
  }

  TEST_CASE("nobody is asked for when there is no file") {
    const ProxyUsers users;
    CHECK(users.empty());
    CHECK_FALSE(users.check("", ""));
  }

  TEST_CASE("Basic credentials are read as RFC 7617 writes them") {
    // RFC 7617 2: "Aladdin" and "open sesame"
    const auto read = basic_credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    REQUIRE(read);
    CHECK(read->user == "Aladdin");
    CHECK(read->password == "open sesame");
    CHECK(basic_credentials(" bAsIc   " + to_base64("a:b:c") + " ")->password == "b:c");
    CHECK(basic_credentials("Basic " + to_base64(":"))->user.empty());
    CHECK_FALSE(basic_credentials("Basic " + to_base64("nocolon")));
    CHECK_FALSE(basic_credentials("Bearer " + to_base64("a:b")));
    CHECK_FALSE(basic_credentials("Basic"));
    CHECK_FALSE(basic_credentials("Basic ?!"));
    CHECK_FALSE(basic_credentials(""));
    CHECK(basic_authorization("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  }
}

}  // namespace
}  // namespace eastap::tunnel
