#include "proxy/portal/verdict.hpp"

#include <doctest/doctest.h>

using namespace eastap;
using namespace eastap::portal;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp kStart{100s};

Tested test(Browser browser, Platform platform = Platform::ios) {
  Tested tested;
  tested.browser = browser;
  tested.since = kStart;
  tested.platform = platform;
  tested.server = "192.168.1.5";
  tested.port = 8888;
  return tested;
}

Tested refused(std::string reason, Platform platform = Platform::ios) {
  Tested tested = test(Browser::failed, platform);
  tested.facts.proxied = tested.facts.probed = kStart + 1s;
  tested.facts.refused = kStart + 2s;
  tested.facts.reason = std::move(reason);
  return tested;
}

bool advises(const Verdict& verdict, std::string_view words) {
  for (const auto& line : verdict.advice) {
    if (line.find(words) != std::string::npos) return true;
  }
  return false;
}

bool has_word_certificate(const Verdict& verdict) { return advises(verdict, "certificate"); }

}  // namespace

TEST_SUITE("proxy.portal.verdict") {
  TEST_CASE("a browser that read the probe trusts us") {
    CHECK(judge(test(Browser::succeeded)).good);
    CHECK(advises(judge(test(Browser::succeeded, Platform::android)), "accept all certificates"));
  }

  TEST_CASE("a call that never reached us means that the proxy is not set") {
    const Verdict verdict = judge(test(Browser::failed));
    CHECK(verdict.word == "no_proxy");
    CHECK(advises(verdict, "192.168.1.5, port 8888"));
    CHECK(advises(verdict, "mobile data"));
    Tested old = test(Browser::failed);
    old.facts.probed = old.facts.proxied = kStart - 1s;  // of an earlier test
    CHECK(judge(old).word == "no_proxy");
  }

  TEST_CASE("a proxy in use that the probe does not reach is another trouble") {
    Tested tested = test(Browser::failed);
    tested.page_through_proxy = true;
    CHECK(judge(tested).word == "no_probe");
  }

  TEST_CASE("a refusal means not installed, or after the download not switched on") {
    CHECK(judge(refused("unknown_ca")).word == "not_installed");
    Tested tested = refused("certificate_unknown");
    tested.facts.downloaded = kStart - 50s;
    const Verdict verdict = judge(tested);
    CHECK(verdict.word == "not_trusted");
    CHECK(advises(verdict, "Certificate Trust Settings"));
    CHECK(verdict.title.find("certificate_unknown") != std::string::npos);
    tested.platform = Platform::android;
    CHECK(advises(judge(tested), "CA certificate"));
    CHECK_FALSE(advises(judge(tested), "Certificate Trust Settings"));
  }

  TEST_CASE("alerts that are not about trust are told as what they are") {
    CHECK(judge(refused("certificate_expired")).word == "clock");
    CHECK(judge(refused("old_tls")).word == "old_tls");
    CHECK(judge(refused("internal_error")).word == "broken_off");
  }

  TEST_CASE("without a script the last handshake decides") {
    Tested tested = test(Browser::silent);
    CHECK(judge(tested).word == "untested");
    tested.facts.accepted = kStart + 5s;
    CHECK(judge(tested).good);
    tested.facts.refused = kStart + 6s;
    tested.facts.reason = "unknown_ca";
    CHECK_FALSE(judge(tested).good);
    tested.facts.accepted = kStart + 7s;
    tested.facts.refused = kStart - 6s;
    CHECK(judge(tested).good);
  }

  TEST_CASE("a handshake that went well while the browser got no answer is neither") {
    Tested tested = test(Browser::failed);
    tested.facts.probed = kStart + 1s;
    CHECK(judge(tested).word == "waiting");
    tested.facts.accepted = kStart + 2s;
    CHECK(judge(tested).word == "unread");
  }

  TEST_CASE("without a CA the proxy setting alone decides") {
    Tested tested = test(Browser::succeeded);
    tested.no_ca = true;
    CHECK(judge(tested).word == "ready");
    tested.browser = Browser::failed;
    CHECK(judge(tested).word == "no_proxy");
    tested.page_through_proxy = true;
    CHECK(judge(tested).word == "no_probe");
    tested.browser = Browser::silent;
    CHECK(judge(tested).good);
    tested.page_through_proxy = false;
    CHECK(judge(tested).word == "untested");
    tested.facts.proxied = kStart - 1s;  // of an earlier test
    CHECK_FALSE(judge(tested).good);
    tested.facts.proxied = kStart;
    CHECK(judge(tested).good);
    CHECK_FALSE(has_word_certificate(judge(tested)));
  }
}
