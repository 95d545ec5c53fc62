#include "proxy/doctor/firewall.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "decoder/base/text.hpp"

namespace eastap::doctor {
namespace {

using State = FirewallFacts::State;
using Words = std::vector<std::string_view>;

constexpr std::size_t kMost = 1u << 20;

Words words_of(std::string_view line) {
  Words words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_not_of(" \t,", at);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t,", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    at = end;
  }
  return words;
}

template <class Take>
void for_each_line(std::string_view text, Take take) {
  text = text.substr(0, kMost);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty()) take(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// "8888", "8000-9000", "8000:9000"
bool covers(std::string_view ports, std::uint16_t port) {
  const std::size_t dash = ports.find_first_of("-:");
  const auto first = to_integer(ports.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : to_integer(ports.substr(dash + 1));
  return first && last && *first <= port && port <= *last;
}

struct Rule {
  std::string text;
  bool refuses = false;  ///< drops or rejects whatever comes
  bool admits = false;   ///< lets the port in
  std::string jump;      ///< the chain it goes to; empty: none
};

struct Chain {
  std::string policy;  ///< of a base chain, as printed
  bool is_input = false, drops = false;
  std::vector<Rule> rules;
};

using Chains = std::map<std::string, Chain, std::less<>>;

/// Follows the input chains, each chain once.
FirewallFacts judged(std::string name, const Chains& chains) {
  FirewallFacts facts{std::move(name), State::absent, {}};
  std::vector<const Chain*> open;
  std::set<const Chain*> seen;
  std::string refusal, admission, policy;
  for (const auto& [key, chain] : chains) {
    if (!chain.is_input) continue;
    open.push_back(&chain);
    if (policy.empty() || chain.drops) policy = chain.policy;
    if (chain.drops) refusal = chain.policy;
  }
  if (open.empty()) return facts;
  while (!open.empty()) {
    const Chain* chain = open.back();
    open.pop_back();
    if (!seen.insert(chain).second) continue;
    for (const Rule& rule : chain->rules) {
      if (rule.refuses && refusal.empty()) refusal = rule.text;
      if (rule.admits && admission.empty()) admission = rule.text;
      if (const auto next = chains.find(rule.jump); !rule.jump.empty() && next != chains.end()) {
        open.push_back(&next->second);
      }
    }
  }
  facts.state = refusal.empty() ? State::open : admission.empty() ? State::refuses : State::admits;
  facts.evidence = facts.state == State::admits ? admission : refusal.empty() ? policy : refusal;
  return facts;
}

/// Words that match nothing: counters, and what a verdict is decorated with.
bool is_plain(const Words& words, std::size_t verdict) {
  for (std::size_t at = 0; at < verdict; ++at) {
    const std::string_view word = words[at];
    const bool number =
        !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
    if (word != "counter" && word != "packets" && word != "bytes" && !number) return false;
  }
  return true;
}

/// Whether a `dport` match before the verdict names the port: one, a range, or a set of them.
bool nft_names_port(const Words& words, std::size_t verdict, std::uint16_t port) {
  for (std::size_t at = 1; at + 1 < verdict; ++at) {
    if (words[at] != "dport" || (words[at - 1] != "tcp" && words[at - 1] != "th")) continue;
    if (words[at + 1] != "{") return covers(words[at + 1], port);
    for (std::size_t item = at + 2; item < verdict && words[item] != "}"; ++item) {
      if (covers(words[item], port)) return true;
    }
  }
  return false;
}

Rule nft_rule(std::string_view line, std::uint16_t port) {
  Rule rule;
  rule.text = line;
  const Words words = words_of(line);
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at] == "drop" || words[at] == "reject") {
      rule.refuses = is_plain(words, at);
      return rule;
    }
    if (words[at] == "accept") {
      rule.admits = is_plain(words, at) || nft_names_port(words, at, port);
      return rule;
    }
    if ((words[at] == "jump" || words[at] == "goto") && at + 1 < words.size()) {
      rule.jump = words[at + 1];
      return rule;
    }
  }
  return rule;
}

/// "-A INPUT -p tcp -m tcp --dport 8888 -j ACCEPT"
Rule iptables_rule(std::string_view line, const Words& words, std::uint16_t port) {
  Rule rule;
  rule.text = line;
  std::string_view target;
  bool matches = false, names_port = false;
  for (std::size_t at = 2; at + 1 < words.size(); ++at) {
    if (words[at] == "-j" || words[at] == "-g") {
      target = words[at + 1];
      break;
    }
    if (words[at].starts_with('-')) matches = true;
    if (words[at] == "--dport") names_port = covers(words[at + 1], port);
    if (words[at] == "--dports") {  // words_of has taken the commas
      for (std::size_t item = at + 1; item < words.size() && !words[item].starts_with('-');
           ++item) {
        names_port = names_port || covers(words[item], port);
      }
    }
  }
  if (target == "ACCEPT") {
    rule.admits = !matches || names_port;
  } else if (target == "DROP" || target == "REJECT") {
    rule.refuses = !matches;
  } else {
    rule.jump = target;
  }
  return rule;
}

}  // namespace

FirewallFacts read_nftables(std::string_view listing, std::uint16_t port) {
  Chains chains;
  std::string table;
  Chain* chain = nullptr;
  for_each_line(listing, [&](std::string_view line) {
    const Words words = words_of(line);
    if (words[0] == "table" && words.size() >= 3) {
      table = std::string{words[1]} + ' ' + std::string{words[2]} + ' ';
      chain = nullptr;
    } else if (words[0] == "chain" && words.size() >= 2) {
      chain = &chains[table + std::string{words[1]}];
    } else if (words[0] == "}") {
      chain = nullptr;
    } else if (chain == nullptr) {
      return;
    } else if (words[0] == "type") {
      chain->is_input = line.find("type filter hook input") != std::string_view::npos;
      chain->drops = line.find("policy drop") != std::string_view::npos;
      chain->policy = chain->drops ? "policy drop" : "policy accept";
    } else {
      Rule rule = nft_rule(line, port);
      if (!rule.jump.empty()) rule.jump = table + rule.jump;
      chain->rules.push_back(std::move(rule));
    }
  });
  return judged("nftables", chains);
}

FirewallFacts read_iptables(std::string_view listing, std::uint16_t port) {
  Chains chains;
  for_each_line(listing, [&](std::string_view line) {
    const Words words = words_of(line);
    if (words.size() < 2) return;
    Chain& chain = chains[std::string{words[1]}];
    if (words[0] == "-P" && words.size() >= 3) {
      chain.is_input = words[1] == "INPUT";
      chain.drops = words[2] == "DROP";
      chain.policy = line;
    } else if (words[0] == "-A") {
      chain.rules.push_back(iptables_rule(line, words, port));
    }
  });
  return judged("iptables", chains);
}

FirewallFacts read_ufw(std::string_view listing, std::uint16_t port) {
  FirewallFacts facts{"ufw", State::absent, {}};
  for_each_line(listing, [&](std::string_view line) {
    const Words words = words_of(line);
    if (line == "Status: active") {
      facts.state = State::refuses;
      facts.evidence = line;
    }
    if (facts.state != State::refuses || words.size() < 2 || words[1] != "ALLOW") return;
    const std::string_view to = words[0];
    const std::size_t slash = to.find('/');
    const bool tcp = slash == std::string_view::npos || to.substr(slash) == "/tcp";
    if (to == "Anywhere" || (tcp && covers(to.substr(0, slash), port))) {
      facts.state = State::admits;
      facts.evidence = line;
    }
  });
  return facts;
}

}  // namespace eastap::doctor
