#include <doctest/doctest.h>

#include "tests/unit/proxy/check/world.hpp"

namespace eastap::check::test {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr std::string_view kServer =
    "<Autodiscover><Response><Action><Settings><Server><Type>MobileSync</Type><Url>"
    "https://mail.contoso.test/Microsoft-Server-ActiveSync</Url></Server></Settings></Action>"
    "</Response></Autodiscover>";

LookedUp found(std::string address) {
  LookedUp answer;
  answer.outcome = LookedUp::Outcome::found;
  answer.addresses = {std::move(address)};
  return answer;
}

}  // namespace

TEST_SUITE("proxy.check.discovery") {
  TEST_CASE("the second way answers, after the first is not there") {
    World world;
    world.by_address();
    const std::vector<Report> reports = world.play();
    CHECK(find(reports, "autodiscover-dns").verdict == Verdict::ok);
    CHECK(find(reports, "autodiscover-domain").because == "no such name");
    CHECK(find(reports, "autodiscover-host").verdict == Verdict::ok);
    CHECK(
        has(find(reports, "autodiscover-redirect").because, "autodiscover.contoso.test answered"));
    CHECK(has(told(find(reports, "autodiscover")), "https://mail.contoso.test/"));
    CHECK(has(told(find(reports, "autodiscover")), "user \"Alice\""));
    CHECK(find(reports, "ping").verdict == Verdict::ok);
  }

  TEST_CASE("a web site at the domain is passed over") {
    World world;
    world.by_address();
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (ask.url.host != "contoso.test") return std::nullopt;
      return http(404, {}, "<html><title>Contoso</title></html>", "text/html");
    };
    const std::vector<Report> reports = world.play();
    CHECK(find(reports, "autodiscover-domain").because == "not there (HTTP 404)");
    CHECK(find(reports, "autodiscover").verdict == Verdict::ok);
  }

  TEST_CASE("the http redirect leads to another host") {
    World world;
    world.by_address();
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (ask.url.host == "autodiscover.contoso.test" && ask.url.tls) {
        Answered none;
        none.end = Answered::End::no_connection;
        return none;
      }
      if (!ask.url.tls) {
        return http(302, "Location: https://outlook.test/autodiscover/autodiscover.xml\r\n");
      }
      if (ask.url.host == "outlook.test" && ask.scheme != Scheme::none) return xml(kServer);
      return std::nullopt;
    };
    const std::vector<Report> reports = world.play();
    CHECK(find(reports, "autodiscover-host").verdict == Verdict::skipped);
    const Report report = find(reports, "autodiscover-redirect");
    CHECK(report.verdict == Verdict::ok);
    CHECK(has(told(report), "HTTP 302 to https://outlook.test/"));
    CHECK(find(reports, "ping").verdict == Verdict::ok);
  }

  TEST_CASE("the service record is the last way") {
    World world;
    world.by_address();
    world.names["autodiscover.contoso.test"].outcome = LookedUp::Outcome::no_such_name;
    LookedUp service;
    service.outcome = LookedUp::Outcome::found;
    service.services.push_back({"mail.contoso.test", 8443, 0, 0});
    world.names["_autodiscover._tcp.contoso.test"] = service;
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (ask.url.host == "autodiscover.contoso.test") {
        Answered none;
        none.end = Answered::End::no_name;
        return none;
      }
      return std::nullopt;
    };
    const std::vector<Report> reports = world.play();
    const Report report = find(reports, "autodiscover-srv");
    CHECK(report.verdict == Verdict::ok);
    CHECK(has(told(report), "service record: mail.contoso.test:8443"));
  }

  TEST_CASE("a redirect to another address begins the four ways anew") {
    World world;
    world.by_address();
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (name_of(ask) != "Autodiscover" || ask.scheme == Scheme::none) return std::nullopt;
      if (ask.body.find("alice@fabrikam.test") != std::string::npos) return xml(kServer);
      return xml("<Response><Action><Redirect>alice@fabrikam.test</Redirect></Action></Response>");
    };
    const std::vector<Report> reports = world.play();
    CHECK(has(told(find(reports, "autodiscover-host")), "redirected to alice@fabrikam.test"));
    CHECK(has(told(find(reports, "autodiscover")), "https://fabrikam.test"));
  }

  TEST_CASE("two that redirect to each other are given up") {
    World world;
    world.by_address();
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (name_of(ask) != "Autodiscover" || ask.scheme == Scheme::none) return std::nullopt;
      const bool alice = ask.body.find("alice@") != std::string::npos;
      return xml(std::string{"<Redirect>"} + (alice ? "bob" : "alice") +
                 "@contoso.test</Redirect>");
    };
    const std::vector<Report> reports = world.play();
    const Report report = find(reports, "autodiscover");
    CHECK(report.verdict == Verdict::failed);
    CHECK(has(told(report), "more than 5 redirects"));
    CHECK(find(reports, "tls").verdict == Verdict::skipped);
  }

  TEST_CASE("what the server says is wrong is explained") {
    struct Case {
      Answered answer;
      std::string text;
    };
    const Case cases[] = {
        {xml("<Response><Error><ErrorCode>600</ErrorCode></Error></Response>"), "600"},
        {xml("<Response><Action><Error><Status>2</Status><Message>Unknown user</Message></Error>"
             "</Action></Response>"),
         "Unknown user"},
        {xml("<Response/>"), "names no ActiveSync server"},
        {xml("<Server><Type>MobileSync</Type><Url>ftp://x</Url></Server>"), "no address: ftp://x"},
        {xml("<Redirect>nowhere</Redirect>"), "neither address nor https"},
        {http(401, "WWW-Authenticate: Basic\r\n"), "were refused for alice@contoso.test"},
        {http(503), "HTTP 503"},
    };
    for (const Case& one : cases) {
      CAPTURE(one.text);
      World world;
      world.by_address();
      world.trouble = [&one](const Ask& ask) -> std::optional<Answered> {
        if (name_of(ask) != "Autodiscover" || ask.scheme == Scheme::none) return std::nullopt;
        return one.answer;
      };
      const std::vector<Report> reports = world.play();
      CAPTURE(told(find(reports, "autodiscover-host")));
      CHECK(find(reports, "autodiscover-host").verdict == Verdict::warning);
      const Report report = find(reports, "autodiscover");
      CHECK(report.verdict == Verdict::failed);
      CHECK(has(told(report), one.text));
      CHECK(find(reports, "tls").because == "no server was found");
    }
  }

  TEST_CASE("without a password Autodiscover says that it wants one") {
    World world;
    world.by_address();
    world.settings.has_password = false;
    const std::vector<Report> reports = world.play();
    CHECK(has(told(find(reports, "autodiscover")), "asks for a password, and none was given"));
  }

  TEST_CASE("what Autodiscover says tells more than a wrong certificate at the bare domain") {
    World world;
    world.by_address();
    world.trouble = [](const Ask& ask) -> std::optional<Answered> {
      if (ask.url.host == "contoso.test") {
        Answered wrong;
        wrong.end = Answered::End::untrusted;
        wrong.error = "no alternative certificate subject name matches";
        return wrong;
      }
      if (name_of(ask) != "Autodiscover" || ask.scheme == Scheme::none) return std::nullopt;
      return xml("<Response><Error><ErrorCode>601</ErrorCode></Error></Response>");
    };
    const std::vector<Report> reports = world.play();
    CHECK(find(reports, "autodiscover-domain").verdict == Verdict::warning);
    CHECK(has(told(find(reports, "autodiscover")), "601, NoProvider"));
  }

  TEST_CASE("no name at all is a failure of DNS") {
    World world;
    world.by_address();
    world.names.clear();
    world.trouble = [](const Ask&) -> std::optional<Answered> {
      Answered none;
      none.end = Answered::End::no_name;
      return none;
    };
    const std::vector<Report> reports = world.play();
    CHECK(find(reports, "autodiscover-dns").verdict == Verdict::failed);
    CHECK(has(find(reports, "autodiscover-dns").next_step(), "CNAME autodiscover.contoso.test"));
    CHECK(find(reports, "autodiscover").verdict == Verdict::failed);
  }

  TEST_CASE("v2 is compared with v1, and stands in for it") {
    World world;
    world.by_address();
    world.names["contoso.test"] = found("192.0.2.1");
    bool broken = false;
    world.trouble = [&broken](const Ask& ask) -> std::optional<Answered> {
      if (broken && name_of(ask) == "Autodiscover") return http(500);
      if (name_of(ask) != "json") return std::nullopt;
      CHECK(ask.url.target() ==
            "/autodiscover/autodiscover.json/v1.0/alice%40contoso.test?Protocol=ActiveSync");
      return http(
          200, {},
          R"({"Protocol":"ActiveSync","Url":"https://eu.contoso.test/Microsoft-Server-ActiveSync"})",
          "application/json");
    };
    std::vector<Report> reports = world.play();
    CHECK(find(reports, "autodiscover-json").verdict == Verdict::warning);
    CHECK(has(told(find(reports, "autodiscover-json")),
              "v1 names mail.contoso.test, v2 names eu.contoso.test"));
    broken = true;
    reports = world.play();
    CHECK(find(reports, "autodiscover").verdict == Verdict::warning);
    CHECK(has(told(find(reports, "autodiscover")), "https://eu.contoso.test/"));
  }
}

}  // namespace eastap::check::test
