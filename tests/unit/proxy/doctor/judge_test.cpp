#include "proxy/doctor/judge.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/render/printable.hpp"
#include "proxy/doctor/report.hpp"

namespace eastap::doctor {

namespace {

using namespace std::chrono_literals;

const Timestamp kNow = *from_rfc3339("2026-11-29T12:00:00Z");

/// A machine on which all is well.
Facts healthy() {
  Facts facts;
  facts.config.file = "/etc/eastap/eastap.toml";
  ListenerFacts listener;
  listener.where = "0.0.0.0:8888";
  listener.port = 8888;
  facts.listeners.push_back(listener);
  facts.firewalls.push_back({"nftables", FirewallFacts::State::open, "policy accept"});
  facts.authority.state = AuthorityFacts::State::present;
  facts.authority.folder = "/var/lib/eastap";
  facts.authority.subject = "eastap CA";
  facts.authority.key_compared = true;
  facts.authority.not_after = kNow + 300 * 24h;
  facts.clock = {ClockFacts::Sync::synchronised, kNow};
  facts.capture.folder = "/var/lib/eastap";
  facts.capture.free_bytes = 100ULL << 30;
  facts.capture.total_bytes = 200ULL << 30;
  facts.files = {1'000'000, 16'640};
  facts.network.addresses.push_back({"wlan0", "192.168.1.5", false});
  facts.network.ipv6_route = true;
  ServerFacts server;
  server.host = "mail.contoso.test";
  server.dialled = "192.0.2.10:443";
  server.reached = ServerFacts::Step::done;
  server.tls_version = "TLSv1.3";
  server.clock_offset = 1s;
  facts.servers.push_back(server);
  return facts;
}

/// The worst line of a topic.
Judgement line(const Facts& facts, std::string_view topic) {
  Judgement found{"", Verdict::good, "", ""};
  for (const auto& one : judge(facts)) {
    if (one.topic == topic && (found.topic.empty() || one.verdict > found.verdict)) found = one;
  }
  CHECK_MESSAGE(!found.topic.empty(), topic);
  return found;
}

}  // namespace

TEST_SUITE("proxy.doctor.judge") {
  TEST_CASE("a healthy machine has only good lines, each topic one, and ends with 0") {
    const auto judgements = judge(healthy());
    for (const auto& one : judgements) {
      CAPTURE(one.words);
      CHECK(one.verdict == Verdict::good);
      CHECK(one.remedy.empty());
    }
    CHECK(judgements.size() == 10);
    CHECK(exit_status(judgements) == 0);
  }

  TEST_CASE("whatever is bad has a remedy and ends with 1") {
    std::vector<Facts> sick(12, healthy());
    sick[0].config.problem = "eastap.toml:3: no such key";
    sick[1].listeners[0].state = ListenerFacts::State::taken;
    sick[1].listeners[0].holder = "nginx (process 812)";
    sick[2].listeners[0].state = ListenerFacts::State::denied;
    sick[3].listeners[0].state = ListenerFacts::State::no_such_address;
    sick[4].authority.state = AuthorityFacts::State::unusable;
    sick[4].authority.problem = "ca.key: is not the certificate's";
    sick[5].capture.folder_exists = false;
    sick[6].capture.denied = "Permission denied";
    sick[7].capture.free_bytes = 1;
    sick[8].network.addresses.clear();
    sick[9].servers[0].reached = ServerFacts::Step::resolve;
    sick[9].servers[0].problem = "Name or service not known";
    sick[10].servers[0].clock_offset = -48h;
    sick[11].files.hard = 300;
    for (std::size_t at = 0; at < sick.size(); ++at) {
      CAPTURE(at);
      const auto judgements = judge(sick[at]);
      CHECK(exit_status(judgements) == 1);
      for (const auto& one : judgements) {
        if (one.verdict == Verdict::bad) CHECK_FALSE(one.remedy.empty());
      }
    }
  }

  TEST_CASE("the holder of the port is named, and another eastap is no fault") {
    Facts facts = healthy();
    facts.listeners[0].state = ListenerFacts::State::taken;
    facts.listeners[0].holder = "nginx (process 812)";
    CHECK(line(facts, "port").words.find("nginx (process 812)") != std::string::npos);
    facts.listeners[0].holder = "eastap (process 900)";
    CHECK(line(facts, "port").verdict == Verdict::note);
    facts.listeners[0].holder.clear();
    CHECK(line(facts, "port").words.find("cannot see") != std::string::npos);
    facts = healthy();
    facts.listeners[0].loopback_only = true;
    CHECK(line(facts, "port").verdict == Verdict::warning);
  }

  TEST_CASE("a firewall that could not be read is unseen, not good") {
    Facts facts = healthy();
    facts.firewalls = {{"nftables", FirewallFacts::State::unreadable, ""}};
    CHECK(line(facts, "firewall").verdict == Verdict::unseen);
    facts.firewalls = {{"ufw", FirewallFacts::State::refuses, "Status: active", 8888}};
    CHECK(line(facts, "firewall").remedy == "sudo ufw allow 8888/tcp");
    facts.firewalls = {{"iptables", FirewallFacts::State::refuses, "-P INPUT DROP", 8888}};
    CHECK(line(facts, "firewall").remedy.find("--dport 8888") != std::string::npos);
    facts.firewalls.clear();
    CHECK(line(facts, "firewall").verdict == Verdict::good);
  }

  TEST_CASE("each port of a firewall has a line of its own") {
    using State = FirewallFacts::State;
    Facts facts = healthy();
    facts.firewalls = {{"ufw", State::admits, "8888/tcp ALLOW", 8888},
                       {"ufw", State::refuses, "Status: active", 1080}};
    std::string words;
    for (const auto& one : judge(facts)) {
      if (one.topic == "firewall") words += one.words + '\n';
    }
    CHECK(words.find("lets port 8888 in") != std::string::npos);
    CHECK(words.find("lets port 1080 in") != std::string::npos);
    CHECK(line(facts, "firewall").remedy == "sudo ufw allow 1080/tcp");
  }

  TEST_CASE("where all listeners are on loopback no firewall matters") {
    Facts facts = healthy();
    facts.listeners[0].loopback_only = true;
    facts.firewalls.clear();
    CHECK(line(facts, "firewall").verdict == Verdict::note);
  }

  TEST_CASE("an encrypted key that was not opened is unseen, one that was is told") {
    Facts facts = healthy();
    facts.authority.key_encrypted = true;
    CHECK(line(facts, "ca").verdict == Verdict::good);
    facts.authority.key_compared = false;
    const Judgement unseen = line(facts, "ca");
    CHECK(unseen.verdict == Verdict::unseen);
    CHECK(unseen.remedy.find("EASTAP_CA_PASSPHRASE") != std::string::npos);
    CHECK(exit_status(judge(facts)) == 0);
  }

  TEST_CASE("no CA is no fault where none is needed") {
    Facts facts = healthy();
    facts.authority = {};
    facts.authority.state = AuthorityFacts::State::not_needed;
    CHECK(line(facts, "ca").verdict == Verdict::good);
  }

  TEST_CASE("a server behind the upstream proxy is told with that proxy") {
    Facts facts = healthy();
    facts.servers[0].through_proxy = true;
    facts.servers[0].dialled = "192.0.2.1:3128";
    CHECK(line(facts, "server").words.find("mail.contoso.test through 192.0.2.1:3128 answers") !=
          std::string::npos);
  }

  TEST_CASE("a CA is warned about 30 days before its end, and not earlier") {
    Facts facts = healthy();
    facts.authority.not_after = kNow + 30 * 24h;
    CHECK(line(facts, "ca").verdict == Verdict::good);
    facts.authority.not_after = kNow + 30 * 24h - 1s;
    CHECK(line(facts, "ca").verdict == Verdict::warning);
    facts.authority.state = AuthorityFacts::State::absent;
    CHECK(line(facts, "ca").verdict == Verdict::note);
    facts = healthy();
    facts.authority.warnings = {"ca.key can be read by others"};
    CHECK(line(facts, "ca").words == "ca.key can be read by others");
  }

  TEST_CASE("the server's clock decides over the kernel's opinion") {
    Facts facts = healthy();
    facts.servers[0].clock_offset = 600s;
    CHECK(line(facts, "clock").verdict == Verdict::warning);
    CHECK(line(facts, "clock").words ==
          "this machine's clock is 10 min behind mail.contoso.test's");
    facts.servers[0].clock_offset = -120s;
    CHECK(line(facts, "clock").verdict == Verdict::good);
    facts.servers[0].clock_offset = -121s;
    CHECK(line(facts, "clock").words ==
          "this machine's clock is 2 min ahead of mail.contoso.test's");
    facts.servers.clear();
    facts.clock.sync = ClockFacts::Sync::free_running;
    CHECK(line(facts, "clock").verdict == Verdict::warning);
    facts.clock.sync = ClockFacts::Sync::unknown;
    CHECK(line(facts, "clock").verdict == Verdict::unseen);
  }

  TEST_CASE("proxies of the environment are named where eastap is not told of one") {
    Facts facts = healthy();
    facts.network.proxies = {"https_proxy=http://proxy:3128"};
    CHECK(line(facts, "proxies").verdict == Verdict::warning);
    facts.network.upstream_proxy = true;
    CHECK(line(facts, "proxies").verdict == Verdict::good);
  }

  TEST_CASE("the text stays within the width, and says nothing of the network unescaped") {
    Facts facts = healthy();
    facts.servers[0].reached = ServerFacts::Step::tls;
    facts.servers[0].problem =
        "the certificate of mail.contoso.test is for \x1b[31mevil and for a great many other names "
        "besides";
    for (const std::size_t width : {60u, 80u, 200u}) {
      const std::string text = report_text(judge(facts), width, render::kPlainTheme);
      CHECK(text.find('\x1b') == std::string::npos);
      CHECK(text.ends_with("1 to be mended first\n"));
      std::istringstream lines{text};
      for (std::string one; std::getline(lines, one);) {
        CAPTURE(one);
        CHECK(render::display_width(one) <= width);
        CHECK_FALSE(one.ends_with(' '));
      }
    }
  }

  TEST_CASE("JSON has one object a judgement") {
    const auto judgements = judge(healthy());
    std::istringstream lines{report_json(judgements)};
    std::size_t count = 0;
    for (std::string one; std::getline(lines, one); ++count) {
      CHECK(one.starts_with("{\"type\":\"doctor\",\"topic\":\""));
      CHECK(one.find("\"verdict\":\"ok\"") != std::string::npos);
    }
    CHECK(count == judgements.size());
  }
}

}  // namespace eastap::doctor
