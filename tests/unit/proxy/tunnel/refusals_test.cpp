#include "proxy/tunnel/refusals.hpp"

#include <doctest/doctest.h>

using namespace eastap::tunnel;
using namespace std::chrono_literals;

namespace {

constexpr const char* kPhone = "192.168.1.20";
constexpr const char* kMail = "mail.contoso.test";
const Refusals::Time kStart{1000s};

}  // namespace

TEST_SUITE("proxy.tunnel.refusals") {
  TEST_CASE("a host is spared for the client that refused it often enough, for no other") {
    Refusals refusals{{3, 1h}};
    CHECK_FALSE(refusals.refused(kPhone, kMail, kStart));
    CHECK_FALSE(refusals.refused(kPhone, kMail, kStart + 1s));
    CHECK_FALSE(refusals.spared(kPhone, kMail, kStart + 1s));
    CHECK(refusals.refused(kPhone, kMail, kStart + 2s));
    CHECK(refusals.spared(kPhone, kMail, kStart + 3s));
    CHECK_FALSE(refusals.spared(kPhone, "owa.contoso.test", kStart + 3s));
    CHECK_FALSE(refusals.spared("192.168.1.21", kMail, kStart + 3s));
  }

  TEST_CASE("it is said once: refusals of connections under way change nothing") {
    Refusals refusals{{1, 1h}};
    CHECK(refusals.refused(kPhone, kMail, kStart));
    CHECK_FALSE(refusals.refused(kPhone, kMail, kStart + 1s));
  }

  TEST_CASE("a use in between begins the count anew") {
    Refusals refusals{{2, 1h}};
    refusals.refused(kPhone, kMail, kStart);
    refusals.accepted(kPhone, kMail);
    CHECK_FALSE(refusals.refused(kPhone, kMail, kStart + 1s));
    CHECK(refusals.refused(kPhone, kMail, kStart + 2s));
  }

  TEST_CASE("the time over, it is tried again, and one refusal spares it anew") {
    Refusals refusals{{3, 10min}};
    for (int n = 0; n < 3; ++n) refusals.refused(kPhone, kMail, kStart);
    CHECK(refusals.spared(kPhone, kMail, kStart + 10min - 1s));
    CHECK_FALSE(refusals.spared(kPhone, kMail, kStart + 10min));
    CHECK(refusals.refused(kPhone, kMail, kStart + 11min));
    CHECK(refusals.spared(kPhone, kMail, kStart + 12min));
  }

  TEST_CASE("switched off it remembers nothing") {
    Refusals refusals{{0, 1h}};
    for (int n = 0; n < 10; ++n) CHECK_FALSE(refusals.refused(kPhone, kMail, kStart));
    CHECK(refusals.size() == 0);
  }

  TEST_CASE("the table is bounded; the longest untouched pair is forgotten") {
    Refusals refusals{{1, 1h, 2}};
    refusals.refused(kPhone, "a.test", kStart);
    refusals.refused(kPhone, "b.test", kStart);
    CHECK(refusals.spared(kPhone, "a.test", kStart));
    refusals.refused(kPhone, "c.test", kStart);
    CHECK(refusals.size() == 2);
    CHECK(refusals.spared(kPhone, "a.test", kStart));
    CHECK_FALSE(refusals.spared(kPhone, "b.test", kStart));
  }
}
