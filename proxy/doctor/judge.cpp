#include "proxy/doctor/judge.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/render/quantity.hpp"

namespace eastap::doctor {
namespace {

using Out = std::vector<Judgement>;

void say(Out& out, const char* topic, Verdict verdict, std::string words, std::string remedy = {}) {
  out.push_back({topic, verdict, std::move(words), std::move(remedy)});
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string date_of(Timestamp time) { return to_rfc3339(time).substr(0, 10); }

std::string span_words(std::chrono::seconds span) {
  const auto count = std::abs(span.count());
  if (count < 120) return std::to_string(count) + " s";
  if (count < 7'200) return std::to_string(count / 60) + " min";
  if (count < 172'800) return std::to_string(count / 3'600) + " hours";
  return std::to_string(count / 86'400) + " days";
}

void judge_config(const ConfigFacts& config, Out& out) {
  if (!config.problem.empty()) {
    say(out, "config", Verdict::bad, config.problem,
        "Until then eastap run ends with this message, and a running service keeps what it had.");
  } else if (config.file.empty()) {
    say(out, "config", Verdict::good,
        "no config file is named; flags, environment and defaults hold");
  } else {
    say(out, "config", Verdict::good, config.file + " can be used");
  }
}

void judge_listener(const ListenerFacts& listener, Out& out) {
  using State = ListenerFacts::State;
  switch (listener.state) {
    case State::free: break;
    case State::taken:
      if (listener.holder.starts_with("eastap ")) {
        say(out, "port", Verdict::note, listener.where + " is held by " + listener.holder,
            "An eastap is running already: watch it with eastap tail, or stop it first.");
        return;
      }
      say(out, "port", Verdict::bad,
          listener.where + " is taken" +
              (listener.holder.empty() ? " by a program that this user cannot see"
                                       : " by " + listener.holder),
          "Stop that program, or choose another port with --listen.");
      return;
    case State::denied:
      say(out, "port", Verdict::bad,
          listener.where + " needs more rights: ports below 1024 are root's",
          "Choose a port from 1024, or give the service AmbientCapabilities=CAP_NET_BIND_SERVICE.");
      return;
    case State::no_such_address:
      say(out, "port", Verdict::bad, listener.where + " is no address of this machine",
          "Use 0.0.0.0:" + std::to_string(listener.port) + ", or an address under \"addresses\".");
      return;
    case State::failed:
      say(out, "port", Verdict::bad, listener.where + " cannot be listened on: " + listener.reason,
          "Use 0.0.0.0:" + std::to_string(listener.port) + " for all addresses of this machine.");
      return;
  }
  if (listener.loopback_only) {
    say(out, "port", Verdict::warning,
        listener.where + " is free, and reaches no phone: it is this machine's own loopback",
        "Listen on 0.0.0.0:" + std::to_string(listener.port) + ".");
    return;
  }
  say(out, "port", Verdict::good, listener.where + " is free");
}

void judge_firewalls(const Facts& facts, Out& out) {
  using State = FirewallFacts::State;
  const bool reached = std::any_of(facts.listeners.begin(), facts.listeners.end(),
                                   [](const ListenerFacts& one) { return !one.loopback_only; });
  if (!reached) {
    say(out, "firewall", Verdict::note,
        "not looked at: nothing from outside reaches a listener on loopback");
    return;
  }
  bool seen = false;
  for (const auto& firewall : facts.firewalls) {
    const std::string port = std::to_string(firewall.port);
    switch (firewall.state) {
      case State::absent: continue;
      case State::unreadable:
        say(out, "firewall", Verdict::unseen, firewall.name + " shows its rules to root only",
            "Look again with sudo eastap doctor.");
        break;
      case State::open:
        say(out, "firewall", Verdict::good,
            firewall.name + " refuses nothing (" + firewall.evidence + ")");
        break;
      case State::admits:
        say(out, "firewall", Verdict::good,
            firewall.name + " lets port " + port + " in (" + firewall.evidence + ")");
        break;
      case State::refuses:
        say(out, "firewall", Verdict::warning,
            firewall.name + " refuses by default (" + firewall.evidence +
                "), and no rule was found that lets port " + port + " in",
            firewall.name == "ufw" ? "sudo ufw allow " + port + "/tcp"
            : firewall.name == "nftables"
                ? "Add to that chain: tcp dport " + port +
                      " accept. With firewalld: sudo "
                      "firewall-cmd --add-port=" +
                      port + "/tcp"
                : "sudo iptables -I INPUT -p tcp --dport " + port + " -j ACCEPT");
        break;
    }
    seen = true;
  }
  if (!seen) say(out, "firewall", Verdict::good, "no packet filter was found on this machine");
}

void judge_authority(const AuthorityFacts& authority, Timestamp now, Out& out) {
  using State = AuthorityFacts::State;
  if (authority.state == State::absent) {
    say(out, "ca", Verdict::note, "there is no CA in " + authority.folder + " yet",
        "eastap run makes one by itself; eastap ca create makes one to be installed beforehand.");
    return;
  }
  if (authority.state == State::not_needed) {
    say(out, "ca", Verdict::good,
        "none is needed: every host of the intercept list has a certificate of its own");
    return;
  }
  if (authority.state == State::unusable) {
    say(out, "ca", Verdict::bad, authority.problem,
        "eastap run does not start without a usable CA.");
    return;
  }
  const auto left = std::chrono::floor<std::chrono::days>(authority.not_after - now);
  const bool ends_soon = left < std::chrono::days{30};
  say(out, "ca", ends_soon ? Verdict::warning : Verdict::good,
      "\"" + authority.subject + "\" is valid until " + date_of(authority.not_after) + " (" +
          std::to_string(left.count()) + " days)",
      ends_soon ? "Renew it, and install the new certificate on the phones before that day."
                : std::string{});
  if (!authority.key_compared) {
    say(out, "ca", Verdict::unseen,
        "its key is encrypted, so that it was not compared with the certificate",
        "Name the passphrase with --passphrase-file or EASTAP_CA_PASSPHRASE, as a service has to; "
        "eastap run asks for it on a terminal.");
  } else if (authority.key_encrypted) {
    say(out, "ca", Verdict::good, "the passphrase opens its key, which is the certificate's");
  }
  for (const auto& warning : authority.warnings) say(out, "ca", Verdict::warning, warning);
  if (!authority.permitted.empty()) {
    say(out, "ca", Verdict::good, "it may sign for " + joined(authority.permitted) + " only");
  }
}

void judge_clock(const Facts& facts, Out& out) {
  // A phone refuses a leaf that is not valid yet; leaves begin a day before this clock's time.
  constexpr std::chrono::seconds kBad = std::chrono::hours{12};
  constexpr std::chrono::seconds kOdd{120};
  const ServerFacts* farthest = nullptr;
  for (const auto& server : facts.servers) {
    if (!server.clock_offset) continue;
    if (farthest == nullptr ||
        std::chrono::abs(*server.clock_offset) > std::chrono::abs(*farthest->clock_offset)) {
      farthest = &server;
    }
  }
  if (farthest != nullptr && std::chrono::abs(*farthest->clock_offset) > kOdd) {
    const auto offset = *farthest->clock_offset;
    const bool behind = offset.count() > 0;
    say(out, "clock", std::chrono::abs(offset) > kBad ? Verdict::bad : Verdict::warning,
        "this machine's clock is " + span_words(offset) + (behind ? " behind " : " ahead of ") +
            farthest->host + "'s",
        "One of the two is wrong. Certificates and times of findings go by this machine's: set it "
        "with timedatectl set-ntp true.");
    return;
  }
  const std::string agrees = farthest == nullptr ? "" : "; it agrees with " + farthest->host;
  switch (facts.clock.sync) {
    case ClockFacts::Sync::synchronised:
      say(out, "clock", Verdict::good, "the kernel's clock is synchronised" + agrees);
      return;
    case ClockFacts::Sync::free_running:
      say(out, "clock", farthest == nullptr ? Verdict::warning : Verdict::note,
          "nothing synchronises this machine's clock (" +
              to_rfc3339(facts.clock.now).substr(0, 19) + "Z)" + agrees,
          "timedatectl set-ntp true, or install chrony. In a container the host sees to it.");
      return;
    case ClockFacts::Sync::unknown:
      say(out, "clock", Verdict::unseen,
          "the kernel does not tell whether the clock is synchronised" + agrees);
      return;
  }
}

void judge_capture(const CaptureFacts& capture, Out& out) {
  if (!capture.wanted) {
    say(out, "capture", Verdict::note, "no capture is kept");
    return;
  }
  if (!capture.folder_exists) {
    say(out, "capture", Verdict::bad, "the folder " + capture.folder + " does not exist",
        "Create it, or choose another place with --capture.");
    return;
  }
  if (!capture.denied.empty()) {
    say(out, "capture", Verdict::bad,
        "this user cannot write into " + capture.folder + ": " + capture.denied,
        "Change its owner or mode, or choose another place with --capture.");
    return;
  }
  // A busy office writes some hundred MB a day; below that much a capture ends within the day.
  constexpr std::uint64_t kLittle = 1ULL << 30, kNothing = 64ULL << 20;
  const std::string words = render::size_words(capture.free_bytes) + " of " +
                            render::size_words(capture.total_bytes) + " free for captures in " +
                            capture.folder;
  if (capture.free_bytes < kNothing) {
    say(out, "capture", Verdict::bad, words,
        "Free some space: a full disk costs the capture, not the traffic.");
  } else if (capture.free_bytes < kLittle) {
    say(out, "capture", Verdict::warning, words,
        "Limit what is kept with --capture-max-size and --capture-keep-size, or free some space.");
  } else {
    say(out, "capture", Verdict::good, words);
  }
}

void judge_files(const FileLimitFacts& files, Out& out) {
  if (files.hard >= files.wanted) {
    say(out, "files", Verdict::good,
        render::grouped(files.hard) + " files may be open at once; " +
            render::grouped(files.wanted) + " suffice for the connection limit");
    return;
  }
  const std::uint64_t connections = files.hard > 256 ? (files.hard - 256) / 2 : 0;
  say(out, "files", connections < 64 ? Verdict::bad : Verdict::warning,
      "only " + render::grouped(files.hard) + " files may be open at once, which is about " +
          render::grouped(connections) + " connections",
      "Raise it with ulimit -Hn, or LimitNOFILE= in the service, to " +
          render::grouped(files.wanted) + '.');
}

void judge_network(const NetworkFacts& network, Out& out) {
  std::vector<std::string> real, others;
  for (const auto& one : network.addresses) {
    (one.is_virtual ? others : real).push_back(one.address + " (" + one.interface + ")");
  }
  if (real.empty()) {
    say(out, "addresses", others.empty() ? Verdict::bad : Verdict::warning,
        others.empty() ? "this machine has no address that a phone could reach"
                       : "only bridges and tunnels have addresses: " + joined(others),
        "Join the phone's Wi-Fi, or a network that it can reach.");
  } else {
    say(out, "addresses", Verdict::good, "a phone can try " + joined(real));
  }
  say(out, "ipv6", network.ipv6_route ? Verdict::good : Verdict::note,
      network.ipv6_route ? "servers can be reached over IPv6 too"
                         : "no way out over IPv6: servers are dialled over IPv4");
  if (network.proxies.empty()) return;
  say(out, "proxies", network.upstream_proxy ? Verdict::good : Verdict::warning,
      "this environment names a proxy (" + joined(network.proxies) + ")",
      network.upstream_proxy
          ? std::string{}
          : "eastap dials servers directly and does not look at these variables. If this network "
            "has no other way out, name the proxy with --upstream-proxy.");
}

std::string general_remedy(const ServerFacts& server) {
  using Step = ServerFacts::Step;
  switch (server.reached) {
    case Step::resolve:
      return "Check the name, and /etc/resolv.conf of this machine; --connect-to dials elsewhere.";
    case Step::connect:
      return "Check the route, a firewall on the way, and whether this network needs a proxy.";
    case Step::tls: return "Ask who ends TLS there: a balancer, a filter, or Exchange itself.";
    case Step::http: return "The handshake went well; read the log of what answers there.";
    case Step::done: break;
  }
  return {};
}

void judge_servers(const std::vector<ServerFacts>& servers, Out& out) {
  using Step = ServerFacts::Step;
  if (servers.empty()) {
    say(out, "server", Verdict::note, "no mail server was looked at",
        "Name yours: eastap doctor mail.example.com");
  }
  for (const auto& server : servers) {
    const std::string name =
        server.host + (server.port == 443 ? "" : ":" + std::to_string(server.port));
    std::string where;
    if (!server.dialled.empty()) {
      where = (server.through_proxy ? " through " : " at ") + server.dialled;
      if (!server.from.empty()) where += " from " + server.from;
    }
    if (server.reached != Step::done) {
      say(out, "server", Verdict::bad, name + where + ": " + server.problem,
          server.next_step.empty() ? general_remedy(server) : server.next_step);
    } else if (server.verification_off) {
      say(out, "server", Verdict::warning,
          name + where + " answers over " + server.tls_version + ", its certificate unverified",
          "--upstream-insecure names it: the phone would not accept what eastap accepts here.");
    } else {
      say(out, "server", Verdict::good,
          name + where + " answers over " + server.tls_version + ", its certificate is trusted");
    }
  }
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::good: return "ok";
    case Verdict::note: return "note";
    case Verdict::warning: return "warning";
    case Verdict::bad: return "bad";
    case Verdict::unseen: return "unseen";
  }
  return "";
}

std::vector<Judgement> judge(const Facts& facts) {
  Out out;
  judge_config(facts.config, out);
  for (const auto& listener : facts.listeners) judge_listener(listener, out);
  judge_firewalls(facts, out);
  judge_authority(facts.authority, facts.clock.now, out);
  judge_clock(facts, out);
  judge_capture(facts.capture, out);
  judge_files(facts.files, out);
  judge_network(facts.network, out);
  judge_servers(facts.servers, out);
  return out;
}

int exit_status(const std::vector<Judgement>& judgements) {
  const auto is_bad = [](const Judgement& one) { return one.verdict == Verdict::bad; };
  return std::any_of(judgements.begin(), judgements.end(), is_bad) ? 1 : 0;
}

}  // namespace eastap::doctor
