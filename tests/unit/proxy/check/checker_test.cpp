#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "tests/unit/proxy/check/world.hpp"

namespace eastap::check::test {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// The check with one command ill: the report of `id`.
struct Case {
  std::string command;
  Answered answer;
  std::string id;          ///< the step that must fail
  std::string text, next;  ///< in its remark
};

std::vector<Report> play_with(const std::string& command, const Answered& answer) {
  World world;
  world.trouble = [&](const Ask& ask) -> std::optional<Answered> {
    if (name_of(ask) == command && (command == "handshake" || ask.scheme != Scheme::none)) {
      return answer;
    }
    return std::nullopt;
  };
  return world.play();
}

Answered ended(Answered::End end, std::string error = {}) {
  Answered answer;
  answer.end = end;
  answer.error = std::move(error);
  return answer;
}

const Verdict kGood = Verdict::ok;

}  // namespace

TEST_SUITE("proxy.check.checker") {
  TEST_CASE("a healthy server passes every step, and each is told once") {
    World world;
    const std::vector<Report> reports = world.play();
    for (const Report& report : reports) {
      CAPTURE(report.id);
      CAPTURE(told(report));
      CHECK((report.verdict == kGood ||
             (report.id == "device-information" && report.verdict == Verdict::skipped)));
    }
    CHECK(reports.size() == 13);
    CHECK(has(told(find(reports, "provision-ask")), "PIN ≥ 6"));
    CHECK(has(told(find(reports, "folder-sync")), "Inbox is 5"));
    CHECK(has(told(find(reports, "sync-page")), "key 1 → 2, 1 message of"));
    CHECK(has(told(find(reports, "estimate")), "4 changes wait"));
    CHECK(has(told(find(reports, "ping")), "shortest heartbeat is 60 s"));
    CHECK(has(told(find(reports, "ping-limits")), "3540 s"));
    CHECK(find(reports, "tls").duration == Microseconds{1'000});
    const Summary summary = summarise(reports, "mail.contoso.test");
    CHECK(summary.verdict == Verdict::ok);
    CHECK(has(summary.sentence, "a phone can set up"));
  }

  TEST_CASE("the final policy key goes with what follows") {
    World world;
    static_cast<void>(world.play());
    for (const Action& action : world.asked) {
      const auto* ask = std::get_if<Ask>(&action);
      if (ask == nullptr || name_of(*ask) != "FolderSync") continue;
      const auto key = std::find_if(ask->headers.begin(), ask->headers.end(),
                                    [](const auto& one) { return one.first == "X-MS-PolicyKey"; });
      REQUIRE(key != ask->headers.end());
      CHECK(key->second == "84281096");
    }
  }

  TEST_CASE("each step that fails says so, and what needs it is skipped") {
    using End = Answered::End;
    const std::string page = "<html><head><title>Sign in</title></head></html>";
    const std::vector<Case> cases{
        {"handshake", ended(End::no_connection, "refused"), "tls", "no connection", "firewall"},
        {"handshake", ended(End::timed_out), "tls", "did not answer", "drops packets"},
        {"handshake", ended(End::no_tls, "alert"), "tls", "handshake", "TLS 1.2"},
        {"OPTIONS", http(401, "WWW-Authenticate: Basic\r\n"), "options", "were refused",
         "principal name"},
        {"OPTIONS", http(403), "options", "HTTP 403", "ActiveSync enabled"},
        {"OPTIONS", http(404, {}, page, "text/html"), "options", "HTTP 404", "server name"},
        {"OPTIONS", http(302, "Location: https://login.contoso.test/x\r\n"), "options",
         "redirected (HTTP 302) to https://login.contoso.test/x", "without redirect"},
        {"OPTIONS", http(200, {}, page, "text/html"), "options", "a web page came", "portal"},
        {"OPTIONS", http(200), "options", "without MS-ASProtocolVersions", "unchanged"},
        {"OPTIONS", http(200, "MS-ASProtocolVersions: 2.5\r\n"), "options", "the best is 2.5",
         "update the server"},
        {"OPTIONS", http(503, "Retry-After: 60\r\n"), "options", "Retry-After 60 s", ""},
        {"Provision", http(449), "provision-ask", "HTTP 449", ""},
        {"Provision", status_only("Provision", 3), "provision-ask", "status 3, ServerError",
         "Retry"},
        {"FolderSync", status_only("FolderSync", 142), "folder-sync", "status 142", ""},
        {"FolderSync", status_only("FolderSync", 126), "folder-sync", "status 126", ""},
        {"FolderSync", status_only("FolderSync", 1), "folder-sync", "no Inbox", ""},
        {"FolderSync", http(200, {}, "not wbxml", "text/plain"), "folder-sync",
         "is no FolderSync: text/plain", ""},
        {"FolderSync", ended(End::closed), "folder-sync", "ended the connection", ""},
        {"Sync", status_only("Sync", 3), "sync", "status 3, InvalidSyncKey", ""},
        {"Sync", status_only("Sync", 5), "sync", "status 5", ""},
        {"GetItemEstimate", status_only("GetItemEstimate", 4), "estimate", "status 4", ""},
        {"Ping", status_only("Ping", 8), "ping", "status 8", ""},
        {"Ping", ended(End::closed), "ping", "was cut", "idle time-out"},
        {"Ping", ended(End::timed_out), "ping", "not answered in time", "idle time-out"},
    };
    for (const Case& one : cases) {
      CAPTURE(one.command);
      CAPTURE(one.text);
      const std::vector<Report> reports = play_with(one.command, one.answer);
      const Report report = find(reports, one.id);
      CAPTURE(told(report));
      CHECK(report.verdict == Verdict::failed);
      CHECK(has(told(report), one.text));
      CHECK(has(report.next_step(), one.next));
      const Summary summary = summarise(reports, "x");
      CHECK(summary.verdict == Verdict::failed);
      CHECK(has(summary.sentence, report.title));
      const bool vital = one.id != "estimate" && one.id != "ping";
      CHECK((find(reports, "ping").verdict == Verdict::skipped) == vital);
    }
  }

  TEST_CASE("without a password what needs it is skipped, and nothing has failed") {
    World world;
    world.settings.has_password = false;
    const std::vector<Report> reports = world.play();
    CHECK(find(reports, "auth").verdict == Verdict::ok);
    CHECK(find(reports, "options").verdict == Verdict::skipped);
    CHECK(find(reports, "ping").because == "no password given");
    CHECK(summarise(reports, "x").verdict == Verdict::ok);
  }

  TEST_CASE("no password is sent to a server whose certificate is not trusted") {
    World world;
    world.settings.now += std::chrono::days{500};
    const std::vector<Report> reports = world.play();
    CHECK(find(reports, "tls").verdict == Verdict::failed);
    CHECK(has(find(reports, "options").because, "--upstream-insecure mail.contoso.test"));
    for (const Action& action : world.asked) {
      const auto* ask = std::get_if<Ask>(&action);
      if (ask != nullptr) CHECK(ask->scheme == Scheme::none);
    }
  }

  TEST_CASE("a host named insecure is signed in to, and its certificate told all the same") {
    World world;
    world.settings.now += std::chrono::days{500};
    const std::vector<std::string> hosts{"mail.contoso.test"};
    world.settings.insecure = *tunnel::HostRules::make(hosts, {});
    const std::vector<Report> reports = world.play();
    CHECK(find(reports, "tls").verdict == Verdict::failed);
    CHECK(find(reports, "ping").verdict == Verdict::ok);
  }

  TEST_CASE("TLS that only old devices speak is named") {
    World world;
    world.trouble = [&world](const Ask& ask) -> std::optional<Answered> {
      if (!ask.handshake_only) return std::nullopt;
      if (!ask.old_tls) return ended(Answered::End::no_tls, "unsupported protocol");
      Answered answer = world.healthy(ask);
      answer.tls_version = "TLSv1";
      answer.cipher = "ECDHE-RSA-AES128-SHA";
      return answer;
    };
    const Report report = find(world.play(), "tls");
    CHECK(report.verdict == Verdict::failed);
    CHECK(has(told(report), "the server speaks TLSv1 with"));
  }

  TEST_CASE("a 451 is followed once") {
    World world;
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (ask.method != "OPTIONS" || ask.scheme == Scheme::none) return std::nullopt;
      return http(451, "X-MS-Location: https://eu.contoso.test/Microsoft-Server-ActiveSync\r\n");
    };
    const std::vector<Report> reports = world.play();
    const Report report = find(reports, "options");
    CHECK(has(told(report), "451: moved to https://eu.contoso.test/"));
    CHECK(report.verdict == Verdict::failed);
    const auto moved = std::count_if(world.asked.begin(), world.asked.end(), [](const Action& one) {
      const auto* ask = std::get_if<Ask>(&one);
      return ask != nullptr && ask->url.host == "eu.contoso.test";
    });
    CHECK(moved == 1);
  }

  TEST_CASE("a server without Basic and without token leaves no way to sign in") {
    World world;
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (ask.method != "OPTIONS") return std::nullopt;
      return http(401, "WWW-Authenticate: Bearer authorization_uri=\"https://login\"\r\n");
    };
    const std::vector<Report> reports = world.play();
    CHECK(has(told(find(reports, "auth")), "Basic is off"));
    CHECK(find(reports, "options").verdict == Verdict::failed);
    CHECK(has(find(reports, "options").next_step(), "--token-file"));
  }

  TEST_CASE("a server that takes the client certificate is signed in to without a password") {
    World world;
    world.settings.has_password = false;
    const std::vector<std::string> hosts{"mail.contoso.test"};
    world.settings.certified = *tunnel::HostRules::make(hosts, {});
    world.trouble = [&world](const Ask& ask) -> std::optional<Answered> {
      Ask known = ask;
      if (!ask.handshake_only) known.scheme = Scheme::basic;  // the certificate stands for it
      Answered answer = world.healthy(known);
      answer.certificate_shown = "alice";
      return answer;
    };
    const std::vector<Report> reports = world.play();
    CHECK(has(told(find(reports, "tls")),
              "asked for a client certificate, and got that of \"alice\""));
    CHECK(has(told(find(reports, "options")), "signs in with the client certificate"));
    CHECK(find(reports, "folder-sync").verdict == Verdict::ok);
    CHECK(find(reports, "ping").verdict == Verdict::ok);
    for (const Action& one : world.asked) {
      const auto* ask = std::get_if<Ask>(&one);
      if (ask != nullptr) CHECK(ask->scheme == Scheme::none);
    }
  }

  TEST_CASE("a server that wants a certificate and gets none is told with the option") {
    for (const bool in_handshake : {true, false}) {
      CAPTURE(in_handshake);
      World world;
      world.trouble = [&](const Ask& ask) -> std::optional<Answered> {
        if (ask.handshake_only != in_handshake) return std::nullopt;
        Answered answer = ended(in_handshake ? Answered::End::no_tls : Answered::End::closed, "x");
        answer.certificate_requested = true;
        return answer;
      };
      const std::vector<Report> reports = world.play();
      const Report& report = find(reports, in_handshake ? "tls" : "auth");
      CHECK(report.verdict == Verdict::failed);
      CHECK(has(report.next_step(), "--client-certificate mail.contoso.test=FILE"));
    }
  }

  TEST_CASE("a password goes by NTLM where nothing better is offered, and that is told") {
    World world;
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (ask.method != "OPTIONS" || ask.scheme != Scheme::none) return std::nullopt;
      return http(401, "WWW-Authenticate: NTLM\r\nWWW-Authenticate: Negotiate\r\n");
    };
    const std::vector<Report> reports = world.play();
    CHECK(find(reports, "auth").verdict == Verdict::warning);
    CHECK(has(told(find(reports, "auth")), "phones sign in to ActiveSync with Basic, OAuth or"));
    CHECK(has(told(find(reports, "options")), "signs in with NTLM, which phones do not"));
    CHECK(find(reports, "ping").verdict == Verdict::ok);
  }

  TEST_CASE("a remote wipe is told and not carried out") {
    const std::string wipe{
        "\x03\x01\x6A\x00\x00\x0E\x45\x4B\x03"
        "1\x00\x01\x0C\x01",
        14};
    const std::vector<Report> reports = play_with("Provision", http(200, {}, wipe));
    CHECK(has(told(find(reports, "provision-ask")), "remote wipe of device EASTAPCHECK1"));
    CHECK(find(reports, "provision-acknowledge").verdict == Verdict::skipped);
  }

  TEST_CASE("no policy means none is accepted, and the check goes on") {
    World world;
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (name_of(ask) != "Provision") return std::nullopt;
      return status_only("Provision", 1);
    };
    const std::vector<Report> reports = world.play();
    CHECK(has(told(find(reports, "provision-ask")), "no policy demanded"));
    CHECK(find(reports, "provision-acknowledge").because == "there is no policy to accept");
    CHECK(find(reports, "folder-sync").verdict == Verdict::ok);
  }

  TEST_CASE("the version asked for is used; one that is not offered fails") {
    World world;
    world.settings.protocol = "12.1";
    const std::vector<Report> reports = world.play();
    CHECK(has(told(find(reports, "options")), "goes on with 12.1"));
    CHECK(find(reports, "device-information").verdict == Verdict::ok);
    CHECK(find(reports, "ping").verdict == Verdict::ok);
    World other;
    other.settings.protocol = "16.1";
    other.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (ask.method != "OPTIONS" || ask.scheme == Scheme::none) return std::nullopt;
      return http(200, "MS-ASProtocolVersions: 14.1\r\n");
    };
    CHECK(has(told(find(other.play(), "options")), "does not offer version 16.1"));
  }

  TEST_CASE("any answers end the check with every step told") {
    std::mt19937 random{20261120};
    const auto pick = [&random](std::size_t below) {
      return std::uniform_int_distribution<std::size_t>{0, below - 1}(random);
    };
    for (int round = 0; round < 300; ++round) {
      World world;
      if (round % 2 == 0) world.by_address();
      world.trouble = [&](const Ask& ask) -> std::optional<Answered> {
        if (pick(3) != 0) return std::nullopt;
        Answered answer = world.healthy(ask);
        switch (pick(6)) {
          case 0: return ended(static_cast<Answered::End>(pick(9)));
          case 1:
            return http(301,
                        "Location: https://autodiscover.contoso.test"
                        "/autodiscover/autodiscover.xml\r\n");
          case 2: return xml("<Redirect>bob@fabrikam.test</Redirect>");
          case 3:
            for (char& octet : answer.body) {
              if (pick(8) == 0) octet = static_cast<char>(pick(256));
            }
            return answer;
          case 4: answer.head.resize(pick(answer.head.size() + 1)); return answer;
          default:
            answer.body.resize(pick(answer.body.size() + 1));
            for (std::string& der : answer.chain) der.resize(pick(der.size() + 1));
            return answer;
        }
      };
      const std::vector<Report> reports = world.play();
      CHECK(world.asked.size() <= kMostActions + reports.size());
      CHECK(find(reports, "ping-limits").id == "ping-limits");
      for (const Report& report : reports) {
        if (report.verdict == Verdict::failed) CHECK(!report.remarks.empty());
        if (report.verdict == Verdict::skipped) CHECK(!report.because.empty());
      }
    }
  }
}

}  // namespace eastap::check::test
