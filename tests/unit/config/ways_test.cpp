#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "config/ways_values.hpp"
#include "tests/unit/config/support.hpp"

namespace eastap::config {

using namespace test;

namespace {

std::vector<Listen> listeners_of(std::string_view toml) {
  Invocation invocation;
  apply_toml(invocation, toml, "e.toml");
  return invocation.config.ways_in.listeners;
}

std::string toml_error(std::string_view toml) {
  try {
    (void)listeners_of(toml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_SUITE("config.ways") {
  TEST_CASE("a listener without a mode is the HTTP proxy it always was") {
    CHECK(listener_from("0.0.0.0:8888") == Listen{{"0.0.0.0", 8888}});
    CHECK(listener_from(":0") == Listen{{"0.0.0.0", 0}});
    CHECK(listener_from("[::1]:8888") == Listen{{"::1", 8888}});
    CHECK(listener_from("proxy:localhost:8888") == Listen{{"127.0.0.1", 8888}});
  }

  TEST_CASE("modes and targets are read, and written back") {
    CHECK(listener_from("socks5:[::]:1080") == Listen{{"::", 1080}, ListenMode::socks5});
    CHECK(listener_from("transparent:0.0.0.0:8443").mode == ListenMode::transparent);
    const Listen fixed = listener_from("reverse:0.0.0.0:443=mail.contoso.com:8443");
    CHECK(fixed.target == Endpoint{"mail.contoso.com", 8443});
    CHECK(listener_from("reverse:[::]:443=[2001:db8::5]:443").target ==
          Endpoint{"2001:db8::5", 443});
    CHECK(listener_from("reverse:0.0.0.0:443=mail.contoso.com").target ==
          Endpoint{"mail.contoso.com", 0});
    for (const std::string text :
         {"0.0.0.0:8888", "socks5:[::]:1080", "reverse:0.0.0.0:443",
          "reverse:0.0.0.0:443=mail.contoso.com:8443", "reverse:[::]:443=[2001:db8::5]:443"}) {
      CHECK(listener_text(listener_from(text)) == text);
    }
  }

  TEST_CASE("what is no listener is an error that says what is wanted") {
    CHECK(contains(error_of({"run", "--listen", "sock:0.0.0.0:1"}), "is not"));
    CHECK(contains(error_of({"run", "--listen", "socks5:"}), "is not"));
    CHECK(contains(error_of({"run", "--listen", "0.0.0.0:1=mail.test:443"}), "only a listener"));
    CHECK(contains(error_of({"run", "--listen", "reverse:0.0.0.0:1="}), "reverse:ADDR:PORT="));
    CHECK(contains(error_of({"run", "--listen", "reverse:0.0.0.0:1=mail.test:x"}), "is not"));
    CHECK(contains(toml_error("listen = []\n"), "the list is empty"));
  }

  TEST_CASE("several listeners: flags, a list, and tables") {
    const std::vector<Listen> wanted{{{"0.0.0.0", 8888}}, {{"0.0.0.0", 1080}, ListenMode::socks5}};
    CHECK(parsed({"run", "--listen", "0.0.0.0:8888", "--listen", "socks5:0.0.0.0:1080"})
              .config.ways_in.listeners == wanted);
    CHECK(listeners_of("listen = [\"0.0.0.0:8888\", \"socks5:0.0.0.0:1080\"]\n") == wanted);
    CHECK(listeners_of("[[listen]]\naddress = \"0.0.0.0:8888\"\n[[listen]]\naddress = "
                       "\"0.0.0.0:1080\"\nmode = \"socks5\"\n") == wanted);
    CHECK(
        listeners_of("[[listen]]\naddress = \"[::]:443\"\nmode = \"reverse\"\n"
                     "target = \"mail.contoso.com:443\"\n") ==
        std::vector<Listen>{{{"::", 443}, ListenMode::reverse, Endpoint{"mail.contoso.com", 443}}});
    CHECK(contains(toml_error("[[listen]]\nmode = \"socks5\"\n"), "the address is missing"));
    CHECK(
        contains(toml_error("[[listen]]\naddress = \":1\"\nmode = \"socks\"\n"), "none of proxy"));
    CHECK(contains(toml_error("[[listen]]\naddres = \":1\"\n"),
                   "e.toml:1: listen: a listener has no"));
    for (const std::string port : {"3", "\"3\""}) {
      CHECK(
          contains(toml_error("[[listen]]\naddress = \"0.0.0.0\"\nport = " + port + "\n"),
                   "e.toml:1: listen: a listener has no \"port\": it is part of the address; write "
                   "address = \"ADDR:PORT\""));
    }
    CHECK(
        contains(toml_error("[[listen]]\naddress = \":1\"\nbacklog = 3\n"), "only address, mode"));
    CHECK(contains(toml_error("[[listen]]\naddress = 8888\n"), "\"8888\" is not"));
    CHECK(contains(toml_error("[[listen]]\naddress = true\n"), "a string is wanted"));
  }

  TEST_CASE("names of servers can be given addresses, as flags and as a table") {
    const std::vector<StaticHost> wanted{{"mail.contoso.com", "192.0.2.10"},
                                         {"mail.contoso.com", "2001:db8::10"}};
    CHECK(parsed({"run", "--host", "Mail.Contoso.com.=192.0.2.10", "--host",
                  "mail.contoso.com=[2001:db8::10]"})
              .config.ways_out.hosts == wanted);
    Invocation invocation;
    apply_toml(invocation, "[hosts]\n\"mail.contoso.com\" = \"192.0.2.10\"\n", "e.toml");
    REQUIRE(invocation.config.ways_out.hosts.size() == 1);
    CHECK(invocation.config.ways_out.hosts[0] == wanted[0]);
    for (const char* wrong : {"mail.contoso.com", "=192.0.2.10", "a=b", "a:443=192.0.2.10",
                              "*.contoso.com=192.0.2.10"}) {
      CHECK(contains(error_of({"run", "--host", wrong}), "is not NAME=ADDR"));
    }
    CHECK(contains(toml_error("[hosts]\n\"a\" = 3\n"), "hosts.a: a string is wanted"));
  }

  TEST_CASE("an upstream proxy is an address; what may be a password is not repeated") {
    const auto proxy = [](const char* text) {
      return parsed({"run", "--upstream-proxy", text}).config.ways_out.proxy;
    };
    CHECK(proxy("proxy.contoso.com:3128") == Endpoint{"proxy.contoso.com", 3128});
    CHECK(proxy("http://[2001:db8::1]:3128/") == Endpoint{"2001:db8::1", 3128});
    CHECK(contains(error_of({"run", "--upstream-proxy", "proxy.contoso.com"}), "is not"));
    CHECK(contains(error_of({"run", "--upstream-proxy", "socks5://proxy:1080"}), "is not"));
    const std::string secret = error_of({"run", "--upstream-proxy", "http://alice:s3cret@proxy:1"});
    CHECK(contains(secret, "--upstream-proxy-credentials"));
    CHECK_FALSE(contains(secret, "s3cret"));
  }

  TEST_CASE("name servers and own addresses are literals") {
    const Config config = parsed({"run", "--resolver", "192.0.2.53", "--resolver", "[::1]:5353",
                                  "--resolver", "2001:db8::53", "--bind", "192.0.2.1"})
                              .config;
    CHECK(config.ways_out.name_servers ==
          std::vector<Endpoint>{{"192.0.2.53", 0}, {"::1", 5353}, {"2001:db8::53", 0}});
    CHECK(config.ways_out.bind == std::vector<std::string>{"192.0.2.1"});
    CHECK(contains(error_of({"run", "--resolver", "dns.contoso.com"}), "is not the address"));
    CHECK(contains(error_of({"run", "--bind", "eth0"}), "is not an address"));
  }
}

}  // namespace eastap::config
