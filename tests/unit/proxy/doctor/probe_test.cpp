#include <cstdlib>
#include <filesystem>
#include <string>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certs/trust.hpp"
#include "decoder/base/text.hpp"
#include "proxy/doctor/descriptor.hpp"
#include "proxy/doctor/probe_host.hpp"
#include "proxy/doctor/probe_server.hpp"
#include "proxy/doctor/run_tool.hpp"

namespace eastap::doctor {

namespace {

/// A socket that listens on a free port of the loopback, and answers nothing.
Descriptor listening(std::uint16_t& port) {
  Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(socket.get(), 4) == 0);
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ntohs(address.sin_port);
  return socket;
}

}  // namespace

TEST_SUITE("proxy.doctor.probe") {
  TEST_CASE("a port in use is told with the process that holds it") {
    std::uint16_t port = 0;
    const Descriptor holder = listening(port);
    const auto facts = probe_listener({"127.0.0.1", port});
    CHECK(facts.state == ListenerFacts::State::taken);
    CHECK(facts.loopback_only);
    CHECK(facts.holder.find("(process " + std::to_string(::getpid()) + ")") != std::string::npos);
  }

  TEST_CASE("a free port stays free, and an address of another machine is told") {
    const auto facts = probe_listener({"0.0.0.0", 0});
    CHECK(facts.state == ListenerFacts::State::free);
    CHECK_FALSE(facts.loopback_only);
    CHECK(probe_listener({"192.0.2.77", 0}).state == ListenerFacts::State::no_such_address);
  }

  TEST_CASE(
      "a tool's output is collected, one that hangs is killed, and one that is missing is "
      "nothing") {
    const auto output = run_tool({"echo", "a b", "c"}, std::chrono::seconds{10});
    REQUIRE(output);
    CHECK(output->status == 0);
    CHECK(output->text == "a b c\n");
    CHECK(run_tool({"false"}, std::chrono::seconds{10})->status == 1);
    CHECK_FALSE(run_tool({"sleep", "600"}, std::chrono::milliseconds{50}));
    CHECK_FALSE(run_tool({"eastap-no-such-tool"}, std::chrono::seconds{10}));
  }

  TEST_CASE("the capture's folder is looked at, never the file") {
    const auto facts = probe_capture("/eastap-no-such-folder/x.eastap");
    CHECK_FALSE(facts.folder_exists);
    const auto here = probe_capture("x.eastap");
    CHECK(here.folder_exists);
    CHECK(here.total_bytes > 0);
    CHECK_FALSE(std::filesystem::exists("x.eastap"));
  }

  TEST_CASE("credentials of a proxy variable are left out") {
    ::setenv("https_proxy", "http://alice:secret@proxy.example:3128", 1);
    const auto facts = probe_network();
    ::unsetenv("https_proxy");
    bool found = false;
    for (const auto& proxy : facts.proxies) {
      CHECK(proxy.find("secret") == std::string::npos);
      found = found || proxy == "https_proxy=http://proxy.example:3128";
    }
    CHECK(found);
  }

  TEST_CASE("a server that refuses the connection, and one that stays silent, are told apart") {
    const auto trusted = certs::make_trust_store({});
    std::uint16_t port = 0;
    ServerProbe probe;
    { const Descriptor gone = listening(port); }
    probe.host = probe.dial_host = "127.0.0.1";
    probe.port = probe.dial_port = port;
    const auto refused = probe_server(probe, trusted.get());
    CHECK(refused.reached == ServerFacts::Step::connect);
    CHECK(refused.problem == "Connection refused");
    const Descriptor silent = listening(port);
    probe.port = probe.dial_port = port;
    probe.tls_limit = std::chrono::milliseconds{50};
    const auto hung = probe_server(probe, trusted.get());
    CHECK(hung.reached == ServerFacts::Step::tls);
    CHECK(hung.problem == "TCP connects, and TLS gets no answer");
  }

  TEST_CASE("the Date of an answer is read, whatever surrounds it") {
    const auto expected = from_rfc3339("1994-11-06T08:49:37Z");  // RFC 9110 5.6.7
    CHECK(date_of_answer(
              "HTTP/1.1 200 OK\r\nServer: x\r\ndate:  Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n") ==
          expected);
    CHECK_FALSE(date_of_answer("HTTP/1.1 200 OK\r\n\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
    CHECK_FALSE(date_of_answer("HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n"));
    CHECK_FALSE(date_of_answer(""));
  }
}

}  // namespace eastap::doctor
