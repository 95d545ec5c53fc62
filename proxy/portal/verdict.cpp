#include "proxy/portal/verdict.hpp"

#include <string_view>
#include <utility>

#include "decoder/model/tls_words.hpp"

namespace eastap::portal {
namespace {

std::string seen_as(const std::string& reason) {
  if (reason == "closed_after_certificate") return " (it closed the connection at the certificate)";
  return " (TLS alert " + reason + ")";
}

std::string without_detours(Platform platform) {
  return takes_profiles(platform) ? "Switch VPN and iCloud Private Relay off." : "Switch VPN off.";
}

Verdict no_proxy(const Tested& tested) {
  const std::string where = tested.server + ", port " + std::to_string(tested.port);
  Verdict verdict{"no_proxy", false, "This device does not use the proxy yet.", {}};
  switch (tested.platform) {
    case Platform::windows:
    case Platform::macos:
    case Platform::linux:
      verdict.advice = {"Set the system's HTTP and HTTPS proxy to " + where + ".",
                        "Switch a VPN off, and any proxy add-on of this browser."};
      break;
    default:
      verdict.advice = {
          "Set the proxy of this Wi-Fi network to " + where + ".",
          "Switch mobile data off: it has no proxy setting, and mail would go around.",
          without_detours(tested.platform),
          "Switch Wi-Fi off and on: open connections keep their old way."};
  }
  return verdict;
}

Verdict no_probe(Platform platform) {
  return {
      "no_probe",
      false,
      "The proxy is used, but the test did not get through to it.",
      {"With an automatic proxy (PAC), switch Wi-Fi off and on so that it is read again.",
       "Take eastap.test off the list of hosts that bypass the proxy.", without_detours(platform)}};
}

Verdict not_trusted(const Tested& tested) {
  const std::string evidence = seen_as(tested.facts.reason);
  if (tested.facts.downloaded == Timestamp{}) {
    Verdict verdict{"not_installed",
                    false,
                    "The certificate is not installed: this device refused it" + evidence + ".",
                    {"Get the certificate on this page and install it."}};
    if (has_second_switch(tested.platform)) {
      verdict.advice.emplace_back(
          "Then switch it on: Settings › General › About › Certificate Trust Settings.");
    }
    return verdict;
  }
  Verdict verdict{"not_trusted",
                  false,
                  "The certificate was downloaded and is not trusted yet: this device refused it" +
                      evidence + ".",
                  {}};
  switch (tested.platform) {
    case Platform::ios:
    case Platform::ipados:
      verdict.advice = {
          "Is it installed? Settings › General › VPN & Device Management must list eastap.",
          "Is it switched on? Settings › General › About › Certificate Trust Settings: the switch "
          "beside it must be green."};
      break;
    case Platform::android:
      verdict.advice = {
          "Settings › Security › Encryption & credentials › Install a certificate › CA "
          "certificate; as \"VPN & app user certificate\" it has no effect.",
          "It is then listed under Trusted credentials › User. Firefox needs a switch of its own."};
      break;
    case Platform::windows:
      verdict.advice = {
          "It must lie in Trusted Root Certification Authorities, not in Personal or "
          "Intermediate.",
          "Firefox has a store of its own: Settings › Certificates › Import."};
      break;
    case Platform::macos:
      verdict.advice = {"In Keychain Access open it, and set Trust to Always Trust.",
                        "Firefox has a store of its own: Settings › Certificates › Import."};
      break;
    default:
      verdict.advice = {"Import it as an authority that may identify web sites.",
                        "Firefox and Chromium have stores of their own."};
  }
  return verdict;
}

Verdict refused(const Tested& tested) {
  const std::string& reason = tested.facts.reason;
  if (model::is_distrust(reason)) return not_trusted(tested);
  if (reason == "certificate_expired") {
    return {
        "clock",
        false,
        "This device holds the certificate for expired (TLS alert certificate_expired).",
        {"Compare date, time and time zone of this device with those of the proxy.",
         "If they agree, the proxy's certificate has ended: the administrator makes a new one."}};
  }
  if (reason == "old_tls" || reason == "protocol_version") {
    return {"old_tls",
            false,
            "This device and the proxy have no TLS version in common.",
            {"The device speaks only TLS 1.0 or 1.1; the administrator may allow these."}};
  }
  return {"broken_off",
          false,
          "This device broke the secure connection off (" + reason + ").",
          {"Try again; if it stays so, tell the administrator this word."}};
}

Verdict trusted(Platform platform) {
  Verdict verdict{"trusted", true, "Ready: the proxy is used and its certificate is trusted.", {}};
  if (platform == Platform::android) {
    verdict.advice = {
        "This browser trusts it. Mail apps for Android 7 and later may not, unless the account is "
        "set to accept all certificates."};
  } else {
    verdict.advice = {"Open the mail app. What it says to its server is now seen by the proxy."};
  }
  return verdict;
}

bool lately(const Tested& tested, Timestamp time) {
  return time != Timestamp{} && time >= tested.since;
}

bool uses_proxy(const Tested& tested) {
  return tested.page_through_proxy || lately(tested, tested.facts.proxied);
}

/// Without a certificate to be trusted.
Verdict judge_setting(const Tested& tested) {
  const bool used = tested.browser == Browser::silent && uses_proxy(tested);
  if (tested.browser == Browser::succeeded || used) {
    return {"ready",
            true,
            "Ready: the proxy is used, and there is no certificate to install.",
            {"Open the mail app. What it says to its server is now seen by the proxy."}};
  }
  if (tested.browser == Browser::failed) {
    return uses_proxy(tested) ? no_probe(tested.platform) : no_proxy(tested);
  }
  return {"untested", false, "Not tested yet.", {"The test tells whether the proxy is used."}};
}

}  // namespace

Verdict judge(const Tested& tested) {
  if (tested.no_ca) return judge_setting(tested);
  const ClientFacts& facts = tested.facts;
  const bool accepted = facts.accepted != Timestamp{} && facts.accepted >= tested.since &&
                        facts.accepted >= facts.refused;
  if (tested.browser == Browser::succeeded) return trusted(tested.platform);
  if (tested.browser == Browser::silent && accepted) return trusted(tested.platform);
  if (lately(tested, facts.refused)) return refused(tested);
  if (accepted) {
    return {"unread",
            false,
            "The certificate is trusted, but this browser did not read the answer of the test.",
            {"Open the test by its link; a content blocker may have stopped it."}};
  }
  if (lately(tested, facts.probed)) {
    return {"waiting",
            false,
            "The test has reached the proxy and is not through yet.",
            {"Wait a moment, then check again."}};
  }
  const bool used = uses_proxy(tested);
  if (tested.browser == Browser::failed) return used ? no_probe(tested.platform) : no_proxy(tested);
  Verdict verdict{"untested", false, "Not tested yet.", {}};
  verdict.advice.emplace_back(
      used ? "The proxy is used. The test tells whether its certificate is trusted."
           : "The test tells whether the proxy is used and its certificate trusted.");
  return verdict;
}

}  // namespace eastap::portal
