#include "proxy/doctor/firewall.hpp"

#include <string>

#include <doctest/doctest.h>

namespace eastap::doctor {

using State = FirewallFacts::State;

TEST_SUITE("proxy.doctor.firewall") {
  TEST_CASE("nftables without an input chain has nothing to say") {
    CHECK(read_nftables("", 8888).state == State::absent);
    CHECK(read_nftables("table ip nat {\n\tchain OUT {\n\t\ttype nat hook output priority 0; "
                        "policy accept;\n\t}\n}\n",
                        8888)
              .state == State::absent);
  }

  TEST_CASE("an nftables chain that drops by default refuses, until a rule names the port") {
    const std::string head =
        "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy "
        "drop;\n"
        "\t\tct state established,related accept\n\t\tiif \"lo\" accept\n";
    const std::string tail = "\t}\n}\n";
    CHECK(read_nftables(head + tail, 8888) ==
          FirewallFacts{"nftables", State::refuses, "policy drop"});
    for (const std::string rule :
         {"tcp dport 8888 accept", "tcp dport { 22, 8888 } accept", "tcp dport 8000-9000 accept",
          "ip saddr 10.0.0.0/8 tcp dport { 22, 8880-8890 } counter packets 3 bytes 180 accept",
          "meta l4proto tcp th dport 8888 accept", "counter packets 1 bytes 2 accept"}) {
      CAPTURE(rule);
      const auto facts = read_nftables(head + "\t\t" + rule + "\n" + tail, 8888);
      CHECK(facts.state == State::admits);
      CHECK(facts.evidence == rule);
    }
    for (const std::string rule : {"tcp dport 22 accept", "udp dport 8888 accept",
                                   "tcp sport 8888 accept", "tcp dport 8889-9000 accept"}) {
      CAPTURE(rule);
      CHECK(read_nftables(head + "\t\t" + rule + "\n" + tail, 8888).state == State::refuses);
    }
  }

  TEST_CASE("an nftables chain that accepts by default and rejects at its end refuses") {
    const std::string text =
        "table inet firewalld {\n\tchain filter_INPUT {\n\t\ttype filter hook input priority "
        "filter + 10; policy accept;\n"
        "\t\tct state { established, related } accept\n\t\tjump filter_INPUT_ZONES\n\t\treject "
        "with icmpx admin-prohibited\n\t}\n"
        "\tchain filter_INPUT_ZONES {\n\t\tgoto filter_IN_public\n\t}\n"
        "\tchain filter_IN_public {\n\t\ttcp dport 8888 ct state { new, untracked } "
        "accept\n\t}\n}\n";
    CHECK(read_nftables(text, 8888).state == State::admits);
    CHECK(read_nftables(text, 8889).state == State::refuses);
    CHECK(read_nftables(text, 8889).evidence == "reject with icmpx admin-prohibited");
  }

  TEST_CASE("a chain of another table with the same name is not followed") {
    const std::string text =
        "table ip a {\n\tchain input {\n\t\ttype filter hook input priority 0; policy "
        "drop;\n\t\tjump more\n\t}\n}\n"
        "table ip b {\n\tchain more {\n\t\ttcp dport 8888 accept\n\t}\n}\n";
    CHECK(read_nftables(text, 8888).state == State::refuses);
  }

  TEST_CASE("chains that jump in a circle end") {
    const std::string text =
        "table ip a {\n\tchain input {\n\t\ttype filter hook input priority 0; policy "
        "accept;\n\t\tjump x\n\t}\n"
        "\tchain x {\n\t\tjump y\n\t}\n\tchain y {\n\t\tjump x\n\t}\n}\n";
    CHECK(read_nftables(text, 8888) == FirewallFacts{"nftables", State::open, "policy accept"});
  }

  TEST_CASE("a drop that has conditions refuses nobody else") {
    const std::string text =
        "table ip a {\n\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n"
        "\t\tct state invalid drop\n\t\ttcp dport 23 reject\n\t}\n}\n";
    CHECK(read_nftables(text, 8888).state == State::open);
  }

  TEST_CASE("iptables is read likewise") {
    CHECK(read_iptables("-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n", 8888).state ==
          State::open);
    const std::string drop =
        "-P INPUT DROP\n-N extra\n-A INPUT -i lo -j ACCEPT\n-A INPUT -j extra\n";
    CHECK(read_iptables(drop, 8888) == FirewallFacts{"iptables", State::refuses, "-P INPUT DROP"});
    CHECK(read_iptables(drop + "-A extra -p tcp -m tcp --dport 8888 -j ACCEPT\n", 8888).state ==
          State::admits);
    CHECK(
        read_iptables(drop + "-A extra -p tcp -m multiport --dports 22,8880:8890 -j ACCEPT\n", 8888)
            .state == State::admits);
    CHECK(read_iptables(drop + "-A extra -p tcp -m tcp --dport 22 -j ACCEPT\n", 8888).state ==
          State::refuses);
    CHECK(read_iptables("-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n",
                        8888)
              .state == State::refuses);
    CHECK(
        read_iptables("-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 23 -j DROP\n", 8888).state ==
        State::open);
  }

  TEST_CASE("ufw refuses when it is active and does not name the port") {
    CHECK(read_ufw("Status: inactive\n", 8888).state == State::absent);
    const std::string active =
        "Status: active\n\nTo                         Action      From\n--                         "
        "------      ----\n";
    CHECK(read_ufw(active + "22/tcp                     ALLOW       Anywhere\n", 8888).state ==
          State::refuses);
    CHECK(
        read_ufw(active + "8888/tcp                   ALLOW       192.168.0.0/16\n", 8888).state ==
        State::admits);
    CHECK(read_ufw(active + "8888                       ALLOW       Anywhere\n", 8888).state ==
          State::admits);
    CHECK(read_ufw(active + "8888/udp                   ALLOW       Anywhere\n", 8888).state ==
          State::refuses);
    CHECK(read_ufw(active + "8888/tcp                   DENY        Anywhere\n", 8888).state ==
          State::refuses);
  }

  TEST_CASE("any cut of a listing is read without harm") {
    const std::string text =
        "table inet f {\n\tchain input {\n\t\ttype filter hook input priority 0; policy "
        "drop;\n\t\ttcp dport { 22, 8888 } accept\n\t}\n}\n";
    for (std::size_t kept = 0; kept < text.size(); ++kept) {
      const auto part = std::string_view{text}.substr(0, kept);
      CHECK(read_nftables(part, 8888).evidence.size() <=
            kept + std::string_view{"policy accept"}.size());
      (void)read_iptables(part, 8888);
      (void)read_ufw(part, 8888);
    }
  }
}

}  // namespace eastap::doctor
