#include "config/values.hpp"

#include <string>

#include <doctest/doctest.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/config/support.hpp"

namespace eastap::config {

using namespace std::chrono_literals;

TEST_SUITE("config.values") {
  TEST_CASE("durations are read, and written so that they read the same") {
    CHECK(duration_from("30s") == 30s);
    CHECK(duration_from("30") == 30s);
    CHECK(duration_from("250ms") == 250ms);
    CHECK(duration_from("1h30m") == 90min);
    CHECK(duration_from("2d") == 48h);
    CHECK(duration_from("0") == 0ms);
    for (const auto duration : {0ms, 1ms, 999ms, 1000ms, 90'500ms, 7'200'000ms, 604'800'000ms}) {
      CHECK(duration_from(to_text(duration)) == duration);
    }
    for (const std::string text :
         {"", "s", "1x", "-1s", "1.5h", "1h30", " 1s", "99999999999999999999s",
          "9223372036854775807d", "9223372036854775s9223372036854775s"}) {
      CAPTURE(text);
      CHECK_THROWS_AS(static_cast<void>(duration_from(text)), Complaint);
    }
  }

  TEST_CASE("sizes are read, and written so that they read the same") {
    CHECK(size_from("65536") == 65536);
    CHECK(size_from("64KiB") == 65536);
    CHECK(size_from("64k") == 65536);
    CHECK(size_from("1MB") == 1'000'000);
    CHECK(size_from("2GiB") == 2ULL << 30U);
    for (const std::uint64_t octets :
         {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 32ULL << 20U, 1ULL << 40U}) {
      CHECK(size_from(size_text(octets)) == octets);
    }
    for (const std::string text : {"", "KiB", "1 KiB", "-1", "1KiBx", "1K1", "99999999999TB"}) {
      CAPTURE(text);
      CHECK_THROWS_AS(static_cast<void>(size_from(text)), Complaint);
    }
  }

  TEST_CASE("an address to listen on is a literal") {
    CHECK(listen_from("0.0.0.0:8888") == Endpoint{"0.0.0.0", 8888});
    CHECK(listen_from(":0") == Endpoint{"0.0.0.0", 0});
    CHECK(listen_from("localhost:80") == Endpoint{"127.0.0.1", 80});
    CHECK(listen_from("[fd00::1]:65535") == Endpoint{"fd00::1", 65535});
  }

  TEST_CASE("connect-to maps as in curl, with parts left out") {
    CHECK(connect_to_from("a.test:443=127.0.0.1:1") ==
          ConnectTo{{"a.test", 443}, {"127.0.0.1", 1}});
    CHECK(connect_to_from(":443=b.test:") == ConnectTo{{"", 443}, {"b.test", 0}});
    CHECK(connect_to_from("[::1]:1=[::2]:2") == ConnectTo{{"::1", 1}, {"::2", 2}});
  }

  TEST_CASE("the nearest word is close, or there is none") {
    CHECK(nearest("lisen", {"listen", "tail"}) == "listen");
    CHECK(nearest("synckey-zreo", {"synckey-zero", "synckey-zero-repeat"}) == "synckey-zero");
    CHECK_FALSE(nearest("completely", {"listen", "tail"}));
    CHECK_FALSE(nearest("x", {}));
    CHECK_FALSE(nearest(std::string(100'000, 'x'), {"listen"}));
  }

  TEST_CASE("a capture name takes the time fields it knows and leaves the rest") {
    const char* const zone = ::getenv("TZ");
    const std::string old = zone != nullptr ? zone : "";
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    const auto time = std::chrono::system_clock::time_point{1'795'176'000s + 65s};
    CHECK(expand_time(kDefaultCapture, time) == "eastap-20261120-120105.eastap");
    CHECK(expand_time("100%% of %Y%", time) == "100% of 2026%");
    CHECK(expand_time("%q.%", time) == "%q.%");
    zone != nullptr ? ::setenv("TZ", old.c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }
}

}  // namespace eastap::config
